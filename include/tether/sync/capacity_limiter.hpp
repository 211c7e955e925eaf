// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How many may use this at a time, and who does at the moment? A semaphore
/// that knows its borrowers and whose total can change.
#ifndef TETHER_SYNC_CAPACITY_LIMITER_HPP
#define TETHER_SYNC_CAPACITY_LIMITER_HPP

#include <tether/detail/call_site.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/diagnostics.hpp>
#include <tether/detail/intrusive_list.hpp>
#include <tether/runtime/held_object.hpp>
#include <tether/sync/detail/borrower_set.hpp>
#include <tether/sync/detail/holder.hpp>
#include <tether/sync/detail/wait_op.hpp>
#include <tether/sync/detail/waiter_queue.hpp>
#include <tether/task/awaitable.hpp>
#include <tether/task/task.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <source_location>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE

class capacity_limiter;

namespace detail {
class borrow_wait;
class borrower_wait;
class left_token;
using borrow_op = wait_op<borrow_wait, capacity_limiter*, void const*>;
} // namespace detail

/// What capacity_limiter::statistics() tells.
struct capacity_limiter_statistics {
    std::size_t total;    ///< how many tokens there are
    std::size_t borrowed; ///< how many are out; above total after a cut
    std::size_t waiting;  ///< how many wait for one
};

/// A token of a capacity_limiter, on loan to a task or an object.
///
/// Invariant: goes back when destroyed, exactly once. A token of a task goes
/// back in that task: in another one release() throws and the destructor writes
/// a sentence and terminates. A task that ends leaves its tokens to nobody:
/// they count until they are destroyed, wherever that is.
/// Never lost: going back hands the token to the first waiter at once.
/// Threads: one loop at a time, as its limiter.
/// Example:
/// ```
/// auto token = co_await limiter.acquire_for(&connection);
/// co_await connection.send(request);
/// ```
class [[nodiscard("a token goes back when it is destroyed: keep it in a "
                  "variable")]] borrowed_token {
public:
    /// A token of nothing, to be moved into.
    borrowed_token() noexcept = default;
    borrowed_token(borrowed_token&& other) noexcept { take(other); }
    borrowed_token& operator=(borrowed_token&& other) noexcept {
        if (this != &other) {
            give_back();
            take(other);
        }
        return *this;
    }
    ~borrowed_token() { give_back(); }

    /// Whether it is one.
    [[nodiscard]] bool valid() const noexcept { return limiter_ != nullptr; }

    /// Gives the token back now.
    ///
    /// Errors: std::logic_error when it is none, or in another task than the
    /// borrower.
    void release();

private:
    friend class capacity_limiter;
    friend class detail::borrower_wait;
    friend class detail::left_token;

    borrowed_token(capacity_limiter& l, detail::borrower_node& from) noexcept
        : limiter_(&l) {
        detail::borrower_set::move(from, node_);
    }
    explicit borrowed_token(capacity_limiter& l,
                            detail::borrower const& who) noexcept;
    void take(borrowed_token& other) noexcept {
        limiter_ = std::exchange(other.limiter_, nullptr);
        if (limiter_)
            detail::borrower_set::move(other.node_, node_);
    }
    void give_back() noexcept;

    capacity_limiter* limiter_ = nullptr;
    detail::borrower_node node_;
};

namespace detail {

// The token of a thread that was left behind by a cancel: it counts until the
// thread has ended. The limiter may go before, and does not wait for it.
class left_token : public list_node {
public:
    left_token() noexcept = default;

    void leave(capacity_limiter& limiter, borrowed_token&& token,
               loop& home) noexcept;
    // Each does nothing the second time. Where the context of the loop goes
    // down, nobody is served any more.
    void give_back() noexcept;
    void forget() noexcept;

private:
    capacity_limiter* limiter_ = nullptr;
    loop* home_ = nullptr;
    borrowed_token token_;
};

} // namespace detail

/// Tokens that are lent to borrowers: to the running task, or to an object for
/// which it asks. No borrower has two, and the total can change at any time.
///
/// Invariant: strictly in the order of arrival; trying does not overtake.
/// Errors: std::logic_error for a borrower that has a token already or waits
/// for one. Destroying a limiter with tokens out, or waited for, writes a
/// sentence and terminates.
/// Never lost: a token that was handed to a waiter which then never runs passes
/// to the next one. A leg of a combinator that ends leaves its token to the
/// task that awaits it.
/// Threads: one loop at a time; use from a second loop or thread while tasks
/// have tokens or wait is std::logic_error. Constructible before any loop
/// exists, usable in several runs.
/// Example:
/// ```
/// tether::capacity_limiter limiter(8);
/// auto token = co_await limiter.acquire();
/// limiter.set_total(limiter.statistics().total / 2); // the server is slow
/// ```
/// Source: Trio's CapacityLimiter.
class capacity_limiter final : private detail::held_object {
public:
    /// As total: there is always another token.
    static constexpr std::ptrdiff_t unlimited =
        (std::numeric_limits<std::ptrdiff_t>::max)();

    /// Parameters: how many tokens there are; zero lends none until
    /// set_total().
    /// Errors: std::invalid_argument when that is negative.
    explicit constexpr capacity_limiter(std::ptrdiff_t total)
        : total_(checked(total)) {}
    capacity_limiter(capacity_limiter const&) = delete;
    capacity_limiter& operator=(capacity_limiter const&) = delete;
    ~capacity_limiter();

