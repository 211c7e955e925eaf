// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What is left of a script? A queue of outcomes, each with the time it takes.
#ifndef TETHER_TESTING_DETAIL_MOCK_STEPS_HPP
#define TETHER_TESTING_DETAIL_MOCK_STEPS_HPP

#include <tether/detail/config.hpp>
#include <tether/runtime/timer_queue.hpp>
#include <tether/task/sleep.hpp>
#include <tether/task/task.hpp>
#include <tether/testing/mock_script.hpp>

#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace testing::detail {

// One outcome of one call.
template<class T>
struct mock_outcome {
    struct nothing {};
    using stored = std::conditional_t<
        std::is_void_v<T>, nothing,
        std::conditional_t<std::is_reference_v<T>,
                           std::reference_wrapper<std::remove_reference_t<T>>,
                           T>>;

    tether::detail::duration time{0};
    std::exception_ptr error;
    std::optional<stored> value; // neither error nor value: a hang
};

template<class T>
task<T> play(mock_outcome<T> outcome) {
    if (outcome.time.count() != 0)
        co_await sleep_for(outcome.time);
    if (outcome.error)
        std::rethrow_exception(std::move(outcome.error));
    if (!outcome.value)
        co_await sleep_forever();
    if constexpr (std::is_reference_v<T>)
        co_return outcome.value->get();
    else if constexpr (!std::is_void_v<T>)
        co_return std::move(*outcome.value);
}

template<class T>
class mock_steps {
public:
    bool empty() const noexcept { return steps_.empty(); }
    std::size_t size() const noexcept { return steps_.size(); }

    mock_outcome<T> take() {
        mock_outcome<T> first = std::move(steps_.front());
        steps_.pop_front();
        return first;
    }

    // All of a call of script() or nothing: a script that is refused leaves
    // nothing behind.
    template<class... Steps>
    void add(Steps&&... steps) {
        std::deque<mock_outcome<T>> more;
        std::optional<tether::detail::duration> late;
        (add_one(more, late, std::forward<Steps>(steps)), ...);
        if (late)
            throw std::logic_error(
                "the script of a double ends with a delay: say what comes "
                "after it, value(...), error(...) or hang()");
        for (auto& one : more)
            steps_.push_back(std::move(one));
    }

private:
    using list = std::deque<mock_outcome<T>>;
    using lateness = std::optional<tether::detail::duration>;

    static mock_outcome<T>& next(list& to, lateness& late) {
        mock_outcome<T>& made = to.emplace_back();
        made.time = late.value_or(tether::detail::duration(0));
        late.reset();
        return made;
    }
    template<class V>
    static void add_one(list& to, lateness& late, value_step<V>&& step) {
        if constexpr (std::is_void_v<V>) {
            static_assert(std::is_void_v<T>,
                          "value() without a value is for doubles of task<>: "
                          "this one has to return something");
            next(to, late).value.emplace();
        } else {
            using stored = typename mock_outcome<T>::stored;
            static_assert(std::is_constructible_v<stored, V&&>,
                          "the value of this step does not convert to what the "
                          "double returns");
            next(to, late).value.emplace(std::move(step.value));
        }
    }
    static void add_one(list& to, lateness& late, error_step&& step) {
        if (!step.error)
            throw std::invalid_argument("error(): the exception_ptr is null");
        next(to, late).error = std::move(step.error);
    }
    static void add_one(list&, lateness& late, delay_step&& step) {
        late = late.value_or(tether::detail::duration(0)) + step.time;
    }
    static void add_one(list& to, lateness& late, hang_step&&) {
        next(to, late);
    }

    list steps_;
};

} // namespace testing::detail
TETHER_END_NAMESPACE

#endif
