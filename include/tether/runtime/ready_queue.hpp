// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Which task runs next? The one that became ready first: an intrusive FIFO of
/// task records.
#ifndef TETHER_RUNTIME_READY_QUEUE_HPP
#define TETHER_RUNTIME_READY_QUEUE_HPP

#include <tether/detail/config.hpp>
#include <tether/runtime/task_record.hpp>

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
        r.ready_next = nullptr;
        if (tail_)
            tail_->ready_next = &r;
        else
            head_ = &r;
        tail_ = &r;
    }

    // Of a queue that is not empty.
    task_record& pop() noexcept {
        task_record* r = head_;
        head_ = r->ready_next;
        if (!head_)
            tail_ = nullptr;
        r->ready_next = nullptr;
        return *r;
    }

private:
    task_record* head_ = nullptr;
    task_record* tail_ = nullptr;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
