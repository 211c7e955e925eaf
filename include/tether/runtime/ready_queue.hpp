// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Which task runs next? The one that became ready first: an intrusive FIFO of
/// task records.
#ifndef TETHER_RUNTIME_READY_QUEUE_HPP
#define TETHER_RUNTIME_READY_QUEUE_HPP

#include <tether/detail/config.hpp>
#include <tether/runtime/task_record.hpp>

#include <cstddef>

TETHER_BEGIN_NAMESPACE
namespace detail {

// First in, first out, linked through the records, so that to wake a task never
// allocates and never fails. A record stands in at most one queue, once.
class ready_queue {
public:
    ready_queue() noexcept = default;
    ready_queue(ready_queue const&) = delete;
    ready_queue& operator=(ready_queue const&) = delete;

    bool empty() const noexcept { return !head_; }

    void push(task_record& r) noexcept {
        r.enters_queue();
        append(r);
    }
    // The same of a task that suspends_in() a wait.
    void push_suspended(task_record& r) noexcept {
        r.enters_queue_suspended();
        append(r);
    }

    // Of a queue that is not empty; begins_turn() follows. While that one runs,
    // the frame of the next and the record behind it come into the cache: of
    // many tasks they are seldom there, and a turn is shorter than a miss.
    task_record& pop() noexcept {
        task_record* const r = head_;
        head_ = r->ready_next();
        if (head_) {
            head_->prefetch_next();
            r->set_ready_next(nullptr);
        }
        return *r;
    }

    // The last one becomes the first.
    void reverse() noexcept {
        task_record* reversed = nullptr;
        tail_ = head_;
        while (task_record* const r = head_) {
            head_ = r->ready_next();
            r->set_ready_next(reversed);
            reversed = r;
        }
        head_ = reversed;
    }

    // How many stand here, counted up to `limit`.
    std::size_t count(std::size_t limit) const noexcept {
        std::size_t n = 0;
        for (task_record* at = head_; at && n < limit; at = at->ready_next())
            ++n;
        return n;
    }
    // The one with `ahead` others before it.
    task_record& take(std::size_t ahead) noexcept {
        if (ahead == 0)
            return pop();
        task_record* before = head_;
        while (--ahead != 0)
            before = before->ready_next();
        task_record* const r = before->ready_next();
        before->set_ready_next(r->ready_next());
        if (tail_ == r)
            tail_ = before;
        r->set_ready_next(nullptr);
        return *r;
    }

private:
    void append(task_record& r) noexcept {
        if (!head_) [[likely]]
            head_ = &r;
        else
            tail_->set_ready_next(&r);
        tail_ = &r;
    }

    task_record* head_ = nullptr;
    task_record* tail_; // while the queue is not empty
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
