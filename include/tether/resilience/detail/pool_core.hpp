// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What do a pool and its leases share? The beginning and the end of the pool,
/// and the count of what is out.
#ifndef TETHER_RESILIENCE_DETAIL_POOL_CORE_HPP
#define TETHER_RESILIENCE_DETAIL_POOL_CORE_HPP

#include <tether/core/detail/text.hpp>
#include <tether/core/errors.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/diagnostics.hpp>
#include <tether/resilience/connection_pool_options.hpp>
#include <tether/resilience/detail/pool_entry.hpp>
#include <tether/resilience/detail/pool_keeper.hpp>
#include <tether/resilience/detail/pool_stock.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/scope/deadline.hpp>
#include <tether/scope/task_group.hpp>
#include <tether/sync/event.hpp>
#include <tether/sync/resettable_event.hpp>
#include <tether/sync/semaphore.hpp>
#include <tether/task/task.hpp>

#include <cstddef>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

template<class C>
class pool_core {
public:
    using entry = pool_entry<C>;

    pool_core(connection_pool_options const& given, std::string what)
        : name(std::move(what)), stock_(given) {}
    pool_core(pool_core const&) = delete;
    pool_core& operator=(pool_core const&) = delete;
    ~pool_core() {
        if (leased_ != 0)
            fatal("a connection_pool was destroyed while connections of it are "
                  "leased: declare it before what holds its leases");
    }

    // --- the life of the pool
    bool closed() const noexcept { return closed_; }
    void begin() {
        if (stock_.active())
            throw std::logic_error(title() + " was opened that is open: each "
                                             "with needs a pool of its own");
        if (visitors_ != 0)
            throw std::logic_error(title() + " was opened again while leases "
                                             "of its last use are left");
        stock_.begin();
        keeper_.begin();
        closed_ = false;
    }
    void end() noexcept {
        closed_ = true;
        keeper_.end();
        stock_.end();
    }
    // Refuses new leases and wakes who waits for one.
    void close() noexcept {
        if (closed_ || !stock_.active())
            return;
        stock_.refuse_elsewhere("a connection_pool was closed on another loop "
                                "than that of the pool");
        closed_ = true;
        if (!stock_.inside()) // its context goes down, and end() does the rest
            return;
        semaphore& permits = stock_.permits();
        if (std::size_t const waiting = permits.statistics().waiting)
            permits.release(waiting);
        stock_.retire_idle();
    }
    // Waits for the leases that are out.
    task<> wind_down() {
        close();
        auto until_back = [this]() -> task<> { co_await all_back_.wait(); };
        duration const grace = stock_.options.close_grace;
        while (visitors_ != 0) {
            all_back_.clear();
            bool const back = co_await move_on_after(grace, until_back);
            if (!back)
                break;
        }
        if (visitors_ != 0)
            throw std::runtime_error(
                title() + ": " + std::to_string(visitors_) +
                " leases were not given back within the grace of " +
                duration_text(grace));
    }
    // The wind-down may have had no memory to begin.
    void finish() noexcept {
        keeper_.finish();
        if (!stock_.inside())
            return;
        close();
        stock_.wake();
    }
    task<> keep(task_group& group, event& ready) {
        return keeper_.keep(group, ready);
    }
    void close_with(std::function<task<>(C&)> close) {
        keeper_.close_with = std::move(close);
    }

    // --- borrowing
    semaphore& permits() noexcept { return stock_.permits(); }
    void check_open(char const* verb) const {
        if (!stock_.active() && !closed_)
            throw std::logic_error(title() + "::" + verb +
                                   "() outside of with(pool, body): nobody "
                                   "would close its connections");
        if (closed_)
            throw closed_resource(title() + " is closed");
        if (running_loop() != stock_.home())
            throw std::logic_error(title() + " was used from another loop "
                                             "than the one that opened it");
    }
    void opened(entry& e, C&& connection) {
        stock_.opened(e, std::move(connection));
    }
    entry* take_idle() noexcept { return stock_.take_idle(); }
    bool expired(entry const& e) const noexcept { return stock_.expired(e); }

    void visit() noexcept { ++visitors_; }
    void leave() noexcept {
        if (--visitors_ == 0 && stock_.inside())
            all_back_.set();
    }

    void lease() noexcept {
        ++leased_;
        visit();
    }
    // The slot goes to the next one who waits, at once.
    void give_back(entry& e, permit slot, bool usable) noexcept {
        stock_.refuse_elsewhere("a lease of a connection_pool was given back "
                                "on another loop than that of the pool");
        --leased_;
        if (!usable)
            ++counts().discarded;
        if (!stock_.inside()) { // nobody is left to close it
            delete &e;
        } else if (!usable || closed_ || expired(e)) {
            stock_.retire(e, std::move(slot));
        } else {
            stock_.put_idle(e);
            keeper_.look_after(e);
        }
        leave();
    }
    // Of one who stays to wait for the slot.
    void give_up(entry& e, permit&& slot) noexcept {
        --leased_;
        stock_.retire(e, std::move(slot));
        leave();
    }

    // --- what it tells
    std::string title() const {
        return name.empty() ? "connection_pool"
                            : "connection_pool '" + name + "'";
    }
    connection_pool_statistics& counts() noexcept { return stock_.counts; }
    connection_pool_statistics statistics() const noexcept {
        connection_pool_statistics out = stock_.statistics();
        out.leased = leased_;
        out.closing += keeper_.closing();
        return out;
    }

    std::string const name;

private:
    pool_stock<C> stock_;
    pool_keeper<C> keeper_{stock_};
    resettable_event all_back_;
    std::size_t leased_ = 0;
    std::size_t visitors_ = 0; // leases, and who waits for one
    bool closed_ = false;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
