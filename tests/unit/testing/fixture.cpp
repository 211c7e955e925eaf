// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// What a test has around it: fixtures in its own task, helpers in the
// background.
#include "testing_test.hpp"

#include <optional>
#include <stdexcept>
#include <string>

namespace {

using namespace testing_test;
using testing::fixture_body;
using testing::with_fixture;

struct logged {
    task<> set_up() {
        co_await checkpoint();
        log("up");
    }
    task<> tear_down() {
        co_await sleep_for(1s);
        log("down");
        last = log.text();
    }
    event_log log;
    static inline std::string last;
};

TEST_CASE("TE11 set_up, body and tear_down run in this order in one task") {
    run_test(with_fixture<logged>([](logged& f) -> task<> {
        co_await checkpoint();
        f.log("body");
    }));
    CHECK(logged::last == "up body down");
}

TEST_CASE("TE11 tear_down runs when the body fails, and the error stays") {
    logged::last.clear();
    CHECK_THROWS_AS(run_test(with_fixture<logged>([](logged& f) -> task<> {
                        co_await checkpoint();
                        f.log("body");
                        throw std::runtime_error("body");
                    })),
                    std::runtime_error);
    CHECK(logged::last == "up body down");
}

TEST_CASE("TE11 tear_down runs when the test hangs") {
    logged::last.clear();
    testing::test_options options;
    options.hang_guard = 20ms;
    CHECK_THROWS_AS(run_test(with_fixture<logged>([](logged&) -> task<> {
                                 for (;;)
                                     co_await checkpoint();
                             }),
                             options),
                    test_failure);
    CHECK(logged::last == "up down");
}

struct broken {
    task<> set_up() {
        co_await checkpoint();
        throw std::invalid_argument("set_up");
    }
    task<> tear_down() {
        tried = true;
        co_return;
    }
    static inline bool tried = false;
};

TEST_CASE("TE11 what was not set up is not torn down") {
    bool ran = false;
    CHECK_THROWS_AS(run_test(with_fixture<broken>([&](broken&) -> task<> {
                        ran = true;
                        co_return;
                    })),
                    std::invalid_argument);
    CHECK(!ran);
    CHECK(!broken::tried);
}

// The scopes of the fixture are those of the test.
struct in_scopes {
    task<> around(fixture_body& rest) {
        co_await with_task_group([&](task_group& opened) -> task<> {
            group = &opened;
            opened.spawn([this]() -> task<> {
                for (;;) {
                    co_await sleep_for(1s);
                    ++ticks;
                }
            });
            auto const ended = co_await move_on_after(10s, rest());
            timed_out = !ended;
            last_timed_out = timed_out;
            opened.cancel();
        });
    }
    task_group* group = nullptr;
    int ticks = 0;
    bool timed_out = false;
    static inline bool last_timed_out = false;
};

TETHER_TEST_CASE_METHOD(in_scopes,
                        "TE11 a group and a deadline of a fixture span the "
                        "test") {
    co_await sleep_for(5500ms);
    CHECK(ticks == 5);
    int more = 0;
    auto const child = group->spawn([&]() -> task<> {
        ++more;
        co_return;
    });
    co_await testing::settle();
    CHECK(more == 1);
    CHECK(this_task::remaining() == 4500ms);
}

TEST_CASE("TE11 the deadline of a fixture stops the test") {
    in_scopes::last_timed_out = false;
    run_test(with_fixture<in_scopes>(
        [](in_scopes&) -> task<> { co_await sleep_forever(); }));
    CHECK(in_scopes::last_timed_out);
}

TEST_CASE("TE12 helpers are cancelled when the body has ended, and joined") {
    event_log log;
    auto const result = run_test([&]() -> task<int> {
        testing::spawn_background([&]() -> task<> {
            auto finish = [&](exit_reason const&) -> task<> {
                co_await sleep_for(1s);
                log("closed");
            };
            auto work = [&]() -> task<> {
                log("works");
                co_await sleep_forever();
            };
            co_await async_try(work).finally(finish);
        });
        co_await sleep_for(1s);
        log("body");
        co_return 7;
    });
    CHECK(result == 7);
    CHECK(log.text() == "works body closed");
}

struct referred {
    ~referred() { alive = false; }
    bool alive = true;
};

TEST_CASE("TE12 helpers end before the fixture that they refer to, and before "
          "locals when the test says so") {
    struct note {
        referred* of;
        bool* out;
        ~note() { *out = of->alive; }
    };
    auto helper = [](referred* of, bool* out) -> task<> {
        note const at_end{of, out};
        co_await sleep_forever();
    };
    bool alive_in_fixture = false;
    run_test(with_fixture<referred>([&](referred& f) -> task<> {
        testing::spawn_background(helper, &f, &alive_in_fixture);
        co_await testing::settle();
    }));
    CHECK(alive_in_fixture);

    bool alive_in_body = false;
    run_test([&]() -> task<> {
        referred local;
        testing::spawn_background(helper, &local, &alive_in_body);
        co_await testing::settle();
        co_await testing::end_background();
        CHECK(alive_in_body);
    });
}

TEST_CASE("TE12 the error of a helper ends the test and fails it") {
    bool passed = false;
    auto const text = report_of([&]() -> task<> {
        testing::spawn_background([]() -> task<> {
            co_await sleep_for(1s);
            throw std::runtime_error("the helper broke");
        });
        co_await sleep_for(1h);
        passed = true;
    });
    CHECK(!passed);
    CHECK_THAT(text, contains_text("a background task ended with an error"));
    CHECK_THAT(text, contains_text("the helper broke"));
}

TEST_CASE("TE12 a helper that does not end fails the test") {
    std::optional<completion<void>> never; // whoever ends it is gone
    auto const text = report_of([&]() -> task<> {
        testing::spawn_background([&]() -> task<> {
            co_await suspend_cancellable<void>(
                [&](completion<void> done) { never.emplace(std::move(done)); });
        });
        co_await testing::settle();
    });
    CHECK_THAT(text, contains_text("did not end when they were cancelled"));
    CHECK_THAT(text, contains_text("waits for a callback"));
}

} // namespace
