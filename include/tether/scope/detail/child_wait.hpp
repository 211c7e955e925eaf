// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How is the end of a spawned child awaited, and what does its handle read?
#ifndef TETHER_SCOPE_DETAIL_CHILD_WAIT_HPP
#define TETHER_SCOPE_DETAIL_CHILD_WAIT_HPP

#include <tether/core/errors.hpp>
#include <tether/detail/config.hpp>
#include <tether/runtime/task_record.hpp>
#include <tether/runtime/wait.hpp>
#include <tether/scope/detail/child.hpp>

#include <exception>
#include <new>
#include <source_location>
#include <stdexcept>
#include <string_view>

TETHER_BEGIN_NAMESPACE
namespace detail {

// What a handle reads, whether the child is there or only its error.
class child_view {
public:
    // What is in the block changes while somebody looks at it.
    explicit child_view(child_block& block) noexcept
        : block_(std::launder(&block)), failed_(block_->failed()) {}

    task_status status() const noexcept {
        return failed_ ? failed_->status() : child().status();
    }
    bool ended() const noexcept { return failed_ || child().finished; }
    std::string_view name() const noexcept {
        return failed_ ? failed_->task_name : child().name();
    }
    std::source_location spawned_at() const noexcept {
        return failed_ ? failed_->spawn_site : child().spawned_at;
    }
    // Null unless it failed.
    std::exception_ptr error() const noexcept {
        return status() == task_status::failed ? failed_->error : nullptr;
    }
    // Of a child that was cancelled.
    [[noreturn]] void throw_cancelled() const {
        if (failed_)
            std::rethrow_exception(failed_->error);
        throw cancelled_error(stop_reason(child()), child().name());
    }
    // Of a child that finished.
    template<class T>
    result_cell<T>& result() const noexcept {
        return static_cast<child_result<T>&>(child()).cell;
    }
    // Of a child that did not fail.
    child_base& child() const noexcept {
        return static_cast<child_base&>(*block_);
    }
    void let_go(child_block::owner who) const noexcept {
        if (failed_)
            failed_->let_go(who);
        else
            child().let_go(who);
    }
    // Of group.start(), which has made the extra.
    void add_signal() const noexcept {
        if (extra().start_signals++ == 0)
            child().add_owner(child_block::by_signals);
    }
    void drop_signal() const noexcept {
        if (--extra().start_signals == 0)
            let_go(child_block::by_signals);
    }

private:
    record_extra& extra() const noexcept {
        return failed_ ? *failed_->extra() : *child().extra();
    }

    child_block* block_;
    failed_child* failed_;
};

// Waits for the end of a child, which its handle has asked for.
class child_end_wait : public child_waiter, public end_waiter {
public:
    using revocable = void;

    explicit child_end_wait(child_block& block) noexcept : block_(&block) {}
    ~child_end_wait() {
        if (linked())
            target->annex.remove(*this);
    }

    bool ready() {
        child_view const c = awaited();
        if (c.ended())
            return true;
        target = &c.child();
        refuse_cycle();
        return false;
    }
    void start() noexcept { target->annex.push_back(*this); }
    void result() const noexcept {}

    void child_ended() noexcept {
        target = nullptr;
        complete();
    }
    abort_result abort() noexcept override {
        target->annex.remove(*this);
        return abort_result::done;
    }
    char const* description() const noexcept override {
        return "the end of a task";
    }

protected:
    child_view awaited() const noexcept { return child_view(*block_); }

private:
    // Tasks that wait for each other's end wait for ever (TG45); a task also
    // waits for its children. Long circles are left to the deadlock report, so
    // that an await costs the same however many tasks wait in a row.
    void refuse_cycle() {
        unsigned left = max_links;
        for (child_base* at = target; at && left != 0; --left) {
            if (static_cast<task_record*>(at) == record())
                throw std::logic_error(
                    target == at
                        ? "a task awaits its own handle"
                        : "tasks await each other's handles in a circle");
            if (joins_us(*at))
                throw std::logic_error(
                    "a task awaits the handle of a task that waits for it: "
                    "the owner of its group cannot end before it");
            auto* waiter = dynamic_cast<child_waiter*>(at->waiting());
            at = waiter ? waiter->target : nullptr;
        }
    }
    bool joins_us(child_base const& other) const noexcept {
        unsigned left = max_links;
        for (scope_node const* at = record()->parent(); at && left != 0;
             at = at->parent(), --left)
            if (at == &other)
                return true;
        return false;
    }

    static constexpr unsigned max_links = 64;

    child_block* block_;
};

template<class T, bool Move>
class child_result_wait : public child_end_wait {
public:
    using child_end_wait::child_end_wait;

    decltype(auto) result() {
        child_view const c = awaited();
        switch (c.status()) {
        case task_status::failed:
            throw task_failed(c.error(), c.name(), c.spawned_at());
        case task_status::finished:
            break;
        default:
            c.throw_cancelled();
        }
        if constexpr (Move)
            return c.result<T>().take();
        else
            return c.result<T>().get();
    }
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
