// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What does an executor stand on? The io_context behind a plain one, the
/// context below a strand, and whether this thread is inside of it.
#ifndef TETHER_RUNTIME_DETAIL_STRANDS_HPP
#define TETHER_RUNTIME_DETAIL_STRANDS_HPP

#include <tether/core/asio.hpp>
#include <tether/detail/config.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

TETHER_BEGIN_NAMESPACE
namespace detail {

// Null unless the executor is that of an io_context itself.
inline asio::io_context*
plain_context_of(asio::any_io_executor const& executor) noexcept {
    auto* plain = executor.target<asio::io_context::executor_type>();
    return plain ? &plain->context() : nullptr;
}

// The executor of the context below all strands.
inline asio::any_io_executor below_strands(asio::any_io_executor executor) {
    using io = asio::io_context::executor_type;
    using pool = asio::thread_pool::executor_type;
    for (;;) {
        if (auto* a = executor.target<asio::strand<asio::any_io_executor>>())
            executor = asio::any_io_executor(a->get_inner_executor());
        else if (auto* b = executor.target<asio::strand<io>>())
            return b->get_inner_executor();
        else if (auto* c = executor.target<asio::strand<pool>>())
            return c->get_inner_executor();
        else
            return executor;
    }
}

inline bool is_strand(asio::any_io_executor const& executor) noexcept {
    using io = asio::io_context::executor_type;
    using pool = asio::thread_pool::executor_type;
    return executor.target<asio::strand<asio::any_io_executor>>() ||
           executor.target<asio::strand<io>>() ||
           executor.target<asio::strand<pool>>();
}

// Whether this thread runs a handler of this strand; false for what is none.
inline bool inside_strand(asio::any_io_executor const& executor) noexcept {
    using io = asio::io_context::executor_type;
    using pool = asio::thread_pool::executor_type;
    if (auto* a = executor.target<asio::strand<asio::any_io_executor>>())
        return a->running_in_this_thread();
    if (auto* b = executor.target<asio::strand<io>>())
        return b->running_in_this_thread();
    if (auto* c = executor.target<asio::strand<pool>>())
        return c->running_in_this_thread();
    return false;
}

} // namespace detail
TETHER_END_NAMESPACE

#endif
