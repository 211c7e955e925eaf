// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What does the body of a transaction have in its hands? The connection, and
/// what nested transactions need.
#ifndef TETHER_RESILIENCE_OPEN_TRANSACTION_HPP
#define TETHER_RESILIENCE_OPEN_TRANSACTION_HPP

#include <tether/detail/config.hpp>
#include <tether/resilience/connection_lease.hpp>
#include <tether/sync/resource_guard.hpp>
#include <tether/task/task.hpp>

#include <concepts>
#include <source_location>
#include <string>
#include <string_view>

TETHER_BEGIN_NAMESPACE

/// A connection that knows transactions, each member returns task<>, and
/// whether it was interrupted: no rollback can be asked of it then.
template<class C>
concept transactional = tracks_exchange<C> && requires(C& c) {
    { c.begin() } -> std::same_as<task<>>;
    { c.commit() } -> std::same_as<task<>>;
    { c.rollback() } -> std::same_as<task<>>;
};

/// A connection that knows savepoints, too; `name` lives during the call.
template<class C>
concept has_savepoints = transactional<C> && requires(C& c, std::string name) {
    { c.savepoint(std::string_view(name)) } -> std::same_as<task<>>;
    { c.release_savepoint(std::string_view(name)) } -> std::same_as<task<>>;
    { c.rollback_to(std::string_view(name)) } -> std::same_as<task<>>;
};

namespace detail {
struct transaction_access;
} // namespace detail

/// A transaction that goes on; made by transaction() for its body.
///
/// Invariant: exists while the body runs. At most one nested transaction at a
/// time goes on in it.
/// Threads: the loop of the pool.
/// Example:
/// ```
/// co_await transaction(pool, [&](open_transaction<session>& tx) -> task<> {
///     co_await tx->execute("INSERT ...");
///     co_await transaction(tx, attempt); // a savepoint
/// });
/// ```
template<transactional C>
class open_transaction {
public:
    open_transaction(open_transaction const&) = delete;
    open_transaction& operator=(open_transaction const&) = delete;

    /// The connection, for the statements of the transaction.
    C& operator*() const noexcept { return *connection_; }
    C* operator->() const noexcept { return connection_; }

    /// Result: 0 for a transaction, n for one nested n times.
    [[nodiscard]] unsigned depth() const noexcept { return depth_; }

    /// Whether a nested transaction could not be undone, so that this one is
    /// rolled back whatever its body does.
    [[nodiscard]] bool broken() const noexcept { return broken_; }

private:
    friend struct detail::transaction_access;

    open_transaction(C& connection, unsigned depth) noexcept
        : connection_(&connection), depth_(depth) {}

    C* connection_;
    unsigned depth_;
    bool broken_ = false;
    resource_guard nested_{"a transaction that has a nested one"};
};

namespace detail {

struct transaction_access {
    template<class C>
    static open_transaction<C> make(C& connection, unsigned depth) noexcept {
        return open_transaction<C>(connection, depth);
    }
    template<class C>
    static resource_use nest(open_transaction<C>& tx,
                             std::source_location here) {
        return tx.nested_.use(here);
    }
    template<class C>
    static void break_it(open_transaction<C>& tx) noexcept {
        tx.broken_ = true;
    }
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
