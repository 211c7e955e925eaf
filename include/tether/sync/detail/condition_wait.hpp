// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a wait for a condition end with the lock held, whatever ends it?
#ifndef TETHER_SYNC_DETAIL_CONDITION_WAIT_HPP
#define TETHER_SYNC_DETAIL_CONDITION_WAIT_HPP

#include <tether/detail/call_site.hpp>
#include <tether/detail/config.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/runtime/loop_roles.hpp>
#include <tether/runtime/timer_queue.hpp>
#include <tether/sync/condition_variable.hpp>
#include <tether/sync/mutex.hpp>
#include <tether/task/checkpoint.hpp>
#include <tether/task/this_task.hpp>

#include <exception>
#include <source_location>
#include <stdexcept>

TETHER_BEGIN_NAMESPACE
namespace detail {

// Stands in the queue of the condition first, then in that of the mutex.
class condition_wait : public lock_request {
public:
    bool ready() {
        check_guard();
        condition_->waiters_.check_use();
        return false;
    }
    void start() noexcept {
        guard_->waiting_ = true;
        condition_->enter(*this);
        mutex_->release();
    }

    // Out of the condition's queue, and into that of the mutex.
    void notified(bool may_pass_on) noexcept {
        notified_ = true;
        may_pass_on_ = may_pass_on;
        ++condition_->notified_;
        lock_again();
    }
    void granted() noexcept override {
        guard_->waiting_ = false;
        mutex_->guard_ = guard_;
        ended();
    }
    void broke(std::exception_ptr const& why) noexcept override {
        guard_->waiting_ = false;
        guard_->mutex_ = nullptr;
        error_ = why;
        ended();
    }
    void forget(condition_link const& gone) noexcept override {
        if (static_cast<condition_link const*>(condition_) == &gone)
            condition_ = nullptr;
    }

    abort_result abort() noexcept override {
        loop& home = *task().home();
        if (condition_ && !notified_ && !timed_out_) {
            condition_->leave(*this);
            // Free only while the owner of the lock leaves no successor.
            if (mutex_->take(task())) {
                guard_->waiting_ = false;
                mutex_->guard_ = guard_;
                return abort_result::done;
            }
            mutex_->waiters_.push_back(*this);
        } else if (notified_ && condition_ && may_pass_on_ &&
                   !condition_->waiters_.empty()) {
            condition_->notify_first(true);
        }
        stopping_ = true;
        if (home.shutting_down())
            left_alone_.context_ending();
        else
            home.borders().push_back(left_alone_);
        return abort_result::pending;
    }
    char const* description() const noexcept override {
        return notified_ ? "the mutex of a condition variable"
                         : "a condition variable";
    }

protected:
    condition_wait(condition_variable* c, mutex_guard* g) noexcept
        : condition_(c), mutex_(c->mutex_), guard_(g) {}
    ~condition_wait() { left_alone_.end(); }

    bool timed_out() const noexcept { return timed_out_; }
    bool was_notified() const noexcept { return notified_; }
    void time_over() noexcept {
        condition_->leave(*this);
        timed_out_ = true;
        if (mutex_->take(task()))
            granted();
        else
            mutex_->waiters_.push_back(*this);
    }
    void rethrow() const {
        if (error_)
            std::rethrow_exception(error_);
    }

private:
    friend condition_variable;

    // Of a stop that waits for the lock: in a context that goes, whoever has
    // that may itself wait for this task to end.
    class without_lock final : public context_border {
    public:
        explicit without_lock(condition_wait& of) noexcept : of_(&of) {}
        void context_ending() noexcept override {
            end();
            of_->go_without_lock();
        }
        void leave_context() noexcept override { end(); }
        void end() noexcept {
            if (linked())
                unlink();
        }

    private:
        condition_wait* of_;
    };

