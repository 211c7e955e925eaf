// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// Awaitables decorated without a coroutine of one's own, and what a task may
// return.

#include "unit/asio/asio_test.hpp"

#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

using namespace tether_test;

namespace {

task<int> number(int n) {
    co_await tether::checkpoint();
    co_return n;
}
task<int> failing() {
    co_await tether::checkpoint();
    throw std::out_of_range("low level");
}
task<int&> refer(int& object) {
    co_return object;
}
task<std::unique_ptr<int>> owned(int n) {
    co_return std::make_unique<int>(n);
}

struct no_default {
    explicit no_default(int n) : value(n) {}
    no_default(no_default&& other) noexcept
        : value(std::exchange(other.value, -1)) {}
    int value;
};
task<no_default> made(int n) {
    co_return no_default(n);
}

task<int> owned_value(int n) {
    co_return n;
}
task<int> descend(int n) {
    if (n == 0)
        co_return 0;
    int const below = co_await descend(n - 1);
    co_return below + 1;
}

} // namespace

TETHER_TEST_CASE("CX13 then maps the value and keeps its category") {
    int const doubled =
        co_await tether::then(number(4), [](int n) { return 2 * n; });
    CHECK(doubled == 8);
    int object = 1;
    int& same =
        co_await tether::then(refer(object), [](int& n) -> int& { return n; });
    CHECK(&same == &object);
    int const taken = co_await tether::then(
        owned(5), [](std::unique_ptr<int> p) { return *p; });
    CHECK(taken == 5);
    bool called = false;
    co_await tether::then(tether::sleep_for(1s), [&] { called = true; });
    CHECK(called);
}

TETHER_TEST_CASE("CX13 then does not run after an error or a stop") {
    bool called = false;
    auto note = [&](int n) {
        called = true;
        return n;
    };
    std::string seen;
    try {
        co_await tether::then(failing(), note);
    } catch (std::out_of_range const& e) {
        seen = e.what();
    }
    CHECK(seen == "low level");
    auto sleeps = [&] { called = true; };
    bool const finished = co_await tether::move_on_after(
        1s, tether::then(tether::sleep_forever(), sleeps));
    CHECK(!finished);
    CHECK(!called);
}

TETHER_TEST_CASE("CX13 map_error replaces the error, not a stop") {
    int calls = 0;
    auto to_domain = [&](std::exception_ptr) {
        ++calls;
        return std::make_exception_ptr(std::domain_error("high level"));
    };
    int const fine = co_await tether::map_error(number(3), to_domain);
    CHECK(fine == 3);
    CHECK(calls == 0);
    std::string seen;
    try {
        co_await tether::map_error(failing(), to_domain);
    } catch (std::domain_error const& e) {
        seen = e.what();
    }
    CHECK(seen == "high level");
    CHECK(calls == 1);
    bool const finished = co_await tether::move_on_after(
        1s, tether::map_error(tether::sleep_forever(), to_domain));
    CHECK(!finished);
    CHECK(calls == 1);
}

TETHER_TEST_CASE("CX13 with_context says what failed and keeps the error") {
    std::string text;
    std::string inner;
    try {
        co_await tether::with_context(failing(), "reading the file");
    } catch (std::runtime_error const& e) {
        text = e.what();
        try {
            std::rethrow_if_nested(e);
        } catch (std::out_of_range const& nested) {
            inner = nested.what();
        }
    }
    CHECK(text == "reading the file: low level");
    CHECK(inner == "low level");
    int const fine = co_await tether::with_context(number(1), "unused");
    CHECK(fine == 1);
}

TETHER_TEST_CASE("CX13 wrappers nest, around operations of Asio too") {
    asio::steady_timer timer(tether::this_task::executor(),
                             std::chrono::nanoseconds(1));
    int const n = co_await tether::with_context(
        tether::then(timer.async_wait(use_task), [] { return 6; }),
        "waiting for the timer");
    CHECK(n == 6);
}

TETHER_TEST_CASE("CX03 a task is nodiscard, move-only, awaited once") {
    STATIC_REQUIRE(!std::is_copy_constructible_v<task<int>>);
    STATIC_REQUIRE(std::is_nothrow_move_constructible_v<task<int>>);
    task<int> first = number(1);
    task<int> second = std::move(first);
    int const n = co_await std::move(second);
    CHECK(n == 1);
    CHECK(!second);
    bool refused = false;
    try {
        co_await std::move(second);
    } catch (std::logic_error const&) {
        refused = true;
    }
    CHECK(refused);
}

TETHER_TEST_CASE("CX02 an unstarted task that is destroyed never ran and "
                 "destroys its arguments") {
    int alive = 0;
    bool ran = false;
    auto fn = [&ran](tally) -> task<> {
        ran = true;
        co_return;
    };
    {
        task<> const unused = fn(tally(alive));
        CHECK(alive == 1);
    }
    CHECK(alive == 0);
    CHECK(!ran);
    co_return;
}

TETHER_TEST_CASE("CX21 CX22 results: references, move-only, not default "
                 "constructible, moved out once") {
    int object = 0;
    int& same = co_await refer(object);
    CHECK(&same == &object);
    std::unique_ptr<int> const p = co_await owned(2);
    CHECK(*p == 2);
    no_default const value = co_await made(3);
    CHECK(value.value == 3);
}

TETHER_TEST_CASE("CX01 a capturing lambda and its arguments live as long as "
                 "the child") {
    int alive = 0;
    auto body = [&](task_group& g) -> task<> {
        {
            auto const text = std::make_shared<std::string>("captured");
            g.spawn(
                [text](tally, std::string const& argument) -> task<> {
                    co_await tether::sleep_for(1s);
                    CHECK(*text == "captured");
                    CHECK(argument == "argument");
                },
                tally(alive), std::string("argument"));
        }
        CHECK(alive >= 1);
        co_return;
    };
    co_await tether::with_task_group(body);
    CHECK(alive == 0);
}

TETHER_TEST_CASE("CX06 10^5 calls that return at once keep the stack flat") {
    long sum = 0;
    for (int i = 0; i < 100000; ++i)
        sum += co_await owned_value(i);
    CHECK(sum == 4999950000L);
}

TETHER_TEST_CASE("CX06 a chain of 10^4 calls") {
    int const depth = co_await descend(10000);
    CHECK(depth == 10000);
}
