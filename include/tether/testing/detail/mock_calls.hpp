// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Who called a double, and what became of the calls? The state of a double
/// that its calls share with it.
#ifndef TETHER_TESTING_DETAIL_MOCK_CALLS_HPP
#define TETHER_TESTING_DETAIL_MOCK_CALLS_HPP

#include <tether/core/detail/text.hpp>
#include <tether/detail/config.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/task/task.hpp>
#include <tether/testing/detail/end_check.hpp>
#include <tether/testing/detail/mock_steps.hpp>
#include <tether/testing/detail/mock_text.hpp>
#include <tether/testing/test_failure.hpp>

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

TETHER_BEGIN_NAMESPACE
namespace testing {

/// One call of a double.
template<class... Args>
struct mock_call {
    /// Copies of the arguments: text as std::string, what cannot be copied or
    /// moved as a std::reference_wrapper.
    std::tuple<detail::kept_t<Args>...> arguments;
    /// The task that called; empty outside of tasks and without a name.
    std::string caller;
    /// Whether the result was awaited.
    bool awaited = false;
};

namespace detail {

template<class T, class... Args>
class mock_calls final : public end_check {
public:
    using call = mock_call<Args...>;
    using arguments = std::tuple<kept_t<Args>...>;
    using answer = std::function<task<T>(arguments&)>;

    explicit mock_calls(std::string name) : name_(std::move(name)) {}

    std::deque<call> calls;
    std::size_t awaited = 0;
    mock_steps<T> steps;
    bool scripted = false;
    std::shared_ptr<answer> otherwise;

    call& add(arguments&& given) {
        tether::detail::task_record* const r = tether::detail::running_task();
        calls.push_back(
            call{std::move(given), std::string(r ? r->name() : ""), false});
        return calls.back();
    }

    std::string title() const {
        std::string out = "async_mock ";
        tether::detail::append_quoted(out, name_);
        return out + ": ";
    }

    std::string problem() const override {
        if (reported_ == calls.size())
            return {};
        std::string out;
        for (std::string const& text : unexpected_)
            out += text + '\n';
        std::size_t number = 0;
        for (call const& one : calls) {
            ++number;
            if (!one.awaited && number > reported_)
                out += title() + "call " + std::to_string(number) + ", " +
                       list_text(one.arguments) +
                       ", was never awaited: its caller did not co_await the "
                       "task it got\n";
        }
        return out;
    }
    void assert_finished() {
        std::string const text = problem();
        reported_ = calls.size();
        unexpected_.clear();
        if (!text.empty())
            throw test_failure(text);
    }

    [[noreturn]] void refuse(call const& one) {
        std::string text = title() + "call " + std::to_string(calls.size()) +
                           ", " + list_text(one.arguments);
        if (scripted)
            text += ", finds the script exhausted: add a step for it to "
                    "script(...), or returns(...) for all further calls";
        else
            text += ", was not expected: nothing says what it gives; use "
                    "returns(...), script(...) or answers(...)";
        unexpected_.push_back(text);
        throw test_failure(text);
    }

    template<class Test>
    std::string calls_text(Test test) const {
        std::string out;
        for (call const& one : calls)
            if (test(one))
                out += "\n  " + list_text(one.arguments);
        return out.empty() ? "\n  none" : out;
    }

    using end_check::join_test;
    using end_check::last_words;

private:
    std::string name_;
    std::size_t reported_ = 0;
    std::vector<std::string> unexpected_;
};

} // namespace detail
} // namespace testing
TETHER_END_NAMESPACE

#endif
