// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Who waits for permits of a semaphore, and how do they get them?
#ifndef TETHER_SYNC_DETAIL_ACQUIRE_WAIT_HPP
#define TETHER_SYNC_DETAIL_ACQUIRE_WAIT_HPP

#include <tether/detail/call_site.hpp>
#include <tether/detail/config.hpp>
#include <tether/sync/detail/waiter_queue.hpp>
#include <tether/sync/semaphore.hpp>
#include <tether/task/awaitable.hpp>

#include <cstddef>
#include <source_location>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

class acquire_wait final : public queued_wait {
public:
    using revocable = void;

    using starts_quietly = void;

    acquire_wait(semaphore* s, std::size_t n) noexcept
        : semaphore_(s), count_(n) {}
    ~acquire_wait() {
        if (linked() || granted_)
            give_up();
    }

    bool ready() {
        semaphore_->waiters_.check_use();
        granted_ = semaphore_->take(count_);
        return granted_;
    }
    void start() noexcept { semaphore_->waiters_.push_back(*this); }
    permit result() noexcept {
        granted_ = false;
        return permit(semaphore_, count_);
    }

    std::size_t count() const noexcept { return count_; }
    void grant() noexcept {
        granted_ = true;
        complete();
    }

    abort_result abort() noexcept override {
        leave();
        return abort_result::done;
    }
    char const* description() const noexcept override {
        return "a permit of a semaphore";
    }

private:
    void give_up() noexcept {
        if (linked())
            leave();
        else
            semaphore_->give_back(count_);
    }
    // The one behind a large request may fit when that goes away.
    void leave() noexcept {
        semaphore_->waiters_.remove(*this);
        semaphore_->serve();
    }

    semaphore* semaphore_;
    std::size_t count_;
    bool granted_ = false; // the permits are ours and not yet in a permit
};

} // namespace detail

inline void permit::give_back() noexcept {
    // A permit of nothing may outlive the semaphore.
    if (std::size_t const n = std::exchange(count_, 0); n != 0)
        semaphore_->give_back(n);
}

inline void permit::consume() noexcept {
    if (std::size_t const n = std::exchange(count_, 0); n != 0)
        semaphore_->held_ -= n;
}

inline detail::acquire_op semaphore::acquire(std::size_t n,
                                             detail::call_site here) {
    check_size(n);
    return detail::acquire_op(here, this, n);
}

// The usual case: what comes back is what the first waiter wants.
inline bool semaphore::pass_on(std::size_t n) noexcept {
    auto& first = static_cast<detail::acquire_wait&>(waiters_.front());
    if (available_ != 0 || first.count() != n)
        return false;
    waiters_.pop_front();
    first.grant();
    serve(); // a request of nothing may be next
    return true;
}

inline void semaphore::serve() noexcept {
    while (!waiters_.empty()) {
        auto& first = static_cast<detail::acquire_wait&>(waiters_.front());
        if (first.count() > available_)
            return;
        available_ -= first.count();
        held_ += first.count();
        waiters_.pop_front();
        first.grant();
    }
}

template<class F>
auto semaphore::run_scoped(semaphore& self, F fn, std::source_location here)
    -> std::invoke_result_t<F&> {
    permit const held = co_await self.acquire(1, detail::site_of(here));
    co_return co_await fn();
}

TETHER_END_NAMESPACE

#endif
