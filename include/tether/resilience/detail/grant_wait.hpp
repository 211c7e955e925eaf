// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Who waits at a rate limiter? A queue, of which only the first has a timer.
#ifndef TETHER_RESILIENCE_DETAIL_GRANT_WAIT_HPP
#define TETHER_RESILIENCE_DETAIL_GRANT_WAIT_HPP

#include <tether/detail/config.hpp>
#include <tether/resilience/rate_limiter.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/runtime/timer_queue.hpp>
#include <tether/sync/detail/waiter_queue.hpp>
#include <tether/task/awaitable.hpp>
#include <tether/task/this_task.hpp>

#include <cstddef>
#include <new>
#include <variant>

TETHER_BEGIN_NAMESPACE
namespace detail {

class grant_wait_base : public queued_wait, public timer_node {
public:
    using revocable = void;

    grant_wait_base(grant_wait_base const&) = delete;
    grant_wait_base& operator=(grant_wait_base const&) = delete;

    bool ready() {
        limiter_->waiters_.check_use();
        return limiter_->take(count_, task().home()->now());
    }
    void start() noexcept {
        limiter_->waiters_.push_back(*this);
        if (&limiter_->waiters_.front() == this)
            limiter_->serve();
    }

    std::size_t count() const noexcept { return count_; }
    void grant(time_point now) noexcept {
        granted_ = true;
        granted_at_ = now;
        complete();
    }
    void fail() noexcept {
        failed_ = true;
        complete();
    }

    abort_result abort() noexcept override {
        leave();
        return abort_result::done;
    }
    char const* description() const noexcept override {
        return "a permit of a rate_limiter";
    }

protected:
    grant_wait_base(rate_limiter* l, std::size_t n) noexcept
        : timer_node(&expired), limiter_(l), count_(n) {
        ++limiter_->waits_;
    }
    ~grant_wait_base() {
        --limiter_->waits_;
        if (linked())
            leave();
        else if (granted_)
            limiter_->give_back(count_, granted_at_);
    }

    bool comes_too_late() {
        time_point const now = task().home()->now();
        return limiter_->turn(count_, now) >= this_task::deadline();
    }
    void collect() {
        if (failed_)
            throw std::bad_alloc();
        granted_ = false;
    }

private:
    static void expired(timer_node& node) noexcept {
        static_cast<grant_wait_base&>(node).limiter_->serve();
    }
    // The one behind may want less.
    void leave() noexcept {
        bool const was_first = &limiter_->waiters_.front() == this;
        task().home()->disarm(*this);
        waiter_queue::remove(*this);
        if (was_first)
            limiter_->serve();
    }

    rate_limiter* limiter_;
    std::size_t count_;
    time_point granted_at_{};
    bool granted_ = false; // in the queue, and not yet told
    bool failed_ = false;
};

class grant_wait final : public grant_wait_base {
public:
    using prompt = std::monostate;
    template<class Awaiter>
    static bool now(loop& home, prompt&, Awaiter& waiting, rate_limiter* l,
                    std::size_t n) {
        return (home.pays() && l->take(n, home.now())) || waiting.take_back();
    }
    grant_wait(rate_limiter* l, std::size_t n) noexcept
        : grant_wait_base(l, n) {}
    void result() { collect(); }
};

class timely_grant_wait final : public grant_wait_base {
public:
    timely_grant_wait(rate_limiter* l, std::size_t n) noexcept
        : grant_wait_base(l, n) {}
    bool ready() {
        if (grant_wait_base::ready())
            return true;
        refused_ = comes_too_late();
        return refused_;
    }
    bool result() {
        collect();
        return !refused_;
    }

private:
    bool refused_ = false;
};

} // namespace detail

inline void rate_limiter::serve() noexcept {
    while (!waiters_.empty()) {
        auto& first = static_cast<detail::grant_wait_base&>(waiters_.front());
        detail::loop& home = *first.task().home();
        detail::time_point const at = home.now();
        home.disarm(first);
        if (gcra_.try_take(first.count(), at)) {
            waiters_.pop_front();
            granted_ += first.count();
            first.grant(at);
            continue;
        }
        try {
            home.arm(first, gcra_.due(first.count(), at));
            return;
        } catch (...) { // no memory
            waiters_.pop_front();
            first.fail();
        }
    }
}

// Nobody has used what is given back in the moment in which it was given.
inline void rate_limiter::give_back(std::size_t n,
                                    detail::time_point granted_at) noexcept {
    if (granted_at != now())
        return;
    gcra_.put_back(n);
    granted_ -= n;
    serve();
}

inline detail::time_point rate_limiter::turn(std::size_t n,
                                             detail::time_point at) noexcept {
    detail::gcra then = gcra_;
    waiters_.for_each([&](detail::queued_wait& w) {
        std::size_t const before =
            static_cast<detail::grant_wait_base&>(w).count();
        at = then.due(before, at);
        static_cast<void>(then.try_take(before, at));
    });
    return then.due(n, at);
}

TETHER_END_NAMESPACE

#endif
