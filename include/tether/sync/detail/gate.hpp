// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How do tasks wait until something is so? A gate that lets all pass while it
/// is open; events, latches and futures are made of it.
#ifndef TETHER_SYNC_DETAIL_GATE_HPP
#define TETHER_SYNC_DETAIL_GATE_HPP

#include <tether/detail/config.hpp>
#include <tether/sync/detail/wait_op.hpp>
#include <tether/sync/detail/waiter_queue.hpp>

#include <cstddef>

TETHER_BEGIN_NAMESPACE
namespace detail {

template<char const* What>
class gate_wait_base;

class gate {
public:
    constexpr gate(char const* what, bool open) noexcept
        : waiters_(what), open_(open) {}

    bool is_open() const noexcept { return open_; }
    std::size_t waiting() const noexcept { return waiters_.size(); }
    void check_use() { waiters_.check_use(); }
    void check_use_noexcept() noexcept { waiters_.check_use_noexcept(); }

    // Whoever waits now passes, even if the gate closes before it runs.
    void open() noexcept {
        open_ = true;
        while (!waiters_.empty())
            waiters_.pop_front().complete();
    }
    void close() noexcept { open_ = false; }
    void check_destruction() noexcept { waiters_.check_destruction(); }

private:
    template<char const* What>
    friend class gate_wait_base;

    waiter_queue waiters_;
    bool open_;
};

// Links and a task, no more: programs suspend very many tasks on events. So the
// gate is known only until the links are needed, and `What` comes with the
// type.
template<char const* What>
class gate_wait_base : public queued_wait {
public:
    bool ready() {
        target().check_use();
        return target().is_open();
    }
    void start() noexcept { target().waiters_.push_back(*this); }
    abort_result abort() noexcept override {
        waiter_queue::remove(*this);
        return abort_result::done;
    }
    char const* description() const noexcept override { return What; }

protected:
    explicit gate_wait_base(gate* g) noexcept {
        prev = static_cast<list_node*>(static_cast<void*>(g));
    }
    ~gate_wait_base() { leave(); }
    void leave() noexcept {
        if (linked())
            waiter_queue::remove(*this);
    }

private:
    gate& target() const noexcept {
        return *static_cast<gate*>(static_cast<void*>(prev));
    }
};

template<char const* What>
class gate_wait final : public gate_wait_base<What> {
public:
    using revocable = void;

    explicit gate_wait(gate* g) noexcept : gate_wait_base<What>(g) {}
    void result() const noexcept {}
};

template<char const* What>
using gate_op = wait_op<gate_wait<What>, gate*>;

} // namespace detail
TETHER_END_NAMESPACE

#endif
