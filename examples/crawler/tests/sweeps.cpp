// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// Is the crawler safe to stop at every checkpoint, its own and those of the
// server that it crawls, and does it depend on an order of its tasks? The time
// is virtual; the sockets are real, so the number of checkpoints varies a
// little from run to run.

#include "crawl.hpp"
#include "http/server.hpp"
#include "support/catch.hpp"
#include "temporary_file.hpp"

#include <tether/scope/with_task_group.hpp>
#include <tether/testing.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>

using namespace std::chrono_literals;
using namespace tether::testing;
using tether::task;
using tether::task_group;

namespace {

// Five pages, of which two fail and one is slow.
task<> answer(web::exchange& open) {
    auto const target = open.received().target();
    std::string const path(target.data(), target.size());
    auto whole = web::make_response(
        web::status::ok, "<a href='/slow'>s</a> <a href='/gone'>g</a> "
                         "<a href='/moved'>m</a> <a href='/cut'>c</a>");
    if (path == "/slow") {
        co_await tether::sleep_for(100ms);
    } else if (path == "/gone") {
        whole = web::make_response(web::status::not_found, "gone\n");
    } else if (path == "/moved") {
        whole = web::make_redirect("/slow");
    } else if (path == "/cut") {
        co_await open.reply_partly(std::move(whole), 10);
        co_return;
    }
    co_await open.reply(std::move(whole));
}

// What must be true of a crawl, however it ends.
class small_crawl {
public:
    task<> run() {
        crawler_test::temporary_file const file;
        crawler::result_file results(file.path());
        crawler::crawl job(chosen_, results);
        struct at_exit {
            crawler::crawl& job;
            std::size_t& in_flight;
            ~at_exit() { in_flight = job.in_flight(); }
        } const note{job, in_flight_};
        co_await tether::with_task_group([&](task_group& group) -> task<> {
            auto const port = co_await group.start<unsigned short>(
                web::serve, web::handler(answer));
            auto const start = web::parse_url(
                "http://127.0.0.1:" + std::to_string(port) + "/");
            co_await job.run(start);
            group.cancel();
        });
        if (job.unfinished() != 0)
            throw test_failure("pages are left");
    }
    bool idle() const { return in_flight_ == 0; }

private:
    static crawler::options quick() {
        crawler::options chosen;
        chosen.timeout = 500ms;
        chosen.retries = 1;
        return chosen;
    }

    crawler::options chosen_ = quick();
    std::size_t in_flight_ = 0;
};

// Time passes while sockets are open, after so long without news that an answer
// of a busy machine would have come: it would miss its deadline otherwise.
test_options over_sockets() {
    test_options options;
    options.clock.autojump_threshold = 20ms;
    return options;
}

} // namespace

TEST_CASE("TE17 a crawl may be stopped at every checkpoint") {
    small_crawl crawl;
    for (auto const moment : {stop_moment::entry, stop_moment::waiting}) {
        cancel_sweep_options options;
        options.moment = moment;
        options.test = over_sockets();
        auto const report = cancel_sweep([&] { return crawl.run(); },
                                         [&] { return crawl.idle(); }, options);
        CHECK(report.points > 30);
    }
}

TEST_CASE("TE18 a crawl stands errors of its operations") {
    small_crawl crawl;
    fault_sweep_options options;
    options.frames = false;
    options.test = over_sockets();
    auto const report = fault_sweep([&] { return crawl.run(); },
                                    [&] { return crawl.idle(); }, options);
    CHECK(report.points > 10);
}

// The kernel decides as well when an answer arrives, so a seed that fails may
// need more than one replay.
TEST_CASE("TE19 a crawl ends well in whatever order its tasks run") {
    small_crawl crawl;
    for (bool const stops : {false, true}) {
        explore_options options;
        options.stops = stops;
        options.test = over_sockets();
        auto const report = explore(
            seeds{50}, [&] { return crawl.run(); },
            [&] { return crawl.idle(); }, options);
        CHECK(report.runs >= 1);
    }
}
