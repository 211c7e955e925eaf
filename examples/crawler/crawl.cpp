// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

#include "crawl.hpp"

#include "links.hpp"
#include "page_errors.hpp"

#include <tether/core/errors.hpp>
#include <tether/scope/as_outcome.hpp>
#include <tether/scope/deadline.hpp>
#include <tether/scope/soft_cancellable.hpp>
#include <tether/scope/with_cancel_scope.hpp>
#include <tether/scope/with_task_group.hpp>
#include <tether/task/sleep.hpp>
#include <tether/task/this_task.hpp>

#include <utility>

namespace crawler {
namespace {

using tether::task;
using tether::task_group;
using web::urls::url;

bool may_recover(unsigned status) {
    return status == 429 || status >= 500;
}

bool may_recover(std::exception_ptr const& error) {
    try {
        std::rethrow_exception(error);
    } catch (tether::timeout_error const&) {
        return true;
    } catch (web::request_failed const& e) {
        return e.why() == web::failure::unreachable ||
               e.why() == web::failure::no_answer ||
               e.why() == web::failure::connection_lost;
    } catch (...) {
        return false;
    }
}

bool is_redirect(web::response const& reply) {
    return reply.result_int() / 100 == 3 &&
           !web::header(reply, web::field::location).empty();
}

bool is_html(web::response const& reply) {
    return web::header(reply, web::field::content_type)
        .starts_with("text/html");
}

std::string what_of(std::exception_ptr const& error) {
    try {
        std::rethrow_exception(error);
    } catch (std::exception const& e) {
        return e.what();
    }
}

// Counts a page in flight for as long as it lives, also when it is stopped.
class flight {
public:
    explicit flight(std::size_t& count) : count_(++count) {}
    flight(flight const&) = delete;
    flight& operator=(flight const&) = delete;
    ~flight() { --count_; }

private:
    std::size_t& count_;
};

} // namespace

crawl::crawl(options const& chosen, result_file& results)
    : options_(chosen),
      results_(results),
      backoff_(chosen.seed),
      slots_(static_cast<std::ptrdiff_t>(chosen.concurrency)) {
    scope_.reschedule(chosen.deadline);
}

task<> crawl::run(url start) {
    frontier_.emplace(web::origin_of(start), options_.max_pages);
    try {
        co_await tether::with_cancel_scope(
            scope_, [&](tether::cancel_scope&) -> task<> {
                co_await tether::with_task_group(
                    {.name = "pages", .policy = tether::collect_all},
                    [&](task_group& pages) -> task<> {
                        schedule(pages, start);
                        co_return;
                    });
            });
    } catch (tether::exception_group const& failures) {
        failures_ = failures;
    }
    client_.close_idle();
}

// Each page is a child of the one group, whichever page it was found on: the
// group ends when the last of them does.
void crawl::schedule(task_group& pages, url const& page) {
    if (std::string const* const name = frontier_->claim(page))
        pages.spawn(tether::named(*name), [this, &pages, page, name] {
            return visit(pages, page, *name);
        });
}

task<> crawl::visit(task_group& pages, url address, std::string const& name) {
    auto const slot = co_await tether::soft_cancellable(slots_.acquire());
    if (!slot)
        co_return; // asked to start no more pages
    flight const counted(in_flight_);
    page_record page;
    page.url = name;
    auto result = co_await tether::as_outcome(fetch_page(pages, address, page));
    if (result.has_error())
        page.error = what_of(result.error());
    done(page);
    result.value(); // the group collects the error
}

task<> crawl::fetch_page(task_group& pages, url const& address,
                         page_record& page) {
    web::response const reply = co_await request(address, page);
    if (page.status >= 400)
        throw bad_status(page.status, std::string(reply.reason()));
    if (is_redirect(reply)) {
        follow_redirect(pages, address, reply, page);
    } else if (is_html(reply)) {
        auto const links = extract_links(address, reply.body());
        page.links = links.size();
        for (url const& link : links)
            schedule(pages, link);
    }
}

// The last of as many tries as it takes.
task<web::response> crawl::request(url const& address, page_record& page) {
    for (;;) {
        auto const begin = tether::this_task::now();
        ++page.tries;
        auto reply = co_await tether::as_outcome(tether::fail_after(
            options_.timeout, "request", client_.get(address)));
        bool again = page.tries <= options_.retries;
        if (reply.has_error()) {
            page.status = 0;
            again = again && may_recover(reply.error());
        } else {
            page.status = reply->result_int();
            page.bytes = reply->body().size();
            page.latency =
                std::chrono::duration_cast<std::chrono::microseconds>(
                    tether::this_task::now() - begin);
            again = again && may_recover(page.status);
        }
        if (again)
            again = co_await tether::soft_cancellable(
                tether::sleep_for(backoff_.after(page.tries)));
        if (!again)
            co_return std::move(reply).value();
    }
}

void crawl::follow_redirect(task_group& pages, url const& address,
                            web::response const& reply, page_record& page) {
    auto const target =
        web::resolve_link(address, web::header(reply, web::field::location));
    if (!target)
        throw bad_status(page.status, "with a Location that is no address");
    page.redirect_to = target->buffer();
    auto const circle = frontier_->redirect(page.url, page.redirect_to);
    if (!circle.empty())
        throw redirect_loop(circle);
    schedule(pages, *target);
}

void crawl::done(page_record const& page) {
    counts_.add(page);
    try {
        results_.write(page);
    } catch (...) {
        // Without results there is no point in going on.
        if (!write_failure_)
            write_failure_ = std::current_exception();
        stop_now();
    }
}

void crawl::stop_softly() {
    scope_.cancel_soft(options_.grace, "asked to stop");
}

void crawl::stop_now() {
    scope_.cancel("asked to stop at once");
}

std::size_t crawl::unfinished() const noexcept {
    return frontier_ ? frontier_->claimed() - counts_.done() : 0;
}

bool crawl::deadline_came() const {
    return scope_.reason().kind == tether::cancel_kind::deadline;
}

} // namespace crawler
