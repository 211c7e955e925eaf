// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How do tasks share a few connections? Through a pool, which lends them in
/// the order of arrival and never lends one that was interrupted.
#ifndef TETHER_RESILIENCE_CONNECTION_POOL_HPP
#define TETHER_RESILIENCE_CONNECTION_POOL_HPP

#include <tether/core/exception_group.hpp>
#include <tether/core/outcome.hpp>
#include <tether/detail/call_site.hpp>
#include <tether/detail/config.hpp>
#include <tether/resilience/connection_lease.hpp>
#include <tether/resilience/connection_pool_options.hpp>
#include <tether/resilience/detail/pool_core.hpp>
#include <tether/scope/as_outcome.hpp>
#include <tether/scope/async_try.hpp>
#include <tether/scope/detail/own_scope.hpp>
#include <tether/scope/shielded.hpp>
#include <tether/scope/with.hpp>
#include <tether/scope/with_task_group.hpp>
#include <tether/sync/event.hpp>
#include <tether/task/task.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <source_location>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

TETHER_BEGIN_NAMESPACE

/// A bounded number of connections that tasks borrow and give back.
///
/// A resource: it lends inside of `with(pool, body)`. It has a task group
/// there, in which connections are closed and grow old. When the body has
/// ended the pool refuses new leases, waits for those that are out, and closes
/// all connections, behind a shield.
/// Invariant: at most `max` connections exist at a time. Leases are given in
/// the order of arrival. Nothing of the pool outlives its `with`.
/// Parameters: `C` is movable and stays in its place once it is in the pool. If
/// it has `task<> close()` the pool awaits that, otherwise it is destroyed; so
/// is one whose move into the pool throws.
/// Errors: of `with`: those of the body; std::runtime_error when leases are
/// still out after the grace.
/// Never lost: a connection that is interrupted, fails its check or is too old
/// leaves its place to the next one; so does one that cannot be opened.
/// Threads: the loop of the task that opened it.
/// Example:
/// ```
/// connection_pool<session> pool(open_session, {.max = 4, .idle_ttl = 60s});
/// co_await with(pool, [&](connection_pool<session>&) -> task<> {
///     auto const reply = co_await pool.with(
///         [](session& s) { return s.ask("PING"); });
/// });
/// ```
template<class C>
class connection_pool {
public:
    /// Parameters: `open()` returns task<C>, a connected one; it is kept.
    /// Errors: std::invalid_argument for a maximum of zero and for a negative
    /// duration.
    template<class F>
        requires std::is_same_v<std::invoke_result_t<F&>, task<C>>
    explicit connection_pool(F open, connection_pool_options options = {})
        : core_(checked(options), std::string(options.name)),
          open_(std::move(open)) {}
    connection_pool(connection_pool const&) = delete;
    connection_pool& operator=(connection_pool const&) = delete;

    /// Before an idle connection is lent, `healthy(connection)` is awaited by
    /// whoever wants it; when it gives false, throws or is stopped, the
    /// connection is given up.
    ///
    /// Parameters: returns task<bool>; kept by the pool, so not replaced while
    /// that is open.
    void check_with(std::function<task<bool>(C&)> healthy) {
        check_ = std::move(healthy);
    }
    /// How a connection is closed, in the place of its member close().
    ///
    /// Parameters: returns task<>; kept by the pool, so not replaced while that
    /// is open. An error of it is counted.
    void close_with(std::function<task<>(C&)> close) {
        core_.close_with(std::move(close));
    }

    /// Waits for a connection.
    ///
    /// Result: a lease of an idle one that passed its check, or of a new one.
    /// Errors: of opening: the place goes to the next waiter; closed_resource
    /// when the pool is closed, or is being closed meanwhile; std::logic_error
    /// outside of `with(pool, body)`.
    /// Completes when: fewer than `max` are in use and nobody waits longer, and
    /// a connection is open. Always a checkpoint.
    /// On cancellation: the place is given up; a connection in its check is
    /// given up too; opening is stopped.
    [[nodiscard("co_await it and keep the lease")]] task<connection_lease<C>>
    acquire(std::source_location here = std::source_location::current()) {
        core_.check_open("acquire");
        visitor const here_for_the_pool(core_);
        permit slot =
            co_await core_.permits().acquire(1, detail::site_of(here));
        check_not_closed();
        while (detail::pool_entry<C>* const idle = core_.take_idle()) {
            connection_lease<C> lease(core_, *idle, std::move(slot));
            bool const good = co_await passes(lease, here);
            check_not_closed();
            if (good) {
                ++core_.counts().reused;
                co_return std::move(lease);
            }
            slot = co_await replace(lease);
            check_not_closed();
        }
        auto made = std::make_unique<detail::pool_entry<C>>();
        co_await open_into(*made);
        connection_lease<C> lease(core_, *made.release(), std::move(slot));
        check_not_closed();
        co_return std::move(lease);
    }

    /// Runs `fn(connection)` as one exchange with a leased connection.
    ///
    /// Parameters: as connection_lease::exchange().
    /// Result: what `fn` gives.
    /// Errors: those of acquire() and of `fn`, after which the connection is
    /// given up.
    /// Completes when: `fn` has ended and the connection is back. A checkpoint.
    /// On cancellation: as acquire(), and connection_lease::exchange().
    template<class F>
    [[nodiscard("co_await it")]] auto
    with(F&& fn, std::source_location here = std::source_location::current()) {
        TETHER_CHECK_BODY(F);
        static_assert(detail::is_task<std::invoke_result_t<F&, C&>>,
                      "with needs a function that takes the connection and "
                      "returns tether::task<T>");
        return run_with<F>(*this, std::forward<F>(fn), here);
    }

