// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a program stop calling what does not answer, and notice when it
/// does again? Through a circuit breaker.
#ifndef TETHER_RESILIENCE_CIRCUIT_BREAKER_HPP
#define TETHER_RESILIENCE_CIRCUIT_BREAKER_HPP

#include <tether/core/detail/text.hpp>
#include <tether/core/errors.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/current_loop.hpp>
#include <tether/detail/diagnostics.hpp>
#include <tether/resilience/circuit_breaker_options.hpp>
#include <tether/resilience/detail/breaker_core.hpp>
#include <tether/resilience/detail/time_here.hpp>
#include <tether/task/awaitable.hpp>
#include <tether/task/detail/body.hpp>
#include <tether/task/task.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <source_location>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE

class circuit_breaker;

namespace detail {
template<class T>
class breaker_awaiter;
template<class F>
class breaker_call;
} // namespace detail

/// A call was not made, because the ones before it failed.
class circuit_open : public std::runtime_error {
public:
    /// Says which breaker refuses calls, and for how long.
    circuit_open(std::string_view name, circuit_state state,
                 std::chrono::steady_clock::duration remaining)
        : std::runtime_error(sentence(name, state, remaining)),
          state_(state),
          remaining_(remaining) {}

    /// open, or half_open when its probes go on.
    [[nodiscard]] circuit_state state() const noexcept { return state_; }
    /// When the next call may be made, counted from the throw; of a half-open
    /// breaker at the latest.
    [[nodiscard]] std::chrono::steady_clock::duration
    remaining() const noexcept {
        return remaining_;
    }

private:
    static std::string sentence(std::string_view name, circuit_state state,
                                std::chrono::steady_clock::duration left) {
        std::string out = "circuit breaker ";
        if (!name.empty()) {
            detail::append_quoted(out, name);
            out += ' ';
        }
        out += "is ";
        out += to_string(state);
        return out + ": no call for " + detail::duration_text(left);
    }

    circuit_state state_;
    std::chrono::steady_clock::duration remaining_;
};

/// A call that a circuit_breaker admitted, for callers that do not use call().
///
/// Invariant: tells the breaker once how it ended; neutral when it is destroyed
/// before.
/// Threads: those of its breaker.
class [[nodiscard("a call that is not kept tells nothing")]] admitted_call {
public:
    admitted_call(admitted_call&& other) noexcept
        : breaker_(std::exchange(other.breaker_, nullptr)),
          ticket_(other.ticket_) {}
    admitted_call& operator=(admitted_call&&) = delete;
    ~admitted_call() { settle(call_verdict::neutral); }

    /// It worked.
    void succeeded() noexcept { settle(call_verdict::success); }
    /// It did not.
    void failed() noexcept { settle(call_verdict::failure); }
    /// One of the three.
    void settle(call_verdict verdict) noexcept;

private:
    friend class circuit_breaker;
    template<class T>
    friend class detail::breaker_awaiter;
    template<class F>
    friend class detail::breaker_call;
    admitted_call(circuit_breaker& b, detail::breaker_core::ticket t) noexcept
        : breaker_(&b), ticket_(t) {}
    void failed_with(std::exception_ptr const& error) noexcept;

    circuit_breaker* breaker_;
    detail::breaker_core::ticket ticket_;
};

/// Makes calls as long as they succeed, refuses them for a while when they
/// fail, and then tries a few.
///
/// | state | a call | becomes |
/// |---|---|---|
/// | closed | is made | open, after failures |
/// | open | is refused | half-open, with the first call after open_for |
/// | half-open | is one of the probes, or refused | closed or open |
///
/// Invariant: at most half_open_probes probes go on, each for probe_timeout at
/// most; then another one may start. How a call ends counts only in the state
/// in which it was admitted: what was in flight when the breaker opened neither
/// prolongs nor ends that.
/// A stop counts for nothing, in any state: a deadline around call() says how
/// long the caller waits. One inside of the body throws and does count.
/// Errors: destroying a breaker while calls go on writes a sentence and
/// terminates.
/// Threads: one loop at a time. Constructible before any loop exists, usable in
/// several runs.
/// Example:
/// ```
/// tether::circuit_breaker breaker({.failures = 3, .open_for = 10s});
/// auto reply = co_await breaker.call([&] { return ask(question); });
/// ```
/// Source: Nygard's "Release It!".
class circuit_breaker {
public:
    /// Errors: std::invalid_argument when no rule opens it, for a share above
    /// 1, for no probes, and for durations that are not positive.
    explicit circuit_breaker(circuit_breaker_options options = {})
        : core_(checked(options)),
          open_for_(options.open_for),
          name_(options.name) {}
    circuit_breaker(circuit_breaker const&) = delete;
    circuit_breaker& operator=(circuit_breaker const&) = delete;
    ~circuit_breaker() {
        if (calls_ != 0)
            detail::fatal("a circuit_breaker was destroyed while calls go on: "
                          "declare it before what makes them");
    }

