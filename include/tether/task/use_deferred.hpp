// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a task await an operation that was made with asio::deferred? As it
/// is: this header teaches co_await about deferred operations.
#ifndef TETHER_TASK_USE_DEFERRED_HPP
#define TETHER_TASK_USE_DEFERRED_HPP

#include <tether/core/asio.hpp>
#include <tether/detail/config.hpp>
#include <tether/task/awaitable.hpp>
#include <tether/task/use_task.hpp>

#include <boost/asio/deferred.hpp>

#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// A deferred operation is a function of the token that it was not given yet.
template<class Operation>
    requires(asio::is_deferred<Operation>::value)
struct foreign_awaitable<Operation> {
    static auto adapt(Operation operation) {
        return std::move(operation)(use_task);
    }
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
