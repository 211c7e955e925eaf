// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// The double of a coroutine function.

#include "support/test_case.hpp"

#include <tether/combine.hpp>
#include <tether/scope.hpp>
#include <tether/testing/async_mock.hpp>
#include <tether/testing/run_test.hpp>

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

using namespace std::chrono_literals;
using namespace tether_test;
using namespace tether::testing;
using tether::task;
using tether_test::contains_text;

// Only its type is needed.
task<int> real_fetch(std::string const& url, int depth);

namespace {

// What f() fails with; "" if it does not.
template<class F>
std::string failure_of(F&& f) {
    try {
        f();
    } catch (test_failure const& e) {
        return e.what();
    }
    return {};
}
template<class F>
task<std::string> failure_of_task(F& fn) {
    try {
        co_await fn();
    } catch (std::exception const& e) {
        co_return e.what();
    }
    co_return std::string();
}

} // namespace

TETHER_TEST_CASE("TE20 returns gives its value to every call") {
    async_mock<task<int>(std::string)> fetch("fetch");
    fetch.returns(7);
    auto const a = co_await fetch("a");
    auto const b = co_await fetch("b");
    CHECK(a + b == 14);
    CHECK(fetch.called() == 2);
    CHECK(fetch.awaited() == 2);
    REQUIRE(fetch.calls().size() == 2);
    CHECK(std::get<0>(fetch.calls()[1].arguments) == "b");
    CHECK(fetch.calls()[1].caller == "main");
    fetch.assert_finished();
    async_mock<task<>()> nothing;
    nothing.returns();
    co_await nothing();
    nothing.assert_awaited_once_with();
}

TETHER_TEST_CASE("TE20 a script gives values, errors, delays and hangs, call "
                 "by call") {
    async_mock<task<int>(int)> step("step");
    step.script(value(1), error(std::runtime_error("two")), delay(1s),
                delay(2s), value(3), hang());
    auto const first = co_await step(1);
    CHECK(first == 1);
    auto const failing = [&] { return step(2); };
    auto const text = co_await failure_of_task(failing);
    CHECK(text == "two");
    stopwatch const watch;
    auto const third = co_await step(3);
    CHECK(third == 3);
    CHECK(watch.elapsed() == 3s);
    auto const fourth = co_await tether::move_on_after(1h, step(4));
    CHECK_FALSE(fourth.has_value());
    CHECK(watch.elapsed() == 3603s);
    step.assert_script_used();
    step.assert_awaited(4);
}

TETHER_TEST_CASE("TE20 an exhausted script says so; returns answers the rest") {
    async_mock<task<int>(std::string)> fetch("fetch");
    fetch.script(value(1));
    co_await fetch("a");
    auto const text = failure_of([&] { static_cast<void>(fetch("b")); });
    CHECK_THAT(text, contains_text("async_mock 'fetch': call 2, ('b'), finds "
                                   "the script exhausted"));
    auto const again = failure_of([&] { fetch.assert_finished(); });
    CHECK_THAT(again, contains_text("the script exhausted"));
    fetch.returns(9);
    auto const later = co_await fetch("c");
    CHECK(later == 9);
    fetch.script(value(2));
    auto const scripted = co_await fetch("d");
    CHECK(scripted == 2);
}

TETHER_TEST_CASE("TE20 a call that was not expected fails at once, and again "
                 "when the double is verified") {
    async_mock<task<>(int, std::string_view)> log("log");
    auto const text = failure_of([&] { static_cast<void>(log(3, "x")); });
    CHECK_THAT(text, contains_text("async_mock 'log': call 1, (3, 'x'), was "
                                   "not expected"));
    auto const again = failure_of([&] { log.assert_finished(); });
    CHECK_THAT(again, contains_text("was not expected"));
    log.assert_finished(); // told once
    co_return;
}

TETHER_TEST_CASE("TE20 calls and awaits are counted apart") {
    async_mock<task<int>(int)> step("step");
    step.returns(1);
    {
        auto const forgotten = step(1);
        CHECK(step.called() == 1);
        CHECK(step.awaited() == 0);
        auto kept = step(2);
        co_await std::move(kept);
        CHECK(step.awaited() == 1);
    }
    CHECK_FALSE(step.calls()[0].awaited);
    step.assert_awaited_once_with(2);
    auto const text = failure_of([&] { step.assert_finished(); });
    CHECK_THAT(text, contains_text("async_mock 'step': call 1, (1), was never "
                                   "awaited"));
    CHECK(text.find("call 2") == text.npos);
}

TEST_CASE("TE20 a test whose double was never awaited fails at its end") {
    async_mock<task<>(int)> outside("outside");
    outside.returns();
    auto const text = failure_of([&] {
        run_test([&]() -> task<> {
            async_mock<task<>(int)> inside("inside");
            inside.returns();
            static_cast<void>(inside(1));
            static_cast<void>(outside(2));
            co_return;
        });
    });
    CHECK_THAT(text, contains_text("async_mock 'inside': call 1, (1), was "
                                   "never awaited"));
    CHECK_THAT(text, contains_text("async_mock 'outside': call 1, (2), was "
                                   "never awaited"));
    // The error of a test is not buried under what it left undone.
    CHECK_THROWS_AS(run_test([&]() -> task<> {
                        async_mock<task<>(int)> inside("inside");
                        inside.returns();
                        static_cast<void>(inside(1));
                        throw std::invalid_argument("the test itself");
                        co_return;
                    }),
                    std::invalid_argument);
}

