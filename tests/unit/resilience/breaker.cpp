// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// Circuit breakers: the states by themselves, and calls in virtual time.
#include "support/test_case.hpp"

#include <tether/core/errors.hpp>
#include <tether/resilience/circuit_breaker.hpp>
#include <tether/scope/deadline.hpp>
#include <tether/scope/task_group.hpp>
#include <tether/scope/with_task_group.hpp>

#include <optional>
#include <stdexcept>
#include <string>

using namespace tether;
using namespace tether_test;
using detail::breaker_core;
using detail::time_point;

namespace {

constexpr auto ok = call_verdict::success;
constexpr auto bad = call_verdict::failure;
constexpr auto neutral = call_verdict::neutral;

// The states alone, with a clock that is a number of milliseconds.
struct machine {
    explicit machine(circuit_breaker_options const& options) : core(options) {}

    std::optional<breaker_core::ticket> admit() { return core.admit(now()); }
    void settle(breaker_core::ticket t, call_verdict v) {
        core.settle(t, v, now());
    }
    void call(call_verdict v) {
        auto const t = admit();
        REQUIRE(t);
        settle(*t, v);
    }
    void calls(int n, call_verdict v) {
        for (int i = 0; i != n; ++i)
            call(v);
    }
    bool is(circuit_state s) const { return core.state() == s; }
    time_point now() const { return time_point{} + at; }

    breaker_core core;
    std::chrono::milliseconds at{1000};
};

constexpr auto closed = circuit_state::closed;
constexpr auto opened = circuit_state::open;
constexpr auto half_open = circuit_state::half_open;

// A service of which the test says how it is.
struct service {
    circuit_breaker breaker;
    bool works = false;
    int calls = 0;
    std::chrono::milliseconds time{10};

    explicit service(circuit_breaker_options const& o) : breaker(o) {}
    task<int> ask() {
        auto body = [this]() -> task<int> {
            ++calls;
            co_await sleep_for(time);
            if (!works)
                throw std::runtime_error("down");
            co_return calls;
        };
        co_return co_await breaker.call(body);
    }
    // How it ended, in a word.
    task<std::string> tell() {
        try {
            co_await ask();
        } catch (circuit_open const&) {
            co_return "refused";
        } catch (std::exception const& e) {
            co_return e.what();
        }
        co_return "ok";
    }
    task<> fail(int n) {
        for (int i = 0; i != n; ++i) {
            auto const how = co_await tell();
            CHECK(how == "down");
        }
    }
};

circuit_breaker_options opens_after(std::size_t failures) {
    circuit_breaker_options o;
    o.failures = failures;
    o.open_for = 1s;
    o.probe_timeout = 5s;
    o.name = "db";
    return o;
}

} // namespace

TEST_CASE("LI16 it opens after failures in a row, or after too large a share") {
    machine m(opens_after(3));
    m.calls(2, bad);
    m.call(ok); // begins a new row
    m.calls(2, bad);
    CHECK(m.is(closed));
    m.call(bad);
    CHECK(m.is(opened));

    circuit_breaker_options o = opens_after(0);
    o.failure_ratio = 0.5;
    o.minimum_calls = 4;
    o.window = 10s;
    machine share(o);
    share.calls(3, bad); // all of them, but three are too few
    CHECK(share.is(closed));
    share.at += 10s; // and now they are forgotten
    share.calls(3, ok);
    share.calls(2, bad);
    CHECK(share.is(closed));
    share.at += 8s; // these are not
    share.call(bad);
    CHECK(share.is(opened));
}

TETHER_TEST_CASE("LI17 an open one refuses at once and says for how long") {
    service db(opens_after(2));
    co_await db.fail(2);
    co_await sleep_for(400ms);
    stopwatch const time;
    std::optional<circuit_open> error;
    try {
        co_await db.ask();
    } catch (circuit_open const& e) {
        error = e;
    }
    REQUIRE(error);
    CHECK(error->state() == opened);
    CHECK(error->remaining() == 600ms);
    CHECK_THAT(error->what(),
               contains_text("'db' is open: no call for 600 ms"));
    CHECK(time.elapsed() == 0ms);
    CHECK(db.calls == 2);
    CHECK(db.breaker.remaining() == 600ms);
}

TETHER_TEST_CASE("LI18 of a hundred calls at half-open exactly one is made") {
    service db(opens_after(1));
    co_await db.fail(1);
    co_await sleep_for(1s);
    db.works = true;
    int refused = 0;
    co_await with_task_group([&](task_group& group) -> task<> {
        for (int i = 0; i != 100; ++i)
            group.spawn([&]() -> task<> {
                auto const how = co_await db.tell();
                refused += how == "refused" ? 1 : 0;
            });
        co_return;
    });
    CHECK(db.calls == 2);
    CHECK(refused == 99);
    CHECK(db.breaker.state() == closed);

    circuit_breaker_options o = opens_after(1);
    o.half_open_probes = 2;
    o.successes_to_close = 3;
    machine m(o);
    m.call(bad);
    m.at += 1s;
    auto const a = m.admit();
    auto const b = m.admit();
    REQUIRE((a && b));
    CHECK_FALSE(m.admit());
    m.settle(*a, ok);
    m.call(ok);
    CHECK(m.is(half_open));
    m.settle(*b, ok);
    CHECK(m.is(closed));
}

TETHER_TEST_CASE("LI19 a probe that is stopped frees its place for another") {
    service db(opens_after(1));
    co_await db.fail(1);
    co_await sleep_for(1s);
    db.works = true;
    db.time = 1h;
    bool const ended =
        co_await move_on_after(10ms, [&]() -> task<> { co_await db.ask(); });
    CHECK_FALSE(ended);
    CHECK(db.breaker.state() == half_open);
    CHECK(db.breaker.statistics().neutral == 1);
    CHECK(db.breaker.remaining() == 0ms);
    db.time = 1ms;
    auto const how = co_await db.tell();
    CHECK(how == "ok");
    CHECK(db.breaker.state() == closed);
}

