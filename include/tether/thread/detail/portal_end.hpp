// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What does a thread wait for that has called into a loop? For the end of its
/// call: a value, an error, or a stop.
#ifndef TETHER_THREAD_DETAIL_PORTAL_END_HPP
#define TETHER_THREAD_DETAIL_PORTAL_END_HPP

#include <tether/detail/config.hpp>
#include <tether/task/task.hpp>

#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// Settled once, on the loop or by whoever refuses the call, and read once, by
// the thread. An error is the thread's for as long as it could read it.
class portal_end_base {
public:
    portal_end_base() = default;
    portal_end_base(portal_end_base const&) = delete;
    portal_end_base& operator=(portal_end_base const&) = delete;

    // --- the thread
    void wait() {
        std::unique_lock lock(mutex_);
        told_.wait(lock, [this] { return settled_; });
    }
    bool wait_until(std::chrono::steady_clock::time_point t) {
        std::unique_lock lock(mutex_);
        return told_.wait_until(lock, t, [this] { return settled_; });
    }
    bool settled() const {
        std::lock_guard const lock(mutex_);
        return settled_;
    }
    // It will not read any more: gives what it has not read, but for a stop.
    std::exception_ptr abandon() noexcept {
        std::lock_guard const lock(mutex_);
        abandoned_ = true;
        std::exception_ptr unread = std::exchange(error_, nullptr);
        return stopped_ ? nullptr : unread;
    }

    // --- the loop; the first end counts
    void succeeded() noexcept {
        std::exception_ptr none;
        settle(none, false);
    }
    void stopped(std::exception_ptr why) noexcept { settle(why, true); }
    // Gives the error back if nobody will read it. Otherwise it is the thread's
    // alone: both sides may not let go of it at the same time.
    std::exception_ptr failed(std::exception_ptr error) noexcept {
        settle(error, false);
        return error;
    }

protected:
    ~portal_end_base() = default;

    // After it was settled, so without the lock.
    void rethrow() {
        if (error_)
            std::rethrow_exception(std::exchange(error_, nullptr));
    }

private:
    // Told under the lock: the thread may be the last owner.
    void settle(std::exception_ptr& error, bool stopped) noexcept {
        std::lock_guard const lock(mutex_);
        if (settled_) {
            error = nullptr;
            return;
        }
        settled_ = true;
        stopped_ = stopped;
        if (!abandoned_)
            error_ = std::exchange(error, nullptr);
        told_.notify_all();
    }

    mutable std::mutex mutex_;
    std::condition_variable told_;
    std::exception_ptr error_;
    bool settled_ = false;
    bool stopped_ = false;
    bool abandoned_ = false;
};

template<class T>
class portal_end final : public portal_end_base {
public:
    // --- the thread, once it is settled
    T take() {
        rethrow();
        struct reset {
            result_cell<T>& cell;
            ~reset() { cell.reset(); }
        } const afterwards{cell_};
        return cell_.take();
    }

    // --- the loop, before it says succeeded()
    template<class F>
    void store(F&& make) {
        cell_.value.construct_with(std::forward<F>(make));
        cell_.full = true;
    }

private:
    result_cell<T> cell_;
};
template<>
class portal_end<void> final : public portal_end_base {
public:
    void take() { rethrow(); }
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
