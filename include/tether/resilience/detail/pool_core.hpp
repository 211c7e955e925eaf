// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Which connections of a pool are where, and who closes them? The bookkeeping
/// that a pool and its leases share, and the tasks that the pool owns.
#ifndef TETHER_RESILIENCE_DETAIL_POOL_CORE_HPP
#define TETHER_RESILIENCE_DETAIL_POOL_CORE_HPP

#include <tether/core/detail/text.hpp>
#include <tether/core/errors.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/diagnostics.hpp>
#include <tether/detail/intrusive_list.hpp>
#include <tether/resilience/connection_pool_options.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/scope/deadline.hpp>
#include <tether/scope/exit_reason.hpp>
#include <tether/scope/shielded.hpp>
#include <tether/scope/task_group.hpp>
#include <tether/scope/with.hpp>
#include <tether/sync/detail/waiter_queue.hpp>
#include <tether/sync/event.hpp>
#include <tether/sync/resettable_event.hpp>
#include <tether/sync/semaphore.hpp>
#include <tether/task/checkpoint.hpp>
#include <tether/task/task.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
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

// Every connection is leased, idle, or on its way to be closed. One that is
// opened, leased or closed has a permit of `slots`, so that there are never
// more than the maximum; an idle one stands for a free permit.
template<class C>
class pool_core {
public:
    using entry = pool_entry<C>;
    using entry_ptr = std::unique_ptr<entry>;

    pool_core(connection_pool_options const& given, std::string what)
        : options(given), name(std::move(what)) {}
    pool_core(pool_core const&) = delete;
    pool_core& operator=(pool_core const&) = delete;
    ~pool_core() {
        if (leased_ != 0)
            fatal("a connection_pool was destroyed while connections of it are "
                  "leased: declare it before what holds its leases");
        destroy_all(idle_);
        destroy_all(retired_);
        destroy_all(leaving_);
    }

    // --- the life of the pool
    bool active() const noexcept { return home_ != nullptr; }
    bool closed() const noexcept { return closed_; }
    void begin() {
        if (active())
            throw std::logic_error(title() + " was opened that is open: each "
                                             "with needs a pool of its own");
        if (visitors_ != 0)
            throw std::logic_error(title() + " was opened again while leases "
                                             "of its last use are left");
        slots_.emplace(static_cast<std::ptrdiff_t>(options.max));
        closed_ = ending_ = false;
        home_ = running_record().home();
    }
    void end() noexcept {
        home_ = nullptr;
        closed_ = true;
        closing_ = 0;
        destroy_all(idle_);
        destroy_all(retired_);
        destroy_all(leaving_);
    }
    // Refuses new leases and wakes who waits for one.
    void close() noexcept {
        if (closed_ || !active())
            return;
        refuse_elsewhere("a connection_pool was closed on another loop than "
                         "that of the pool");
        closed_ = true;
        if (!inside()) // its context goes down, and end() does the rest
            return;
        if (std::size_t const waiting = slots_->statistics().waiting)
            slots_->release(waiting);
        while (!idle_.empty()) {
            entry& e = idle_.pop_front();
            if (auto slot = slots_->try_acquire())
                e.slot = std::move(*slot);
            retired_.push_back(e);
        }
        wake();
    }
    // Waits for the leases that are out.
    task<> wind_down() {
        close();
        // A body in place of the wait: what does not depend on C is compiled
        // into each unit.
        auto until_back = [this]() -> task<> { co_await all_back_.wait(); };
        while (visitors_ != 0) {
            all_back_.clear();
            bool const back =
                co_await move_on_after(options.close_grace, until_back);
            if (!back)
                break;
        }
        if (visitors_ != 0)
            throw std::runtime_error(
                title() + ": " + std::to_string(visitors_) +
                " leases were not given back within the grace of " +
                duration_text(options.close_grace));
    }
    // The wind-down may have had no memory to begin.
    void finish() noexcept {
        ending_ = true;
        if (!inside())
            return;
        close();
        wake();
    }

    // The task of the pool: closes what is retired, retires what is too old.
    // Nothing is opened before it says that it is `ready`, and want of memory
    // does not end it.
    task<> keep(task_group& group, event& ready) {
        auto until_work = [this]() -> task<> { co_await work_.wait(); };
        ready.set();
        for (;;) {
            work_.clear();
            retire_expired();
            while (!retired_.empty()) {
                if (begin_close(group))
                    continue;
                co_await checkpoint(); // others may leave some memory
                if (!begin_close(group))
                    destroy_unclosed();
            }
            if (ending_ && closing_ == 0)
                co_return;
            due_ = next_expiry();
            if (due_ <= now()) { // those who have a slot take what is idle
                co_await checkpoint();
                continue;
            }
            try {
                if (due_ != (time_point::max)())
                    static_cast<void>(co_await move_on_at(due_, until_work));
            } catch (...) { // old ones stay until something is given back
                due_ = (time_point::max)();
            }
            if (due_ == (time_point::max)())
                co_await work_.wait();
        }
    }

    // --- borrowing
    semaphore& permits() noexcept { return *slots_; }
    void check_open(char const* verb) const {
        if (!active() && !closed_)
            throw std::logic_error(title() + "::" + verb +
                                   "() outside of with(pool, body): nobody "
                                   "would close its connections");
        if (closed_)
            throw closed_resource(title() + " is closed");
        if (running_loop() != home_)
            throw std::logic_error(title() + " was used from another loop "
                                             "than the one that opened it");
    }
    void opened(entry& e, C&& connection) {
        e.connection.emplace(std::move(connection));
        e.opened_at = e.idle_since = now();
        ++counts.opened;
    }
    entry* take_idle() noexcept {
        if (idle_.empty())
            return nullptr;
        entry& last = idle_.back(); // the others may grow old
        last.unlink();
        return &last;
    }
    bool expired(entry const& e) const noexcept { return expiry(e) <= now(); }

