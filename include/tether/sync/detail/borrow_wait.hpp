// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Who waits for a token of a capacity limiter, and whose is it afterwards?
#ifndef TETHER_SYNC_DETAIL_BORROW_WAIT_HPP
#define TETHER_SYNC_DETAIL_BORROW_WAIT_HPP

#include <tether/detail/call_site.hpp>
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

// In the queue of a limiter: an acquire(), or what needs a token before it does
// something else.
class borrower_wait : public queued_wait {
public:
    void grant() noexcept {
        limiter_->lend(node_.who);
        granted_ = true;
        token_granted();
    }

protected:
    explicit borrower_wait(capacity_limiter* l) noexcept : limiter_(l) {}
    ~borrower_wait() {
        if (linked())
            leave();
        else if (granted_)
            limiter_->give_back(node_);
    }

    capacity_limiter* limiter() const noexcept { return limiter_; }
    void borrow_from(capacity_limiter& l) noexcept { limiter_ = &l; }

    // False: there is none, and who asks has to enter the queue.
    bool try_borrow(borrower const& who) {
        node_.who = who;
        limiter_->check_use(who);
        limiter_->borrowers_.insert(node_);
        if (!limiter_->waiters_.empty() ||
            limiter_->borrowed_ >= limiter_->total_)
            return false;
        limiter_->lend(who);
        return granted_ = true;
    }
    void enter() noexcept { limiter_->enter(*this); }
    void leave() noexcept {
        limiter_->leave(*this);
        limiter_->borrowers_.erase(node_);
    }
    bool has_token() const noexcept { return granted_; }
    borrowed_token take_token() noexcept {
        granted_ = false;
        return borrowed_token(*limiter_, node_);
    }
    void give_token_back() noexcept {
        granted_ = false;
        limiter_->give_back(node_);
    }
    // One more than there are, if need be.
    borrowed_token borrow_beyond(borrower const& who) noexcept {
        return borrowed_token(*limiter_, who);
    }

private:
    virtual void token_granted() noexcept = 0;

    capacity_limiter* limiter_;
    borrower_node node_;
    bool granted_ = false; // the token is ours and not yet in a guard
};

class borrow_wait final : public borrower_wait {
public:
    borrow_wait(capacity_limiter* l, void const* object) noexcept
        : borrower_wait(l), object_(object) {}

    bool ready() {
        return try_borrow(object_ ? capacity_limiter::as_object(object_)
                                  : capacity_limiter::as_task(task()));
    }
    void start() noexcept { enter(); }
    borrowed_token result() noexcept { return take_token(); }

    abort_result abort() noexcept override {
        leave();
        return abort_result::done;
    }
    char const* description() const noexcept override {
        return "a token of a capacity limiter";
    }

private:
    void token_granted() noexcept override { complete(); }

    void const* object_;
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
    if (on_loop_ != 0 && !detail::waiter_queue::inside(*home_))
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
    detail::loop* const home = who.task ? who.task->home() : who.home;
    if (!home)
        return;
    if (on_loop_++ == 0) {
        home_ = home;
        home_->hold(*this);
    }
    if (who.task)
        who.task->took();
}

inline void capacity_limiter::give_back(detail::borrower_node& node) noexcept {
    waiters_.check_use_noexcept();
    borrowers_.erase(node);
    --borrowed_;
    disown(node.who);
    serve();
}

inline void capacity_limiter::disown(detail::borrower const& who) noexcept {
    if (who.task)
        who.task->gave_back();
    else if (!who.home)
        return;
    if (--on_loop_ == 0)
        unlink();
}

inline void capacity_limiter::serve() noexcept {
    while (!waiters_.empty() && borrowed_ < total_) {
        auto& first = static_cast<detail::borrower_wait&>(waiters_.pop_front());
        count_waits(first.task().home());
        first.grant();
    }
}

inline void capacity_limiter::enter(detail::borrower_wait& w) noexcept {
    waiters_.push_back(w);
    count_waits(w.task().home());
}

inline void capacity_limiter::leave(detail::borrower_wait& w) noexcept {
    waiters_.remove(w);
    count_waits(w.task().home());
}

// Who waits while a thread has a token that was left behind waits for that
// thread, and is not deadlocked.
inline void capacity_limiter::count_waits(detail::loop* home) noexcept {
    bool const now = !left_.empty() && !waiters_.empty();
    if (now == waits_for_thread_)
        return;
    waits_for_thread_ = now;
    if (now) {
        home->operation_started();
        home->thread_work_started();
    } else {
        home->thread_work_ended();
        home->operation_ended();
    }
}

inline capacity_limiter::~capacity_limiter() {
    left_.for_each([](detail::left_token& left) { left.forget(); });
    if (borrowed_ != 0 && waiters_.empty())
        detail::fatal("a capacity_limiter was destroyed while tokens of it are "
                      "borrowed: declare it before what holds its tokens");
}

inline void detail::left_token::leave(capacity_limiter& limiter,
                                      borrowed_token&& token,
                                      loop& home) noexcept {
    token_ = std::move(token);
    limiter_ = &limiter;
    home_ = &home;
    limiter.left_.push_back(*this);
    limiter.count_waits(&home);
}
inline void detail::left_token::give_back() noexcept {
    if (!limiter_)
        return;
    unlink();
    std::exchange(limiter_, nullptr)->count_waits(home_);
    token_.give_back();
}
inline void detail::left_token::forget() noexcept {
    if (!limiter_)
        return;
    unlink();
    capacity_limiter& from = *std::exchange(limiter_, nullptr);
    from.count_waits(home_);
    from.forget(token_);
}

inline void capacity_limiter::forget(borrowed_token& token) noexcept {
    borrowers_.erase(token.node_);
    --borrowed_;
    disown(token.node_.who);
    token.limiter_ = nullptr;
}

inline void capacity_limiter::holder_ended(detail::task_record& ended,
                                           detail::task_record* heir) noexcept {
    detail::borrower_node* const node = borrowers_.find(as_task(ended).key);
    if (!node)
        return;
    borrowers_.erase(*node);
    disown(node->who);
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
    borrowed_token const held = co_await self.acquire(detail::site_of(here));
    co_return co_await fn();
}

TETHER_END_NAMESPACE

#endif
