// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What stands in for a coroutine function in a test? A double with a script,
/// which counts calls and awaits.
#ifndef TETHER_TESTING_ASYNC_MOCK_HPP
#define TETHER_TESTING_ASYNC_MOCK_HPP

#include <tether/detail/config.hpp>
#include <tether/task/task.hpp>
#include <tether/testing/detail/mock_calls.hpp>
#include <tether/testing/detail/mock_steps.hpp>
#include <tether/testing/detail/mock_text.hpp>
#include <tether/testing/mock_script.hpp>
#include <tether/testing/test_failure.hpp>

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace testing {

/// Fits every argument, in the assertions of async_mock.
struct anything_t {
    /// Result: true.
    template<class T>
    constexpr bool operator()(T const&) const noexcept {
        return true;
    }
    friend std::ostream& operator<<(std::ostream& out, anything_t) {
        return out << "anything";
    }
};
/// Fits every argument.
inline constexpr anything_t anything{};

// Only signatures of coroutine functions have a double.
template<class Signature>
class async_mock {
    static_assert(
        sizeof(Signature*) == 0,
        "async_mock doubles a function that is awaited, and this signature "
        "returns no tether::task: write async_mock<tether::task<R>(Args...)>; "
        "a function that nobody awaits needs no async_mock but a lambda");
};

/// A double of a coroutine function `task<T>(Args...)`; `decltype(fetch)` takes
/// the signature of the real one.
///
/// A call takes the next step of the script, or what returns(), fails() or
/// answers() said for all further calls; a call that finds nothing is a
/// failure. The step is played when the task of the call is awaited.
/// Invariant: strict. A call that was not expected, and a task that was never
/// awaited, fail assert_finished(), and the test run by run_test() in whose
/// tasks the double was called, even if assert_finished() is forgotten. The
/// destructor never throws. Errors: test_failure, with the name of the double
/// and its calls. On cancellation: delays and hangs stop like the real thing.
/// Threads: one loop. Give it to the code under test as std::ref(double).
/// Example:
/// ```
/// async_mock<task<page>(std::string)> fetch("fetch");
/// fetch.script(error(timeout{}), delay(1s), value(page{"hello"}));
/// auto const found = co_await load(std::ref(fetch));
/// fetch.assert_awaited(2);
/// ```
/// Source: Python's AsyncMock, strict by default.
template<class T, class... Args>
class async_mock<task<T>(Args...)> {
    using state = detail::mock_calls<T, Args...>;

public:
    /// One call, as calls() lists it.
    using call = mock_call<Args...>;

    /// Parameters: `name` is for the reports.
    explicit async_mock(std::string name = "without a name")
        : state_(std::make_shared<state>(std::move(name))) {}
    async_mock(async_mock const&) = delete;
    async_mock& operator=(async_mock const&) = delete;
    ~async_mock() { state_->last_words(); }

    /// Calls the double.
    ///
    /// Result: a task that counts as awaited when it starts.
    /// Errors: test_failure when the call was not expected.
    task<T> operator()(Args... args) {
        state_->join_test();
        call& made = state_->add(typename state::arguments(
            detail::kept_t<Args>(std::forward<Args>(args))...));
        if (!state_->steps.empty())
            return play(state_, made, state_->steps.take());
        if (!state_->otherwise)
            state_->refuse(made);
        return answer(state_, made, state_->otherwise);
    }

    /// All calls without a step give a copy of `value`; `returns()` for a
    /// double of task<>.
    template<class... V>
    void returns(V&&... value) {
        static_assert(sizeof...(V) == (std::is_void_v<T> ? 0 : 1),
                      "returns(value) says what the calls give; returns() is "
                      "for doubles of task<>");
        if constexpr (std::is_void_v<T>) {
            answers([](auto const&...) {});
        } else {
            using stored = typename detail::mock_outcome<T>::stored;
            answers([held = stored(std::forward<V>(value)...)](
                        auto const&...) -> T { return held; });
        }
    }

    /// All calls without a step end with this error.
    template<class E>
    void fails(E&& failure) {
        answers([what = error(std::forward<E>(failure)).error](
                    auto const&...) -> T { std::rethrow_exception(what); });
    }

    /// All calls without a step are answered by `fn(args...)`.
    ///
    /// Parameters: `fn` is called when the call is awaited, with the arguments
    /// as calls() lists them; it returns a T, or is a coroutine that does.
    template<class F>
    void answers(F fn) {
        using arguments = typename state::arguments;
        state_->otherwise = std::make_shared<typename state::answer>(
            [fn = std::move(fn)](arguments& given) mutable {
                return std::apply(
                    [&](auto&... each) {
                        return as_task(fn, detail::looked_at(each)...);
                    },
                    given);
            });
    }

    /// Adds steps for the next calls: value(v), error(e) and hang() end a call
    /// each, delay(d) comes before one of them.
    ///
    /// Errors: std::logic_error when a delay is last; std::invalid_argument for
    /// a null error. Nothing is added then.
    template<class... Steps>
    void script(Steps&&... steps) {
        state_->steps.add(std::forward<Steps>(steps)...);
        state_->scripted = true;
    }

    /// Result: all calls, in order.
    [[nodiscard]] std::deque<call> const& calls() const noexcept {
        return state_->calls;
    }
    /// Result: how often it was called.
    [[nodiscard]] std::size_t called() const noexcept {
        return state_->calls.size();
    }
    /// Result: how many of the calls were awaited.
    [[nodiscard]] std::size_t awaited() const noexcept {
        return state_->awaited;
    }
    /// Result: how many outcomes of the script nobody has taken.
    [[nodiscard]] std::size_t steps_left() const noexcept {
        return state_->steps.size();
    }

    /// Errors: test_failure unless exactly `n` calls were awaited.
    void assert_awaited(std::size_t n) const {
        if (awaited() != n)
            fail("expected " + std::to_string(n) + " awaits, there were " +
                 std::to_string(awaited()) + " in " + std::to_string(called()) +
                 " calls:" + awaited_text());
    }
    /// The same for none; calls that nobody awaited are not looked at.
    void assert_not_awaited() const { assert_awaited(0); }
    /// Errors: test_failure if it was called at all.
    void assert_not_called() const {
        if (called() != 0)
            fail("expected no call, there were:" +
                 state_->calls_text([](call const&) { return true; }));
    }

    /// Exactly one call was awaited, and it had these arguments. Each is a
    /// value to compare with, a predicate, or `anything`.
    ///
    /// Errors: test_failure, which lists the calls.
    template<class... Es>
    void assert_awaited_once_with(Es const&... expected) const {
        if (awaited() != 1 || count(expected...) != 1)
            fail("expected exactly one await, with " + text(expected...) +
                 "; awaited were:" + awaited_text());
    }
    /// The same for the last call that was awaited.
    template<class... Es>
    void assert_awaited_with(Es const&... expected) const {
        call const* last = nullptr;
        for (call const& one : calls())
            if (one.awaited)
                last = &one;
        if (!last || !fits(*last, expected...))
            fail("expected the last await to be with " + text(expected...) +
                 "; awaited were:" + awaited_text());
    }
    /// The same for some call that was awaited.
    template<class... Es>
    void assert_any_await(Es const&... expected) const {
        if (count(expected...) == 0)
            fail("expected an await with " + text(expected...) +
                 "; awaited were:" + awaited_text());
    }
    /// Errors: test_failure when steps of the script are left.
    void assert_script_used() const {
        if (steps_left() != 0)
            fail(std::to_string(steps_left()) +
                 " outcomes of the script were not used; awaited were:" +
                 awaited_text());
    }

    /// Looks for calls that were not expected or never awaited, since the last
    /// time.
    ///
    /// Errors: test_failure, which lists them.
    void assert_finished() { state_->assert_finished(); }

private:
    static task<T> play(std::shared_ptr<state> self, call& made,
                        detail::mock_outcome<T> outcome) {
        begin(*self, made);
        auto step = detail::play<T>(std::move(outcome));
        co_return co_await std::move(step);
    }
    static task<T> answer(std::shared_ptr<state> self, call& made,
                          std::shared_ptr<typename state::answer> by) {
        begin(*self, made);
        auto given = (*by)(made.arguments);
        co_return co_await std::move(given);
    }
    static void begin(state& self, call& made) noexcept {
        made.awaited = true;
        ++self.awaited;
    }

    // A plain function is called when the answer is awaited, like a coroutine.
    template<class F, class... As>
    static task<T> as_task(F& fn, As const&... args) {
        if constexpr (std::is_same_v<std::invoke_result_t<F&, As const&...>,
                                     task<T>>)
            return fn(args...);
        else
            return called_later(fn, args...);
    }
    template<class F, class... As>
    static task<T> called_later(F& fn, As const&... args) {
        if constexpr (std::is_void_v<T>) {
            fn(args...);
            co_return;
        } else {
            co_return fn(args...);
        }
    }

    template<class... Es>
    static bool fits(call const& one, Es const&... expected) {
        return detail::all_fit(std::tuple<Es const&...>(expected...),
                               one.arguments);
    }
    template<class... Es>
    std::size_t count(Es const&... expected) const {
        std::size_t n = 0;
        for (call const& one : calls())
            n += one.awaited && fits(one, expected...) ? 1U : 0U;
        return n;
    }
    template<class... Es>
    static std::string text(Es const&... expected) {
        return detail::list_text(std::tuple<Es const&...>(expected...));
    }
    std::string awaited_text() const {
        return state_->calls_text([](call const& one) { return one.awaited; });
    }
    [[noreturn]] void fail(std::string const& what) const {
        throw test_failure(state_->title() + what);
    }

    std::shared_ptr<state> state_;
};

} // namespace testing
TETHER_END_NAMESPACE

#endif
