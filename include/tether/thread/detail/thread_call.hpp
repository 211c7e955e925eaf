// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What do a thread and the task that waits for it know of each other? The
/// call: cancel and requests go one way, news the other.
#ifndef TETHER_THREAD_DETAIL_THREAD_CALL_HPP
#define TETHER_THREAD_DETAIL_THREAD_CALL_HPP

#include <tether/core/cancel_reason.hpp>
#include <tether/core/errors.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/current_loop.hpp>
#include <tether/runtime/detail/mailbox.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/runtime/stop_hook.hpp>
#include <tether/scope/detail/carried_bindings.hpp>
#include <tether/sync/capacity_limiter.hpp>
#include <tether/task/this_task.hpp>
#include <tether/thread/detail/host_request.hpp>
#include <tether/thread/detail/wake_descriptor.hpp>
#include <tether/thread/detail/workers.hpp>

#include <atomic>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <source_location>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// Thrown in the thread when its call is cancelled; who lets it out of the
// function stops with it.
class call_stopped final : public cancelled_error {
public:
    explicit call_stopped(cancelled_error const& why) : cancelled_error(why) {}
};

// The task that waits, as the call knows it. On the loop.
class thread_host {
public:
    virtual void serve(std::shared_ptr<host_request> request) noexcept = 0;
    virtual void thread_ended() noexcept = 0;

protected:
    ~thread_host() = default;
};

// A call lives in the awaiter, or, if it can be abandoned, in a block that the
// thread shares. Under the lock is what both touch while the thread runs.
class thread_call : public worker_job, public worker_base, private letter {
public:
    thread_call(thread_call const&) = delete;
    thread_call& operator=(thread_call const&) = delete;

    // --- on the thread
    bool stop_requested() const noexcept {
        return (asked_.load(std::memory_order_acquire) & hard) != 0;
    }
    bool soft_stop_requested() const noexcept {
        return asked_.load(std::memory_order_acquire) != 0;
    }
    void throw_if_stopped() {
        if (stop_requested())
            throw_stopped();
    }
    [[noreturn]] void throw_stopped();
    // Blocks until the request is answered, or refuses it.
    void ask_host(std::shared_ptr<host_request> request);
    // Becomes readable with a cancel.
    int wake_handle();

    // --- on either side
#if defined(__cpp_lib_jthread)
    std::stop_token stop_token();
#endif

    // --- on the loop
    void begin(thread_host& host, loop& home, std::source_location where,
               bool softly_asked);
    loop& home() const noexcept { return *home_; }
    bool stopped() const noexcept { return stopped_; }
    void ask_to_stop(std::optional<cancelled_error> why) noexcept;
    void ask_softly() noexcept;
    void answer(host_answer a, std::exception_ptr error = nullptr) noexcept;
    bool can_be_abandoned() const noexcept { return abandonable(); }
    // False: the thread has ended, and what it gives is on its way.
    bool abandon() noexcept;
    left_token& left() noexcept { return left_; }
    // Owners of a call that can be abandoned.
    void hold() noexcept { keep(); }
    void let_go() noexcept { drop(); }

protected:
    explicit thread_call(bool abandonable) noexcept : worker_job(!abandonable) {
        call = this;
    }
    ~thread_call() = default;

    std::exception_ptr error_;
    bool stopped_ = false; // the function left with call_stopped

private:
    static constexpr unsigned soft = 1;
    static constexpr unsigned hard = 2;
    static constexpr unsigned news_request = 1;
    static constexpr unsigned news_ended = 2;

    // The result of a call that was abandoned goes where it was made.
    virtual void discard() noexcept = 0;

    void worked() noexcept final;
    void left_by_context() noexcept final;
    void tell(unsigned news) noexcept;
    void request_arrived() noexcept;
    void end_arrived() noexcept;
    void ask(unsigned how, std::optional<cancelled_error> why) noexcept;

    thread_host* host_ = nullptr; // on the loop; null once it is abandoned
    loop* home_ = nullptr;
    carried_bindings bindings_;
    left_token left_;
    std::source_location where_;
    std::atomic<unsigned> asked_{0};

    std::mutex mutex_;
    std::shared_ptr<host_request> request_; // not yet answered
    std::shared_ptr<stop_hook> hook_;
    std::unique_ptr<wake_descriptor> wake_;
    std::optional<cancelled_error> why_;
    bool ended_ = false;
    bool abandoned_ = false;
    bool going_down_ = false; // the context, when it asked for the stop
    bool over_ = false; // the context has ended, and nobody reads any more
};

inline void thread_call::begin(thread_host& host, loop& home,
                               std::source_location where, bool softly_asked) {
    bindings_ = carried_bindings::here();
    carried = bindings_.empty() ? nullptr : &bindings_;
    host_ = &host;
    home_ = &home;
    where_ = where;
    if (softly_asked)
        asked_.store(soft, std::memory_order_relaxed);
}

