// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How many tasks may do this at a time? A counter of permits that are handed
/// out in the order of arrival.
#ifndef TETHER_SYNC_SEMAPHORE_HPP
#define TETHER_SYNC_SEMAPHORE_HPP

#include <tether/detail/call_site.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/diagnostics.hpp>
#include <tether/sync/detail/wait_op.hpp>
#include <tether/sync/detail/waiter_queue.hpp>
#include <tether/task/awaitable.hpp>
#include <tether/task/task.hpp>

#include <cstddef>
#include <limits>
#include <optional>
#include <source_location>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE

class semaphore;

namespace detail {
class acquire_wait;
using acquire_op = wait_op<acquire_wait, semaphore*, std::size_t>;
} // namespace detail

/// What semaphore::statistics() tells.
struct semaphore_statistics {
    std::size_t available; ///< permits that nobody holds
    std::size_t held;      ///< permits in guards, or on their way to a waiter
    std::size_t waiting;   ///< tasks in acquire()
    std::size_t maximum;   ///< upper bound of available plus held
};

/// Permits of a semaphore that its owner holds.
///
/// Invariant: gives back what it holds when destroyed, exactly once. A moved-
/// from permit holds nothing.
/// Never lost: giving back hands the permits to the first waiter at once.
/// Threads: the loop on which tasks wait at the semaphore.
/// Example:
/// ```
/// auto both = co_await slots.acquire(2);
/// auto one = both.split(1);
/// both.release();
/// ```
class [[nodiscard("a permit is given back when it is destroyed: keep it in a "
                  "variable")]] permit {
public:
    /// A permit of nothing, to be moved into.
    permit() noexcept = default;
    permit(permit&& other) noexcept
        : semaphore_(std::exchange(other.semaphore_, nullptr)),
          count_(std::exchange(other.count_, 0)) {}
    permit& operator=(permit&& other) noexcept {
        if (this != &other) {
            give_back();
            semaphore_ = std::exchange(other.semaphore_, nullptr);
            count_ = std::exchange(other.count_, 0);
        }
        return *this;
    }
    ~permit() { give_back(); }

    /// Result: how many permits it holds.
    [[nodiscard]] std::size_t count() const noexcept { return count_; }

    /// Gives back all permits now.
    void release() noexcept { give_back(); }

    /// Takes `n` permits out of this one.
    ///
    /// Result: a permit of `n`; this one keeps the rest.
    /// Errors: std::invalid_argument when it holds fewer.
    [[nodiscard("a permit is given back when it is destroyed")]] permit
    split(std::size_t n) {
        if (n > count_)
            throw std::invalid_argument("permit::split: " + std::to_string(n) +
                                        " of a permit of " +
                                        std::to_string(count_));
        count_ -= n;
        return permit(semaphore_, n);
    }

    /// Takes over the permits of `other`, which holds nothing afterwards.
    ///
    /// Errors: std::invalid_argument when they are of different semaphores.
    void merge(permit&& other) {
        if (&other == this || other.count_ == 0)
            return;
        if (count_ != 0 && semaphore_ != other.semaphore_)
            throw std::invalid_argument(
                "permit::merge: the permits are of different semaphores");
        semaphore_ = std::exchange(other.semaphore_, nullptr);
        count_ += std::exchange(other.count_, 0);
    }

    /// Never gives the permits back: they are used up. The counterpart of
    /// semaphore::release(), for counting things rather than users.
    void consume() noexcept;

private:
    friend class semaphore;
    friend class detail::acquire_wait;

    permit(semaphore* s, std::size_t n) noexcept : semaphore_(s), count_(n) {}
    void give_back() noexcept;

    semaphore* semaphore_ = nullptr;
    std::size_t count_ = 0;
};

/// A counter of permits; tasks wait when there are too few.
///
/// Invariant: strictly in the order of arrival, also for requests of different
/// size: whoever comes later, or only tries, does not overtake. Permits that
/// come back go to the first waiter at once.
/// Errors: destroying a semaphore while tasks wait or permits are held writes
/// a sentence and terminates.
/// Never lost: a permit that was handed to a waiter which then never runs (its
/// frame is destroyed, a combinator drops its result) passes to the next one.
/// Threads: one loop at a time; use from a second loop or thread while tasks
/// wait is std::logic_error, or terminates where a permit is destroyed.
/// Constructible before any loop exists, usable in several runs.
/// Example:
/// ```
/// tether::semaphore slots(10);
/// auto slot = co_await slots.acquire();
/// auto page = co_await fetch(url);
/// ```
class semaphore {
public:
    /// As `maximum`: there is none.
    static constexpr std::ptrdiff_t unbounded =
        (std::numeric_limits<std::ptrdiff_t>::max)();