    /// Waits for a token for the running task.
    ///
    /// Result: a token that goes back when it is destroyed.
    /// Errors: std::logic_error when the task has one already, or when tasks of
    /// another loop have some.
    /// Completes when: a token is free and nobody waits longer. Always a
    /// checkpoint.
    /// On cancellation: the place in the queue is given up; nothing is left of
    /// the borrower.
    /// Never lost: once the token is handed over the wait succeeds; a cancel
    /// comes at the next checkpoint.
    [[nodiscard("co_await it and keep the token")]] detail::borrow_op
    acquire(detail::call_site here = TETHER_HERE) noexcept {
        return detail::borrow_op(here, this, nullptr);
    }

    /// The same for an object, which is only looked at by its address. Any task
    /// may give that token back.
    ///
    /// Errors: as acquire(), and std::invalid_argument for a null pointer.
    [[nodiscard("co_await it and keep the token")]] detail::borrow_op
    acquire_for(void const* object, detail::call_site here = TETHER_HERE) {
        return detail::borrow_op(here, this, checked(object));
    }

    /// Takes a token for the running task if that is possible without
    /// overtaking.
    ///
    /// Result: empty when none is free, or when anybody waits.
    /// Errors: as acquire(), and std::logic_error outside of a task.
    [[nodiscard("keep the token, or it goes back at "
                "once")]] std::optional<borrowed_token>
    try_acquire() {
        return try_for(
            as_task(detail::this_holder("capacity_limiter::try_acquire")));
    }

    /// The same for an object; also outside of a task.
    ///
    /// Errors: as acquire_for().
    [[nodiscard("keep the token, or it goes back at "
                "once")]] std::optional<borrowed_token>
    try_acquire_for(void const* object) {
        return try_for(as_object(checked(object)));
    }

    /// Changes how many tokens there are. Growing wakes waiters in their order;
    /// with fewer than are out, nobody gets one until enough have come back.
    ///
    /// Parameters: zero or more, or `unlimited`.
    /// Errors: std::invalid_argument when that is negative; std::logic_error
    /// when tasks of another loop wait. Nothing is changed then.
    void set_total(std::ptrdiff_t total) {
        std::size_t const now = checked(total);
        waiters_.check_use();
        total_ = now;
        serve();
    }

    /// Runs `fn` while the running task has a token.
    ///
    /// Parameters: a coroutine function without parameters; an lvalue is used
    /// in place and must outlive the await.
    /// Result: what `fn` gives.
    /// Errors: as acquire(), and what `fn` throws.
    /// Completes when: `fn` has ended; the token is back before the caller goes
    /// on. A checkpoint, because of acquire().
    /// On cancellation: stops the wait or `fn`; the token goes back.
    template<class F>
    [[nodiscard("co_await it")]] auto
    scoped(F&& fn,
           std::source_location here = std::source_location::current()) {
        TETHER_CHECK_BODY(F);
        static_assert(detail::is_task<std::invoke_result_t<F&>>,
                      "capacity_limiter::scoped needs a function without "
                      "parameters that returns tether::task<T>");
        return run_scoped<F>(*this, std::forward<F>(fn), here);
    }

    /// Whether the object has a token, or waits for one.
    [[nodiscard]] bool lends_to(void const* object) const noexcept {
        return borrowers_.find(as_object(object).key) != nullptr;
    }

    /// Result: counts for logs and dumps.
    [[nodiscard]] capacity_limiter_statistics statistics() const noexcept {
        return {total_, borrowed_, waiters_.size()};
    }

private:
    friend class borrowed_token;
    friend class detail::borrow_wait;
    friend class detail::borrower_wait;
    friend class detail::left_token;

    template<class F>
    static auto run_scoped(capacity_limiter& self, F fn,
                           std::source_location here)
        -> std::invoke_result_t<F&>;

    static constexpr std::size_t checked(std::ptrdiff_t total) {
        if (total < 0)
            throw std::invalid_argument("capacity_limiter: the total is " +
                                        std::to_string(total) +
                                        "; it must not be negative");
        return static_cast<std::size_t>(total);
    }
    static void const* checked(void const* object) {
        if (!object)
            throw std::invalid_argument(
                "capacity_limiter: a null pointer is no borrower");
        return object;
    }
    static detail::borrower as_task(detail::task_record& r) noexcept {
        return {reinterpret_cast<std::uintptr_t>(&r), &r};
    }
    static detail::borrower as_object(void const* object) noexcept {
        return {reinterpret_cast<std::uintptr_t>(object), nullptr};
    }

    std::optional<borrowed_token> try_for(detail::borrower const& who) {
        check_use(who);
        if (!waiters_.empty() || borrowed_ >= total_)
            return std::nullopt;
        return std::optional<borrowed_token>(borrowed_token(*this, who));
    }
    void check_use(detail::borrower const& who);
    void lend(detail::borrower const& who) noexcept;
    void give_back(detail::borrower_node& node) noexcept;
    void disown(detail::borrower const& who) noexcept;
    void serve() noexcept;
    void enter(detail::borrower_wait& w) noexcept;
    void leave(detail::borrower_wait& w) noexcept;
    void count_waits(detail::loop* home) noexcept;
    void forget(borrowed_token& token) noexcept;
    void holder_ended(detail::task_record& ended,
                      detail::task_record* heir) noexcept override;

    detail::waiter_queue waiters_{"a capacity limiter"};
    detail::borrower_set borrowers_; // also those who wait
    std::size_t total_;
    std::size_t borrowed_ = 0;
    std::size_t on_loop_ = 0;      // of those, by what belongs to a loop
    detail::loop* home_ = nullptr; // that loop
    std::uintptr_t left_over_ = 1; // keys of tokens whose tasks have ended
    detail::intrusive_list<detail::left_token> left_;
    bool waits_for_thread_ = false;
};

TETHER_END_NAMESPACE

#include <tether/sync/detail/borrow_wait.hpp>

#endif
