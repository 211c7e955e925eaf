// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// graceful_shutdown in virtual time: its stages, and what cannot hold them up.
#include "service_test.hpp"

#include "support/sweeps.hpp"

#include <csignal>
#include <stdexcept>

namespace {

using namespace service_test;

// "drain server 2 s", with what did not complete marked.
class step_log {
public:
    explicit step_log(graceful_shutdown& gs) {
        gs.on_step([this](shutdown_step const& s) {
            text += to_string(s.stage);
            text += ' ' + s.name;
            auto const ms = s.elapsed / 1ms;
            if (ms != 0)
                text += ' ' + std::to_string(ms) + "ms";
            text += s.completed ? ";" : "!;";
        });
    }
    std::string text;
};

task<> sleeps(std::chrono::milliseconds time) {
    co_await sleep_for(time);
}

// Works on one thing after the other, each for so long, until asked to end.
task<> works(std::chrono::milliseconds each) {
    while (!this_task::cancel_requested())
        co_await sleep_for(each);
}

TETHER_TEST_CASE("RU20 the stages come in their order, each timed and told") {
    health_registry health;
    graceful_shutdown gs({SIGTERM}, {.grace = 20s});
    step_log steps(gs);
    gs.use(health);
    gs.on_close("db", [] { return sleeps(5ms); });
    gs.on_close("cache", [] { return sleeps(3ms); });
    gs.on_flush("log", [] { return sleeps(1ms); });
    int const code = co_await gs.run([&]() -> task<> {
        co_await sleep_for(1s);
        std::raise(SIGTERM);
        co_await soft_cancellable(sleep_forever());
        CHECK_FALSE(health.ready());
        co_await sleep_for(2s);
    });
    CHECK(code == 0);
    CHECK(steps.text == "readiness SIGTERM;stop_accepting service;"
                        "drain service 2000ms;close cache 3ms;close db 5ms;"
                        "flush log 1ms;exit 0;");
}

TETHER_TEST_CASE("RU20 what is left after the grace is cancelled, and the exit "
                 "code says so") {
    graceful_shutdown gs({}, {.grace = 2s});
    step_log steps(gs);
    event_log ended;
    gs.add("worker", [&]() -> task<> {
        exit_note const note(ended, "unwound");
        co_await sleep_for(1h);
    });
    gs.add("asks", [&]() -> task<> {
        gs.request("disk full");
        co_return;
    });
    int const code = co_await gs.run();
    CHECK(code == 1);
    CHECK(ended.text() == "unwound");
    CHECK(steps.text == "readiness disk full;stop_accepting worker, asks;"
                        "drain worker, asks 2000ms!;cancel worker, asks;"
                        "exit 1!;");
}

TETHER_TEST_CASE("RU21 the second signal cancels at once") {
    graceful_shutdown gs({SIGINT, SIGTERM}, {.grace = 20s});
    stopwatch const time;
    int const code = co_await gs.run([]() -> task<> {
        std::raise(SIGTERM);
        co_await soft_cancellable(sleep_forever());
        co_await sleep_for(1s);
        std::raise(SIGTERM);
        co_await sleep_for(1h);
    });
    CHECK(code == 143);
    CHECK(time.elapsed() == 1s);
}

TETHER_TEST_CASE("RU23 work that a handler gave to a group of its service is "
                 "in the drain") {
    graceful_shutdown gs;
    event_log done;
    int const code = co_await gs.run([&]() -> task<> {
        co_await with_task_group([&](task_group& background) -> task<> {
            background.spawn([&]() -> task<> {
                co_await sleep_for(5s);
                done("mail sent");
            });
            gs.request();
            co_return;
        });
    });
    CHECK(code == 0);
    CHECK(done.text() == "mail sent");
}

TETHER_TEST_CASE("RU24 it completes although a health check hangs behind a "
                 "shield, and shows where") {
    health_registry health;
    health.add("stuck", []() -> task<> {
        shield_options for_ever;
        for_ever.grace = (std::chrono::steady_clock::duration::max)();
        co_await shielded(sleep_forever(), for_ever);
    });
    graceful_shutdown gs({}, {.grace = 2s, .cancel_grace = 3s});
    std::string tree;
    gs.on_stuck([&](std::string const& t) { tree = t; });
    gs.use(health);
    stopwatch const time;
    int const code = co_await gs.run([&]() -> task<> {
        gs.request();
        co_await health.report(health_kind::readiness);
    });
    CHECK(code == 1);
    CHECK(time.elapsed() == 5s);
    CHECK_THAT(tree, contains_text("'stuck'"));
}

TETHER_TEST_CASE("RU20 services of a lower order end after those above them") {
    graceful_shutdown gs;
    event_log ended;
    auto const service = [&](std::string name) {
        return [&ended, name]() -> task<> {
            exit_note const note(ended, name);
            co_await works(10ms);
        };
    };
    gs.add("queue", service("queue"), 0);
    gs.add("web", service("web"), 1);
    gs.add("admin", service("admin"), 1);
    gs.add("asks", [&]() -> task<> {
        gs.request();
        co_return;
    });
    int const code = co_await gs.run();
    CHECK(code == 0);
    CHECK(ended.text() == "web admin queue");
}

TETHER_TEST_CASE("RU20 a failing service begins the shutdown, and no error of "
                 "it or of a close is lost") {
    graceful_shutdown gs({}, {.close_timeout = 1s});
    event_log said;
    gs.on_close("never", [] { return sleeps(1h); });
    gs.on_close("fails", [&]() -> task<> {
        said("close");
        throw std::runtime_error("close failed");
        co_return;
    });
    gs.add("other", [&]() -> task<> {
        co_await works(10ms);
        said("drained");
    });
    auto const run = [&]() -> task<> {
        int const code = co_await gs.run([]() -> task<> {
            co_await sleep_for(5ms);
            throw std::runtime_error("service failed");
        });
        FAIL("it gave " << code);
    };
    auto const end = co_await as_outcome(run());
    CHECK(said.text() == "drained close");
    std::string const text = format_error(end.error());
    CHECK_THAT(text, contains_text("service failed"));
    CHECK_THAT(text, contains_text("close failed"));
    CHECK_THAT(text, contains_text("deadline 1 s of 'never' exceeded"));
}

TETHER_TEST_CASE("RU20 without a request the end of the services is the end") {
    graceful_shutdown gs;
    step_log steps(gs);
    int const code = co_await gs.run([]() -> task<> { co_return; });
    CHECK(code == 0);
    CHECK(steps.text == "exit 0;");
    auto const again = co_await as_outcome(gs.run());
    CHECK_THROWS_AS(again.value(), invalid_state);
    CHECK_THROWS_WITH(graceful_shutdown({}, {.grace = 0s}),
                      "graceful_shutdown: the grace is not positive: 0 ns");
    CHECK_THROWS_AS(graceful_shutdown({}, {.cancel_grace = -1s}),
                    std::invalid_argument);
    CHECK_THROWS_AS(graceful_shutdown({}, {.close_timeout = 0s}),
                    std::invalid_argument);
}

TETHER_TEST_CASE("RU20 when it is cancelled each resource has its own time to "
                 "close") {
    event_log closed;
    co_await move_on_after(1s, [&]() -> task<> {
        graceful_shutdown gs({}, {.close_timeout = 1s});
        auto const slow = [&](std::string name) {
            return [&closed, name]() -> task<> {
                co_await sleep_for(900ms);
                closed(name);
            };
        };
        gs.on_close("first", slow("first"));
        gs.on_close("last", slow("last"));
        gs.on_flush("log", slow("log"));
        int const code = co_await gs.run([] { return sleeps(1h); });
        FAIL("it gave " << code);
    });
    CHECK(closed.text() == "last first log");
}

TEST_CASE("RU20 resources close wherever the program is stopped") {
    int open = 0;
    auto const body = [&]() -> task<> {
        open = 0;
        graceful_shutdown gs;
        gs.add("web", [&]() -> task<> {
            ++open;
            gs.on_close("db", [&]() -> task<> {
                co_await checkpoint();
                --open;
            });
            for (int i = 0; i != 5 && !gs.requested(); ++i)
                co_await sleep_for(10ms);
        });
        gs.add("asks", [&]() -> task<> {
            co_await sleep_for(30ms);
            gs.request();
        });
        int const code = co_await gs.run();
        static_cast<void>(code);
    };
    tether_test::sweep_all_stops(body, [&] { return open == 0; }, 5);
    CHECK(open == 0);
}

} // namespace