    void visit() noexcept { ++visitors_; }
    void leave() noexcept {
        if (--visitors_ == 0 && inside())
            all_back_.set();
    }

    void lease() noexcept {
        ++leased_;
        visit();
    }
    // The slot goes to the next one who waits, at once.
    void give_back(entry& e, permit slot, bool usable) noexcept {
        refuse_elsewhere("a lease of a connection_pool was given back on "
                         "another loop than that of the pool");
        --leased_;
        if (!usable)
            ++counts.discarded;
        if (!inside()) { // nobody is left to close it
            delete &e;
        } else if (!usable || closed_ || expired(e)) {
            retire(e, std::move(slot));
        } else {
            e.idle_since = now();
            idle_.push_back(e);
            if (expiry(e) < due_)
                wake();
        }
        leave();
    }
    // Of one who stays to wait for the slot.
    void give_up(entry& e, permit&& slot) noexcept {
        --leased_;
        retire(e, std::move(slot));
        leave();
    }
    std::string title() const {
        return name.empty() ? "connection_pool"
                            : "connection_pool '" + name + "'";
    }
    connection_pool_statistics statistics() const noexcept {
        connection_pool_statistics out = counts;
        out.max = options.max;
        out.idle = idle_.count();
        out.leased = leased_;
        out.closing = retired_.count() + closing_;
        out.waiting = slots_ ? slots_->statistics().waiting : 0;
        return out;
    }

    connection_pool_options const options;
    std::string const name;
    // Empty: its member close() does, or the destructor.
    std::function<task<>(C&)> close_with;
    connection_pool_statistics counts{};

private:
    // The slot is free when the connection is closed, not before.
    class closing {
    public:
        explicit closing(pool_core& core) noexcept
            : core_(&core), entry_(&core.leaving_.pop_front()) {}
        closing(closing const&) = delete;
        closing& operator=(closing const&) = delete;
        ~closing() {
            entry_.reset();
            --core_->closing_;
            if (core_->inside())
                core_->wake();
        }
        C& connection() noexcept { return *entry_->connection; }

    private:
        pool_core* core_;
        entry_ptr entry_;
    };

    // The entry waits in its list for the task that closes it, so that one for
    // which there is no memory takes nothing with it.
    bool begin_close(task_group& group) noexcept {
        entry& e = retired_.pop_front();
        leaving_.push_back(e);
        ++closing_;
        try {
            group.spawn([this]() -> task<> { return close_one(); });
            return true;
        } catch (...) {
            --closing_;
            e.unlink();
            retired_.push_front(e);
            return false;
        }
    }
    void destroy_unclosed() noexcept {
        ++counts.close_failures;
        delete &retired_.pop_front();
    }
    task<> close_one() {
        closing one(*this);
        if (!close_with && !closable_resource<C>)
            co_return;
        bool called = false;
        bool closed_well = false;
        auto in_time = [&]() -> task<> {
            called = true;
            if (close_with) {
                co_await close_with(one.connection());
            } else if constexpr (closable_resource<C>) {
                exit_reason const given_up;
                co_await close_resource(one.connection(), given_up);
            }
        };
        auto all = [&]() -> task<> {
            closed_well =
                co_await move_on_after(options.close_timeout, in_time);
        };
        // A second time if there was no memory to come so far.
        for (int tries = 0; tries != 2 && !called; ++tries) {
            try {
                co_await shielded(all, {(duration::max)()});
            } catch (...) { // a connection that is given up may be broken
            }
        }
        if (!closed_well)
            ++counts.close_failures;
    }

    time_point expiry(entry const& e) const noexcept {
        return (std::min)(saturated_add(e.idle_since, options.idle_ttl),
                          saturated_add(e.opened_at, options.max_lifetime));
    }
    time_point next_expiry() noexcept {
        time_point first = (time_point::max)();
        if (options.idle_ttl == (duration::max)() &&
            options.max_lifetime == (duration::max)())
            return first;
        idle_.for_each([&](entry& e) { first = (std::min)(first, expiry(e)); });
        return first;
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
                retired_.push_back(e);
                ++counts.expired;
            }
        });
    }
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
    void retire(entry& e, permit&& slot) noexcept {
        e.slot = std::move(slot);
        retired_.push_back(e);
        wake();
    }
    void wake() noexcept {
        if (!work_.is_set())
            work_.set();
    }
    static void destroy_all(intrusive_list<entry>& list) noexcept {
        while (!list.empty())
            delete &list.pop_front();
    }

    std::optional<semaphore> slots_;
    intrusive_list<entry> idle_;    // the longest idle first
    intrusive_list<entry> retired_; // to be closed
    intrusive_list<entry> leaving_; // a task of each is about to do that
    resettable_event work_;
    resettable_event all_back_;
    loop* home_ = nullptr;                 // while it is open
    time_point due_ = (time_point::max)(); // the keeper wakes
    std::size_t leased_ = 0;
    std::size_t visitors_ = 0; // leases, and who waits for one
    std::size_t closing_ = 0;
    bool closed_ = false;
    bool ending_ = false;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
