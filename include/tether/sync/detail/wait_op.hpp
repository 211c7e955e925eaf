// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What does `wait()` of a primitive return? Something small that builds the
/// wait in the awaiting frame, and knows the line it was called from.
#ifndef TETHER_SYNC_DETAIL_WAIT_OP_HPP
#define TETHER_SYNC_DETAIL_WAIT_OP_HPP

#include <tether/detail/config.hpp>

#include <cstddef>
#include <source_location>
#include <tuple>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// `Wait` is made of `Args`, pointers and numbers. It may be incomplete where
// this is only named.
template<class Wait, class... Args>
class [[nodiscard("co_await it, and keep what it gives")]] wait_op {
public:
    explicit wait_op(std::source_location here, Args... args) noexcept
        : where_(here), args_(args...) {}

    Wait connect() const noexcept {
        return build(std::index_sequence_for<Args...>());
    }
    std::source_location where() const noexcept { return where_; }

    // What most awaits of some primitives need no wait for.
    template<class Loop, class Out>
        requires requires(Loop& home, Out& out, Args... args) {
            Wait::now(home, out, args...);
        }
    auto now(Loop& home, Out& out) const {
        return std::apply(
            [&](Args... args) { return Wait::now(home, out, args...); }, args_);
    }

private:
    template<std::size_t... Index>
    Wait build(std::index_sequence<Index...>) const noexcept {
        return Wait(std::get<Index>(args_)...);
    }

    // First: beside the argument of the call, which lies behind this object,
    // g++ would make one vector of the two, in more instructions.
    std::source_location where_;
    std::tuple<Args...> args_;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
