// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How do tasks follow a value that changes, when only the latest matters?
#ifndef TETHER_STREAM_WATCH_HPP
#define TETHER_STREAM_WATCH_HPP

#include <tether/detail/call_site.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/diagnostics.hpp>
#include <tether/detail/intrusive_list.hpp>
// Builds on sync/detail/wait_op.hpp: it is awaited like a primitive.
#include <tether/sync/detail/wait_op.hpp>
// Builds on sync/detail/waiter_queue.hpp: and queues like one.
#include <tether/sync/detail/waiter_queue.hpp>
#include <tether/task/awaitable.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <source_location>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE

template<class T>
class watch;

/// What watch::statistics() tells.
struct watch_statistics {
    std::uint64_t version = 0; ///< how often the value was set
    std::size_t waiting = 0;   ///< tasks in changed() and wait_until()
};

namespace detail {

template<class T>
class watch_wait : public queued_wait {
public:
    using revocable = void;

    // Called when the value was set; true if it is the one waited for.
    virtual bool wanted(T const& value) noexcept = 0;

    abort_result abort() noexcept final {
        withdraw();
        return abort_result::done;
    }
    char const* description() const noexcept final {
        return "a change of a value";
    }
    void mark_called() noexcept { called_ = true; }

protected:
    explicit watch_wait(watch<T>& w) noexcept : watch_(&w) {}
    ~watch_wait();

    bool enter();
    void join() noexcept;
    void withdraw() noexcept;

    watch<T>* watch_;

private:
    bool called_ = false;
};

template<class T>
class changed_wait;
template<class T, class Predicate>
class until_wait;

template<class T, class Predicate>
class [[nodiscard("co_await the wait")]] until_op {
public:
    template<class P>
    until_op(watch<T>& w, P&& wanted, std::source_location here)
        : watch_(&w), wanted_(std::forward<P>(wanted)), where_(here) {}
    until_wait<T, Predicate> connect() && {
        return until_wait<T, Predicate>(*watch_, std::move(wanted_));
    }
    std::source_location where() const noexcept { return where_; }

private:
    watch<T>* watch_;
    Predicate wanted_;
    std::source_location where_;
};

} // namespace detail

/// One task's view of a watched value: which version it has seen.
///
/// Invariant: a plain value that refers to the watch and does not outlive it;
/// a copy goes its own way.
/// Threads: the loop of the watch.
template<class T>
class watch_observer {
public:
    /// Waits for a value that this observer has not seen.
    ///
    /// Result: the latest value, versions between are skipped; empty when the
    /// watch was closed and there is no new one.
    /// Errors: std::logic_error when tasks of another loop wait.
    /// Completes when: the value was set since it was last seen here, or the
    /// watch is closed. Always a checkpoint.
    /// On cancellation: the wait is given up; nothing counts as seen.
    [[nodiscard("co_await the change")]] auto
    changed(detail::call_site here = TETHER_HERE) {
        return detail::wait_op<detail::changed_wait<T>, watch_observer*>(here,
                                                                         this);
    }

    /// Result: the latest value, which counts as seen from now on.
    [[nodiscard]] T const& get() noexcept {
        seen_ = watch_->version();
        return watch_->get();
    }

private:
    friend class watch<T>;
    friend class detail::changed_wait<T>;
    explicit watch_observer(watch<T>& w) noexcept
        : watch_(&w), seen_(w.version()) {}

    watch<T>* watch_;
    std::uint64_t seen_;
};

/// A value that is set from time to time; tasks wait for a change of it, or
/// until it is as they want it.
///
/// Invariant: always has a value. Only the latest counts: who is slow misses
/// those between, but never the last.
/// Errors: destroying it while tasks wait writes a sentence that names them and
/// terminates.
/// Threads: one loop at a time; use from a second loop or thread while tasks
/// wait is std::logic_error.
/// Example:
/// ```
/// tether::watch<config> settings(read_config());
/// group.spawn([view = settings.observe()]() mutable -> tether::task<> {
///     while (auto latest = co_await view.changed())
///         apply(*latest);
/// });
/// settings.set(read_config());
/// ```
/// Source: tokio's watch, Kotlin's StateFlow, corral's Value.
template<class T>
class watch {
public:
    using value_type = T;

    /// Parameters: the first value, version zero.
    explicit watch(T initial) noexcept(std::is_nothrow_move_constructible_v<T>)
        : value_(std::move(initial)) {}
    watch(watch const&) = delete;
    watch& operator=(watch const&) = delete;
    ~watch() {
        if (leaving_ != 0)
            detail::fatal("a watch was destroyed while tasks that it has woken "
                          "were about to look at it");
    }

    /// Result: the latest value, until the next set().
    [[nodiscard]] T const& get() const noexcept { return value_; }
    /// Result: how often the value was set.
    [[nodiscard]] std::uint64_t version() const noexcept { return version_; }
    /// Whether close() was called.
    [[nodiscard]] bool is_closed() const noexcept { return closed_; }

