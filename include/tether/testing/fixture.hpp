// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How do several tests share what must be set up and torn down by coroutines?
/// In a fixture, which lives in the task of the test.
#ifndef TETHER_TESTING_FIXTURE_HPP
#define TETHER_TESTING_FIXTURE_HPP

#include <tether/detail/config.hpp>
#include <tether/scope/async_try.hpp>
#include <tether/scope/exit_reason.hpp>
#include <tether/task/awaitable.hpp>
#include <tether/task/task.hpp>
#include <tether/testing/background.hpp>

#include <concepts>
#include <functional>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace testing {

/// The rest of a test, for fixtures that open a scope around it.
///
/// Invariant: refers to the test; called once.
/// Threads: the loop of the test.
class fixture_body {
public:
    /// Parameters: `rest` is called in place; the fixture does not keep it.
    explicit fixture_body(std::function<task<>()> rest)
        : rest_(std::move(rest)) {}

    /// Runs the rest of the test.
    ///
    /// Errors: what the test throws.
    /// Completes when: the test has ended. A checkpoint only where it has one.
    /// On cancellation: the test is stopped.
    [[nodiscard("co_await the rest of the test")]] task<> operator()() {
        return rest_();
    }

private:
    std::function<task<>()> rest_;
};

namespace detail {

template<class Fixture>
concept has_set_up = requires(Fixture& f) {
    { f.set_up() } -> std::same_as<task<>>;
};
template<class Fixture>
concept has_tear_down = requires(Fixture& f) {
    { f.tear_down() } -> std::same_as<task<>>;
};
template<class Fixture>
concept has_around = requires(Fixture& f, fixture_body& rest) {
    { f.around(rest) } -> std::same_as<task<>>;
};

template<class Fixture, class F>
task<> in_fixture(Fixture& fixture, F& body) {
    auto work = [&]() -> task<> {
        if constexpr (has_set_up<Fixture>)
            co_await fixture.set_up();
        if constexpr (has_tear_down<Fixture>) {
            auto tear_down = [&](exit_reason const&) -> task<> {
                return fixture.tear_down();
            };
            co_await async_try(body).finally(tear_down);
        } else {
            co_await body();
        }
    };
    if constexpr (has_around<Fixture>) {
        fixture_body rest(std::ref(work));
        co_await fixture.around(rest);
    } else {
        co_await work();
    }
}

template<class Fixture, class F>
task<> fixture_task(F body) {
    Fixture fixture;
    auto rest = [&]() -> task<> { return std::invoke(body, fixture); };
    auto whole = [&]() -> task<> { return in_fixture(fixture, rest); };
    // Helpers may refer to the fixture.
    auto join = [](exit_reason const&) -> task<> { co_await end_background(); };
    co_await async_try(whole).finally(join);
}

} // namespace detail

/// Runs `body(fixture)` with a fixture made for it, all in one task, so that
/// scopes of the fixture span the test, and helpers of
/// spawn_background() may use it: they end before it goes.
///
/// Parameters: `Fixture` is default constructible. It may have `task<>
/// set_up()` and `task<> tear_down()`; tear_down() runs on every way out once
/// set_up() has ended well. For a scope around the test it has `task<>
/// around(fixture_body& rest)`, which awaits `rest()` within its scope.
/// Errors: of set_up(), and then neither body nor tear_down() runs; of the
/// body; of tear_down(); of both together as an exception_group.
/// Completes when: the test and tear_down() have ended. A checkpoint only where
/// they have one.
/// On cancellation: the body is stopped, tear_down() runs behind a shield with
/// a grace of ten seconds, then the stop passes on.
/// Example:
/// ```
/// struct served {
///     task<> around(fixture_body& rest) {
///         co_await with_task_group([&](task_group& group) -> task<> {
///             port = co_await group.start<unsigned short>(serve);
///             co_await rest();
///             group.cancel();
///         });
///     }
///     unsigned short port = 0;
/// };
/// run_test(with_fixture<served>([](served& f) -> task<> {
///     CHECK(co_await ask(f.port, "hello") == "hello");
/// }));
/// ```
/// Source: pytest's fixtures, whose scopes in other tasks are a common trap.
template<class Fixture, class F>
[[nodiscard("co_await it or give it to run_test()")]] task<>
with_fixture(F&& body) {
    TETHER_CHECK_BODY(F);
    return detail::fixture_task<Fixture, std::decay_t<F>>(
        std::forward<F>(body));
}

} // namespace testing
TETHER_END_NAMESPACE

#endif
