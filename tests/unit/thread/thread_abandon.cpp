// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What becomes of a thread that a cancel leaves behind: of its token, its
/// result, its error, and of itself at the end of the run?
#include "unit/thread/thread_test.hpp"

#include <tether/task/runner.hpp>
#include <tether/thread/from_thread.hpp>
#include <tether/thread/worker_threads.hpp>

#include <atomic>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace tether_test;

// What a thread shares with its test; the thread has ended when nobody else
// has it.
struct scene {
    gate hold;
    gate written;
};
using stage = std::shared_ptr<scene>;

void hangs(stage s) {
    s->hold.pass();
}

task<> gone(stage const& s) {
    return until([&s] { return s.use_count() == 1; });
}

std::string text_of(std::exception_ptr const& e) {
    try {
        std::rethrow_exception(e);
    } catch (std::exception const& error) {
        return error.what();
    }
}

} // namespace

TETHER_TEST_CASE("TH03 a cancel leaves the thread behind at once; its token "
                 "comes back when it has ended") {
    capacity_limiter limiter(1);
    auto const s = std::make_shared<scene>();
    co_await with_task_group([&](task_group& group) -> task<> {
        auto handle = group.spawn([&]() -> task<> {
            co_await to_thread(abandon_on_cancel, {.limiter = &limiter}, hangs,
                               s);
        });
        co_await until_arrived(s->hold);
        handle.cancel();
        co_await until(
            [] { return worker_threads::statistics().abandoned == 1; });
        CHECK(limiter.statistics().borrowed == 1);

        // Whoever waits for the token waits for the thread: no deadlock.
        group.spawn([&]() -> task<> {
            co_await to_thread({.limiter = &limiter}, [] {});
        });
        co_await until([&] { return limiter.statistics().waiting == 1; });
        s->hold.open();
    });
    CHECK(limiter.statistics().borrowed == 0);
    CHECK(worker_threads::statistics().abandoned == 0);
}

TETHER_TEST_CASE("TH03 what a thread gives before the cancel is delivered") {
    auto const call = [](std::string& got) -> task<> {
        got = co_await to_thread(
            abandon_on_cancel, [](std::string text) { return text + "!"; },
            std::string("hello"));
    };
    std::string got;
    co_await call(got);
    CHECK(got == "hello!");
    // Before the loop has heard of it, too.
    worker_threads::set_idle_time(0s);
    got.clear();
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(eager, call, std::ref(got));
        while (worker_threads::statistics().threads != 0)
            std::this_thread::yield();
        group.cancel();
        co_return;
    });
    CHECK(got == "hello!");
}

TETHER_TEST_CASE("TH03 a result that comes too late is destroyed on its "
                 "thread, and its arguments are") {
    using place = std::shared_ptr<std::atomic<std::thread::id>>;
    class note {
    public:
        explicit note(place where) : where_(std::move(where)) {}
        note(note&&) = default;
        ~note() {
            if (where_)
                *where_ = std::this_thread::get_id();
        }

    private:
        place where_;
    };
    auto const nowhere = [] {
        return std::make_shared<std::atomic<std::thread::id>>();
    };
    auto const s = std::make_shared<scene>();
    place const argument = nowhere();
    place const result = nowhere();
    place const worker = nowhere();
    bool const done =
        co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
            co_await with_task_group([&](task_group& group) -> task<> {
                group.spawn([&]() -> task<> {
                    co_await to_thread(
                        abandon_on_cancel,
                        [](note, stage held, place out, place self) {
                            *self = std::this_thread::get_id();
                            held->hold.pass();
                            return note(std::move(out));
                        },
                        note(argument), s, result, worker);
                });
                co_await until_arrived(s->hold);
                scope.cancel();
            });
        });
    CHECK(!done);
    s->hold.open();
    co_await until([&] {
        return argument.use_count() + result.use_count() + worker.use_count() ==
               3;
    });
    CHECK(argument->load() == worker->load());
    CHECK(result->load() == worker->load());
    CHECK(worker->load() != std::this_thread::get_id());
}

TEST_CASE("TH03 a late error goes to on_unhandled_error") {
    std::vector<std::string> told;
    runner app;
    app.on_unhandled_error([&](std::exception_ptr e, char const* where) {
        told.push_back(std::string(where) + ": " + text_of(e));
    });
    auto const s = std::make_shared<scene>();
    auto const body = [&]() -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn([&]() -> task<> {
                co_await to_thread(
                    abandon_on_cancel,
                    [](stage held) {
                        held->hold.pass();
                        throw std::runtime_error("too late");
                    },
                    s);
            });
            co_await until_arrived(s->hold);
            group.cancel();
        });
        s->hold.open();
        co_await until([&] { return !told.empty(); });
    };
    app.run(body);
    REQUIRE(told.size() == 1);
    CHECK(told[0] == "an abandoned to_thread call failed: too late");
}

TETHER_TEST_CASE("TH11 a thread that was left behind has no task to ask") {
    capacity_limiter limiter(1);
    auto const s = std::make_shared<scene>();
    auto const seen = std::make_shared<std::string>();
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            co_await to_thread(
                abandon_on_cancel, {.limiter = &limiter},
                [](stage held, std::shared_ptr<std::string> out) {
                    held->hold.pass();
                    try {
                        from_thread::run([] {});
                    } catch (run_finished const&) {
                        *out = "run_finished";
                    }
                    held->written.open();
                    from_thread::check_cancelled(); // no late error
                },
                s, seen);
        });
        co_await until_arrived(s->hold);
        group.cancel();
    });
    s->hold.open();
    co_await until([&] { return s->written.is_open(); });
    CHECK(*seen == "run_finished");
    // The loop has heard of its end.
    co_await until([&] { return limiter.statistics().borrowed == 0; });
}

TEST_CASE("TH19 a thread that is left behind at the end of the run is "
          "reported, and not waited for") {
    std::vector<std::string> told;
    auto const s = std::make_shared<scene>();
    {
        runner app;
        app.on_unhandled_error([&](std::exception_ptr e, char const* where) {
            told.push_back(std::string(where) + ": " + text_of(e));
        });
        app.run([&]() -> task<> {
            co_await with_task_group([&](task_group& group) -> task<> {
                group.spawn([&]() -> task<> {
                    co_await to_thread(abandon_on_cancel, {.name = "dns"},
                                       hangs, s);
                });
                co_await until_arrived(s->hold);
                group.cancel();
            });
        });
        CHECK(told.empty());
        app.close();
    }
    REQUIRE(told.size() == 1);
    CHECK_THAT(told[0], contains_text("at the end of a run: a thread is left "
                                      "behind at the end of the run, 'dns'"));
    CHECK_THAT(told[0], contains_text("thread_abandon.cpp"));
    s->hold.open();
    while (s.use_count() != 1)
        std::this_thread::yield();
}

TETHER_TEST_CASE("TH04 a limiter may go before a thread that has a token of it "
                 "and was left behind") {
    auto const s = std::make_shared<scene>();
    {
        capacity_limiter limiter(1);
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn([&]() -> task<> {
                co_await to_thread(abandon_on_cancel, {.limiter = &limiter},
                                   hangs, s);
            });
            co_await until_arrived(s->hold);
            group.cancel();
        });
        CHECK(limiter.statistics().borrowed == 1);
    }
    s->hold.open();
    co_await gone(s);
}