    /// Which errors say what: without it cancelled_error is neutral and every
    /// other error, timeout_error too, a failure.
    ///
    /// Parameters: called with each error; kept. One that throws says failure.
    void classify_with(
        std::function<call_verdict(std::exception_ptr const&)> classify) {
        classify_ = std::move(classify);
    }
    /// Called after each change of the state, by the call that caused it.
    ///
    /// Parameters: kept. It may use the breaker; what it throws goes to the
    /// loop's on_unhandled_error.
    void on_change(std::function<void(circuit_change const&)> tell) {
        tell_ = std::move(tell);
    }

    /// Runs `body` unless the breaker refuses.
    ///
    /// Parameters: a function without parameters that returns a task, or
    /// something else to await; an lvalue is used in place and must outlive the
    /// await.
    /// Result: what the body gave.
    /// Errors: circuit_open, and the body did not run; what the body threw.
    /// Completes when: the body has ended. A checkpoint only if that is one.
    /// On cancellation: the body is stopped; the breaker learns nothing.
    template<class F>
    [[nodiscard("co_await the call")]] auto
    call(F&& body,
         std::source_location here = std::source_location::current()) {
        TETHER_CHECK_BODY(F);
        static_assert(awaitable<std::invoke_result_t<F&>>,
                      "the body of a circuit_breaker's call takes nothing and "
                      "returns what can be awaited, such as tether::task<T>");
        return detail::breaker_call<F>(*this, std::forward<F>(body), here);
    }

    /// Asks for a call that the caller makes itself.
    ///
    /// Result: what tells the breaker how it ended.
    /// Errors: circuit_open.
    [[nodiscard("a call that is not kept tells nothing")]] admitted_call
    admit() {
        if (core_.state() != circuit_state::closed) [[unlikely]]
            return admit_probe();
        ++calls_;
        return admitted_call(*this, core_.admit_closed());
    }

    /// Opens it for `d`, by default open_for, from now on; also an open one.
    ///
    /// Errors: std::invalid_argument for a negative duration.
    void
    trip(std::optional<std::chrono::steady_clock::duration> d = std::nullopt) {
        if (d && *d < detail::duration::zero())
            throw std::invalid_argument(
                "circuit_breaker::trip: the duration is negative: " +
                std::to_string(d->count()));
        change_watch const watch(*this);
        core_.trip(
            detail::saturated_add(detail::time_here(), d.value_or(open_for_)));
    }
    /// Closes it and forgets all failures.
    void reset() {
        change_watch const watch(*this);
        core_.reset();
    }

    /// Result: the state; open until the first call after open_for.
    [[nodiscard]] circuit_state state() const noexcept { return core_.state(); }
    /// Result: how long calls are still refused; zero when they are not. Of a
    /// half-open breaker whose probes go on: at most.
    [[nodiscard]] std::chrono::steady_clock::duration
    remaining() const noexcept {
        return core_.remaining(detail::time_here());
    }
    /// Result: counts for logs and dumps.
    [[nodiscard]] circuit_breaker_statistics statistics() noexcept {
        auto const recent = core_.recent(detail::time_here());
        return {core_.state(), calls_,          core_.consecutive_failures(),
                recent.calls,  recent.failures, settled_[0],
                settled_[1],   settled_[2],     rejected_,
                core_.opened()};
    }

private:
    friend class admitted_call;

    static circuit_breaker_options const&
    checked(circuit_breaker_options const& o) {
        auto const refuse = [](std::string const& what) {
            throw std::invalid_argument("circuit_breaker: " + what);
        };
        if (!(o.failure_ratio >= 0 && o.failure_ratio <= 1))
            refuse("failure_ratio is " + std::to_string(o.failure_ratio) +
                   "; it is a share, from 0 to 1");
        if (o.failures == 0 && o.failure_ratio == 0)
            refuse("failures and failure_ratio are 0, so that nothing would "
                   "open it");
        if (o.half_open_probes == 0 || o.successes_to_close == 0)
            refuse("half_open_probes or successes_to_close is 0, so that "
                   "nothing would close it");
        for (auto const d : {o.window, o.open_for, o.probe_timeout})
            if (d <= detail::duration::zero())
                refuse("a duration of " + detail::duration_text(d) +
                       "; window, open_for and probe_timeout are positive");
        return o;
    }

