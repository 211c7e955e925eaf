// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a piece of work finish although its scope is cancelled? Behind a
/// shield, which waits for it and never detaches it.
#ifndef TETHER_SCOPE_SHIELDED_HPP
#define TETHER_SCOPE_SHIELDED_HPP

#include <tether/core/errors.hpp>
#include <tether/detail/config.hpp>
#include <tether/scope/cancel_scope.hpp>
#include <tether/scope/detail/own_scope.hpp>
#include <tether/scope/detail/scoped_body.hpp>

#include <chrono>
#include <source_location>
#include <stdexcept>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE

/// How long shielded work may go on once the outer cancel has come.
///
/// Parameters: `grace` is not negative; `duration::max()` means for ever.
struct shield_options {
    /// Counts from the moment at which the outer cancel comes.
    std::chrono::steady_clock::duration grace = std::chrono::seconds(10);
};

namespace detail {

inline duration checked_grace(shield_options const& options) {
    if (options.grace < duration::zero())
        throw std::invalid_argument("shield: the grace is negative: " +
                                    std::to_string(options.grace.count()) +
                                    " ns");
    return options.grace;
}

template<class F, class T>
class shield_awaiter final : private own_scope, public scoped_body<F, T> {
public:
    shield_awaiter(frame_base& frame, duration grace, F&& fn)
        : own_scope(scope_kind::shield),
          scoped_body<F, T>(frame, own_scope::made, std::forward<F>(fn)) {
        scope_access::shield_for(own_scope::made, grace);
    }

    // The grace is over only because a cancel waits outside: that goes on.
    pump_next body_stopped(task_record& r) noexcept override {
        this->mark_stopped();
        bool const pending =
            scope_access::node(this->scope()).parent()->effective();
        if (scope_access::leave(this->scope(), true) && !pending)
            this->resume_host();
        else
            this->stop_host();
        static_cast<void>(r);
        return pump_next::go_on;
    }

    T await_resume() {
        this->rethrow_error();
        if constexpr (!std::is_void_v<T>) {
            if (this->stopped())
                throw cancelled_error(this->scope().reason());
            return this->take_value();
        }
    }
};

template<class F>
class [[nodiscard("co_await the shield")]] shield_op {
public:
    using value_type = body_value_t<std::remove_reference_t<F>, cancel_scope>;

    shield_op(duration grace, F&& fn, std::source_location here)
        : grace_(grace), fn_(std::forward<F>(fn)), where_(here) {}

    auto make_awaiter(frame_base& frame) && {
        return shield_awaiter<F, value_type>(frame, grace_,
                                             std::forward<F>(fn_));
    }
    std::source_location where() const noexcept { return where_; }

private:
    duration grace_;
    F fn_;
    std::source_location where_;
};

} // namespace detail

/// Runs `work` out of reach of cancels from outside.
///
/// Parameters: `work` is an awaitable or a coroutine function taking nothing or
/// the `cancel_scope&` of the shield. `options.grace` counts from the moment
/// the outer cancel comes (from entry, if it is pending already).
/// Result: what the work produced.
/// Errors: what the work threw; cancelled_error if the shield's own scope was
/// cancelled by hand and the work has no value.
/// Completes when: the work has ended. A shield never detaches its work.
/// On cancellation: from outside none until the grace is over; then the work is
/// stopped with the reason grace_expired. The outer stop is delivered at the
/// next checkpoint after the shield.
/// Never lost: the value of work that completes in its grace.
/// Example:
/// \code
/// co_await shielded(write_checkpoint(data), {.grace = 5s});
/// \endcode
/// Source: Trio's shielded scopes; the grace is ours.
template<class X>
[[nodiscard("co_await the shield")]] auto
shielded(X&& work, shield_options options = {},
         std::source_location here = std::source_location::current()) {
    detail::duration const grace = detail::checked_grace(options);
    if constexpr (awaitable<X>) {
        using body = detail::awaitable_body<std::remove_cvref_t<X>>;
        return detail::shield_op<body>(grace, body(std::forward<X>(work)),
                                       here);
    } else {
        TETHER_CHECK_BODY(X);
        return detail::shield_op<X>(grace, std::forward<X>(work), here);
    }
}

TETHER_END_NAMESPACE

#endif
