// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a group keep its promise? It counts its children, collects their
/// errors, and decides how it ends when the last one is gone.
#ifndef TETHER_SCOPE_DETAIL_GROUP_CORE_HPP
#define TETHER_SCOPE_DETAIL_GROUP_CORE_HPP

#include <tether/core/detail/error_leaf.hpp>
#include <tether/core/errors.hpp>
#include <tether/core/exception_group.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/diagnostics.hpp>
#include <tether/detail/intrusive_list.hpp>
#include <tether/detail/made_error.hpp>
#include <tether/runtime/frame_pool.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/scope/cancel_scope.hpp>
#include <tether/scope/detail/child.hpp>
#include <tether/scope/detail/child_wait.hpp>
#include <tether/scope/detail/group_services.hpp>
#include <tether/scope/task_group_options.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <new>
#include <source_location>
#include <stdexcept>
#include <string>
#include <string_view>
#include <typeinfo>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// Whether an error must leave bare: forced_exit, after everything has joined.
inline bool is_forced_exit(std::exception_ptr const& error) noexcept {
#if defined(__GLIBCXX__)
    return *error.__cxa_exception_type() == typeid(forced_exit);
#else
    try {
        std::rethrow_exception(error);
    } catch (forced_exit const&) {
        return true;
    } catch (...) {
        return false;
    }
#endif
}

// The child's own exception inside a task_failed that its handle has thrown;
// null for everything else.
inline std::exception_ptr
failed_cause(std::exception_ptr const& error) noexcept {
#if defined(__GLIBCXX__)
    if (*error.__cxa_exception_type() != typeid(task_failed))
        return nullptr;
#endif
    try {
        std::rethrow_exception(error);
    } catch (task_failed const& failed) {
        return failed.cause();
    } catch (...) {
        return nullptr;
    }
}

// Waits for a change of the group: until it is idle, or has room.
class group_waiter : public wait, public list_node {
public:
    void wake() noexcept {
        granted();
        complete();
    }
    virtual void granted() noexcept {}

    abort_result abort() noexcept override {
        unlink();
        return abort_result::done;
    }

protected:
    ~group_waiter() {
        if (linked())
            unlink();
    }
};

// The error of the body or of a leg, until the group throws. From the frame
// pool, so that a failure does not reach the heap.
struct kept_error final : error_leaf {
    std::string name;

    static kept_error* make(std::exception_ptr error, std::string_view name,
                            std::source_location where) noexcept {
        kept_error* self = pooled(name);
        if (!self)
            self = unpooled();
        if (!self)
            fatal("out of memory while the error of a task was kept", where);
        self->error = std::move(error);
        self->spawn_site = where;
        self->task_name = self->name;
        return self;
    }

private:
    static kept_error* pooled(std::string_view name) noexcept {
        kept_error* self = nullptr;
        try {
            self = ::new (frame_pool::allocate(sizeof(kept_error))) kept_error;
            self->dispose = [](error_leaf* leaf) noexcept {
                auto* owner = static_cast<kept_error*>(leaf);
                owner->~kept_error();
                frame_pool::deallocate(owner, sizeof(kept_error));
            };
            self->name.assign(name);
        } catch (...) { // without a block, or without a name
        }
        return self;
    }
    // The pool asks for much at a time: a block alone may still be had.
    static kept_error* unpooled() noexcept {
        auto* const self = new (std::nothrow) kept_error;
        if (self)
            self->dispose = [](error_leaf* leaf) noexcept {
                delete static_cast<kept_error*>(leaf);
            };
        return self;
    }
};

class group_core {
public:
    explicit group_core(task_group_options const& options) : options_(options) {
        if (options.max_children == 0)
            throw std::invalid_argument(
                "task_group_options: max_children is 0, so no child could "
                "ever run; give at least 1");
        scope_access::set_label(scope_, options.name);
        node().owner = this;
    }
    group_core(group_core const&) = delete;
    group_core& operator=(group_core const&) = delete;

    cancel_scope& scope() noexcept { return scope_; }
    operation_scope& node() noexcept { return scope_access::node(scope_); }
    task_group_options const& options() const noexcept { return options_; }
    std::size_t live() const noexcept { return live_; }
    bool closed() const noexcept { return closed_; }
    bool full() const noexcept {
        return live_ + reserved_ >= options_.max_children;
    }
    // Also when the scope has been left.
    loop& home() noexcept { return *node().record->home(); }

