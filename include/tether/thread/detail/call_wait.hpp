// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a task wait for a function on a thread? It gets a token, hands the
/// call to a worker, and runs meanwhile what the thread asks for.
#ifndef TETHER_THREAD_DETAIL_CALL_WAIT_HPP
#define TETHER_THREAD_DETAIL_CALL_WAIT_HPP

#include <tether/core/errors.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/intrusive_list.hpp>
#include <tether/runtime/frame.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/runtime/task_record.hpp>
#include <tether/runtime/wait.hpp>
#include <tether/sync/capacity_limiter.hpp>
#include <tether/task/detail/root.hpp>
#include <tether/thread/default_thread_limiter.hpp>
#include <tether/thread/detail/host_request.hpp>
#include <tether/thread/detail/thread_call.hpp>
#include <tether/thread/detail/workers.hpp>

#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// The part that does not depend on the function. While the thread runs the
// frame stays, unless the call can be abandoned.
//
// A call that is made inside of what a thread has its host run needs no token
// where the thread has one of the same limiter: the thread is blocked, and its
// token is lent, to one nested call at a time (TH14).
class call_wait : public borrower_wait, private boundary, private thread_host {
public:
    bool ready() const noexcept { return false; }
    void start();
    abort_result abort() noexcept override;
    char const* description() const noexcept override {
        return phase_ == phase::queued ? "a token of a capacity limiter"
                                       : "a function on a thread";
    }

protected:
    call_wait(capacity_limiter* l, std::string_view name,
              thread_call& c) noexcept
        : borrower_wait(l), call_(&c) {
        scope_.label = name;
        call_->name = thread_name(name);
    }
    ~call_wait();

    void rethrow() {
        if (error_)
            std::rethrow_exception(std::exchange(error_, nullptr));
    }

private:
    enum class phase : unsigned char { idle, queued, running };
    struct loan_node : list_node {
        explicit loan_node(call_wait& w) noexcept : wait(&w) {}
        call_wait* wait;
    };

    loop& home() const noexcept { return *record()->home(); }
    borrower self() const noexcept {
        return {reinterpret_cast<std::uintptr_t>(call_), nullptr, &home()};
    }

    // The token.
    static call_wait* find_lender(scope_node* at,
                                  capacity_limiter const& l) noexcept;
    bool try_lend() noexcept { return !std::exchange(lent_, true); }
    void take_back() noexcept;
    void token_granted() noexcept override;
    void leave_line() noexcept;
    void return_token() noexcept;
    void leave_token_behind() noexcept;

    // The thread.
    void launch() noexcept;
    void launched() {
        loop& l = home();
        l.operation_started();
        l.thread_work_started();
        if (!call_->can_be_abandoned())
            l.thread_joined();
    }
    void landed() noexcept {
        loop& l = home();
        if (!call_->can_be_abandoned())
            l.thread_unjoined();
        l.thread_work_ended();
        l.operation_ended();
    }
    void thread_ended() noexcept override;
    void leave_scope() noexcept;
    std::optional<cancelled_error> why() const noexcept;

    // What it asks for.
    void serve(std::shared_ptr<host_request> request) noexcept override;
    pump_next body_finished(task_record& r) noexcept override;
    pump_next body_stopped(task_record& r) noexcept override;
    void wait_again(task_record& r) noexcept;
    host_answer stopped() const noexcept {
        return home().shutting_down() ? host_answer::finished
                                      : host_answer::stopped;
    }

    thread_call* call_;
    operation_scope scope_{scope_kind::thread};
    frame_base* frame_ = nullptr; // of the await
    call_wait* lender_ = nullptr; // whose token we use, or wait for as well
    loan_node loan_{*this};
    intrusive_list<loan_node> line_; // who waits for ours
    std::shared_ptr<host_request> serving_;
    std::exception_ptr error_; // the thread was never reached
    phase phase_ = phase::idle;
    bool has_loan_ = false;
    bool lent_ = false;
};

// --- the token

inline call_wait* call_wait::find_lender(scope_node* at,
                                         capacity_limiter const& l) noexcept {
    for (; at; at = at->parent()) {
        if (at->kind() != scope_kind::thread)
            continue;
        auto* const w =
            static_cast<call_wait*>(static_cast<operation_scope*>(at)->owner);
        if (w->limiter() == &l)
            return w;
    }
    return nullptr;
}

