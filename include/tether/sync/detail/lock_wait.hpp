// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Who stands in the queue of a mutex, and how does the lock go from one to the
/// next?
#ifndef TETHER_SYNC_DETAIL_LOCK_WAIT_HPP
#define TETHER_SYNC_DETAIL_LOCK_WAIT_HPP

#include <tether/core/errors.hpp>
#include <tether/detail/config.hpp>
#include <tether/sync/detail/holder.hpp>
#include <tether/sync/detail/waiter_queue.hpp>
#include <tether/sync/mutex.hpp>

#include <exception>
#include <source_location>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// Whoever stands in the queue of a mutex: a lock(), or a wait for a condition
// that is over and takes the lock again.
class lock_request : public queued_wait {
public:
    virtual void granted() noexcept = 0;
    // The mutex may be gone before the task runs.
    virtual void broke(std::exception_ptr const& why) noexcept = 0;
    virtual void forget(condition_link const&) noexcept {}

protected:
    ~lock_request() = default;
};

class lock_wait final : public lock_request {
public:
    explicit lock_wait(mutex* m) noexcept : mutex_(m) {}
    ~lock_wait() {
        if (linked())
            mutex_->waiters_.remove(*this);
        else if (granted_)
            mutex_->release();
    }

    bool ready() {
        mutex_->check_use(task());
        return granted_ = mutex_->take(task());
    }
    void start() noexcept { mutex_->waiters_.push_back(*this); }
    mutex_guard result() {
        if (error_)
            std::rethrow_exception(error_);
        granted_ = false;
        return mutex_guard(*mutex_);
    }

    void granted() noexcept override {
        granted_ = true;
        complete();
    }
    void broke(std::exception_ptr const& why) noexcept override {
        error_ = why;
        complete();
    }
    abort_result abort() noexcept override {
        mutex_->waiters_.remove(*this);
        return abort_result::done;
    }
    char const* description() const noexcept override { return "a mutex"; }

private:
    mutex* mutex_;
    std::exception_ptr error_;
    bool granted_ = false; // the lock is ours and not yet in a guard
};

} // namespace detail

inline mutex_guard::mutex_guard(mutex& m) noexcept : mutex_(&m) {
    m.guard_ = this;
}

inline void mutex_guard::take(mutex_guard& other) noexcept {
    other.refuse_if_waiting();
    mutex_ = std::exchange(other.mutex_, nullptr);
    if (mutex_)
        mutex_->guard_ = this;
}

inline void mutex_guard::release() noexcept {
    refuse_if_waiting();
    if (!mutex_)
        return;
    if (!detail::may_release(*mutex_->owner_))
        detail::released_by_other("mutex_guard", *mutex_->owner_);
    std::exchange(mutex_, nullptr)->release();
}

inline void mutex_guard::unlock() {
    if (!owns_lock())
        throw std::logic_error(
            "mutex_guard::unlock: this guard holds no lock" +
            std::string(waiting_ ? ", its task waits for a condition" : ""));
    detail::check_release("mutex_guard::unlock", *mutex_->owner_);
    release();
}

inline void mutex::check_use(detail::task_record const& me) {
    if (broken_)
        std::rethrow_exception(*broken_);
    if (!owner_)
        return;
    if (owner_ == &me)
        throw std::logic_error("mutex: " + detail::task_text(me) +
                               " holds the lock already and would wait for "
                               "itself");
    if (owner_->home() != me.home())
        throw std::logic_error(detail::waiter_queue::foreign_use(
            waiters_.what(), owner_->home(), owner_, "holds it"));
}

inline void mutex::release() noexcept {
    owner_->gave_back();
    guard_ = nullptr;
    if (waiters_.empty()) {
        owner_ = nullptr;
        unlink();
        return;
    }
    auto& first = static_cast<detail::lock_request&>(waiters_.pop_front());
    give_to(first.task());
    first.granted();
}

inline void mutex::holder_ended(detail::task_record& ended,
                                detail::task_record* heir) noexcept {
    if (owner_ != &ended)
        return;
    ended.gave_back();
    if (heir) {
        give_to(*heir);
        return;
    }
    broken_ = detail::broken_by("the mutex", ended);
    owner_ = nullptr;
    unlink();
    if (guard_)
        std::exchange(guard_, nullptr)->mutex_ = nullptr;
    while (!waiters_.empty())
        static_cast<detail::lock_request&>(waiters_.pop_front())
            .broke(*broken_);
    conditions_.for_each(
        [&](detail::condition_link& c) { c.mutex_broke(*broken_); });
}

inline void mutex::forget(detail::condition_link const& gone) noexcept {
    waiters_.for_each([&](detail::queued_wait& w) {
        static_cast<detail::lock_request&>(w).forget(gone);
    });
}

template<class F>
auto mutex::run_scoped(mutex& self, F fn, std::source_location here)
    -> std::invoke_result_t<F&> {
    mutex_guard const held = co_await detail::lock_op(here, &self);
    co_return co_await fn();
}

TETHER_END_NAMESPACE

#endif