    // --- spawning
    void check_thread() {
        if (!home().runs_here())
            throw std::logic_error(
                "task group '" + std::string(options_.name) +
                "': spawn was called from another thread or executor than the "
                "group's; use a remote_call, or post to the group's "
                "executor first");
    }
    void check_spawn(std::source_location where) {
        check_thread();
        if (closed_)
            throw group_closed(options_.name, {}, where);
    }
    void check_room() {
        if (full())
            throw std::logic_error(
                "task group '" + std::string(options_.name) + "' has its " +
                std::to_string(options_.max_children) + " children already: " +
                (for_threads_ ? "call again when one has ended, or give the "
                                "group more max_children"
                              : "co_await spawn_when_ready(), or use "
                                "try_spawn()"));
    }
    // Who spawns cannot await.
    void spawns_for_threads() noexcept { for_threads_ = true; }

    // Takes the child over; from here on it is joined.
    void add(child_base& c, scope_node& parent, bool eagerly) {
        ++live_;
        begin(c, parent, eagerly);
    }
    // The same of a service; `caller` is the scope of start().
    void add_service(child_base& c, std::unique_ptr<service_scope> scope,
                     scope_node* caller, bool eagerly) {
        service_scope& own = *scope.release();
        c.mark_service();
        services_.add(own, c, node());
        begin(c, caller ? *caller : own, eagerly);
    }

private:
    void begin(child_base& c, scope_node& parent, bool eagerly) {
        loop& l = home();
        c.attach(parent);
        l.task_started();
        eagerly = eagerly || l.starts_eagerly();
        if (c.error()) // the function threw before it returned a task
            c.end(task_status::failed);
        else if (eagerly && l.active() && l.may_nest())
            l.run_nested(c);
        else
            l.enqueue(c);
    }

public:
    // --- the end of a child; its frames are gone. `caller`: of start(), whose
    // child it still was; `by_itself`: it was stopped through its handle.
    void child_ended(child_base& c, start_caller* caller,
                     bool by_itself) noexcept {
        if (c.is_service())
            services_.remove(c);
        else
            --live_;
        std::exception_ptr error = c.take_error();
        // A child that was still starting was stopped by its caller's scopes,
        // which are no business of the group.
        // Nor is a service that was stopped in its turn.
        bool const in_turn = c.is_service() && services_.stopping();
        if (c.stopped() && !caller && !in_turn) {
            if (!by_itself) {
                child_stopped_ = true;
                scope_access::stop_arrived(scope_);
            } else if (options_.on_child_cancel == child_cancel::fail) {
                error = made_error(
                    [&] { return cancelled_error(stop_reason(c), c.name()); });
            }
        }
        bool adopted = false;
        if (caller) // start() reports it (TG61)
            caller->child_ended(c, std::exchange(error, nullptr));
        else if (error)
            adopted = child_failed(c, error);
        if (c.is_main() && !caller)
            home().cancel(node(), node().note, cancel_kind::group_exit, {},
                          c.spawned_at);
        while (end_waiter* const waiter = c.annex.first_waiter()) {
            c.annex.remove(*waiter);
            static_cast<child_end_wait*>(waiter)->child_ended();
        }
        if (error && (adopted || c.owned_by(child_base::by_handle))) {
            failed_child* const left = c.fail(std::move(error), adopted);
            if (adopted)
                keep(left);
        } else {
            error = nullptr; // its destructor may ask for the running task
            c.let_go(child_base::by_task);
        }
        give_room();
        if (live_ == 0) {
            while (!idle_.empty())
                idle_.pop_front().wake();
            join_if_over();
        }
    }

    // The body counts as a child; its failure ends the others whatever the
    // policy.
    void body_failed(std::exception_ptr error,
                     std::source_location where) noexcept {
        look_at(error);
        if (!known(error))
            keep(kept_error::make(std::move(error), {}, where));
        home().cancel_siblings(node(), node().note, "body", where);
    }