    /// Parameters: `initial` permits to begin with, zero allowed; `maximum`
    /// bounds what release() may add.
    /// Errors: std::invalid_argument when `initial` is negative or larger than
    /// `maximum`.
    explicit constexpr semaphore(std::ptrdiff_t initial,
                                 std::ptrdiff_t maximum = unbounded)
        : available_(static_cast<std::size_t>(initial)),
          maximum_(static_cast<std::size_t>(maximum)) {
        if (initial < 0)
            throw std::invalid_argument("semaphore: the initial value is " +
                                        std::to_string(initial) +
                                        "; it must not be negative");
        if (maximum < initial)
            throw std::invalid_argument(
                "semaphore: the initial value " + std::to_string(initial) +
                " is above the maximum " + std::to_string(maximum));
    }
    semaphore(semaphore const&) = delete;
    semaphore& operator=(semaphore const&) = delete;
    ~semaphore() {
        if (held_ != 0 && waiters_.empty())
            detail::fatal("a semaphore was destroyed while permits of it are "
                          "held: declare it before what holds its permits");
    }

    /// Waits for `n` permits.
    ///
    /// Result: a permit that gives them back when it is destroyed.
    /// Errors: std::invalid_argument when `n` is above the maximum;
    /// std::logic_error when tasks of another loop wait.
    /// Completes when: `n` permits are free and nobody waits longer. Always a
    /// checkpoint.
    /// On cancellation: the place in the queue is given up; who fits now goes
    /// on.
    /// Never lost: once the permits are handed over the wait succeeds; a cancel
    /// comes at the next checkpoint.
    [[nodiscard("co_await it and keep the permit")]] detail::acquire_op
    acquire(std::size_t n = 1, detail::call_site here = TETHER_HERE);

    /// Takes `n` permits if that is possible without overtaking.
    ///
    /// Result: empty when there are too few, or when anybody waits.
    /// Errors: as acquire().
    [[nodiscard(
        "keep the permit, or it is given back at once")]] std::optional<permit>
    try_acquire(std::size_t n = 1) {
        waiters_.check_use();
        check_size(n);
        if (!take(n))
            return std::nullopt;
        return permit(this, n);
    }

    /// Adds `n` permits that nobody had acquired.
    ///
    /// Errors: std::logic_error when more than the maximum would exist, or when
    /// tasks of another loop wait; nothing is added then.
    void release(std::size_t n = 1) {
        waiters_.check_use();
        if (n > maximum_ - held_ - available_)
            throw std::logic_error("semaphore::release: " + std::to_string(n) +
                                   " more would exceed the maximum of " +
                                   std::to_string(maximum_) + " (" +
                                   std::to_string(available_) + " available, " +
                                   std::to_string(held_) + " held)");
        available_ += n;
        serve();
    }

    /// Runs `fn` while holding one permit.
    ///
    /// Parameters: a coroutine function without parameters; an lvalue is used
    /// in place and must outlive the await.
    /// Result: what `fn` gives.
    /// Errors: what `fn` throws.
    /// Completes when: `fn` has ended; the permit is free before the caller
    /// goes on. A checkpoint, because of acquire().
    /// On cancellation: stops the wait or `fn`; the permit is given back.
    /// Example:
    /// ```
    /// co_await slots.scoped([&] { return fetch(url); });
    /// ```
    template<class F>
    [[nodiscard("co_await it")]] auto
    scoped(F&& fn,
           std::source_location here = std::source_location::current()) {
        TETHER_CHECK_BODY(F);
        static_assert(detail::is_task<std::invoke_result_t<F&>>,
                      "semaphore::scoped needs a function without parameters "
                      "that returns tether::task<T>");
        return run_scoped<F>(*this, std::forward<F>(fn), here);
    }

    /// Result: counts for logs and dumps.
    [[nodiscard]] semaphore_statistics statistics() const noexcept {
        return {available_, held_, waiters_.size(), maximum_};
    }

private:
    friend class permit;
    friend class detail::acquire_wait;

    template<class F>
    static auto run_scoped(semaphore& self, F fn, std::source_location here)
        -> std::invoke_result_t<F&>;

    void check_size(std::size_t n) const {
        if (n > maximum_)
            refuse_size(n);
    }
    [[noreturn]] void refuse_size(std::size_t n) const {
        throw std::invalid_argument(
            "semaphore: " + std::to_string(n) +
            " permits can never be had, the maximum is " +
            std::to_string(maximum_));
    }
    bool take(std::size_t n) noexcept {
        if (!waiters_.empty() || available_ < n)
            return false;
        available_ -= n;
        held_ += n;
        return true;
    }
    void serve() noexcept;
    void give_back(std::size_t n) noexcept {
        waiters_.check_use_noexcept();
        if (!waiters_.empty() && pass_on(n))
            return;
        held_ -= n;
        available_ += n;
        serve();
    }
    bool pass_on(std::size_t n) noexcept;

    detail::waiter_queue waiters_{"a semaphore"};
    std::size_t available_;
    std::size_t held_ = 0;
    std::size_t maximum_;
};

TETHER_END_NAMESPACE

#include <tether/sync/detail/acquire_wait.hpp>

#endif
