// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Is everything that was acquired released, whatever goes wrong? A double of a
/// resource counts, and goes wrong as the test says.
#ifndef TETHER_TESTING_MOCK_RESOURCE_HPP
#define TETHER_TESTING_MOCK_RESOURCE_HPP

#include <tether/core/detail/text.hpp>
#include <tether/detail/config.hpp>
#include <tether/scope/exit_reason.hpp>
#include <tether/task/task.hpp>
#include <tether/testing/detail/end_check.hpp>
#include <tether/testing/detail/mock_steps.hpp>
#include <tether/testing/mock_script.hpp>
#include <tether/testing/test_failure.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

TETHER_BEGIN_NAMESPACE
namespace testing {

/// What several doubles did, in one order: "open a", "open b", "close b".
using resource_log = std::vector<std::string>;

/// A double of something that is opened and closed by coroutines, for `with`
/// and whatever else takes an async_resource.
///
/// Invariant: live() is how often it was opened and not yet closed. To close
/// more often than it was opened is test_failure at once; to end a test run by
/// run_test() with something live is its failure, or that of assert_balanced().
/// On cancellation: an open that is stopped has acquired nothing; a close that
/// is stopped has released nothing.
/// Threads: one loop.
/// Example:
/// ```
/// resource_log log;
/// mock_resource db("db", &log);
/// db.on_close(delay(1s), error(std::runtime_error("gone")));
/// co_await code_under_test(db);
/// db.assert_balanced();
/// ```
class mock_resource : private detail::end_check {
public:
    /// Parameters: `name` is for the log and the reports; `log` is not owned.
    explicit mock_resource(std::string name = "resource",
                           resource_log* log = nullptr)
        : name_(std::move(name)), log_(log) {}
    mock_resource(mock_resource const&) = delete;
    mock_resource& operator=(mock_resource const&) = delete;
    ~mock_resource() { last_words(); }

    /// What the next opens do, like async_mock::script(); those without a step
    /// succeed at once.
    template<class... Steps>
    void on_open(Steps&&... steps) {
        opening_.add(std::forward<Steps>(steps)...);
    }
    /// The same for the next closes. A close that fails has released.
    template<class... Steps>
    void on_close(Steps&&... steps) {
        closing_.add(std::forward<Steps>(steps)...);
    }

    /// Acquires.
    template<class = void>
    task<> open() {
        join_test();
        ++opens_;
        co_await step(opening_);
        ++live_;
        note("open ");
    }
    /// Releases.
    /// Errors: of the script, after the release; test_failure when nothing is
    /// live.
    template<class = void>
    task<> close(exit_reason const& why) {
        join_test();
        reason_ = why;
        if (live_ == 0) {
            ++too_often_;
            throw test_failure(title() + "closed although nothing is open");
        }
        try {
            co_await step(closing_);
        } catch (...) {
            released();
            throw;
        }
        released();
    }

    /// Result: how many are open at the moment.
    [[nodiscard]] std::size_t live() const noexcept { return live_; }
    /// Result: how often open() was tried.
    [[nodiscard]] std::size_t opens() const noexcept { return opens_; }
    /// Result: how often it was released.
    [[nodiscard]] std::size_t closes() const noexcept { return closes_; }
    /// Result: why the last close happened; none if there was none.
    [[nodiscard]] std::optional<exit_reason> const&
    close_reason() const noexcept {
        return reason_;
    }

    /// Errors: test_failure when something is live, or was closed too often.
    void assert_balanced() const {
        std::string const text = problem();
        if (!text.empty())
            throw test_failure(text);
    }

private:
    template<class = void>
    static task<> step(detail::mock_steps<void>& steps) {
        if (!steps.empty()) {
            auto next = detail::play<void>(steps.take());
            co_await std::move(next);
        }
    }
    void released() {
        --live_;
        ++closes_;
        note("close ");
    }
    void note(char const* what) const {
        if (log_)
            log_->push_back(what + name_);
    }
    std::string title() const {
        std::string out = "mock_resource ";
        tether::detail::append_quoted(out, name_);
        return out + ": ";
    }
    std::string problem() const override {
        if (live_ != 0)
            return title() + std::to_string(live_) +
                   " of the opened ones were never closed\n";
        if (too_often_ != 0)
            return title() + "closed " + std::to_string(too_often_) +
                   " times although nothing was open\n";
        return {};
    }

    std::string name_;
    resource_log* log_;
    detail::mock_steps<void> opening_;
    detail::mock_steps<void> closing_;
    std::optional<exit_reason> reason_;
    std::size_t live_ = 0;
    std::size_t opens_ = 0;
    std::size_t closes_ = 0;
    std::size_t too_often_ = 0;
};

} // namespace testing
TETHER_END_NAMESPACE

#endif