TETHER_TEST_CASE("LI20 timeouts count, stops do not, a predicate decides") {
    service db(opens_after(2));
    db.time = 1h;
    for (int i = 0; i != 5; ++i)
        static_cast<void>(co_await move_on_after(
            10ms, [&]() -> task<> { co_await db.ask(); }));
    CHECK(db.breaker.state() == closed);
    auto const in_time = [&]() -> task<> {
        return []() -> task<> { co_await fail_after(10ms, sleep_for(1h)); }();
    };
    for (int i = 0; i != 2; ++i) {
        try {
            co_await db.breaker.call(in_time);
        } catch (timeout_error const&) {
        }
    }
    CHECK(db.breaker.state() == opened);

    service other(opens_after(1));
    other.time = 1ms;
    other.breaker.classify_with([](std::exception_ptr const& e) {
        try {
            std::rethrow_exception(e);
        } catch (std::runtime_error const&) {
            return call_verdict::success; // a polite no
        }
    });
    co_await other.fail(3);
    CHECK(other.breaker.state() == closed);
    auto const throws = []() -> task<> {
        throw 7; // nor does the predicate know that
        co_return;
    };
    try {
        co_await other.breaker.call(throws);
    } catch (int) {
    }
    CHECK(other.breaker.state() == opened);
}

TETHER_TEST_CASE("LI21 changes are told, counted, and made by hand") {
    service db(opens_after(1));
    event_log log;
    db.breaker.on_change([&](circuit_change const& c) {
        log(std::string(to_string(c.from)) + ">" +
            std::string(to_string(c.to)));
        CHECK(c.name == "db");
        CHECK(db.breaker.state() == c.to);
    });
    co_await db.fail(1);
    db.breaker.trip(2s); // an open one for longer
    co_await sleep_for(1500ms);
    auto how = co_await db.tell();
    CHECK(how == "refused");
    co_await sleep_for(500ms);
    db.works = true;
    how = co_await db.tell();
    CHECK(how == "ok");
    db.breaker.trip();
    db.breaker.reset();
    CHECK(log.text() == "closed>open open>half-open half-open>closed "
                        "closed>open open>closed");
    auto const now = db.breaker.statistics();
    CHECK(now.state == closed);
    CHECK(now.succeeded == 1);
    CHECK(now.failed == 1);
    CHECK(now.rejected == 1);
    CHECK(now.opened == 2);
    CHECK(now.calls == 0);

    circuit_breaker_options o = opens_after(0);
    CHECK_THROWS_AS(circuit_breaker(o), std::invalid_argument);
    o.failure_ratio = 1.5;
    CHECK_THROWS_WITH(circuit_breaker(o), contains_text("1.5"));
    o = opens_after(1);
    o.open_for = -1s;
    CHECK_THROWS_WITH(circuit_breaker(o), contains_text("-1 s"));
    o = opens_after(1);
    o.half_open_probes = 0;
    CHECK_THROWS_AS(circuit_breaker(o), std::invalid_argument);
    CHECK_THROWS_AS(db.breaker.trip(-1s), std::invalid_argument);
}

TEST_CASE("LI27 the lease of a probe that never ends runs out") {
    machine m(opens_after(1));
    m.call(bad);
    m.at += 1s;
    auto const hangs = m.admit();
    REQUIRE(hangs);
    m.at += 4999ms;
    CHECK_FALSE(m.admit());
    CHECK(m.core.remaining(m.now()) == 1ms);
    m.at += 1ms;
    auto const next = m.admit();
    REQUIRE(next);
    CHECK_FALSE(m.admit());
    m.settle(*hangs, neutral); // gives no place back that it has not
    CHECK_FALSE(m.admit());
    m.settle(*next, ok);
    CHECK(m.is(closed));
}

TEST_CASE("LI28 a late result of an earlier generation changes nothing") {
    machine m(opens_after(1));
    auto const slow = m.admit();
    auto const slower = m.admit();
    m.call(bad);
    m.at += 1s;
    auto const probe = m.admit();
    REQUIRE((slow && slower && probe));
    m.settle(*slow, ok); // neither closes the half-open one
    CHECK(m.is(half_open));
    CHECK_FALSE(m.admit()); // nor gives a place
    m.settle(*probe, ok);
    m.settle(*slower, bad); // nor opens the closed one
    CHECK(m.is(closed));
}

TEST_CASE("LI29 a neutral outcome frees the place and changes nothing else") {
    machine m(opens_after(2));
    m.call(bad);
    m.call(neutral);
    CHECK(m.is(closed));
    CHECK(m.core.consecutive_failures() == 1);
    m.call(bad);
    CHECK(m.is(opened));
    m.at += 1s;
    m.call(neutral);
    CHECK(m.is(half_open));
    CHECK(m.core.probes() == 0);
    m.call(ok);
    CHECK(m.is(closed));
}

TEST_CASE("LI33 failures in flight do not re-arm; one failed probe re-opens") {
    circuit_breaker_options o = opens_after(0);
    o.failure_ratio = 0.9;
    o.minimum_calls = 2;
    machine m(o);
    auto const late = m.admit();
    m.calls(2, bad);
    CHECK(m.is(opened));
    m.at += 600ms;
    REQUIRE(late);
    m.settle(*late, bad);
    CHECK(m.core.remaining(m.now()) == 400ms);
    m.at += 400ms;
    m.call(bad); // one of one, and the minimum is two
    CHECK(m.is(opened));
    CHECK(m.core.remaining(m.now()) == 1s);
}
