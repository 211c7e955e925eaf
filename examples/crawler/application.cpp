// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

#include "application.hpp"

#include "crawl.hpp"
#include "page_errors.hpp"
#include "report.hpp"
#include "site.hpp"
#include "terminal_line.hpp"

#include <tether/core/exception_group.hpp>
#include <tether/scope/with_task_group.hpp>
#include <tether/service/graceful_shutdown.hpp>
#include <tether/task/sleep.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <functional>
#include <optional>

namespace crawler {
namespace {

using namespace std::chrono_literals;
using tether::task;
using tether::task_group;
using clock = std::chrono::steady_clock;

// Serves the embedded site in the group and gives its address.
task<web::urls::url> open_site(task_group& group, site& pages) {
    web::handler const answer = [&pages](web::exchange& open) {
        return pages.answer(open);
    };
    auto const port = co_await group.start<unsigned short>(web::serve, answer);
    co_return web::parse_url(fmt::format("http://127.0.0.1:{}/", port));
}

task<> show_progress(crawl const& job, clock::time_point begin) {
    terminal_line line;
    for (;;) {
        line.show(progress_line(job, clock::now() - begin));
        co_await tether::sleep_for(100ms);
    }
}

// A start address that leads nowhere is a mistake of the user, not a page that
// failed. Null if the crawl got further than that.
std::exception_ptr useless_start(crawl const& job) {
    if (job.counts().fetched() > 0 || !job.failures())
        return nullptr;
    if (auto const* loop = job.failures()->first<redirect_loop>())
        return std::make_exception_ptr(bad_input(loop->what()));
    auto const* failed = job.failures()->first<web::request_failed>();
    if (failed && failed->why() != web::failure::connection_lost &&
        failed->why() != web::failure::too_large)
        return std::make_exception_ptr(bad_input(failed->what()));
    return nullptr;
}

} // namespace

task<int> application(options chosen) {
    result_file results(chosen.out);
    site embedded(chosen.seed);
    std::optional<web::urls::url> start = chosen.url;
    crawl job(chosen, results);
    auto const begin = clock::now();

    // The first signal asks the crawl softly to end, the second one cancels it.
    tether::graceful_shutdown signals({SIGINT, SIGTERM},
                                      {.grace = std::max(chosen.grace, 1ms)});
    auto const body = [&](task_group& group) -> task<> {
        if (!start)
            start = co_await open_site(group, embedded);
        if (terminal_line::available())
            group.spawn(tether::named("progress"), show_progress,
                        std::cref(job), begin);
        co_await job.run(*start);
        group.cancel("the crawl is over");
    };
    auto const service = [&]() -> task<> {
        co_await tether::with_task_group({.name = "crawler"}, body);
    };
    static_cast<void>(co_await signals.run(service));
    int const signal = signals.signal_number();

    if (job.write_failure())
        std::rethrow_exception(job.write_failure());
    if (auto const mistake = useless_start(job); mistake && signal == 0)
        std::rethrow_exception(mistake);
    auto const elapsed = clock::now() - begin;
    fmt::print("{}\n\n{}", start->buffer(), summary_table(job, elapsed));
    if (job.failures())
        fmt::print("\n{}", failure_tree(job));
    if (signal != 0)
        co_return 128 + signal;
    if (job.deadline_came())
        co_return deadline_passed;
    co_return job.failures() ? some_failed : all_fetched;
}

} // namespace crawler
