// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How is work run so that somebody else can cancel just it?
#ifndef TETHER_SCOPE_WITH_CANCEL_SCOPE_HPP
#define TETHER_SCOPE_WITH_CANCEL_SCOPE_HPP

#include <tether/detail/config.hpp>
#include <tether/scope/cancel_scope.hpp>
#include <tether/scope/detail/own_scope.hpp>
#include <tether/scope/detail/scoped_body.hpp>

#include <source_location>
#include <utility>

TETHER_BEGIN_NAMESPACE

namespace detail {

template<class F, class T>
class cancel_scope_awaiter final : public scoped_body<F, T> {
public:
    using scoped_body<F, T>::scoped_body;

    optional_result<T> await_resume() {
        this->rethrow_error();
        return this->optional_value();
    }
};

template<class F, class T>
class own_scope_awaiter final : private own_scope, public scoped_body<F, T> {
public:
    own_scope_awaiter(frame_base& frame, F&& fn)
        : own_scope(scope_kind::cancel_scope),
          scoped_body<F, T>(frame, own_scope::made, std::forward<F>(fn)) {}

    optional_result<T> await_resume() {
        this->rethrow_error();
        return this->optional_value();
    }
};

template<class F>
class [[nodiscard("co_await the scope")]] with_cancel_scope_op {
public:
    using value_type = body_value_t<std::remove_reference_t<F>, cancel_scope>;

    with_cancel_scope_op(F&& fn, std::source_location here)
        : fn_(std::forward<F>(fn)), where_(here) {}

    auto make_awaiter(frame_base& frame) && {
        return own_scope_awaiter<F, value_type>(frame, std::forward<F>(fn_));
    }
    std::source_location where() const noexcept { return where_; }

private:
    F fn_;
    std::source_location where_;
};

template<class F>
class [[nodiscard("co_await the scope")]] with_given_scope_op {
public:
    using value_type = body_value_t<std::remove_reference_t<F>, cancel_scope>;

    with_given_scope_op(cancel_scope& scope, F&& fn, std::source_location here)
        : scope_(&scope), fn_(std::forward<F>(fn)), where_(here) {}

    auto make_awaiter(frame_base& frame) && {
        return cancel_scope_awaiter<F, value_type>(frame, *scope_,
                                                   std::forward<F>(fn_));
    }
    std::source_location where() const noexcept { return where_; }

private:
    cancel_scope* scope_;
    F fn_;
    std::source_location where_;
};

} // namespace detail

/// Runs `body(scope)` inside a new cancel scope.
///
/// Parameters: `body` is a coroutine function taking `cancel_scope&` or
/// nothing; an lvalue is used in place and must outlive the await.
/// Result: `std::optional<T>` with the body's value, empty when the scope was
/// cancelled and ended the body; for a void body, whether it ended by itself.
/// Errors: what the body threw.
/// Completes when: the body has ended, its children joined.
/// On cancellation: a cancel of the scope ends here; a cancel from outside
/// passes on.
/// Never lost: a value that the body produced before or despite the cancel is
/// returned.
/// Example:
/// \code
/// auto page = co_await with_cancel_scope([&](cancel_scope& scope) ->
/// task<page> {
///     abort_button = &scope;
///     co_return co_await fetch(url);
/// });
/// \endcode
template<class F>
[[nodiscard("co_await the scope")]] auto
with_cancel_scope(F&& body,
                  std::source_location here = std::source_location::current()) {
    TETHER_CHECK_BODY(F);
    return detail::with_cancel_scope_op<F>(std::forward<F>(body), here);
}

/// The same inside `scope`, which may have been cancelled or given a deadline
/// before. A scope is entered once.
template<class F>
[[nodiscard("co_await the scope")]] auto
with_cancel_scope(cancel_scope& scope, F&& body,
                  std::source_location here = std::source_location::current()) {
    TETHER_CHECK_BODY(F);
    return detail::with_given_scope_op<F>(scope, std::forward<F>(body), here);
}

TETHER_END_NAMESPACE

#endif
