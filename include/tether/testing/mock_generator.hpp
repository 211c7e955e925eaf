// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What stands in for a function that gives a generator? A double whose
/// generators play scripts, and which knows who did not read to the end.
#ifndef TETHER_TESTING_MOCK_GENERATOR_HPP
#define TETHER_TESTING_MOCK_GENERATOR_HPP

#include <tether/core/detail/text.hpp>
#include <tether/detail/config.hpp>
#include <tether/stream/async_generator.hpp>
#include <tether/testing/detail/end_check.hpp>
#include <tether/testing/detail/mock_steps.hpp>
#include <tether/testing/mock_script.hpp>
#include <tether/testing/test_failure.hpp>

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace testing {

namespace detail {

// Shared by the double and its generators, which may outlive it.
template<class T>
class mock_generations final : public end_check {
public:
    explicit mock_generations(std::string name) : name_(std::move(name)) {}

    using end_check::join_test;
    using end_check::last_words;

    mock_steps<T> next_script() {
        join_test();
        ++calls;
        if (scripts.empty())
            throw test_failure(title() + "called " + std::to_string(calls) +
                               " times, and script() was called " +
                               std::to_string(calls - 1) + " times");
        mock_steps<T> first = std::move(scripts.front());
        scripts.pop_front();
        return first;
    }
    std::string problem() const override {
        if (live != 0)
            return title() + std::to_string(live) +
                   " of its generators were begun and neither read to the end "
                   "nor closed\n";
        if (!scripts.empty())
            return title() + std::to_string(scripts.size()) +
                   " of its scripts were never played\n";
        return {};
    }

    std::deque<mock_steps<T>> scripts;
    std::size_t calls = 0;
    std::size_t elements = 0;
    std::size_t finished = 0;
    std::size_t live = 0;

private:
    std::string title() const {
        std::string out = "mock_generator ";
        tether::detail::append_quoted(out, name_);
        return out + ": ";
    }

    std::string name_;
};

class count_while {
public:
    explicit count_while(std::size_t& live) noexcept : live_(live) { ++live_; }
    count_while(count_while const&) = delete;
    count_while& operator=(count_while const&) = delete;
    ~count_while() { --live_; }

private:
    std::size_t& live_;
};

template<class T>
async_generator<T> play_all(std::shared_ptr<mock_generations<T>> of,
                            mock_steps<T> steps) {
    count_while const begun(of->live);
    while (!steps.empty()) {
        auto next = play<T>(steps.take());
        T item = co_await std::move(next);
        ++of->elements;
        co_yield yield_from(item);
    }
    ++of->finished;
}

} // namespace detail

/// A double of a function that returns `async_generator<T>`.
///
/// Each call takes the next script, and gives a generator that plays it: a
/// value is yielded after the delays before it, an error ends the generator, a
/// hang waits for a stop. After its last step the generator ends.
/// Invariant: strict. A call without a script is test_failure; a generator that
/// was begun and is neither at its end nor closed when the test ends, and a
/// script that nobody played, fail the test run by run_test().
/// Parameters: `T` is an object type.
/// On cancellation: delays and hangs stop like the real thing.
/// Threads: one loop. Give it to the code under test as std::ref(double).
/// Example:
/// ```
/// mock_generator<row> rows("rows");
/// rows.script(value(row{1}), delay(1s), error(std::runtime_error("reset")));
/// co_await code_under_test(std::ref(rows));
/// CHECK(rows.live() == 0);
/// ```
/// Source: Python's AsyncMock as an asynchronous iterator.
template<class T>
class mock_generator {
    static_assert(std::is_object_v<T>,
                  "mock_generator<T>: T is an object type, for the elements "
                  "are kept in the script");
    using state = detail::mock_generations<T>;

public:
    /// Parameters: `name` is for the reports.
    explicit mock_generator(std::string name = "without a name")
        : state_(std::make_shared<state>(std::move(name))) {}
    mock_generator(mock_generator const&) = delete;
    mock_generator& operator=(mock_generator const&) = delete;
    ~mock_generator() { state_->last_words(); }

    /// What the generator of one call does; the first script is for the first
    /// call. Without steps it has no elements.
    ///
    /// Errors: std::logic_error for a delay with nothing after it.
    template<class... Steps>
    void script(Steps&&... steps) {
        detail::mock_steps<T> one;
        one.add(std::forward<Steps>(steps)...);
        state_->join_test();
        state_->scripts.push_back(std::move(one));
    }

    /// Calls the double.
    ///
    /// Errors: test_failure when no script is left.
    async_generator<T> operator()() {
        return detail::play_all<T>(state_, state_->next_script());
    }

    /// Result: how often it was called.
    [[nodiscard]] std::size_t calls() const noexcept { return state_->calls; }
    /// Result: how many elements were yielded, by all generators.
    [[nodiscard]] std::size_t elements() const noexcept {
        return state_->elements;
    }
    /// Result: how many generators came to the end of their scripts.
    [[nodiscard]] std::size_t finished() const noexcept {
        return state_->finished;
    }
    /// Result: how many generators were begun and have not gone yet.
    [[nodiscard]] std::size_t live() const noexcept { return state_->live; }

private:
    std::shared_ptr<state> state_;
};

} // namespace testing
TETHER_END_NAMESPACE

#endif
