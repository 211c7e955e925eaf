// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How do the coroutine frames of one task hang together? Each frame knows the
/// awaiter it was called from; a boundary ends the chain.
#ifndef TETHER_RUNTIME_FRAME_HPP
#define TETHER_RUNTIME_FRAME_HPP

#include <tether/detail/config.hpp>

#include <coroutine>
#include <cstdint>
#include <source_location>

TETHER_BEGIN_NAMESPACE
namespace detail {

class task_record;
struct frame_base;

class boundary;

// A plain call; lives in the awaiter. `callee` is null once the frame is gone,
// so that neither the awaiter nor a stop destroys it twice.
struct call_link {
    frame_base* callee = nullptr;
    frame_base* caller = nullptr;

    call_link() noexcept = default;
    call_link(call_link const&) = delete;
    call_link& operator=(call_link const&) = delete;
};

// Base of every promise. Its address is that of the promise, at the alignment
// of a pointer, so the handle can be had from it. A frame does not know its
// record: while it runs, that is the running one.
struct frame_base {
    std::source_location where{}; // of the await the frame is suspended in

    // Nothing to initialise twice on the path of every call.
    frame_base() noexcept {} // NOLINT(modernize-use-equals-default)

    std::coroutine_handle<> handle() noexcept {
        return std::coroutine_handle<frame_base>::from_promise(*this);
    }

    // Either a call or a boundary started the frame; the low bit says which.
    void called_by(call_link& link) noexcept {
        link_ = reinterpret_cast<std::uintptr_t>(&link);
    }
    inline void ends_at(boundary& end) noexcept;
    bool at_boundary() const noexcept { return (link_ & 1) != 0; }
    call_link& call() const noexcept {
        return *reinterpret_cast<call_link*>(link_);
    }
    inline boundary& end() const noexcept;

private:
    std::uintptr_t link_;
};

inline void destroy_callee(call_link& link) noexcept {
    if (frame_base* frame = link.callee) {
        link.callee = nullptr;
        frame->handle().destroy();
    }
}

// Where a chain of frames ends: the root of a task, or an operation that runs
// a body in a scope of its own. The frames are gone before it is. Called by the
// pump, never from inside the frame; each call decides what the record does
// next. After `gone` the record no longer exists.
enum class pump_next : bool { go_on, gone };

class boundary {
public:
    boundary() noexcept = default;
    boundary(boundary const&) = delete;
    boundary& operator=(boundary const&) = delete;

    // The body's last frame has ended and is gone; its result is in the
    // result_cell it was given, or in record.error().
    virtual pump_next body_finished(task_record& record) noexcept = 0;
    // A stop has destroyed the body's frames.
    virtual pump_next body_stopped(task_record& record) noexcept = 0;

protected:
    ~boundary() = default;
};

inline void frame_base::ends_at(boundary& end) noexcept {
    link_ = reinterpret_cast<std::uintptr_t>(&end) | 1;
}
inline boundary& frame_base::end() const noexcept {
    return *reinterpret_cast<boundary*>(link_ & ~std::uintptr_t{1});
}

} // namespace detail
TETHER_END_NAMESPACE

#endif
