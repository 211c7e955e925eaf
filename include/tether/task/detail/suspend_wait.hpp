// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What does a completion point to? The wait of suspend_cancellable without the
/// user's functions: result, life cycle, and the link to the completion.
#ifndef TETHER_TASK_DETAIL_SUSPEND_WAIT_HPP
#define TETHER_TASK_DETAIL_SUSPEND_WAIT_HPP

#include <tether/core/errors.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/diagnostics.hpp>
#include <tether/detail/made_error.hpp>
#include <tether/detail/manual_lifetime.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/runtime/wait.hpp>

#include <exception>
#include <source_location>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

template<class T>
class suspend_wait;

// The one object that may complete the wait: a completion, or the state it
// shares with another thread. Each side knows the other, so that either may go
// first and a moved completion stays found. Touched on the loop only.
template<class T>
class completion_link {
public:
    completion_link() noexcept = default;
    explicit completion_link(suspend_wait<T>& w) noexcept : wait_(&w) {
        w.link_ = this;
    }
    completion_link(completion_link&& other) noexcept
        : wait_(std::exchange(other.wait_, nullptr)) {
        if (wait_)
            wait_->link_ = this;
    }
    completion_link& operator=(completion_link&&) = delete;
    ~completion_link() {
        if (wait_)
            take()->abandoned();
    }

    suspend_wait<T>* get() const noexcept { return wait_; }
    // Ends the connection: the caller completes the wait.
    suspend_wait<T>* take() noexcept {
        wait_->link_ = nullptr;
        return std::exchange(wait_, nullptr);
    }

private:
    friend class suspend_wait<T>;
    suspend_wait<T>* wait_ = nullptr;
};

template<class T>
class suspend_wait : public wait {
public:
    bool ready() const noexcept { return false; }
    T result() {
        if (error_)
            std::rethrow_exception(std::exchange(error_, nullptr));
        return value_.take();
    }
    char const* description() const noexcept override { return "a callback"; }

    loop& home() const noexcept { return *record()->home(); }
    std::source_location where() const noexcept { return where_; }

    // Each is called once, on the loop, after the link was taken.
    template<class... Args>
    void deliver(Args&&... args) {
        told([&] {
            try {
                value_.construct(std::forward<Args>(args)...);
                has_value_ = true;
            } catch (...) {
                error_ = std::current_exception();
            }
            settle();
        });
    }
    void fail(std::exception_ptr error) {
        told([&] {
            error_ = std::move(error);
            settle();
        });
    }
    void did_not_happen() {
        told([&] {
            nothing_ = true;
            settle();
        });
    }
    void abandoned() noexcept {
        loop& l = home();
        auto const tell = [this] {
            nothing_ = true;
            settle();
        };
        if (!l.shutting_down())
            return l.quietly(tell); // the destructor of who knows whom runs
        tell();
        if (l.orphaned())
            l.collect();
    }

protected:
    explicit suspend_wait(std::source_location here) noexcept : where_(here) {}
    ~suspend_wait() {
        unlink();
        if (has_value_)
            value_.destroy();
    }

    template<class F>
    void begin(F&& start) {
        phase_ = phase::starting;
        try {
            start();
        } catch (...) {
            unlink(); // whoever kept the completion is told that nobody waits
            throw;
        }
        if (std::exchange(phase_, phase::waiting) == phase::settled)
            finish();
    }

    template<class F>
    abort_result aborted_by(F&& ask) noexcept {
        loop& l = home();
        abort_result answer = abort_result::pending;
        phase_ = phase::aborting; // what it says of itself is kept until then
        auto const call = [&] {
            try {
                answer = ask();
            } catch (...) {
                fatal("the abort function of a suspend_cancellable threw",
                      where_);
            }
        };
        if (l.shutting_down())
            call();
        else
            l.quietly(call);
        if (phase_ == phase::settled) {
            if (nothing_) // it dropped the completion: the natural abort
                return abort_result::done;
            if (answer == abort_result::done)
                fatal("the abort function of a suspend_cancellable answered "
                      "done for an operation that it had completed",
                      where_);
            finish();
            return abort_result::pending;
        }
        phase_ = phase::waiting;
        if (answer == abort_result::done)
            unlink();
        return answer;
    }

private:
    friend class completion_link<T>;
    enum class phase : unsigned char {
        idle,
        starting,
        waiting,
        aborting,
        settled,
    };

    template<class F>
    void told(F&& f) {
        loop& l = home(); // a strand's loop may be gone after enter()
        bool const by_stranger = l.orphaned();
        l.enter(f);
        if (by_stranger)
            l.collect();
    }
    void unlink() noexcept {
        if (link_)
            std::exchange(link_, nullptr)->wait_ = nullptr;
    }
    void settle() noexcept {
        if (std::exchange(phase_, phase::settled) == phase::waiting)
            finish();
    }
    void finish() noexcept {
        phase_ = phase::settled;
        // A shield that was raised after the abort does not take it back.
        if (nothing_ && (stop_requested() || record()->abort_sent ||
                         home().shutting_down()))
            return complete_stopped();
        if (nothing_)
            error_ = made_error([this] {
                return operation_abandoned(record()->name(), where_);
            });
        complete();
    }

    completion_link<T>* link_ = nullptr;
    std::source_location where_;
    std::exception_ptr error_;
    phase phase_ = phase::idle;
    bool nothing_ = false;
    bool has_value_ = false;
    manual_lifetime<T> value_;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
