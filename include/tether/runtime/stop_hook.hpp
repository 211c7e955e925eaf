// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Who hears of a cancel outside of tether's own waits? A hook, which a walk of
/// the cancel tree only queues: it is foreign code.
#ifndef TETHER_RUNTIME_STOP_HOOK_HPP
#define TETHER_RUNTIME_STOP_HOOK_HPP

#include <tether/detail/config.hpp>

#include <memory>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// The runtime does not know std::stop_source: libc++ 19 has it only as an
// experiment, and no type may depend on that.
class stop_hook {
public:
    stop_hook() = default;
    stop_hook(stop_hook const&) = delete;
    stop_hook& operator=(stop_hook const&) = delete;
    virtual ~stop_hook() = default;

    virtual void request_stop() noexcept = 0;

private:
    friend class stop_queue;
    std::shared_ptr<stop_hook> next_;
    bool queued_ = false;
};

// The hooks of the tasks that were asked to stop, first come first. They are
// linked to each other, so that a cancel needs no memory.
class stop_queue {
public:
    stop_queue() noexcept = default;
    stop_queue(stop_queue const&) = delete;
    stop_queue& operator=(stop_queue const&) = delete;
    ~stop_queue() {
        while (!empty()) // not by recursion
            pop();
    }

    bool empty() const noexcept { return !first_; }
    void push(std::shared_ptr<stop_hook> hook) noexcept {
        if (std::exchange(hook->queued_, true))
            return; // softly, and now hard
        stop_hook* const last = hook.get();
        (first_ ? last_->next_ : first_) = std::move(hook);
        last_ = last;
    }
    std::shared_ptr<stop_hook> pop() noexcept {
        std::shared_ptr<stop_hook> hook = std::move(first_);
        first_ = std::move(hook->next_);
        hook->queued_ = false;
        return hook;
    }

private:
    std::shared_ptr<stop_hook> first_;
    stop_hook* last_ = nullptr;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
