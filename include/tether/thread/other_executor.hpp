// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What may be named where work is sent elsewhere? An executor, a context, or
/// a pool of loops; with it comes the place of the call.
#ifndef TETHER_THREAD_OTHER_EXECUTOR_HPP
#define TETHER_THREAD_OTHER_EXECUTOR_HPP

#include <tether/core/asio.hpp>
#include <tether/detail/config.hpp>
#include <tether/runtime/detail/strands.hpp>
#include <tether/task/co_spawn.hpp>
#include <tether/task/detail/spawn_root.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/strand.hpp>

#include <concepts>
#include <source_location>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// Gives one of its executors to each who asks.
template<class P>
concept executor_source = requires(std::remove_reference_t<P>& pool) {
    { pool.next_executor() } -> std::convertible_to<asio::any_io_executor>;
};

// Where a tree of tasks can live: handlers run one at a time. Executors that
// are not known to do that get a strand of their own.
inline asio::any_io_executor serial_executor(asio::any_io_executor any) {
    if (plain_context_of(any) || is_strand(any))
        return any;
    return asio::make_strand(std::move(any));
}

} // namespace detail

/// Where run_on() and spawn_on() send work.
///
/// Made by conversion from what the caller names, so that it knows the line of
/// the call. A context stands for its executor; of a loop_pool each conversion
/// takes the next loop.
/// Invariant: refers to the executor's context, which outlives the call.
/// Threads: a plain value.
class other_executor {
public:
    // NOLINTBEGIN(google-explicit-constructor): named by the caller
    template<class E>
        requires(detail::executor_or_context<E> && !detail::executor_source<E>)
    other_executor(E&& executor,
                   std::source_location here = std::source_location::current())
        : executor_(detail::executor_of(executor)), where_(here) {}
    template<detail::executor_source Pool>
    other_executor(Pool&& pool,
                   std::source_location here = std::source_location::current())
        : executor_(pool.next_executor()), where_(here) {}
    // NOLINTEND(google-explicit-constructor)

    /// The place of the call.
    [[nodiscard]] std::source_location where() const noexcept { return where_; }

    /// Gives the executor away: a strand must not be kept until its context has
    /// gone.
    [[nodiscard]] asio::any_io_executor take() && noexcept {
        return std::move(executor_);
    }

private:
    asio::any_io_executor executor_;
    std::source_location where_;
};

TETHER_END_NAMESPACE

#endif
