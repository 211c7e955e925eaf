// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What is a spawned child made of? One block with its record, its closure and
/// its result, shared by the running task, its handle and its error.
#ifndef TETHER_SCOPE_DETAIL_CHILD_HPP
#define TETHER_SCOPE_DETAIL_CHILD_HPP

#include <tether/detail/config.hpp>
#include <tether/detail/manual_lifetime.hpp>
#include <tether/runtime/frame_pool.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/scope/detail/failed_child.hpp>
#include <tether/task/detail/body.hpp>
#include <tether/task/detail/root.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <new>
#include <stdexcept>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE

namespace detail {

class group_core;
class child_base;
// Somebody waits for a child: for its end, or for its start.
class child_waiter : public wait {
public:
    child_base* target = nullptr; // while the child lives

protected:
    ~child_waiter() = default;
};

// The caller of group.start(). The child hangs below a scope of the caller's
// until it calls the signal.
class start_caller : public child_waiter {
public:
    explicit start_caller(group_core& group) noexcept : owner_group(&group) {
        scope.owner = this;
    }

    // The child ended before it was ready.
    virtual void child_ended(child_base&, std::exception_ptr) noexcept = 0;

    group_core* owner_group;
    operation_scope scope{scope_kind::start};

protected:
    ~start_caller() = default;
};

// A child that has not failed. Its group is that of the scope it hangs below.
class child_base : public line<child_block> {
public:
    child_base() noexcept { spare_[bits] = by_task; }

    void add_owner(owner who) noexcept { set_bits(who); }
    void let_go(owner who) noexcept {
        spare_[bits] = static_cast<std::uint8_t>(spare_[bits] & ~who);
        if (!has_bits(all_owners))
            dispose();
    }
    bool owned_by(owner who) const noexcept { return has_bits(who); }

    task_status status() const noexcept {
        if (finished)
            return ended_as();
        if (effective())
            return task_status::cancelling;
        return started() ? task_status::running : task_status::pending;
    }
    bool stopped() const noexcept {
        return ended_as() == task_status::cancelled;
    }

    // The last frame has ended or a stop destroyed all: the arguments go, the
    // group hears of it, and the block stays only for the handle or the error.
    void end(task_status how) noexcept;

    // While it lives.
    group_core& group() const noexcept {
        operation_scope const& above = scope_above();
        return above.kind() == scope_kind::start
                   ? *static_cast<start_caller*>(above.owner)->owner_group
                   : *static_cast<group_core*>(above.owner);
    }
    // Who has called group.start(), until started().
    start_caller* starter() const noexcept {
        return parent() && parent()->kind() == scope_kind::start
                   ? static_cast<start_caller*>(scope_above().owner)
                   : nullptr;
    }
    bool signalled() const noexcept { return has_bits(has_signalled); }
    void signal() noexcept { set_bits(has_signalled); }
    bool is_service() const noexcept { return has_bits(marked_service); }
    bool is_main() const noexcept { return has_bits(marked_main); }
    void mark_service() noexcept { set_bits(marked_service); }
    void mark_main() noexcept { set_bits(marked_main); }

    // Makes room for the error; afterwards only the result exists, with those
    // owners.
    failed_child* fail(std::exception_ptr error, bool adopted) noexcept {
        int const kept = (spare_[bits] & (by_handle | by_signals)) |
                         (adopted ? by_group : 0);
        task_status const how = ended_as();
        std::source_location const where = spawned_at;
        record_extra* const extra = annex.release();
        block const left = destroy();
        return ::new (left.at)
            failed_child(std::move(error), how, extra, where,
                         static_cast<std::uint8_t>(kept), left.size);
    }

    failed_child* failed() noexcept override { return nullptr; }

protected:
    struct block {
        void* at;
        std::size_t size;
    };
    enum mark_bit : std::uint8_t {
        has_signalled = 16,
        has_no_body = 32,
        marked_service = 64,
        marked_main = 128,
    };

