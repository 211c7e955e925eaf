// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What do the scope verbs share besides running a body? The scope they own,
/// and a body made from an awaitable.
#ifndef TETHER_SCOPE_DETAIL_OWN_SCOPE_HPP
#define TETHER_SCOPE_DETAIL_OWN_SCOPE_HPP

#include <tether/detail/config.hpp>
#include <tether/scope/cancel_scope.hpp>
#include <tether/task/detail/body.hpp>

#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// A base class, so that the scope exists before the awaiter beside it.
struct own_scope {
    own_scope() noexcept = default;
    explicit own_scope(scope_kind kind) noexcept
        : made(scope_access::of_kind(kind)) {}

    cancel_scope made{scope_access::of_kind(scope_kind::deadline)};
};

// `fail_after(1s, queue.get())`: the awaitable becomes a body of one await.
template<class A>
class awaitable_body {
public:
    explicit awaitable_body(A&& a) : work_(std::move(a)) {}
    explicit awaitable_body(A const& a) : work_(a) {}
    awaitable_body(awaitable_body&&) = default;

    auto operator()() { return to_task(std::move(work_)); }

private:
    A work_;
};

template<class F>
inline constexpr bool is_awaitable_body = false;
template<class A>
inline constexpr bool is_awaitable_body<awaitable_body<A>> = true;

} // namespace detail
TETHER_END_NAMESPACE

#endif