TEST_CASE("TE20 a swallowed unexpected call fails the test all the same") {
    auto const text = failure_of([&] {
        run_test([]() -> task<> {
            async_mock<task<>()> call("call");
            try {
                static_cast<void>(call());
            } catch (...) {
            }
            co_return;
        });
    });
    CHECK_THAT(text, contains_text("async_mock 'call': call 1, (), was not "
                                   "expected"));
    run_test([]() -> task<> {
        async_mock<task<>()> call("call");
        CHECK_THROWS_AS(call(), test_failure);
        CHECK_THROWS_AS(call.assert_finished(), test_failure);
        co_return;
    });
}

TETHER_TEST_CASE("TE20 assertions about arguments, with values, predicates and "
                 "anything") {
    async_mock<decltype(real_fetch)> fetch("fetch");
    fetch.returns(0);
    fetch.assert_not_called();
    co_await fetch("a", 1);
    fetch.assert_awaited_once_with("a", 1);
    fetch.assert_awaited_once_with(anything, 1U);
    fetch.assert_awaited_once_with("a", [](int d) { return d > 0; });
    co_await fetch("b", 2);
    fetch.assert_awaited_with("b", 2);
    fetch.assert_any_await("a", 1);
    auto const once =
        failure_of([&] { fetch.assert_awaited_once_with("a", 1); });
    CHECK_THAT(once, contains_text("async_mock 'fetch': expected exactly one "
                                   "await, with ('a', 1); awaited were:"));
    CHECK_THAT(once, contains_text("\n  ('a', 1)\n  ('b', 2)"));
    CHECK_THROWS_AS(fetch.assert_awaited_with("a", 1), test_failure);
    CHECK_THROWS_AS(fetch.assert_any_await("c", anything), test_failure);
    CHECK_THROWS_AS(fetch.assert_awaited(3), test_failure);
    CHECK_THROWS_AS(fetch.assert_not_called(), test_failure);
    CHECK_THROWS_AS(fetch.assert_not_awaited(), test_failure);
}

TETHER_TEST_CASE("TE20 arguments and results that can only be moved") {
    using boxed = std::unique_ptr<int>;
    async_mock<task<boxed>(boxed, boxed const&)> pass("pass");
    pass.script(value(std::make_unique<int>(5)));
    auto const kept = std::make_unique<int>(2);
    auto given = std::make_unique<int>(1);
    auto const got = co_await pass(std::move(given), kept);
    CHECK(*got == 5);
    CHECK(given == nullptr);
    CHECK(*std::get<0>(pass.calls()[0].arguments) == 1);
    CHECK(std::get<1>(pass.calls()[0].arguments).get().get() == kept.get());
    pass.assert_awaited_once_with([](boxed const& b) { return *b == 1; },
                                  anything);
}

TETHER_TEST_CASE("TE20 answers is asked with the arguments, as a function or "
                 "as a coroutine") {
    async_mock<task<int>(int)> twice("twice");
    twice.answers([](int n) { return 2 * n; });
    auto const four = co_await twice(2);
    CHECK(four == 4);
    std::string prefix = "slow";
    twice.answers([prefix](int n) -> task<int> {
        co_await tether::sleep_for(1s);
        co_return static_cast<int>(prefix.size()) + n;
    });
    auto slow = twice(3);
    twice.fails(std::runtime_error("later"));
    auto const seven = co_await std::move(slow);
    CHECK(seven == 7);
    auto const failing = [&] { return twice(1); };
    auto const text = co_await failure_of_task(failing);
    CHECK(text == "later");
    async_mock<task<int&>()> ref("ref");
    int target = 0;
    ref.returns(std::ref(target));
    int& got = co_await ref();
    CHECK(&got == &target);
}

TETHER_TEST_CASE("TE20 a double goes where a coroutine function goes") {
    async_mock<task<int>(int)> job("job");
    job.script(value(1), delay(1s), value(2));
    std::function<task<int>(int)> const stored = std::ref(job);
    auto const one = co_await stored(1);
    CHECK(one == 1);
    co_await tether::with_task_group([&](tether::task_group& group) -> task<> {
        group.spawn(tether::named("worker"), std::ref(job), 2);
        co_return;
    });
    job.assert_awaited_with(2);
    CHECK(job.calls()[1].caller.empty() == false);
}

TETHER_TEST_CASE("TE20 a script without sense is refused as a whole") {
    async_mock<task<int>(int)> step("step");
    CHECK_THROWS_AS(step.script(value(1), delay(1s)), std::logic_error);
    CHECK_THROWS_AS(step.script(value(1), error(std::exception_ptr())),
                    std::invalid_argument);
    CHECK_THROWS_AS(step.script(delay(-1s), value(1)), std::invalid_argument);
    CHECK(step.steps_left() == 0);
    std::optional<task<int>> outlives;
    {
        async_mock<task<int>(int)> gone("gone");
        gone.returns(4);
        outlives.emplace(gone(1));
        auto const early = failure_of([&] { gone.assert_finished(); });
        CHECK_THAT(early, contains_text("call 1, (1), was never awaited"));
    }
    auto const four = co_await std::move(*outlives);
    CHECK(four == 4);
}