    ~child_base() = default;

    bool has_bits(int mask) const noexcept {
        return (spare_[bits] & mask) != 0;
    }
    void set_bits(int mask) noexcept {
        spare_[bits] = static_cast<std::uint8_t>(spare_[bits] | mask);
    }

    virtual void end_body() noexcept = 0;
    virtual block destroy() noexcept = 0;

    void dispose() noexcept {
        block const left = destroy();
        frame_pool::deallocate(left.at, left.size);
    }

private:
    friend class group_core;
    enum spare : std::size_t { bits, ended };

    task_status ended_as() const noexcept {
        return static_cast<task_status>(spare_[ended]);
    }
    operation_scope const& scope_above() const noexcept {
        return static_cast<operation_scope const&>(*parent());
    }
    void keep_reason() noexcept;
};

// Adds the result, which goes at once unless a handle exists.
template<class T>
class child_result : public child_base {
public:
    [[no_unique_address]] result_cell<T> cell;

protected:
    ~child_result() = default;
};

// What a frame may refer to as long as it lives.
template<class Body, bool Whole = Body::outlives_call>
class kept_body {
public:
    explicit kept_body(Body& work) { body_.construct(std::move(work)); }

    auto call(Body&) { return body_.get()(); }
    Body& get(Body&) noexcept { return body_.get(); }
    void end() noexcept { body_.destroy(); }

private:
    manual_lifetime<Body> body_;
};
template<class Body>
class kept_body<Body, false> {
public:
    explicit kept_body(Body& work) : callable_(work.take_stateless()) {}

    auto call(Body& work) { return work.call_by(callable_); }
    void end() noexcept {}

private:
    [[no_unique_address]] typename Body::stateless callable_;
};

// The whole: also the closure and the arguments, gone when the child ends.
template<class Body>
class child final : public child_result<typename Body::value_type> {
public:
    using T = typename Body::value_type;

    static child* make(Body& work) {
        void* at = frame_pool::allocate(block_size);
        try {
            return ::new (at) child(work);
        } catch (...) {
            frame_pool::deallocate(at, block_size);
            throw;
        }
    }

    // Calls the function; a throw is the child's failure, not the spawner's,
    // except that a frame that cannot be had is refused here and now.
    void create_frame(Body& work) {
        try {
            task<T> made = body_.call(work);
            promise<T>* p = task_access::release(made);
            if (!p)
                throw std::logic_error("cannot spawn an empty task: it was "
                                       "moved from or awaited before");
            p->deliver_to(this->cell);
            this->adopt_frame(*p);
        } catch (std::bad_alloc const&) {
            throw;
        } catch (...) {
            this->set_error(std::current_exception());
        }
    }

    // For what must be known of the child before its function is called.
    Body& body(Body& work) noexcept { return body_.get(work); }

    // Before the child was handed to the group.
    void discard() noexcept {
        end_body();
        this->finished = true;
        this->let_go(child_base::by_task);
    }

private:
    explicit child(Body& work) : body_(work) {}
    ~child() { end_body(); }

    void end_body() noexcept override {
        if (!this->has_bits(child_base::has_no_body)) {
            this->set_bits(child_base::has_no_body);
            body_.end();
        }
    }

    pump_next body_finished(task_record&) noexcept override {
        this->end(this->error() ? task_status::failed : task_status::finished);
        return pump_next::gone;
    }
    pump_next body_stopped(task_record&) noexcept override {
        this->end(task_status::cancelled);
        return pump_next::gone;
    }

    child_base::block destroy() noexcept override {
        this->~child();
        return {this, block_size};
    }

    static std::size_t const block_size;

    [[no_unique_address]] kept_body<Body> body_;
};

template<class Body>
inline std::size_t const child<Body>::block_size =
    (std::max)(sizeof(child), sizeof(failed_child));

} // namespace detail
TETHER_END_NAMESPACE

#endif