    [[gnu::noinline]] admitted_call admit_probe() {
        detail::time_point const now = detail::time_here();
        change_watch const watch(*this);
        auto const ticket = core_.admit(now);
        if (!ticket) {
            ++rejected_;
            throw circuit_open(name_, core_.state(), core_.remaining(now));
        }
        ++calls_;
        return admitted_call(*this, *ticket);
    }
    static call_verdict usual_verdict(std::exception_ptr const& error) {
        try {
            std::rethrow_exception(error);
        } catch (cancelled_error const&) {
            return call_verdict::neutral;
        }
    }
    call_verdict verdict(std::exception_ptr const& error) const noexcept {
        try {
            return classify_ ? classify_(error) : usual_verdict(error);
        } catch (...) {
            return call_verdict::failure;
        }
    }
    void settle(detail::breaker_core::ticket t, call_verdict v) noexcept {
        --calls_;
        ++settled_[static_cast<std::size_t>(v)];
        change_watch const watch(*this);
        core_.settle(t, v, detail::time_here());
    }
    // Tells at the end of what may change the state.
    class change_watch {
    public:
        explicit change_watch(circuit_breaker& self) noexcept
            : self_(&self), from_(self.core_.state()) {}
        change_watch(change_watch const&) = delete;
        change_watch& operator=(change_watch const&) = delete;
        ~change_watch() { self_->changed(from_); }

    private:
        circuit_breaker* self_;
        circuit_state from_;
    };
    void changed(circuit_state from) noexcept {
        if (circuit_state const to = core_.state(); from != to && tell_)
            tell(from, to);
    }
    [[gnu::noinline]] void tell(circuit_state from, circuit_state to) noexcept {
        try {
            tell_(circuit_change{name_, from, to});
        } catch (...) {
            detail::report_unread(std::current_exception(),
                                  "a listener of a circuit_breaker threw");
        }
    }

    detail::breaker_core core_;
    detail::duration open_for_;
    std::string name_;
    std::function<call_verdict(std::exception_ptr const&)> classify_;
    std::function<void(circuit_change const&)> tell_;
    std::size_t calls_ = 0;
    std::uint64_t settled_[3] = {0, 0, 0}; // by verdict
    std::uint64_t rejected_ = 0;
};

inline void admitted_call::settle(call_verdict verdict) noexcept {
    if (circuit_breaker* const b = std::exchange(breaker_, nullptr))
        b->settle(ticket_, verdict);
}
inline void
admitted_call::failed_with(std::exception_ptr const& error) noexcept {
    settle(breaker_->verdict(error));
}

namespace detail {

// A plain call that tells the breaker how it ended, without a frame of its own.
// A stop destroys it, which counts for nothing.
template<class T>
class breaker_awaiter final : public call_base<T> {
public:
    breaker_awaiter(admitted_call& call, task<T>& body, frame_base& awaiting)
        : call_base<T>(body, awaiting), call_(std::move(call)) {}

    T await_resume() {
        if (this->failed()) [[unlikely]]
            fail();
        call_.succeeded();
        return this->cell_.take();
    }

private:
    [[noreturn, gnu::noinline]] void fail() {
        std::exception_ptr const error = this->take_error();
        call_.failed_with(error);
        std::rethrow_exception(error);
    }

    admitted_call call_;
};

template<class F>
class [[nodiscard("co_await the call")]] breaker_call {
public:
    using value_type = await_result_t<std::invoke_result_t<F&>>;

    breaker_call(circuit_breaker& b, F&& body, std::source_location here)
        : breaker_(&b), body_(std::forward<F>(body)), where_(here) {}

    // The body stays here, where it is until the await is over.
    breaker_awaiter<value_type> make_awaiter(frame_base& caller) && {
        admitted_call call = breaker_->admit();
        try {
            task<value_type> body = as_task(body_);
            return breaker_awaiter<value_type>(call, body, caller);
        } catch (...) {
            call.failed_with(std::current_exception());
            throw;
        }
    }
    std::source_location where() const noexcept { return where_; }

private:
    circuit_breaker* breaker_;
    F body_;
    std::source_location where_;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
