// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What does `wait()` of a primitive return? Something small that builds the
/// wait in the awaiting frame, and knows the line it was called from.
#ifndef TETHER_SYNC_DETAIL_WAIT_OP_HPP
#define TETHER_SYNC_DETAIL_WAIT_OP_HPP

#include <tether/detail/call_site.hpp>
#include <tether/detail/config.hpp>

#include <cstddef>
#include <source_location>
#include <tuple>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// `Wait` is made of `Args`, pointers and numbers. It may be incomplete where
// this is only named.
template<class Wait, class... Args>
class [[nodiscard("co_await it, and keep what it gives")]] wait_op {
public:
    explicit wait_op(call_site here, Args... args) noexcept
        : where_(here), args_(args...) {}
    explicit wait_op(std::source_location here, Args... args) noexcept
        : wait_op(site_of(here), args...) {}

    Wait connect() const noexcept {
        return build(std::index_sequence_for<Args...>());
    }
    // The same for a wait that puts what it waits for into `out`.
    template<class Out>
        requires std::is_constructible_v<typename Wait::filling, Args..., Out*>
    auto connect_to(Out& out) const noexcept {
        return std::apply(
            [&](Args... args) { return typename Wait::filling(args..., &out); },
            args_);
    }
    std::source_location where() const noexcept { return location_of(where_); }

    // What most awaits of some primitives need no wait for.
    template<class Loop, class Out, class Awaiter>
        requires requires(Loop& home, Out& out, Awaiter& waiting,
                          Args... args) {
            Wait::now(home, out, waiting, args...);
        }
    auto now(Loop& home, Out& out, Awaiter&& waiting) const {
        return std::apply(
            [&](Args... args) {
                return Wait::now(home, out, waiting, args...);
            },
            args_);
    }

private:
    template<std::size_t... Index>
    Wait build(std::index_sequence<Index...>) const noexcept {
        return Wait(std::get<Index>(args_)...);
    }

    // First: beside the argument of the call, which lies behind this object,
    // g++ would make one vector of the two, in more instructions.
    call_site where_;
    std::tuple<Args...> args_;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
