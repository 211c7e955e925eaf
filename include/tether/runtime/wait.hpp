// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What is a task suspended in, and how is it taken out again? The wait, the
/// one protocol between the loop and everything that can be awaited.
#ifndef TETHER_RUNTIME_WAIT_HPP
#define TETHER_RUNTIME_WAIT_HPP

#include <tether/detail/config.hpp>

#include <cstdint>

TETHER_BEGIN_NAMESPACE

namespace detail {
class loop;
class task_record;
struct wait_access;
} // namespace detail

/// The answer of wait::abort().
enum class abort_result : std::uint8_t {
    /// The operation did not happen and never will: the frame may go.
    done,
    /// The operation is still in flight; complete() or complete_stopped()
    /// follows, and until then the frame stays.
    pending,
};

/// One suspension of one task; base of all leaf awaiters.
///
/// A wait lives in the frame of the awaiting coroutine. The loop calls start()
/// of the derived class once, then either the operation calls complete() or a
/// cancel calls abort().
/// Invariant: abort() is called at most once, and never after complete().
/// On cancellation: abort() takes the wait out of whatever it was registered
/// in; answering pending keeps the frame until complete() (a late result wins)
/// or complete_stopped().
/// Never lost: after complete() a cancel no longer reaches the wait, so the
/// result is delivered and the stop comes at the next checkpoint.
/// Threads: all calls come from the loop of the waiting task.
/// Source: the awaiter protocol of corral, reduced to one virtual call.
class wait {
public:
    wait() noexcept = default;
    wait(wait const&) = delete;
    wait& operator=(wait const&) = delete;

    /// Takes the wait back because its scope was cancelled.
    virtual abort_result abort() noexcept = 0;

    /// What the task waits for, in words, for task dumps; static storage.
    virtual char const* description() const noexcept = 0;

protected:
    ~wait() = default;

    /// Schedules the waiting task: the operation has its result.
    void complete() noexcept;

    /// After a pending abort: the operation did not happen; stops the task.
    void complete_stopped() noexcept;

    /// Whether a stop was asked of the waiting task.
    bool stop_requested() const noexcept;

    /// The waiting task; null before the wait was awaited.
    detail::task_record* record() const noexcept { return record_; }

private:
    friend struct detail::wait_access;

    detail::task_record* record_ = nullptr;
};

namespace detail {

// A wait that is made of several, of which one ends it. It stands in
// record.waiting, and that is how a part that completes knows of it.
class wait_parts : public wait {
public:
    virtual void part_completed(wait& part) noexcept = 0;

protected:
    ~wait_parts() = default;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