    // A place promised to a waiter of spawn_when_ready(); it keeps the group
    // open until the waiter has had its turn.
    void reserve() noexcept { ++reserved_; }
    void unreserve() noexcept {
        --reserved_;
        give_room();
        join_if_over();
    }

    intrusive_list<group_waiter>& idle_waiters() noexcept { return idle_; }
    intrusive_list<group_waiter>& room_waiters() noexcept { return room_; }

protected:
    ~group_core() = default;

    // All children and the body are gone; called once.
    virtual void joined() noexcept = 0;

    void close() noexcept { closed_ = true; }
    // The body is over as well: are they all gone? Otherwise it may be the turn
    // of the services.
    bool over() noexcept {
        if (live_ != 0 || reserved_ != 0)
            return false;
        if (services_.empty())
            return true;
        home().cancel_services(node(), node().note);
        services_.stop(options_.ordered_shutdown);
        return false;
    }

    // What a forced exit leaves behind is still seen by the error sink.
    void report_errors() noexcept {
        while (error_leaf* const leaf = errors_.pop_front()) {
            if (home().unhandled_error_sink() && !is_forced_exit(leaf->error))
                home().unhandled(leaf->error,
                                 "a task failed beside a forced exit");
            leaf->dispose(leaf);
        }
    }

    cancel_scope scope_{scope_access::of_kind(scope_kind::group)};
    task_group_options options_;
    error_list errors_;
    std::exception_ptr forced_exit_;
    std::size_t live_ = 0;
    std::size_t reserved_ = 0;
    intrusive_list<group_waiter> idle_;
    intrusive_list<group_waiter> room_;
    group_services services_;
    bool body_ended_ = false;
    bool body_stopped_ = false;
    bool child_stopped_ = false; // by a scope that is not its own
    bool closed_ = false;
    bool for_threads_ = false;

private:
    void join_if_over() noexcept {
        if (body_ended_ && over())
            joined();
    }

    // Whether the group takes the error over, with the child's block.
    bool child_failed(child_base& c, std::exception_ptr const& error) noexcept {
        bool const exiting = look_at(error);
        if (options_.policy == group_policy::supervise && !exiting) {
            home().unhandled(error, "a supervised child failed");
            return false;
        }
        error_leaf const* const before = known(error);
        if (options_.policy == group_policy::fail_fast || exiting)
            home().cancel_siblings(node(), node().note,
                                   before ? before->task_name : c.name(),
                                   c.spawned_at);
        return !before;
    }

    // True for an error that must leave bare, once all have joined.
    bool look_at(std::exception_ptr const& error) noexcept {
        bool const exiting = is_forced_exit(error);
        if (exiting && !forced_exit_)
            forced_exit_ = error;
        return exiting;
    }

    // Who awaits a failed sibling and fails with that adds no second leaf.
    error_leaf const* known(std::exception_ptr const& error) const noexcept {
        if (std::exception_ptr const cause =
                errors_.empty() ? nullptr : failed_cause(error))
            for (error_leaf const* at = errors_.head; at; at = at->next)
                if (at->error == cause)
                    return at;
        return nullptr;
    }

    void keep(error_leaf* leaf) noexcept {
        leaf->trigger = errors_.empty();
        errors_.push_back(leaf);
    }

    void give_room() noexcept {
        while (!full() && !room_.empty()) {
            ++reserved_;
            room_.pop_front().wake();
        }
    }
};

// A handle may ask for the reason after the scope that held it is gone.
inline void child_base::keep_reason() noexcept {
    if (!owned_by(by_handle) || cancelled())
        return;
    try {
        cancel_reason const why = stop_reason(*this);
        more().note = cancel_note{why.kind,
                                  why.where,
                                  loop::keep(why.text),
                                  shared_text(why.task),
                                  {}};
    } catch (...) { // then the handle says "abandoned"
    }
}

inline void child_base::end(task_status how) noexcept {
    spare_[ended] = static_cast<std::uint8_t>(how);
    bool by_itself = false;
    if (how == task_status::cancelled) {
        by_itself = absorbs();
        keep_reason();
    }
    end_body();
    finished = true;
    group_core& joiner = group();
    start_caller* const caller = starter();
    home()->task_ended(*this);
    detach();
    joiner.child_ended(*this, caller, by_itself);
}

} // namespace detail
TETHER_END_NAMESPACE

#endif
