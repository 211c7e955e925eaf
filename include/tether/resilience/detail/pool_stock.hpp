// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Which connections of a pool are not in use, and how long may they stay? Its
/// lists, and the permits that bound them.
#ifndef TETHER_RESILIENCE_DETAIL_POOL_STOCK_HPP
#define TETHER_RESILIENCE_DETAIL_POOL_STOCK_HPP

#include <tether/detail/config.hpp>
#include <tether/detail/diagnostics.hpp>
#include <tether/detail/intrusive_list.hpp>
#include <tether/resilience/connection_pool_options.hpp>
#include <tether/resilience/detail/pool_entry.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/runtime/timer_queue.hpp>
#include <tether/sync/detail/waiter_queue.hpp>
#include <tether/sync/resettable_event.hpp>
#include <tether/sync/semaphore.hpp>

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// Every connection is leased, idle, or on its way to be closed. One that is
// opened, leased or closed has a permit of `slots`, so that there are never
// more than the maximum; an idle one stands for a free permit.
template<class C>
class pool_stock {
public:
    using entry = pool_entry<C>;

    explicit pool_stock(connection_pool_options const& given)
        : options(given) {}
    pool_stock(pool_stock const&) = delete;
    pool_stock& operator=(pool_stock const&) = delete;
    ~pool_stock() { destroy_all(); }

    // --- while the pool is open
    void begin() {
        slots_.emplace(static_cast<std::ptrdiff_t>(options.max));
        home_ = running_record().home();
    }
    void end() noexcept {
        home_ = nullptr;
        destroy_all();
    }
    bool active() const noexcept { return home_ != nullptr; }
    loop* home() const noexcept { return home_; }
    time_point now() const noexcept { return home_->now(); }
    // Also a handler of other code on the same context.
    bool inside() const noexcept {
        return active() && waiter_queue::inside(*home_);
    }
    // Not when handlers are destroyed with their context: no loop runs then.
    void refuse_elsewhere(char const* sentence) const noexcept {
        if (active() && !inside() && (running_loop() || home_->entered()))
            fatal(sentence);
    }
    semaphore& permits() noexcept { return *slots_; }

    // --- what is idle
    void opened(entry& e, C&& connection) {
        e.connection.emplace(std::move(connection));
        // By the task's own loop: the pool may have ended meanwhile.
        e.opened_at = e.idle_since = running_record().home()->now();
        ++counts.opened;
    }
    void put_idle(entry& e) noexcept {
        e.idle_since = now();
        idle_.push_back(e);
    }
    entry* take_idle() noexcept {
        if (idle_.empty())
            return nullptr;
        entry& last = idle_.back(); // the others may grow old
        last.unlink();
        return &last;
    }
    time_point expiry(entry const& e) const noexcept {
        return (std::min)(saturated_add(e.idle_since, options.idle_ttl),
                          saturated_add(e.opened_at, options.max_lifetime));
    }
    bool expired(entry const& e) const noexcept { return expiry(e) <= now(); }
    time_point next_expiry() noexcept {
        time_point first = (time_point::max)();
        if (options.idle_ttl == (duration::max)() &&
            options.max_lifetime == (duration::max)())
            return first;
        idle_.for_each([&](entry& e) { first = (std::min)(first, expiry(e)); });
        return first;
    }

    // --- what is to be closed
    void retire(entry& e, permit&& slot) noexcept {
        e.slot = std::move(slot);
        retired.push_back(e);
        wake();
    }
    void retire_idle() noexcept {
        while (!idle_.empty()) {
            entry& e = idle_.pop_front();
            if (auto slot = slots_->try_acquire())
                e.slot = std::move(*slot);
            retired.push_back(e);
        }
        wake();
    }
    void retire_expired() {
        if (next_expiry() > now())
            return;
        idle_.for_each([&](entry& e) {
            if (!expired(e))
                return;
            // Without a free slot somebody is about to take an idle one.
            if (auto slot = slots_->try_acquire()) {
                e.unlink();
                e.slot = std::move(*slot);
                retired.push_back(e);
                ++counts.expired;
            }
        });
    }
    // There is work for the keeper.
    void wake() noexcept {
        if (!work.is_set())
            work.set();
    }

    connection_pool_statistics statistics() const noexcept {
        connection_pool_statistics out = counts;
        out.max = options.max;
        out.idle = idle_.count();
        out.closing = retired.count();
        out.waiting = slots_ ? slots_->statistics().waiting : 0;
        return out;
    }

    connection_pool_options const options;
    connection_pool_statistics counts{};
    // For the keeper.
    intrusive_list<entry> retired; // to be closed
    intrusive_list<entry> leaving; // a task of each is about to do that
    resettable_event work;

private:
    void destroy_all() noexcept {
        for (auto* const list : {&idle_, &retired, &leaving})
            while (!list->empty())
                delete &list->pop_front();
    }

    std::optional<semaphore> slots_;
    intrusive_list<entry> idle_; // the longest idle first
    loop* home_ = nullptr;       // while it is open
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
