// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How do several statements happen together or not at all? In a transaction,
/// which ends on every way out of its body.
#ifndef TETHER_RESILIENCE_TRANSACTION_HPP
#define TETHER_RESILIENCE_TRANSACTION_HPP

#include <tether/core/errors.hpp>
#include <tether/detail/config.hpp>
#include <tether/resilience/connection_lease.hpp>
#include <tether/resilience/connection_pool.hpp>
#include <tether/resilience/open_transaction.hpp>
#include <tether/scope/async_try.hpp>
#include <tether/scope/exit_reason.hpp>
#include <tether/scope/shielded.hpp>
#include <tether/task/awaitable.hpp>
#include <tether/task/detail/body.hpp>
#include <tether/task/task.hpp>

#include <functional>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// A body takes the transaction or its connection.
template<class F, class C>
decltype(auto) call_transaction(F& fn, open_transaction<C>& tx) {
    if constexpr (std::is_invocable_v<F&, open_transaction<C>&>)
        return std::invoke(fn, tx);
    else
        return std::invoke(fn, *tx);
}

template<class F, class C>
struct transaction_body {
    static_assert(std::is_invocable_v<F&, open_transaction<C>&> ||
                      std::is_invocable_v<F&, C&>,
                  "the body of a transaction takes the connection, or an "
                  "open_transaction&");
    using task_type = decltype(call_transaction(
        std::declval<F&>(), std::declval<open_transaction<C>&>()));
    static_assert(is_task<task_type>,
                  "the body of a transaction must be a coroutine: let it "
                  "return tether::task<T>");
    using type = task_value_t<task_type>;
};
template<class F, class C>
using transaction_value_t =
    typename transaction_body<std::remove_reference_t<F>, C>::type;

[[noreturn]] inline void refuse_commit() {
    throw broken_resource("the transaction was not committed: its body left a "
                          "statement without its reply, so its connection is "
                          "given up");
}

inline void check_settled(bool settled, char const* what) {
    if (!settled)
        throw broken_resource(std::string(what) +
                              " did not end within its grace: whether it was "
                              "committed is unknown");
}

// A value whose commit was cut off is no good.
template<class T, class Body, class End, class Settled>
task<T> value_of(Body& body, End& end, shield_options const& options,
                 Settled const& settled, char const* what) {
    if constexpr (std::is_void_v<T>) {
        co_await async_try(body).finally(end).grace(options);
        check_settled(settled(), what);
    } else {
        T value = co_await async_try(body).finally(end).grace(options);
        check_settled(settled(), what);
        co_return std::forward<T>(value);
    }
}

// Commits or rolls back. Until that has succeeded the lease counts as
// interrupted.
template<class C>
task<> end_transaction(connection_lease<C>& lease, open_transaction<C>& tx,
                       exit_reason const& why, bool& committed) {
    if (tx->in_exchange()) { // the next reply would be that to another request
        if (why.succeeded())
            refuse_commit();
        co_return; // closing it is the rollback
    }
    if (why.succeeded() && !tx.broken()) {
        co_await tx->commit();
        committed = true;
        lease_access<C>::end(lease);
        co_return;
    }
    co_await tx->rollback();
    lease_access<C>::end(lease);
    if (why.succeeded())
        throw broken_resource("the transaction was rolled back: a nested one "
                              "could not be undone");
}

template<class T, class C, class F>
task<T> run_transaction(connection_pool<C>& pool, F fn, shield_options options,
                        std::source_location here) {
    connection_lease<C> lease = co_await pool.acquire(here);
    lease_access<C>::begin(lease, here);
    C& connection = lease_access<C>::connection(lease);
    co_await connection.begin();
    auto tx = transaction_access::make(connection, 0);
    auto body = [&]() -> task<T> { return call_transaction(fn, tx); };
    bool committed = false;
    auto end = [&](exit_reason const& why) -> task<> {
        return end_transaction(lease, tx, why, committed);
    };
    auto const committed_in_time = [&] { return committed; };
    co_return co_await value_of<T>(body, end, options, committed_in_time,
                                   "the transaction");
}

// Who does not know what the savepoint has become does not commit.
template<class C>
class break_unless {
public:
    explicit break_unless(open_transaction<C>& outer) noexcept
        : outer_(&outer) {}
    break_unless(break_unless const&) = delete;
    break_unless& operator=(break_unless const&) = delete;
    ~break_unless() {
        if (outer_)
            transaction_access::break_it(*outer_);
    }
    void disarm() noexcept { outer_ = nullptr; }
    bool armed() const noexcept { return outer_ != nullptr; }

private:
    open_transaction<C>* outer_;
};