inline void call_wait::start() {
    task_record& r = *record();
    if (!limiter())
        borrow_from(default_thread_limiter());
    call_->begin(*this, home(), r.running_leaf().where,
                 r.inner()->soft_effective());
    lender_ = find_lender(r.inner(), *limiter());
    has_loan_ = lender_ && lender_->try_lend();
    bool const served = has_loan_ || try_borrow(self());
    frame_ = &r.running_leaf();
    scope_.owner = this;
    scope_.on_soft = [](operation_scope& s) noexcept {
        static_cast<call_wait*>(s.owner)->call_->ask_softly();
    };
    scope_.open(r);
    if (served)
        return launch();
    phase_ = phase::queued;
    enter();
    if (lender_)
        lender_->line_.push_back(loan_);
}

inline void call_wait::token_granted() noexcept {
    if (loan_.linked())
        loan_.unlink();
    launch();
}

inline void call_wait::leave_line() noexcept {
    leave();
    if (loan_.linked())
        loan_.unlink();
    phase_ = phase::idle;
}

// The nested call that had our token has ended.
inline void call_wait::take_back() noexcept {
    if (line_.empty()) {
        lent_ = false;
        return;
    }
    call_wait& first = *line_.pop_front().wait;
    first.leave();
    first.has_loan_ = true;
    first.launch();
}

inline void call_wait::return_token() noexcept {
    if (std::exchange(has_loan_, false))
        lender_->take_back();
    else if (has_token())
        give_token_back();
}

// Counts until the thread has ended, beside the limit if it was a loan: who
// lent it goes on.
inline void call_wait::leave_token_behind() noexcept {
    borrowed_token token = has_loan_ ? borrow_beyond(self()) : take_token();
    if (has_loan_)
        return_token();
    call_->left().leave(*limiter(), std::move(token), home());
    if (home().shutting_down())
        call_->left().forget();
}

// --- the thread

inline void call_wait::launch() noexcept {
    phase_ = phase::running;
    call_->hold(); // for the thread
    launched();
    try {
        auto const& core = worker_service::core_of(home().context());
        worker_core::submit(core, *call_);
    } catch (...) {
        error_ = std::current_exception();
        call_->let_go();
        leave_scope();
        landed();
        complete();
    }
}

inline void call_wait::thread_ended() noexcept {
    bool const stopped = call_->stopped() || home().shutting_down();
    leave_scope();
    landed();
    if (stopped)
        complete_stopped();
    else
        complete();
}

inline void call_wait::leave_scope() noexcept {
    phase_ = phase::idle;
    scope_.close();
    return_token();
}

inline std::optional<cancelled_error> call_wait::why() const noexcept {
    try {
        return cancelled_error(stop_reason(scope_), record()->name());
    } catch (...) {
        return std::nullopt; // no memory: it is told all the same
    }
}

inline abort_result call_wait::abort() noexcept {
    if (phase_ == phase::queued) {
        leave_line();
        return abort_result::done;
    }
    call_->ask_to_stop(why());
    if (!call_->can_be_abandoned() || !call_->abandon())
        return abort_result::pending;
    // Inside a walk, so the scope is left with the frame.
    phase_ = phase::idle;
    home().retain(); // for the thread
    worker_service::core_of(home().context())->abandon(*call_);
    leave_token_behind();
    landed();
    return abort_result::done;
}

inline call_wait::~call_wait() {
    if (phase_ == phase::queued)
        leave_line();
    if (scope_.attached())
        scope_.close();
}

// --- what the thread asks for

inline void call_wait::serve(std::shared_ptr<host_request> request) noexcept {
    task_record& r = *record();
    if (r.stop_pending() || r.abort_sent)
        return call_->answer(stopped());
    frame_base* frame;
    try {
        frame = &request->begin(*this);
    } catch (...) {
        return call_->answer(host_answer::done, std::current_exception());
    }
    serving_ = std::move(request);
    r.waits_no_more();
    r.resumes_at(*frame);
    landed(); // the thread waits for us, not we for it
    home().enqueue(r);
}

inline pump_next call_wait::body_finished(task_record& r) noexcept {
    call_->answer(host_answer::done, r.take_error());
    wait_again(r);
    return pump_next::go_on;
}

inline pump_next call_wait::body_stopped(task_record& r) noexcept {
    call_->ask_to_stop(why());
    call_->answer(stopped());
    wait_again(r);
    return pump_next::go_on;
}

inline void call_wait::wait_again(task_record& r) noexcept {
    serving_.reset();
    launched();
    r.resumes_at(*frame_);
    r.waits_for(*this);
    r.parked = true;
    if (r.stop_pending())
        home().abort_wait(r);
}

} // namespace detail
TETHER_END_NAMESPACE

#endif
