// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What is left of a spawned child that has failed? Its error, in the block
/// that was the child's.
#ifndef TETHER_SCOPE_DETAIL_FAILED_CHILD_HPP
#define TETHER_SCOPE_DETAIL_FAILED_CHILD_HPP

#include <tether/core/detail/error_leaf.hpp>
#include <tether/detail/config.hpp>
#include <tether/runtime/frame.hpp>
#include <tether/runtime/frame_pool.hpp>
#include <tether/runtime/task_record.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <source_location>
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

class failed_child;

// The block of a child as its handle sees it. What is in it changes once: a
// child that fails makes room for its error.
class child_block : public boundary {
public:
    // The block goes when the last of its owners has let go.
    enum owner : std::uint8_t {
        by_task = 1,
        by_handle = 2,
        by_signals = 4, // a start_signal may outlive its child
        by_group = 8,   // for the exception_group, once the child has failed
    };
    static constexpr int all_owners =
        by_task | by_handle | by_signals | by_group;

    // Null unless the child has failed.
    virtual failed_child* failed() noexcept = 0;

protected:
    ~child_block() = default;
};

// What is left of a child that has failed: its error, which the exception_group
// adopts with the block (CX08). The group may be disposed of on any thread.
class failed_child final : public child_block, public error_leaf {
public:
    failed_child(std::exception_ptr why, task_status how, record_extra* more,
                 std::source_location spawned_at, std::uint8_t owners,
                 std::size_t block_size) noexcept
        : owners_(owners),
          ended_as_(how),
          size_(static_cast<std::uint32_t>(block_size)),
          extra_(more) {
        error = std::move(why);
        spawn_site = spawned_at;
        if (extra_)
            task_name = extra_->name.view();
        dispose = [](error_leaf* leaf) noexcept {
            static_cast<failed_child*>(leaf)->let_go(by_group);
        };
    }
    ~failed_child() { delete extra_; }

    // A group may count a cancelled child as a failure; its handle does not.
    task_status status() const noexcept { return ended_as_; }
    record_extra* extra() const noexcept { return extra_; }
    void let_go(owner who) noexcept {
        auto const mask = static_cast<std::uint8_t>(who);
        if (owners_.fetch_xor(mask, std::memory_order_acq_rel) != mask)
            return;
        std::size_t const size = size_;
        this->~failed_child();
        frame_pool::deallocate(this, size);
    }

    failed_child* failed() noexcept override { return this; }

private:
    // It has no frames.
    pump_next body_finished(task_record&) noexcept override {
        return pump_next::gone;
    }
    pump_next body_stopped(task_record&) noexcept override {
        return pump_next::gone;
    }

    std::atomic<std::uint8_t> owners_;
    task_status ended_as_;
    std::uint32_t size_;
    record_extra* extra_;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
