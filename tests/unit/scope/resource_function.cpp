// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// Resources that are written as a coroutine with one co_yield.
#include "cancel_test.hpp"

using namespace tether_test;

namespace {

struct session {
    event_log& log;
    std::string user;
    ~session() { log("gone"); }
};

scoped_resource<session> log_in(event_log& log, std::string user,
                                std::chrono::milliseconds needs = 1ms) {
    exit_note const note(log, "frame");
    co_await sleep_for(needs);
    session s{log, std::move(user)};
    log("in");
    exit_reason const why = co_yield s;
    co_await sleep_for(1s);
    log(why.succeeded() ? "out" : why.failed() ? "out:failed" : "out:stopped");
}

scoped_resource<int> never_yields(bool yield) {
    int value = 0;
    if (yield)
        co_yield value;
}

scoped_resource<int> yields_twice(event_log& log) {
    exit_note const note(log, "frame");
    int value = 0;
    co_yield value;
    co_yield value;
    log("unreachable");
}

scoped_resource<int> fails(event_log& log, bool before) {
    exit_note const note(log, "frame");
    int value = 0;
    if (before)
        throw std::runtime_error("open");
    co_yield value;
    throw std::runtime_error("close");
}

} // namespace

TETHER_TEST_CASE("RE10 what stands before the co_yield opens, what stands "
                 "after it closes") {
    event_log log;
    auto const length =
        co_await with(log_in(log, "me"), [&](session& s) -> task<std::size_t> {
            log("use:" + s.user);
            co_return s.user.size();
        });
    CHECK(length == 2);
    CHECK(log.text() == "in use:me out gone frame");
}

TETHER_TEST_CASE("RE10 it closes after an error and after a stop, behind a "
                 "shield") {
    event_log log;
    auto const failing = [&]() -> task<> {
        co_await with(log_in(log, "me"), [](session&) -> task<> {
            throw std::runtime_error("body");
            co_return;
        });
    };
    auto const error = co_await error_of(failing);
    CHECK(text_of<std::runtime_error>(error) == "body");
    CHECK(log.text() == "in out:failed gone frame");
    log("|");
    stopwatch const watch;
    bool const whole = co_await move_on_after(100ms, [&]() -> task<> {
        co_await with(log_in(log, "me"),
                      [](session&) -> task<> { co_await sleep_forever(); });
    });
    CHECK_FALSE(whole);
    CHECK(watch.elapsed() == 1100ms);
    CHECK(contains(log.text(), "| in out:stopped gone frame"));
}

TETHER_TEST_CASE("RE10 a coroutine that does not yield is an error that names "
                 "it") {
    auto const empty = [&]() -> task<> {
        co_await with(never_yields(false), [](int&) -> task<> { co_return; });
    };
    auto const error = co_await error_of(empty);
    std::string const text = text_of<std::logic_error>(error);
    CHECK(contains(text, "resource_function.cpp:"));
    CHECK(contains(text, "ended without a co_yield"));
    co_await with(never_yields(true), [](int&) -> task<> { co_return; });
}

TETHER_TEST_CASE("RE10 a second co_yield is an error that names both lines") {
    event_log log;
    auto const twice = [&]() -> task<> {
        co_await with(yields_twice(log), [&](int&) -> task<> {
            log("body");
            co_return;
        });
    };
    auto const error = co_await error_of(twice);
    std::string const text = text_of<std::logic_error>(error);
    CHECK(contains(text, "must yield exactly once"));
    CHECK(contains(text, "resource_function.cpp:"));
    CHECK(log.text() == "body frame");
}

TETHER_TEST_CASE("RE02 an error before the co_yield: no body, no close") {
    event_log log;
    auto const failing = [&]() -> task<> {
        co_await with(fails(log, true), [&](int&) -> task<> {
            log("body");
            co_return;
        });
    };
    auto const error = co_await error_of(failing);
    CHECK(text_of<std::runtime_error>(error) == "open");
    CHECK(log.text() == "frame");
}

TETHER_TEST_CASE("RE05 an error after the co_yield is one of close") {
    event_log log;
    auto const failing = [&]() -> task<> {
        co_await with(fails(log, false), [&](int&) -> task<> {
            throw std::runtime_error("body");
            co_return;
        });
    };
    auto const error = co_await error_of(failing);
    std::vector<std::string> texts;
    try {
        std::rethrow_exception(error);
    } catch (exception_group const& group) {
        for (auto const& leaf : group.leaves())
            texts.push_back(text_of<std::runtime_error>(leaf.error()));
    }
    CHECK(texts == std::vector<std::string>{"body", "close"});
}

TETHER_TEST_CASE("RE06 a stop before the co_yield destroys the coroutine") {
    event_log log;
    bool const whole = co_await move_on_after(1s, [&]() -> task<> {
        co_await with(log_in(log, "me", 2000ms), [&](session&) -> task<> {
            log("body");
            co_return;
        });
    });
    CHECK_FALSE(whole);
    CHECK(log.text() == "frame");
}

TETHER_TEST_CASE("RE04 a coroutine that does not end in its grace is stopped") {
    event_log log;
    auto stubborn = [](event_log& l) -> scoped_resource<int> {
        exit_note const note(l, "frame");
        int value = 0;
        co_yield value;
        co_await sleep_for(1h);
        l("unreachable");
    };
    stopwatch const watch;
    bool const whole = co_await move_on_after(1s, [&]() -> task<> {
        co_await with(stubborn(log),
                      [](int&) -> task<> { co_await sleep_forever(); });
    });
    CHECK_FALSE(whole);
    CHECK(watch.elapsed() == 11s);
    CHECK(log.text() == "frame");
}

TETHER_TEST_CASE("RE11 a resource is opened once, and closed when it is open") {
    event_log log;
    auto resource = log_in(log, "me");
    auto const early = [&]() -> task<> {
        co_await resource.close(exit_reason());
    };
    auto const first = co_await error_of(early);
    CHECK(contains(text_of<std::logic_error>(first), "not open"));
    auto const nested = [&]() -> task<> {
        co_await with(resource, [&](session&) -> task<> {
            co_await with(resource, [](session&) -> task<> { co_return; });
        });
    };
    auto const second = co_await error_of(nested);
    CHECK(contains(text_of<std::logic_error>(second), "opened once"));
    CHECK(log.text() == "in out:failed gone frame");
    auto const again = [&]() -> task<> {
        co_await with(resource, [](session&) -> task<> { co_return; });
    };
    auto const third = co_await error_of(again);
    CHECK(contains(text_of<std::logic_error>(third), "opened once"));
}

TETHER_TEST_CASE("RE07 several of them open and close like one") {
    event_log log;
    auto const failing = [&]() -> task<> {
        co_await with(log_in(log, "a"), log_in(log, "b"), fails(log, true),
                      [&](session&, session&, int&) -> task<> {
                          log("body");
                          co_return;
                      });
    };
    auto const error = co_await error_of(failing);
    CHECK(text_of<std::runtime_error>(error) == "open");
    CHECK(log.text() == "in in frame out:failed gone frame out:failed gone "
                        "frame");
}