    /// Sets the value and wakes those whom it concerns, in the order in which
    /// they came. An equal value counts as a change too.
    ///
    /// Errors: what the assignment throws, and then nobody hears of it;
    /// std::logic_error when tasks of another loop wait.
    void set(T value) {
        update([&](T& mine) { mine = std::move(value); });
    }

    /// The same with a function that changes the value in place.
    template<std::invocable<T&> F>
    void update(F&& change) {
        waiters_.check_use();
        std::invoke(std::forward<F>(change), value_);
        ++version_;
        tell(false);
    }

    /// Ends the waiting: no more changes will come. Idempotent; set() still
    /// works.
    void close() noexcept {
        waiters_.check_use_noexcept();
        closed_ = true;
        tell(true);
    }

    /// Result: an observer that has seen the present value; ask it get() first
    /// to begin with that.
    [[nodiscard]] watch_observer<T> observe() noexcept {
        return watch_observer<T>(*this);
    }

    /// Waits until the value is as `wanted` says.
    ///
    /// Parameters: a predicate on the value, called at once and at each set();
    /// it does not use the watch, but may stop tasks.
    /// Result: a copy of the first value that is, even if it has changed since;
    /// empty when the watch is closed before.
    /// Errors: what the predicate or the copy throws.
    /// Completes when: the predicate is true, or the watch is closed. Always a
    /// checkpoint.
    /// On cancellation: the wait is given up.
    template<class Predicate>
        requires std::predicate<std::decay_t<Predicate>&, T const&>
    [[nodiscard("co_await the wait")]] auto
    wait_until(Predicate&& wanted,
               std::source_location here = std::source_location::current()) {
        TETHER_CHECK_BODY(Predicate);
        return detail::until_op<T, std::decay_t<Predicate>>(
            *this, std::forward<Predicate>(wanted), here);
    }

    /// Result: counts for logs and dumps.
    [[nodiscard]] watch_statistics statistics() const noexcept {
        return {version_, waiters_.size()};
    }

private:
    friend class detail::watch_wait<T>;

    // First all are asked, because to complete one may take out others: a
    // select has several. So may a predicate that stops tasks, its own too:
    // whoever is stopped leaves the list that it stands in.
    void tell(bool all) noexcept {
        detail::intrusive_list<detail::queued_wait> asked;
        detail::intrusive_list<detail::queued_wait> called;
        while (!waiters_.empty())
            asked.push_back(waiters_.pop_front());
        while (!asked.empty()) {
            auto& first = static_cast<detail::watch_wait<T>&>(asked.front());
            bool const goes = first.wanted(value_) || all;
            if (!first.linked())
                continue;
            first.unlink();
            if (!goes) {
                waiters_.push_back(first);
                continue;
            }
            first.mark_called();
            ++leaving_;
            called.push_back(first);
        }
        while (!called.empty())
            called.pop_front().complete();
    }

    detail::waiter_queue waiters_{"a watch"};
    T value_;
    std::uint64_t version_ = 0;
    std::size_t leaving_ = 0;
    bool closed_ = false;
};

namespace detail {

template<class T>
watch_wait<T>::~watch_wait() {
    withdraw();
    if (called_)
        --watch_->leaving_;
}
template<class T>
bool watch_wait<T>::enter() {
    watch_->waiters_.check_use();
    return watch_->is_closed();
}
template<class T>
void watch_wait<T>::join() noexcept {
    watch_->waiters_.push_back(*this);
}
template<class T>
void watch_wait<T>::withdraw() noexcept {
    if (!this->linked())
        return;
    if (called_)
        this->unlink();
    else
        watch_->waiters_.remove(*this);
}

template<class T>
class changed_wait final : public watch_wait<T> {
public:
    explicit changed_wait(watch_observer<T>* o) noexcept
        : watch_wait<T>(*o->watch_), observer_(o) {}

    bool ready() {
        bool const closed = this->enter();
        return closed || this->watch_->version() != observer_->seen_;
    }
    void start() noexcept { this->join(); }
    std::optional<T> result() {
        std::optional<T> latest;
        if (this->watch_->version() != observer_->seen_)
            latest.emplace(this->watch_->get()); // throws: nothing was seen
        observer_->seen_ = this->watch_->version();
        return latest;
    }
    bool wanted(T const&) noexcept override { return true; }

private:
    watch_observer<T>* observer_;
};

template<class T, class Predicate>
class until_wait final : public watch_wait<T> {
public:
    until_wait(watch<T>& w, Predicate&& wanted)
        : watch_wait<T>(w), wanted_(std::move(wanted)) {}

    bool ready() {
        bool const closed = this->enter();
        return wanted(this->watch_->get()) || closed;
    }
    void start() noexcept { this->join(); }
    std::optional<T> result() {
        if (error_)
            std::rethrow_exception(std::exchange(error_, nullptr));
        return std::move(found_);
    }
    bool wanted(T const& value) noexcept override {
        try {
            if (!std::invoke(wanted_, value))
                return false;
            found_.emplace(value);
        } catch (...) {
            error_ = std::current_exception();
        }
        return true;
    }

private:
    Predicate wanted_;
    std::optional<T> found_;
    std::exception_ptr error_;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