    /// Refuses new leases from now on; those who wait get closed_resource. The
    /// end of `with(pool, body)` does the rest. Idempotent.
    ///
    /// Errors: on another loop it writes a sentence and terminates.
    void close() noexcept { core_.close(); }

    /// Result: the connections in leases.
    [[nodiscard]] std::size_t in_use() const noexcept {
        return core_.statistics().leased;
    }
    /// Result: counts for logs and dumps.
    [[nodiscard]] connection_pool_statistics statistics() const noexcept {
        return core_.statistics();
    }

    /// For `with`: runs the work inside of the pool's group.
    /// Completes when: all connections are closed.
    /// On cancellation: the work is stopped; the pool closes behind a shield.
    template<class T, class F>
    [[nodiscard("co_await it")]] task<T> surround(F& work) {
        core_.begin();
        open_until_left const open{core_};
        std::optional<outcome<T>> result;
        std::exception_ptr close_error;
        event ready; // outlives the keeper, also if the wait is stopped
        auto run = [&]() -> task<> {
            outcome<T> how = co_await as_outcome(work());
            result.emplace(std::move(how));
        };
        auto wind_down = [&]() -> task<> { return core_.wind_down(); };
        auto inside = [&](task_group& group) -> task<> {
            keeper_until_left const keeper{core_};
            group.spawn(named("connection pool"), [&]() -> task<> {
                auto keep = [&]() -> task<> {
                    return core_.keep(group, ready);
                };
                co_await shielded(keep, {(detail::duration::max)()});
            });
            co_await ready.wait();
            try {
                co_await async_try(run).finally(wind_down).grace(
                    {(detail::duration::max)()});
            } catch (...) {
                close_error = std::current_exception();
            }
        };
        co_await with_task_group(inside);
        if (close_error && result && result->has_error())
            throw exception_group("cleanup failed",
                                  {result->error(), close_error});
        if (close_error)
            std::rethrow_exception(close_error);
        co_return std::move(*result).value();
    }

private:
    using core = detail::pool_core<C>;

    struct open_until_left {
        core& pool;
        ~open_until_left() { pool.end(); }
    };
    struct keeper_until_left {
        core& pool;
        ~keeper_until_left() { pool.finish(); }
    };
    class visitor {
    public:
        explicit visitor(core& pool) noexcept : pool_(pool) { pool.visit(); }
        visitor(visitor const&) = delete;
        visitor& operator=(visitor const&) = delete;
        ~visitor() { pool_.leave(); }

    private:
        core& pool_;
    };
    // The frame of a stopped acquire() goes: nobody waits for the slot then.
    class inheritance {
    public:
        explicit inheritance(detail::pool_entry<C>& entry) noexcept
            : entry_(&entry) {
            entry.heir = &heir_;
        }
        inheritance(inheritance const&) = delete;
        inheritance& operator=(inheritance const&) = delete;
        ~inheritance() {
            if (!heir_.closed_now)
                entry_->heir = nullptr;
        }
        detail::pool_heir& heir() noexcept { return heir_; }

    private:
        detail::pool_heir heir_;
        detail::pool_entry<C>* entry_;
    };

    static connection_pool_options const&
    checked(connection_pool_options const& o) {
        if (o.max == 0)
            throw std::invalid_argument("connection_pool: the maximum is 0: "
                                        "nobody would ever get a connection");
        for (auto const d :
             {o.idle_ttl, o.max_lifetime, o.close_grace, o.close_timeout})
            if (d < detail::duration::zero())
                throw std::invalid_argument(
                    "connection_pool: a duration is negative: " +
                    std::to_string(d.count()) + " ns");
        return o;
    }
    void check_not_closed() const {
        if (core_.closed())
            throw closed_resource(core_.title() + " is closed");
    }

    task<bool> passes(connection_lease<C>& lease, std::source_location here) {
        if (core_.expired(*lease.entry_)) {
            ++core_.counts().expired;
            co_return false;
        }
        if (!check_)
            co_return true;
        lease.begin(here);
        bool good = false;
        try {
            good = co_await check_(*lease.entry_->connection);
        } catch (...) { // as good as "no"
        }
        if (good)
            lease.end();
        else
            ++core_.counts().check_failures;
        co_return good;
    }
    // Waits until the pool has closed the connection; then its slot is free.
    task<permit> replace(connection_lease<C>& lease) {
        inheritance waits(*lease.entry_);
        lease.give_up();
        co_await waits.heir().closed.wait();
        co_return std::move(waits.heir().slot);
    }
    // Needs nothing any more once there is a connection.
    task<> open_into(detail::pool_entry<C>& place) {
        try {
            C made = co_await open_();
            core_.opened(place, std::move(made));
        } catch (...) {
            ++core_.counts().open_failures;
            throw;
        }
    }

    template<class F>
    static auto run_with(connection_pool& self, F fn, std::source_location here)
        -> std::invoke_result_t<F&, C&> {
        connection_lease<C> lease = co_await self.acquire(here);
        co_return co_await lease.exchange(fn, here);
    }

    core core_;
    std::function<task<C>()> open_;
    std::function<task<bool>(C&)> check_;
};

/// `C` is what the task of `open` returns.
template<class F>
explicit connection_pool(F, connection_pool_options = {})
    -> connection_pool<detail::task_value_t<std::invoke_result_t<F&>>>;

TETHER_END_NAMESPACE

#endif
