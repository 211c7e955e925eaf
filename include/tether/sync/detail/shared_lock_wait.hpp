// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Who stands in the queue of a shared mutex, and who goes on together?
#ifndef TETHER_SYNC_DETAIL_SHARED_LOCK_WAIT_HPP
#define TETHER_SYNC_DETAIL_SHARED_LOCK_WAIT_HPP

#include <tether/detail/config.hpp>
#include <tether/sync/detail/holder.hpp>
#include <tether/sync/detail/waiter_queue.hpp>
#include <tether/sync/shared_mutex.hpp>

#include <exception>
#include <stdexcept>
#include <string>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

class shared_lock_wait : public queued_wait {
public:
    bool exclusive() const noexcept { return exclusive_; }

    bool ready() {
        mutex_->check_use(task());
        return granted_ = mutex_->take(task(), exclusive_);
    }
    void start() noexcept { mutex_->waiters_.push_back(*this); }

    void granted() noexcept {
        granted_ = true;
        complete();
    }
    // The mutex may be gone before the task runs.
    void broke(std::exception_ptr const& why) noexcept {
        error_ = why;
        complete();
    }
    abort_result abort() noexcept override {
        leave_queue();
        return abort_result::done;
    }
    char const* description() const noexcept override {
        return exclusive_ ? "a shared mutex, to write"
                          : "a shared mutex, to read";
    }

protected:
    shared_lock_wait(shared_mutex* m, bool exclusive) noexcept
        : mutex_(m), exclusive_(exclusive) {}
    ~shared_lock_wait() {
        if (linked())
            leave_queue();
        else if (granted_)
            mutex_->leave(task(), exclusive_);
    }

    shared_mutex& taken() {
        if (error_)
            std::rethrow_exception(error_);
        if (mutex_->broken_) // between the hand-off and now
            std::rethrow_exception(*mutex_->broken_);
        granted_ = false;
        return *mutex_;
    }

private:
    // The readers behind a writer may go on when it goes away.
    void leave_queue() noexcept {
        mutex_->waiters_.remove(*this);
        mutex_->serve();
    }

    shared_mutex* mutex_;
    std::exception_ptr error_;
    bool exclusive_;
    bool granted_ = false; // the lock is ours and not yet in a guard
};

template<class Guard>
class shared_lock_as final : public shared_lock_wait {
public:
    explicit shared_lock_as(shared_mutex* m) noexcept
        : shared_lock_wait(m, Guard::exclusive) {}

    Guard result() { return Guard(taken(), task()); }
};

inline shared_lock_hold::shared_lock_hold(shared_mutex& m, task_record& owner,
                                          bool exclusive) noexcept
    : mutex_(&m), owner_(&owner), exclusive_(exclusive) {
    m.holds_.push_back(*this);
}

inline void shared_lock_hold::take(shared_lock_hold& other) noexcept {
    mutex_ = std::exchange(other.mutex_, nullptr);
    if (!mutex_)
        return;
    owner_ = other.owner_;
    exclusive_ = other.exclusive_;
    other.unlink();
    mutex_->holds_.push_back(*this);
}

inline void shared_lock_hold::release() noexcept {
    if (!mutex_)
        return;
    if (!may_release(*owner_))
        released_by_other(exclusive_ ? "write_guard" : "read_guard", *owner_);
    unlink();
    std::exchange(mutex_, nullptr)->leave(*owner_, exclusive_);
}

inline void shared_lock_hold::unlock(char const* what) {
    if (!mutex_)
        throw std::logic_error(std::string(what) +
                               ": this guard holds no lock");
    check_release(what, *owner_);
    release();
}

} // namespace detail

inline void shared_mutex::admit(detail::task_record& who,
                                bool exclusive) noexcept {
    if (!held()) {
        home_ = who.home();
        home_->hold(*this);
    }
    if (exclusive)
        writer_ = &who;
    else
        ++readers_;
    who.took();
}

inline void shared_mutex::leave(detail::task_record& who,
                                bool exclusive) noexcept {
    who.gave_back();
    if (exclusive)
        writer_ = nullptr;
    else
        --readers_;
    if (!held())
        unlink();
    serve();
}

inline void shared_mutex::serve() noexcept {
    while (!waiters_.empty()) {
        auto& first = static_cast<detail::shared_lock_wait&>(waiters_.front());
        if (!fits(first.exclusive()))
            return;
        waiters_.pop_front();
        admit(first.task(), first.exclusive());
        first.granted();
    }
}

inline void shared_mutex::check_use(detail::task_record const& me) {
    if (broken_)
        std::rethrow_exception(*broken_);
    waiters_.check_use();
    if (!held())
        return;
    if (home_ != me.home())
        throw std::logic_error(detail::waiter_queue::foreign_use(
            waiters_.what(), home_,
            holds_.empty() ? nullptr : holds_.front().owner_, "holds it"));
    if (me.holdings == 0)
        return;
    holds_.for_each([&](detail::shared_lock_hold& held) {
        if (held.owner_ == &me)
            throw std::logic_error(
                "shared_mutex: " + detail::task_text(me) +
                " holds the lock already and would wait for itself" +
                (held.exclusive_ ? ""
                                 : "; to write, unlock first: there is no "
                                   "upgrade"));
    });
}

inline void shared_mutex::holder_ended(detail::task_record& ended,
                                       detail::task_record* heir) noexcept {
    bool leaked = false;
    holds_.for_each([&](detail::shared_lock_hold& held) {
        if (held.owner_ != &ended)
            return;
        leaked = true;
        if (!heir)
            return;
        ended.gave_back();
        held.owner_ = heir;
        heir->took();
        if (held.exclusive_)
            writer_ = heir;
    });
    if (leaked && !heir)
        break_now(detail::broken_by("the shared mutex", ended));
}

// No guard refers to it any more, and nobody waits.
inline void shared_mutex::break_now(std::exception_ptr why) noexcept {
    broken_ = std::move(why);
    holds_.for_each([&](detail::shared_lock_hold& held) {
        held.unlink();
        held.mutex_ = nullptr;
        held.owner_->gave_back();
        if (held.exclusive_)
            writer_ = nullptr;
        else
            --readers_;
    });
    if (!held()) // else somebody was admitted and has not run
        unlink();
    while (!waiters_.empty())
        static_cast<detail::shared_lock_wait&>(waiters_.pop_front())
            .broke(*broken_);
}

TETHER_END_NAMESPACE

#endif
