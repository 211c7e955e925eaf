// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How is what a generator keeps closed at its end? One after the other, the
/// newest first, each behind a shield, after the generator's frame is gone.
#ifndef TETHER_STREAM_DETAIL_CLOSING_STACK_HPP
#define TETHER_STREAM_DETAIL_CLOSING_STACK_HPP

#include <tether/core/exception_group.hpp>
#include <tether/detail/config.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/scope/cancel_scope.hpp>
#include <tether/scope/detail/own_scope.hpp>
#include <tether/scope/exit_reason.hpp>
#include <tether/scope/shielded.hpp>
#include <tether/task/detail/root.hpp>
#include <tether/task/task.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

TETHER_BEGIN_NAMESPACE
namespace detail {

// Something that is closed by a coroutine; `below` is older.
class kept_base {
public:
    kept_base() = default;
    kept_base(kept_base const&) = delete;
    kept_base& operator=(kept_base const&) = delete;
    virtual ~kept_base() = default;

    virtual bool open() const noexcept { return true; }
    virtual task<> close(exit_reason const& why) = 0;

    std::unique_ptr<kept_base> below;
};

// Whoever waits until all is closed.
class closing_owner : public boundary {
public:
    virtual void all_closed(task_record& r) noexcept = 0;

protected:
    ~closing_owner() = default;
};

class closing_stack final : public boundary {
public:
    // Before a push, so that neither that nor a later error needs memory.
    void make_room() { errors_.reserve(pushed_ + 2); }
    void push(std::unique_ptr<kept_base> kept) noexcept {
        ++pushed_;
        kept->below = std::move(top_);
        top_ = std::move(kept);
    }
    bool open() const noexcept {
        for (kept_base const* at = top_.get(); at; at = at->below.get())
            if (at->open())
                return true;
        return false;
    }
    // What needs no close any more, from the top.
    void drop_ended() noexcept {
        while (top_ && !top_->open())
            pop();
    }
    // Without closing, the newest first.
    void drop() noexcept {
        while (top_)
            pop();
    }
    ~closing_stack() { drop(); }

    // `host` is the frame of the owner, which is not resumed here.
    void close_all(closing_owner& owner, task_record& r,
                   frame_base& host) noexcept {
        owner_ = &owner;
        host_ = &host;
        go_on(r);
    }
    // What the closes are told; a success otherwise.
    void set_why(exit_reason const& why) noexcept {
        set_why_by([&] { return why; });
    }
    void set_stopped(scope_node const& inner) noexcept {
        set_why_by([&] { return exit_reason(stop_reason(inner)); });
    }
    bool failed() const noexcept { return !errors_.empty(); }
    // What the generator itself threw comes first.
    [[noreturn]] void rethrow(std::exception_ptr first) {
        if (!first && errors_.size() == 1)
            std::rethrow_exception(std::exchange(errors_, {}).front());
        if (first)
            errors_.insert(errors_.begin(), std::move(first));
        throw exception_group("closing a generator failed",
                              std::exchange(errors_, {}));
    }

    pump_next body_finished(task_record& r) noexcept override {
        ended(r, r.take_error(), false);
        return pump_next::go_on;
    }
    pump_next body_stopped(task_record& r) noexcept override {
        ended(r, nullptr, true); // its grace is over
        return pump_next::go_on;
    }

private:
    template<class F>
    void set_why_by(F make) noexcept {
        try {
            why_ = make();
        } catch (...) { // no memory for the texts
            keep_error(std::current_exception());
        }
    }
    void keep_error(std::exception_ptr error) noexcept {
        errors_.push_back(std::move(error));
    }
    void pop() noexcept {
        std::unique_ptr<kept_base> const last = std::move(top_);
        top_ = std::move(last->below);
        --pushed_;
    }
    void go_on(task_record& r) noexcept {
        r.resumes_at(*host_);
        while (top_ && !r.home()->shutting_down() && !r.inner()->forced()) {
            if (top_->open() && begin(r))
                return;
            pop();
        }
        drop();
        owner_->all_closed(r);
    }
    bool begin(task_record& r) noexcept {
        try {
            cancel_scope& scope = scope_.emplace(scope_kind::cleanup).made;
            scope_access::shield_for(scope, checked_grace({}));
            scope_access::enter(scope, r);
        } catch (...) { // no memory for a timer
            keep_error(std::current_exception());
            return false;
        }
        try {
            task<> made = top_->close(why_);
            promise<void>* p = task_access::release(made);
            if (!p)
                throw std::logic_error("close() returned an empty task: it was "
                                       "moved from or awaited before");
            p->ends_at(*this);
            r.resumes_at(*p);
            return true;
        } catch (...) {
            scope_access::leave(scope_->made, false);
            keep_error(std::current_exception());
            return false;
        }
    }
    void ended(task_record& r, std::exception_ptr error,
               bool stopped) noexcept {
        scope_access::leave(scope_->made, stopped);
        if (error)
            keep_error(std::move(error));
        pop();
        go_on(r);
    }

    closing_owner* owner_ = nullptr;
    frame_base* host_ = nullptr;
    std::unique_ptr<kept_base> top_;
    std::size_t pushed_ = 0;
    std::optional<own_scope> scope_;
    exit_reason why_;
    std::vector<std::exception_ptr> errors_;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
