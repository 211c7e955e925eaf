// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Who waits for a token of a capacity limiter, and whose is it afterwards?
#ifndef TETHER_SYNC_DETAIL_BORROW_WAIT_HPP
#define TETHER_SYNC_DETAIL_BORROW_WAIT_HPP

#include <tether/detail/config.hpp>
#include <tether/sync/capacity_limiter.hpp>
#include <tether/sync/detail/borrower_set.hpp>
#include <tether/sync/detail/holder.hpp>
#include <tether/sync/detail/waiter_queue.hpp>

#include <source_location>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

class borrow_wait final : public queued_wait {
public:
    borrow_wait(capacity_limiter* l, void const* object) noexcept
        : limiter_(l) {
        node_.who = capacity_limiter::as_object(object);
    }
    ~borrow_wait() {
        if (linked())
            leave();
        else if (granted_)
            limiter_->give_back(node_);
    }

    bool ready() {
        if (node_.who.key == 0)
            node_.who = capacity_limiter::as_task(task());
        limiter_->check_use(node_.who);
        limiter_->borrowers_.insert(node_);
        if (!limiter_->waiters_.empty() ||
            limiter_->borrowed_ >= limiter_->total_)
            return false;
        limiter_->lend(node_.who);
        return granted_ = true;
    }
    void start() noexcept { limiter_->waiters_.push_back(*this); }
    borrowed_token result() noexcept {
        granted_ = false;
        return borrowed_token(*limiter_, node_);
    }

    void grant() noexcept {
        limiter_->lend(node_.who);
        granted_ = true;
        complete();
    }
    abort_result abort() noexcept override {
        leave();
        return abort_result::done;
    }
    char const* description() const noexcept override {
        return "a token of a capacity limiter";
    }

private:
    void leave() noexcept {
        limiter_->waiters_.remove(*this);
        limiter_->borrowers_.erase(node_);
    }

    capacity_limiter* limiter_;
    borrower_node node_;
    bool granted_ = false; // the token is ours and not yet in a guard
};

} // namespace detail

inline borrowed_token::borrowed_token(capacity_limiter& l,
                                      detail::borrower const& who) noexcept
    : limiter_(&l) {
    node_.who = who;
    l.borrowers_.insert(node_);
    l.lend(who);
}

inline void borrowed_token::give_back() noexcept {
    if (!limiter_)
        return;
    detail::task_record const* const task = node_.who.task;
    if (task && !detail::may_release(*task))
        detail::released_by_other("borrowed_token", *task);
    std::exchange(limiter_, nullptr)->give_back(node_);
}

inline void borrowed_token::release() {
    if (!limiter_)
        throw std::logic_error("borrowed_token::release: it holds no token");
    if (node_.who.task)
        detail::check_release("borrowed_token::release", *node_.who.task);
    give_back();
}

inline void capacity_limiter::check_use(detail::borrower const& who) {
    waiters_.check_use();
    if (by_tasks_ != 0 && !detail::waiter_queue::inside(*home_))
        throw std::logic_error(detail::waiter_queue::foreign_use(
            waiters_.what(), home_, nullptr, "has tokens of it"));
    if (borrowers_.find(who.key))
        throw std::logic_error("capacity_limiter: " +
                               (who.task ? detail::task_text(*who.task)
                                         : std::string("the object")) +
                               " has a token already, or waits for one");
}

inline void capacity_limiter::lend(detail::borrower const& who) noexcept {
    ++borrowed_;
    if (!who.task)
        return;
    if (by_tasks_++ == 0) {
        home_ = who.task->home();
        home_->hold(*this);
    }
    who.task->took();
}

inline void capacity_limiter::give_back(detail::borrower_node& node) noexcept {
    waiters_.check_use_noexcept();
    borrowers_.erase(node);
    --borrowed_;
    disown(node.who.task);
    serve();
}

inline void capacity_limiter::disown(detail::task_record* r) noexcept {
    if (!r)
        return;
    r->gave_back();
    if (--by_tasks_ == 0)
        unlink();
}

inline void capacity_limiter::serve() noexcept {
    while (!waiters_.empty() && borrowed_ < total_)
        static_cast<detail::borrow_wait&>(waiters_.pop_front()).grant();
}

inline void capacity_limiter::holder_ended(detail::task_record& ended,
                                           detail::task_record* heir) noexcept {
    detail::borrower_node* const node = borrowers_.find(as_task(ended).key);
    if (!node)
        return;
    borrowers_.erase(*node);
    disown(&ended);
    if (heir && !borrowers_.find(as_task(*heir).key)) {
        node->who = as_task(*heir);
        --borrowed_; // and again
        lend(node->who);
    } else {
        node->who = {left_over_, nullptr};
        left_over_ += 2; // odd, so no address of an object
    }
    borrowers_.insert(*node);
}

template<class F>
auto capacity_limiter::run_scoped(capacity_limiter& self, F fn,
                                  std::source_location here)
    -> std::invoke_result_t<F&> {
    borrowed_token const held = co_await self.acquire(here);
    co_return co_await fn();
}

TETHER_END_NAMESPACE

#endif