inline void thread_call::throw_stopped() {
    std::optional<cancelled_error> why;
    {
        std::lock_guard const lock(mutex_);
        why = why_;
    }
    throw call_stopped(why ? *why : cancelled_error());
}

inline void thread_call::ask_host(std::shared_ptr<host_request> request) {
    std::lock_guard const lock(mutex_);
    if (over_ || abandoned_ || going_down_)
        request->answer(host_answer::finished);
    else if (stop_requested())
        request->answer(host_answer::stopped);
    else {
        request_ = std::move(request);
        tell(news_request);
    }
}

inline int thread_call::wake_handle() {
    std::lock_guard const lock(mutex_);
    if (!wake_) {
        wake_ = std::make_unique<wake_descriptor>();
        if (stop_requested())
            wake_->signal();
    }
    return wake_->native_handle();
}

#if defined(__cpp_lib_jthread)
inline std::stop_token thread_call::stop_token() {
    std::lock_guard const lock(mutex_);
    if (!hook_) {
        auto made = std::make_shared<token_hook>();
        if (soft_stop_requested())
            made->source.request_stop(); // nobody has a callback there yet
        hook_ = std::move(made);
    }
    return static_cast<token_hook&>(*hook_).source.get_token();
}
#endif

// Inside a walk: foreign code is only queued.
inline void thread_call::ask(unsigned how,
                             std::optional<cancelled_error> why) noexcept {
    std::shared_ptr<stop_hook> hook;
    {
        std::lock_guard const lock(mutex_);
        if (why && !why_)
            why_ = std::move(why);
        going_down_ = home_->shutting_down();
        asked_.fetch_or(how, std::memory_order_acq_rel);
        if (how == hard && wake_)
            wake_->signal();
        hook = hook_;
    }
    if (hook)
        home_->request_stop(std::move(hook));
}
inline void
thread_call::ask_to_stop(std::optional<cancelled_error> why) noexcept {
    ask(hard, std::move(why));
}
inline void thread_call::ask_softly() noexcept {
    ask(soft, std::nullopt);
}

inline void thread_call::answer(host_answer a,
                                std::exception_ptr error) noexcept {
    std::shared_ptr<host_request> asked;
    {
        std::lock_guard const lock(mutex_);
        asked = std::move(request_);
    }
    if (asked)
        asked->answer(a, std::move(error));
}

inline bool thread_call::abandon() noexcept {
    {
        std::lock_guard const lock(mutex_);
        if (ended_ && !over_)
            return false;
        abandoned_ = true;
        host_ = nullptr;
    }
    answer(host_answer::stopped);
    return true;
}

// On the thread, as the last thing it does for this call.
inline void thread_call::worked() noexcept {
    if (!abandonable())
        return tell(news_ended);
    bool late;
    {
        std::lock_guard const lock(mutex_);
        ended_ = true;
        late = abandoned_ || over_;
    }
    if (late)
        discard();
    keep(); // for the letter: the loop may let go before the lock is free
    bool sent;
    {
        std::lock_guard const lock(mutex_);
        sent = !over_;
        if (sent)
            tell(news_ended);
    }
    if (!sent)
        drop();
    drop();
}

inline void thread_call::tell(unsigned news) noexcept {
    home_->tell(*this, news, [](letter& l, unsigned what) noexcept {
        auto& self = static_cast<thread_call&>(l);
        if ((what & news_request) != 0)
            self.request_arrived();
        if ((what & news_ended) != 0)
            self.end_arrived();
    });
}

inline void thread_call::request_arrived() noexcept {
    std::shared_ptr<host_request> asked;
    {
        std::lock_guard const lock(mutex_);
        asked = request_;
    }
    if (asked && host_)
        host_->serve(std::move(asked));
}

inline void thread_call::end_arrived() noexcept {
    if (host_) {
        host_->thread_ended();
    } else {
        loop& l = *home_;
        if (l.shutting_down())
            left_.forget();
        else
            left_.give_back();
        if (error_)
            l.unhandled(std::exchange(error_, nullptr),
                        "an abandoned to_thread call failed");
        l.release();
    }
    drop();
}

inline void thread_call::left_by_context() noexcept {
    std::shared_ptr<stop_hook> hook;
    bool works;
    {
        std::lock_guard const lock(mutex_);
        over_ = true;
        asked_.fetch_or(hard, std::memory_order_acq_rel);
        if (wake_)
            wake_->signal();
        hook = hook_;
        works = !ended_;
    }
    if (hook)
        hook->request_stop();
    if (!works)
        return;
    left_.forget();
    try {
        if (home_->unhandled_error_sink())
            home_->unhandled(std::make_exception_ptr(
                                 thread_left_behind(name.view(), where_)),
                             "at the end of a run");
    } catch (...) {
        // No memory for the report.
    }
}

} // namespace detail
TETHER_END_NAMESPACE

#endif
