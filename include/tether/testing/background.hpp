// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Who ends the helpers that a test needs but does not wait for? The test: they
/// are cancelled when its body has ended.
#ifndef TETHER_TESTING_BACKGROUND_HPP
#define TETHER_TESTING_BACKGROUND_HPP

#include <tether/detail/config.hpp>
#include <tether/runtime/wait.hpp>
#include <tether/task/detail/body.hpp>
#include <tether/testing/detail/session_of.hpp>

#include <source_location>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace testing {

namespace detail {

class background_wait final : public wait, private helpers_waiter {
public:
    ~background_wait() { leave(); }

    bool ready() {
        test_session& session = this_session("end_background()");
        session.cancel_helpers();
        return !session.has_helpers();
    }
    void start() {
        this_session("end_background()").joiners().push_back(*this);
    }
    void result() const noexcept {}

    abort_result abort() noexcept override {
        leave();
        return abort_result::done;
    }
    char const* description() const noexcept override {
        return "the background tasks of the test to end";
    }

private:
    void leave() noexcept {
        if (linked())
            unlink();
    }
    void joined() noexcept override { complete(); }
};

class [[nodiscard("co_await the end of the helpers")]] background_op {
public:
    explicit background_op(std::source_location here) noexcept : where_(here) {}
    background_wait connect() const noexcept { return background_wait(); }
    std::source_location where() const noexcept { return where_; }

private:
    std::source_location where_;
};

} // namespace detail

/// Starts `fn(args...)` as a helper of the test: a server, a ticker, a pump. It
/// belongs to the test and not to the caller's group, is cancelled when the
/// body of the test has ended, and joined before the test is over.
///
/// Parameters: `fn` is a coroutine function; it and the arguments are
/// decay-copied and live until the helper has ended. That is after the locals
/// of the body are gone: what the helper refers to lives outside of the body or
/// in a fixture, or the body ends with `co_await end_background()`.
/// Errors: std::logic_error outside of run_test(). An error of the helper
/// cancels the test and fails it.
/// Threads: the loop of the test.
/// Example:
/// ```
/// spawn_background(echo_server, std::ref(acceptor));
/// CHECK(co_await ask(acceptor.local_endpoint(), "hello") == "hello");
/// ```
/// Source: Kotlin's backgroundScope.
template<class F, class... Args>
    requires tether::detail::spawnable<F, Args...>
void spawn_background(F&& fn, Args&&... args) {
    using body = tether::detail::body_for<F, Args...>;
    detail::this_session("spawn_background()")
        .spawn(body(std::in_place, std::forward<F>(fn),
                    std::forward<Args>(args)...));
}

/// Cancels the helpers and waits for their end, for a test whose helpers refer
/// to its locals. A fixture does it after its tear_down().
///
/// Errors: std::logic_error outside of run_test().
/// Completes when: no helper is alive. Always a checkpoint.
/// On cancellation: stops; the helpers stay cancelled.
[[nodiscard("co_await the end of the helpers")]] inline detail::background_op
end_background(
    std::source_location here = std::source_location::current()) noexcept {
    return detail::background_op(here);
}

} // namespace testing
TETHER_END_NAMESPACE

#endif