template<class C>
task<> end_nested(break_unless<C>& guard, open_transaction<C>& tx,
                  std::string const& name, exit_reason const& why) {
    if (tx->in_exchange()) {
        if (why.succeeded())
            refuse_commit();
        co_return;
    }
    if (why.succeeded() && !tx.broken()) {
        co_await tx->release_savepoint(name);
        guard.disarm();
        co_return;
    }
    co_await tx->rollback_to(name);
    guard.disarm();
    if (why.succeeded())
        throw broken_resource("the nested transaction was rolled back: one "
                              "inside of it could not be undone");
}

template<class T, class C, class F>
task<T> run_nested(open_transaction<C>& outer, F fn, shield_options options,
                   std::source_location here) {
    resource_use const alone = transaction_access::nest(outer, here);
    unsigned const depth = outer.depth() + 1;
    std::string const name = "tether_" + std::to_string(depth);
    break_unless<C> guard(outer);
    co_await outer->savepoint(name);
    auto tx = transaction_access::make(*outer, depth);
    auto body = [&]() -> task<T> { return call_transaction(fn, tx); };
    auto end = [&](exit_reason const& why) -> task<> {
        return end_nested(guard, tx, name, why);
    };
    auto const released_in_time = [&] { return !guard.armed(); };
    co_return co_await value_of<T>(body, end, options, released_in_time,
                                   "the nested transaction");
}

} // namespace detail

/// Runs `body` in a transaction on a connection of the pool.
///
/// The transaction is committed when the body gives a value, and rolled back
/// after an error and after a stop; both behind a shield. A connection whose
/// transaction did not end that way is given up, which ends the transaction on
/// the other side: when begin(), commit() or rollback() fails or runs out of
/// its grace, and when the body was stopped between a request and its reply,
/// which the connection tells by in_exchange().
/// Parameters: `body` is a coroutine function taking `C&` or
/// `open_transaction<C>&`; an lvalue is used in place and must outlive the
/// await. `options.grace` bounds commit() and rollback() once a cancel waits.
/// Result: what the body returned.
/// Errors: those of acquire() and of begin(), then the body did not run; of the
/// body; of commit(): whether it happened is unknown then; of rollback(),
/// beside the body's as an exception_group, the body's first; broken_resource
/// when the body gave a value and left a statement without its reply, or when
/// its commit() ran out of its grace.
/// Completes when: the transaction has ended and the connection is back. A
/// checkpoint, because of acquire().
/// On cancellation: the body is stopped and the transaction rolled back. A
/// commit has its grace, since nobody would know whether it happened: then the
/// value is delivered and the stop comes at the next checkpoint.
/// Never lost: the connection is back in the pool, or given up, on each path.
/// Example:
/// ```
/// auto const id = co_await transaction(pool, [&](session& s) -> task<int> {
///     co_await s.execute("UPDATE stock SET n = n - 1");
///     co_return co_await s.insert_order(cart);
/// });
/// ```
template<transactional C, class F>
[[nodiscard("co_await the transaction")]] auto
transaction(connection_pool<C>& pool, F&& body, shield_options options = {},
            std::source_location here = std::source_location::current()) {
    TETHER_CHECK_BODY(F);
    using value = detail::transaction_value_t<F, C>;
    return detail::run_transaction<value, C, F>(pool, std::forward<F>(body),
                                                options, here);
}

/// Runs `body` in a savepoint of another transaction, which can go on when it
/// fails.
///
/// Parameters: as above; the connection has_savepoints.
/// Result: what the body returned.
/// Errors: as above; busy_resource while another nested one goes on. When the
/// savepoint cannot be undone, the outer transaction is rolled back in any
/// case: if its body gives a value, with broken_resource.
/// Completes when: the savepoint is released or rolled back to.
/// On cancellation: as above, to the savepoint.
template<has_savepoints C, class F>
[[nodiscard("co_await the transaction")]] auto
transaction(open_transaction<C>& outer, F&& body, shield_options options = {},
            std::source_location here = std::source_location::current()) {
    TETHER_CHECK_BODY(F);
    using value = detail::transaction_value_t<F, C>;
    return detail::run_nested<value, C, F>(outer, std::forward<F>(body),
                                           options, here);
}

TETHER_END_NAMESPACE

#endif
