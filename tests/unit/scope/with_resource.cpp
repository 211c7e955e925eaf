// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// Resources that are opened and closed by coroutines.
#include "cancel_test.hpp"

using namespace tether_test;

namespace {

struct connection {
    event_log& log;
    std::string name = "c";
    std::chrono::milliseconds open_time{0};
    bool open_fails = false;
    bool close_fails = false;
    exit_reason closed_because{};

    task<> open() {
        if (open_time.count() != 0)
            co_await sleep_for(open_time);
        if (open_fails)
            throw std::runtime_error("open " + name);
        log("open:" + name);
    }
    task<> close(exit_reason const& why) {
        closed_because = why;
        co_await sleep_for(1s);
        log("close:" + name);
        if (close_fails)
            throw std::runtime_error("close " + name);
    }
};

// Without open(), and closed without a reason.
struct simple {
    event_log& log;
    task<> close() {
        log("close");
        co_return;
    }
};

static_assert(async_resource<connection>);
static_assert(async_resource<simple>);
static_assert(!async_resource<int>);

} // namespace

TETHER_TEST_CASE("RE01 with opens, runs the body, closes, and gives the body's "
                 "value") {
    event_log log;
    connection c{log};
    auto const value = co_await with(c, [&](connection& opened) -> task<int> {
        CHECK(&opened == &c);
        log("body");
        co_return 5;
    });
    CHECK(value == 5);
    CHECK(log.text() == "open:c body close:c");
    simple s{log};
    co_await with(s, [](simple&) -> task<> { co_return; });
    CHECK(log.text() == "open:c body close:c close");
}

TETHER_TEST_CASE("RE01 close runs after an error and after a stop") {
    event_log log;
    connection c{log};
    auto const failing = [&]() -> task<> {
        co_await with(c, [](connection&) -> task<> {
            throw std::runtime_error("body");
            co_return;
        });
    };
    auto const error = co_await error_of(failing);
    CHECK(text_of<std::runtime_error>(error) == "body");
    bool const whole = co_await move_on_after(1s, [&]() -> task<> {
        co_await with(c,
                      [](connection&) -> task<> { co_await sleep_forever(); });
    });
    CHECK_FALSE(whole);
    CHECK(log.text() == "open:c close:c open:c close:c");
}

TETHER_TEST_CASE("RE02 a failed open runs neither the body nor close") {
    event_log log;
    connection c{log};
    c.open_fails = true;
    auto const failing = [&]() -> task<> {
        co_await with(c, [&](connection&) -> task<> {
            log("body");
            co_return;
        });
    };
    auto const error = co_await error_of(failing);
    CHECK(text_of<std::runtime_error>(error) == "open c");
    CHECK(log.text().empty());
}

TETHER_TEST_CASE("RE03 close is told how the body ended") {
    event_log log;
    connection c{log};
    co_await with(c, [](connection&) -> task<> { co_return; });
    CHECK(c.closed_because.succeeded());
    auto const failing = [&]() -> task<> {
        co_await with(c, [](connection&) -> task<> {
            throw std::runtime_error("body");
            co_return;
        });
    };
    auto const error = co_await error_of(failing);
    CHECK(c.closed_because.failed());
    CHECK(text_of<std::runtime_error>(c.closed_because.error()) == "body");
    bool const whole = co_await move_on_after(1s, [&]() -> task<> {
        co_await with(c,
                      [](connection&) -> task<> { co_await sleep_forever(); });
    });
    CHECK_FALSE(whole);
    CHECK(c.closed_because.stopped());
    CHECK(c.closed_because.reason().kind == cancel_kind::deadline);
}

TETHER_TEST_CASE("RE04 close runs behind a shield, for ten seconds at most") {
    struct stubborn {
        task<> close() { co_await sleep_for(1h); }
    } resource;
    stopwatch const watch;
    bool const whole = co_await move_on_after(1s, [&]() -> task<> {
        co_await with(resource,
                      [](stubborn&) -> task<> { co_await sleep_forever(); });
    });
    CHECK_FALSE(whole);
    CHECK(watch.elapsed() == 11s);
}

TETHER_TEST_CASE("RE05 an error of close alone, beside the body's, and during "
                 "a stop") {
    event_log log;
    connection c{log};
    c.close_fails = true;
    auto const alone = [&]() -> task<> {
        co_await with(c, [](connection&) -> task<> { co_return; });
    };
    auto const first = co_await error_of(alone);
    CHECK(text_of<std::runtime_error>(first) == "close c");

    auto const both = [&]() -> task<> {
        co_await with(c, [](connection&) -> task<> {
            throw std::runtime_error("body");
            co_return;
        });
    };
    auto const second = co_await error_of(both);
    std::string const text = text_of<exception_group>(second);
    CHECK(contains(text, "cleanup failed"));
    CHECK(text_of<exception_group>(second) != "another error");

    auto const stopped = [&]() -> task<> {
        co_await move_on_after(1s, [&]() -> task<> {
            co_await with(
                c, [](connection&) -> task<> { co_await sleep_forever(); });
        });
    };
    auto const third = co_await error_of(stopped);
    CHECK(text_of<std::runtime_error>(third) == "close c");
}

TETHER_TEST_CASE("RE06 a cancel during open: nothing was acquired, or close "
                 "runs") {
    event_log log;
    connection c{log};
    c.open_time = 2s;
    bool const stopped = co_await move_on_after(1s, [&]() -> task<> {
        co_await with(c, [&](connection&) -> task<> {
            log("body");
            co_return;
        });
    });
    CHECK_FALSE(stopped);
    CHECK(log.text().empty()); // open was stopped before it acquired

    struct late : connection {
        task<> open() { co_await shielded(connection::open()); }
    } l{{log, "late", 2s}};
    bool const whole = co_await move_on_after(1s, [&]() -> task<> {
        co_await with(l, [&](late&) -> task<> {
            co_await checkpoint();
            log("unreachable");
        });
    });
    CHECK_FALSE(whole);
    CHECK(log.text() == "open:late close:late");
}

TETHER_TEST_CASE("RE01 several resources open from left to right and close "
                 "from right to left") {
    event_log log;
    connection a{log, "a"};
    connection b{log, "b"};
    connection c{log, "c"};
    auto const value = co_await with(
        a, b, c, [&](connection& x, connection& y, connection& z) -> task<int> {
            CHECK((&x == &a && &y == &b && &z == &c));
            log("body");
            co_return 1;
        });
    CHECK(value == 1);
    CHECK(log.text() == "open:a open:b open:c body close:c close:b close:a");
}

TETHER_TEST_CASE("RE02 when a later open fails the earlier ones are closed") {
    event_log log;
    connection a{log, "a"};
    connection b{log, "b"};
    b.open_fails = true;
    auto const failing = [&]() -> task<> {
        co_await with(a, b, [&](connection&, connection&) -> task<> {
            log("body");
            co_return;
        });
    };
    auto const error = co_await error_of(failing);
    CHECK(text_of<std::runtime_error>(error) == "open b");
    CHECK(a.closed_because.failed());
    CHECK(log.text() == "open:a close:a");
}
