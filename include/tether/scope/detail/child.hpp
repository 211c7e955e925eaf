// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What is a spawned child made of? One block with its record, its closure and
/// its result, shared by the running task, its handle and its error.
#ifndef TETHER_SCOPE_DETAIL_CHILD_HPP
#define TETHER_SCOPE_DETAIL_CHILD_HPP

#include <tether/core/errors.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/intrusive_list.hpp>
#include <tether/detail/manual_lifetime.hpp>
#include <tether/runtime/frame_pool.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/task/detail/body.hpp>
#include <tether/task/detail/root.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <new>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE

/// How far a child is; only moves forward.
enum class task_status : unsigned char {
    pending,    ///< spawned, has not run yet
    running,    ///< has run
    cancelling, ///< was asked to stop and has not ended
    cancelled,  ///< ended because it was stopped
    finished,   ///< ended with its result
    failed,     ///< ended with an error
};

namespace detail {

class group_core;
struct handle_access;
class child_base;

// Somebody waits for the end of a child, or for its start.
class child_waiter : public wait, public list_node {
public:
    virtual void child_ended(child_base&) noexcept = 0;

    child_base* target = nullptr;

protected:
    ~child_waiter() = default;
};

class child_base : public line {
public:
    // The block goes when the last of its owners has let go.
    enum owner : std::uint8_t { by_task = 1, by_handle = 2 };

    explicit child_base(group_core& g) noexcept : group(&g) {}

    void add_owner(owner who) noexcept {
        owners_ = static_cast<std::uint8_t>(owners_ | who);
    }
    void let_go(owner who) noexcept {
        owners_ = static_cast<std::uint8_t>(owners_ & ~who);
        dispose_if_unowned();
    }
    // A start_signal may outlive its child and then says so.
    void add_signal() noexcept { ++signals_; }
    void drop_signal() noexcept {
        --signals_;
        dispose_if_unowned();
    }
    bool stopped() const noexcept {
        return ended_as_ == task_status::cancelled;
    }
    bool owned_by(owner who) const noexcept { return (owners_ & who) != 0; }

    task_status status() const noexcept {
        if (finished)
            return ended_as_;
        if (effective())
            return task_status::cancelling;
        return started ? task_status::running : task_status::pending;
    }

    // The last frame has ended or a stop destroyed all: the arguments go, the
    // group hears of it, and the block stays only for the handle.
    void end(task_status how) noexcept;

    group_core* group;               // null once the child has ended
    child_waiter* starter = nullptr; // group.start(), until started()
    bool signalled = false;          // started() was called
    intrusive_list<child_waiter> waiters;

protected:
    ~child_base() = default;

    virtual void end_body() noexcept = 0;
    virtual void dispose() noexcept = 0;

private:
    friend class group_core;

    void keep_reason() noexcept;
    void dispose_if_unowned() noexcept {
        if (owners_ == 0 && signals_ == 0)
            dispose();
    }

    std::uint32_t signals_ = 0;
    std::uint8_t owners_ = by_task;
    task_status ended_as_ = task_status::pending;
    bool by_itself_ = false; // stopped through its handle, not from outside
};

// Adds the result, which goes at once unless a handle exists.
template<class T>
class child_result : public child_base {
public:
    using child_base::child_base;

    result_cell<T> cell;

protected:
    ~child_result() = default;
};

// The whole: also the closure and the arguments, gone when the child ends.
template<class Body>
class child final : public child_result<typename Body::value_type> {
public:
    using T = typename Body::value_type;

    static child* make(group_core& g, Body&& work) {
        void* block = frame_pool::allocate(sizeof(child));
        try {
            return ::new (block) child(g, std::move(work));
        } catch (...) {
            frame_pool::deallocate(block, sizeof(child));
            throw;
        }
    }

    // Calls the function; a throw is the child's failure, not the spawner's,
    // except that a frame that cannot be had is refused here and now.
    void create_frame() {
        try {
            task<T> made = body_.get()();
            promise<T>* p = task_access::release(made);
            if (!p)
                throw std::logic_error("cannot spawn an empty task: it was "
                                       "moved from or awaited before");
            p->deliver_to(this->cell);
            this->adopt_frame(*p);
        } catch (std::bad_alloc const&) {
            throw;
        } catch (...) {
            this->error = std::current_exception();
        }
    }

    // For what must be known of the child before its function is called.
    template<class F>
    void body_arguments(F&& f) {
        f(body_.get());
    }

    // Before the child was handed to the group.
    void discard() noexcept {
        destroy_callee(*this);
        end_body();
        this->finished = true;
        this->let_go(child_base::by_task);
    }

private:
    child(group_core& g, Body&& work) : child_result<T>(g) {
        body_.construct(std::move(work));
    }
    ~child() {
        destroy_callee(*this);
        end_body();
    }

    void end_body() noexcept override {
        if (has_body_) {
            has_body_ = false;
            body_.destroy();
        }
    }

    pump_next body_finished(task_record&) noexcept override {
        this->end(this->error ? task_status::failed : task_status::finished);
        return pump_next::gone;
    }
    pump_next body_stopped(task_record&) noexcept override {
        this->end(task_status::cancelled);
        return pump_next::gone;
    }

    void dispose() noexcept override {
        this->~child();
        frame_pool::deallocate(this, sizeof(child));
    }

    manual_lifetime<Body> body_;
    bool has_body_ = true;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