    void go_without_lock() noexcept {
        mutex_->waiters_.remove(*this);
        guard_->waiting_ = false;
        guard_->mutex_ = nullptr;
        ended();
    }
    void ended() noexcept {
        left_alone_.end();
        notification_done();
        if (stopping_)
            complete_stopped();
        else
            complete();
    }
    void check_guard() const {
        if (!guard_->owns_lock() || guard_->mutex_ != mutex_ ||
            mutex_->owner_ != &task())
            throw std::logic_error(
                "condition_variable::wait: the guard holds no lock of this "
                "condition's mutex in this task");
    }
    void lock_again() noexcept {
        if (mutex_->take(task()))
            granted();
        else
            mutex_->waiters_.push_back(*this);
    }
    void notification_done() noexcept {
        if (notified_ && condition_)
            --condition_->notified_;
    }

    condition_variable* condition_; // null once it is gone
    mutex* mutex_;
    mutex_guard* guard_;
    std::exception_ptr error_;
    without_lock left_alone_{*this};
    bool notified_ = false;
    bool may_pass_on_ = false;
    bool timed_out_ = false;
    bool stopping_ = false;
};

class plain_condition_wait final : public condition_wait {
public:
    plain_condition_wait(condition_variable* c, mutex_guard* g) noexcept
        : condition_wait(c, g) {}
    void result() const { rethrow(); }
};

class timed_condition_wait final : public condition_wait, private timer_node {
public:
    timed_condition_wait(condition_variable* c, mutex_guard* g, duration d,
                         time_point at, bool relative) noexcept
        : condition_wait(c, g),
          timer_node(&expired),
          duration_(d),
          due_at_(at),
          relative_(relative) {}
    ~timed_condition_wait() { disarm(); }

    void start() {
        if (relative_)
            due_at_ = saturated_add(task().home()->now(), duration_);
        task().home()->arm(*this, due_at_);
        condition_wait::start();
    }
    bool result() {
        rethrow();
        return !timed_out();
    }
    void granted() noexcept override {
        disarm();
        condition_wait::granted();
    }
    void broke(std::exception_ptr const& why) noexcept override {
        disarm();
        condition_wait::broke(why);
    }
    abort_result abort() noexcept override {
        disarm();
        return condition_wait::abort();
    }

private:
    static void expired(timer_node& node) noexcept {
        static_cast<timed_condition_wait&>(node).expired_now();
    }
    // What was notified in time has not timed out, however late the lock is.
    void expired_now() noexcept {
        if (!was_notified())
            time_over();
    }
    void disarm() noexcept {
        if (armed())
            task().home()->disarm(*this);
    }

    duration duration_;
    time_point due_at_;
    bool relative_;
};

} // namespace detail

inline condition_variable::~condition_variable() {
    if (notified_ != 0)
        mutex_->forget(*this);
}

inline void condition_variable::notify_first(bool may_pass_on) noexcept {
    auto& first = static_cast<detail::condition_wait&>(waiters_.front());
    leave(first);
    first.notified(may_pass_on);
}

inline void condition_variable::enter(detail::condition_wait& w) noexcept {
    if (waiters_.empty())
        mutex_->conditions_.push_back(*this);
    waiters_.push_back(w);
}

inline void condition_variable::leave(detail::condition_wait& w) noexcept {
    waiters_.remove(w);
    if (waiters_.empty())
        unlink();
}

inline void
condition_variable::mutex_broke(std::exception_ptr const& why) noexcept {
    while (!waiters_.empty()) {
        auto& first = static_cast<detail::condition_wait&>(waiters_.front());
        leave(first);
        first.broke(why);
    }
}

template<class Predicate>
task<> condition_variable::wait_while_not(condition_variable& self,
                                          mutex_guard& lock, Predicate ready,
                                          std::source_location here) {
    co_await checkpoint_if_cancelled(here);
    while (!ready())
        co_await self.wait(lock, detail::site_of(here));
}

template<class Predicate>
task<bool>
condition_variable::wait_within(condition_variable& self, mutex_guard& lock,
                                detail::duration d, detail::time_point at,
                                bool relative, Predicate ready,
                                std::source_location here) {
    co_await checkpoint_if_cancelled(here);
    if (relative)
        at = detail::saturated_add(this_task::now(), d);
    while (!ready()) {
        bool const in_time =
            co_await self.wait_until(lock, at, detail::site_of(here));
        if (!in_time)
            co_return ready();
    }
    co_return true;
}

TETHER_END_NAMESPACE

#endif
