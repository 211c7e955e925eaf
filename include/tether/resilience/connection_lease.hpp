// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Who uses a connection of a pool, and in which state does it come back? The
/// lease, which knows whether the connection was interrupted.
#ifndef TETHER_RESILIENCE_CONNECTION_LEASE_HPP
#define TETHER_RESILIENCE_CONNECTION_LEASE_HPP

#include <tether/core/errors.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/diagnostics.hpp>
#include <tether/resilience/detail/pool_core.hpp>
#include <tether/scope/scope_outcome.hpp>
#include <tether/sync/semaphore.hpp>
#include <tether/task/awaitable.hpp>
#include <tether/task/task.hpp>

#include <concepts>
#include <functional>
#include <source_location>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE

template<class C>
class connection_pool;

/// A connection that knows whether it was interrupted: `in_exchange()` is true
/// from the moment a request is sent until its reply was read to the end.
template<class C>
concept tracks_exchange = requires(C const& c) {
    { c.in_exchange() } -> std::convertible_to<bool>;
};

namespace detail {
template<class C>
struct lease_access;
} // namespace detail

/// A connection of a pool, for the sole use of whoever has the lease.
///
/// Invariant: gives the connection back when destroyed, at once and without
/// waiting. A connection that was interrupted is never lent again: the pool
/// closes it. It was interrupted
/// - when an exchange() did not end by itself, but by an error or a stop;
/// - when it says so, with a member in_exchange();
/// - when it has no such member, was reached through `*` or `->`, and the lease
///   is destroyed by an error or a stop.
/// Errors: giving it back, moving or destroying it while an exchange() of
/// another task goes on writes a sentence and terminates.
/// Never lost: the place in the pool goes to the next waiter as soon as the
/// connection is free, or closed.
/// Threads: the loop of the pool.
/// Example:
/// ```
/// auto lease = co_await pool.acquire();
/// auto const reply = co_await lease.exchange(
///     [&](connection& c) { return c.ask("PING"); });
/// ```
template<class C>
class [[nodiscard("a lease is given back when it is destroyed: keep it in a "
                  "variable")]] connection_lease {
public:
    connection_lease(connection_lease&& other) noexcept
        : core_(std::exchange(other.not_lent().core_, nullptr)),
          entry_(std::exchange(other.entry_, nullptr)),
          slot_(std::move(other.slot_)),
          reached_(other.reached_),
          interrupted_(other.interrupted_),
          used_at_(other.used_at_) {}
    connection_lease& operator=(connection_lease&& other) noexcept {
        if (this != &other) {
            give_back(usable());
            core_ = std::exchange(other.not_lent().core_, nullptr);
            entry_ = std::exchange(other.entry_, nullptr);
            slot_ = std::move(other.slot_);
            reached_ = other.reached_;
            interrupted_ = other.interrupted_;
            used_at_ = other.used_at_;
        }
        return *this;
    }
    ~connection_lease() { give_back(usable()); }

    /// The connection, for anything.
    ///
    /// Errors: std::logic_error after release(), discard() or a move.
    C& operator*() {
        require_entry();
        reached_ = true;
        return *entry_->connection;
    }
    C* operator->() { return &**this; }

    /// Runs `fn(connection)`, a request and its reply, which must not be torn.
    ///
    /// Parameters: a coroutine function taking `C&`; an lvalue is used in place
    /// and must outlive the await.
    /// Result: what `fn` gives.
    /// Errors: what `fn` throws: the connection is given up then, so let `fn`
    /// return a refusal that it has read to the end. broken_resource when an
    /// earlier exchange was interrupted; busy_resource during another one.
    /// Completes when: `fn` has ended.
    /// On cancellation: stops `fn`; the connection is given up.
    template<class F>
    [[nodiscard("co_await it")]] auto
    exchange(F&& fn,
             std::source_location here = std::source_location::current()) {
        TETHER_CHECK_BODY(F);
        static_assert(detail::is_task<std::invoke_result_t<F&, C&>>,
                      "exchange needs a function that takes the connection and "
                      "returns tether::task<T>");
        return run_exchange<F>(*this, std::forward<F>(fn), here);
    }

    /// Gives the connection back now.
    void release() noexcept { give_back(usable()); }

    /// Gives the connection up: the pool closes it.
    void discard() noexcept { give_back(false); }

    /// Whether there is a connection: not after release(), discard() or a move.
    [[nodiscard]] explicit operator bool() const noexcept {
        return entry_ != nullptr;
    }
    /// Whether the connection was interrupted, so that it will be given up.
    [[nodiscard]] bool interrupted() const noexcept {
        if (interrupted_)
            return true;
        if constexpr (tracks_exchange<C>)
            return entry_ && entry_->connection->in_exchange();
        else
            return false;
    }

private:
    friend class connection_pool<C>;
    friend struct detail::lease_access<C>;

    connection_lease(detail::pool_core<C>& core, detail::pool_entry<C>& entry,
                     permit&& slot) noexcept
        : core_(&core), entry_(&entry), slot_(std::move(slot)) {
        core.lease();
    }

    template<class F>
    static auto run_exchange(connection_lease& self, F fn,
                             std::source_location here)
        -> std::invoke_result_t<F&, C&> {
        self.begin(here);
        struct until_left {
            connection_lease& lease;
            ~until_left() {
                lease.used_at_ = {};
                lease.lent_ = false;
            }
        } const used{self};
        self.lent_ = true;
        if constexpr (std::is_same_v<std::invoke_result_t<F&, C&>, task<>>) {
            co_await std::invoke(fn, *self.entry_->connection);
            self.end();
        } else {
            decltype(auto) result =
                co_await std::invoke(fn, *self.entry_->connection);
            self.end();
            co_return std::forward<decltype(result)>(result);
        }
    }

    void require_entry() const {
        if (!entry_)
            throw std::logic_error("a connection_lease was used that has given "
                                   "its connection back");
    }
    void begin(std::source_location here) {
        require_entry();
        if (used_at_.line() != 0)
            throw busy_resource("the connection of a lease", {}, used_at_, {},
                                here);
        if (interrupted_)
            throw broken_resource("an exchange with this connection was "
                                  "interrupted: take another lease");
        interrupted_ = true; // unless it comes to its end
        used_at_ = here;
    }
    void end() noexcept {
        interrupted_ = false;
        used_at_ = {};
    }
    bool usable() const noexcept {
        if (interrupted())
            return false;
        return tracks_exchange<C> || !reached_ || how_.succeeded();
    }
    // What an exchange goes on with would be closed under its hands.
    connection_lease& not_lent() noexcept {
        if (lent_)
            detail::fatal("a connection_lease was given back, moved or "
                          "destroyed while an exchange with it goes on");
        return *this;
    }
    void give_back(bool usable) noexcept {
        not_lent();
        if (detail::pool_core<C>* const core = std::exchange(core_, nullptr))
            core->give_back(*std::exchange(entry_, nullptr), std::move(slot_),
                            usable);
    }

    // The pool closes it, and whoever has the lease waits for the slot.
    void give_up() noexcept {
        std::exchange(core_, nullptr)
            ->give_up(*std::exchange(entry_, nullptr), std::move(slot_));
    }

    detail::pool_core<C>* core_;
    detail::pool_entry<C>* entry_;
    permit slot_;
    bool reached_ = false;
    bool interrupted_ = false;
    bool lent_ = false;              // to an exchange()
    std::source_location used_at_{}; // of the exchange that goes on
    scope_outcome how_{};
};

namespace detail {

// What the pool and a transaction do with a lease.
template<class C>
struct lease_access {
    static void begin(connection_lease<C>& l, std::source_location here) {
        l.begin(here);
    }
    static void end(connection_lease<C>& l) noexcept { l.end(); }
    static C& connection(connection_lease<C>& l) noexcept {
        return *l.entry_->connection;
    }
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
