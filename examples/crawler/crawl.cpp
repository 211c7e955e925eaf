// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

#include "crawl.hpp"

#include "links.hpp"
#include "page_errors.hpp"

#include <tether/scope/as_outcome.hpp>
#include <tether/scope/soft_cancellable.hpp>
#include <tether/scope/with_cancel_scope.hpp>
#include <tether/scope/with_task_group.hpp>

#include <utility>

namespace crawler {
namespace {

using tether::task;
using tether::task_group;
using web::urls::url;

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

crawl::crawl(options const& chosen, result_file& results, web::connector open)
    : options_(chosen),
      results_(results),
      fetcher_(chosen, std::move(open)),
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
    fetcher_.close_idle();
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
    else if (!*result)
        co_return; // it was not asked for
    done(page);
    static_cast<void>(result.value()); // the group collects the error
}

// Result: false when a soft cancel came first.
task<bool> crawl::fetch_page(task_group& pages, url const& address,
                             page_record& page) {
    auto const reply = co_await fetcher_.fetch(address, page);
    if (!reply)
        co_return false;
    if (page.status >= 400)
        throw bad_status(page.status, std::string(reply->reason()));
    if (is_redirect(*reply)) {
        follow_redirect(pages, address, *reply, page);
    } else if (is_html(*reply)) {
        auto const links = extract_links(address, reply->body());
        page.links = links.size();
        for (url const& link : links)
            schedule(pages, link);
    }
    co_return true;
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
        scope_.cancel("a result could not be written");
    }
}

std::size_t crawl::unfinished() const noexcept {
    return frontier_ ? frontier_->claimed() - counts_.done() : 0;
}

bool crawl::deadline_came() const {
    return scope_.reason().kind == tether::cancel_kind::deadline;
}

} // namespace crawler
