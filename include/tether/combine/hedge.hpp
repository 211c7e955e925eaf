// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How is a slow attempt overtaken by another one?
#ifndef TETHER_COMBINE_HEDGE_HPP
#define TETHER_COMBINE_HEDGE_HPP

#include <tether/combine/detail/pack.hpp>
#include <tether/combine/detail/range.hpp>
#include <tether/combine/detail/rules.hpp>
#include <tether/detail/config.hpp>
#include <tether/runtime/timer_queue.hpp>
#include <tether/task/sleep.hpp>

#include <chrono>
#include <cstddef>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE

namespace detail {

// Legs that start one after the other: the next when the delay is over, or
// when the last one failed.
template<class Legs>
class hedged : public Legs, private timer_node {
public:
    template<class Drop, class Work>
    hedged(frame_base& frame, legs_options const& options, Drop&& drop,
           Work&& work)
        : Legs(frame, options, std::forward<Drop>(drop),
               std::forward<Work>(work)),
          timer_node(&expired) {
        this->home().reserve_timer(); // legs start where nothing may throw
    }

protected:
    ~hedged() {
        disarm();
        this->home().unreserve_timer();
    }

private:
    leg_base* prepare_next() noexcept final {
        if (!due_)
            return nullptr;
        leg_base* const next = Legs::prepare_next();
        if (next) {
            due_ = false;
            disarm();
            if (this->has_next())
                this->home().arm_reserved(
                    *this,
                    saturated_add(this->home().now(), this->options().delay));
        }
        return next;
    }
    bool wants_more() noexcept final { return due_ && this->has_next(); }
    void leg_ended(leg_base& l) noexcept final {
        due_ = due_ || l.how == leg_end::error;
        Legs::leg_ended(l);
    }

    // Not inside a turn of the loop's queue: the leg takes its place there.
    static void expired(timer_node& node) noexcept {
        auto& self = static_cast<hedged&>(node);
        self.due_ = true;
        if (leg_base* const next = self.prepare_next())
            self.home().enqueue(*next);
    }
    void on_cancel() noexcept final {
        disarm();
        this->for_each_running([](leg_base& l) {
            if (!l.started()) // still in the queue
                l.next = step::unwind;
        });
    }
    void disarm() noexcept {
        if (armed())
            this->home().disarm(*this);
    }

    bool due_ = true;
};

template<class Drop, class... Ts>
class hedge_awaiter final : public hedged<pack_legs<quorum_rule, Drop, Ts...>> {
public:
    using hedged<pack_legs<quorum_rule, Drop, Ts...>>::hedged;

    one_of_t<Ts...> await_resume() {
        this->throw_errors("hedge");
        return take_one(this->legs(), this->winner());
    }
};

template<class Drop, class Source>
class hedge_of_awaiter final
    : public hedged<range_legs<quorum_rule, Drop, Source>> {
public:
    using hedged<range_legs<quorum_rule, Drop, Source>>::hedged;
    using T = typename Source::value_type;

    T await_resume() {
        this->throw_errors("hedge");
        return this->value_of(this->places()[this->winner()]);
    }
};

template<class Rep, class Period>
legs_options hedge_options(std::chrono::duration<Rep, Period> delay) {
    return {.delay = to_loop_duration(delay, "hedge"), .by_leg = true};
}

} // namespace detail

/// Starts the first attempt, and the next one whenever `delay` has passed
/// without a value or the last one failed; the first value wins, the other
/// attempts are stopped and joined.
///
/// Parameters: `delay` counts from the start of an attempt;
/// `duration::max()` means: only on failure. At least one task or other
/// awaitable.
/// Result: the value of the first attempt that succeeds; of attempts with
/// different types a std::variant, as with race().
/// Errors: exception_group of all errors, in the order of the attempts, if none
/// succeeded. std::invalid_argument for a negative delay. Otherwise errors of
/// attempts are dropped, or go to the loop's on_unhandled_error after
/// `hedge(...).losers(loser_errors::report)`.
/// Completes when: an attempt succeeded and the others have stopped, or all
/// have failed. A checkpoint only where an attempt is one.
/// On cancellation: stops the attempts, waits for them and passes the stop on,
/// unless one gave a value all the same. Attempts that were not started are
/// destroyed.
/// Never lost: values of other attempts are destroyed, or handed to `f` by
/// `hedge(...).on_undelivered(f)`; `f` must take the value of every attempt.
/// Example:
/// ```
/// auto row = co_await hedge(50ms, query(replica_a), query(replica_b));
/// ```
/// Source: "The Tail at Scale" (Dean, Barroso), and the staggered race of
/// happy eyeballs (RFC 8305).
template<class Rep, class Period, class A, class... As>
    requires(awaitable<A> && ... && awaitable<As>)
[[nodiscard("co_await it")]] auto
hedge(std::chrono::duration<Rep, Period> delay, A&& first, As&&... others) {
    return detail::make_pack<detail::hedge_awaiter>(
        detail::hedge_options(delay), std::forward<A>(first),
        std::forward<As>(others)...);
}

/// The same for a range of awaitables.
///
/// Parameters: a container of tasks is moved in; the range is read in the call.
/// Errors: std::invalid_argument for an empty range.
/// Completes when: as above.
/// On cancellation: as above.
template<class Rep, class Period, detail::leg_range R>
[[nodiscard("co_await it")]] auto
hedge(std::chrono::duration<Rep, Period> delay, R&& attempts) {
    return detail::make_range<detail::hedge_of_awaiter>(
        detail::hedge_options(delay),
        detail::listed(std::forward<R>(attempts), 1, "hedge"));
}

TETHER_END_NAMESPACE

#endif
