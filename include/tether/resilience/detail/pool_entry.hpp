// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What does a pool know of one connection? Its age, its permit, and who waits
/// for its end.
#ifndef TETHER_RESILIENCE_DETAIL_POOL_ENTRY_HPP
#define TETHER_RESILIENCE_DETAIL_POOL_ENTRY_HPP

#include <tether/detail/config.hpp>
#include <tether/detail/intrusive_list.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/runtime/timer_queue.hpp>
#include <tether/sync/event.hpp>
#include <tether/sync/semaphore.hpp>

#include <optional>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// Who waits until a connection is closed, to open another one in its place.
struct pool_heir {
    event closed;
    permit slot;
    bool closed_now = false; // and the entry is gone
};

template<class C>
struct pool_entry : list_node {
    pool_entry() noexcept = default;
    ~pool_entry() {
        if (!heir)
            return;
        heir->slot = std::move(slot);
        heir->closed_now = true;
        if (running_task())
            heir->closed.set();
    }

    // Empty until it is open: its place is had before there is something to
    // lose.
    std::optional<C> connection;
    time_point opened_at{};
    time_point idle_since{};
    permit slot;               // while it is closed: it still counts
    pool_heir* heir = nullptr; // gets the slot then
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
