// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Which waits does a soft cancel end? Those that say so, such as the accept of
/// a server that is to finish its requests.
#ifndef TETHER_SCOPE_SOFT_CANCELLABLE_HPP
#define TETHER_SCOPE_SOFT_CANCELLABLE_HPP

#include <tether/detail/config.hpp>
#include <tether/scope/cancel_scope.hpp>
#include <tether/scope/detail/own_scope.hpp>
#include <tether/scope/detail/scoped_body.hpp>

#include <source_location>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

template<class F, class T>
class soft_awaiter final : private own_scope, public scoped_body<F, T> {
public:
    soft_awaiter(frame_base& frame, F&& fn)
        : own_scope(scope_kind::cancel_scope),
          scoped_body<F, T>(frame, own_scope::made, std::forward<F>(fn)) {
        scope_access::end_on_soft(own_scope::made);
    }

    optional_result<T> await_resume() {
        this->rethrow_error();
        return this->optional_value();
    }
};

template<class F>
class [[nodiscard("co_await the work")]] soft_op {
public:
    using value_type = body_value_t<std::remove_reference_t<F>, cancel_scope>;

    soft_op(F&& fn, std::source_location here)
        : fn_(std::forward<F>(fn)), where_(here) {}
    auto make_awaiter(frame_base& frame) && {
        return soft_awaiter<F, value_type>(frame, std::forward<F>(fn_));
    }
    std::source_location where() const noexcept { return where_; }

private:
    F fn_;
    std::source_location where_;
};

} // namespace detail

/// Runs `work` until a soft cancel arrives.
///
/// Parameters: an awaitable, or a coroutine function.
/// Result: `std::optional<T>` (bool for void), empty after a soft cancel.
/// Errors: what the work threw.
/// Completes when: the work has ended, or a soft cancel has stopped it.
/// On cancellation: a soft cancel ends here; a hard one passes on.
/// Never lost: a value the work produced before the soft cancel.
/// Example:
/// \code
/// while (auto socket = co_await soft_cancellable(
///            acceptor.async_accept(use_task)))
///     group.spawn(session, std::move(*socket));
/// \endcode
template<class X>
[[nodiscard("co_await the work")]] auto
soft_cancellable(X&& work,
                 std::source_location here = std::source_location::current()) {
    if constexpr (awaitable<X>) {
        using body = detail::awaitable_body<std::remove_cvref_t<X>>;
        return detail::soft_op<body>(body(std::forward<X>(work)), here);
    } else {
        TETHER_CHECK_BODY(X);
        return detail::soft_op<X>(std::forward<X>(work), here);
    }
}

TETHER_END_NAMESPACE

#endif
