// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What can be awaited of a group? Room for a child, and the moment when no
/// child is alive.
#ifndef TETHER_SCOPE_DETAIL_GROUP_WAITS_HPP
#define TETHER_SCOPE_DETAIL_GROUP_WAITS_HPP

#include <tether/detail/config.hpp>
#include <tether/scope/detail/group_core.hpp>
#include <tether/scope/detail/spawn_child.hpp>

#include <source_location>
#include <stdexcept>
#include <tuple>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

class idle_wait final : public group_waiter {
public:
    explicit idle_wait(group_core& core) noexcept : core_(&core) {}

    bool ready() {
        refuse_child();
        return core_->live() == 0;
    }
    void start() noexcept { core_->idle_waiters().push_back(*this); }
    void result() const noexcept {}
    char const* description() const noexcept override {
        return "the group to be idle";
    }

private:
    void refuse_child() {
        for (scope_node const* at = record(); at; at = at->parent())
            if (at->parent() == &core_->node() &&
                at->kind() == scope_kind::record)
                throw std::logic_error(
                    "a task waits for its own group to be idle, which it is "
                    "not before that task has ended");
    }

    group_core* core_;
};

class [[nodiscard("co_await the wait")]] idle_op {
public:
    idle_op(group_core& core, std::source_location here) noexcept
        : core_(&core), where_(here) {}
    idle_wait connect() const noexcept { return idle_wait(*core_); }
    std::source_location where() const noexcept { return where_; }

private:
    group_core* core_;
    std::source_location where_;
};

// A place is reserved when the wait ends and used or given back by result().
template<class... Args>
class room_wait final : public group_waiter {
public:
    room_wait(group_core& core, std::source_location where,
              std::tuple<Args...>&& args)
        : core_(&core), where_(where), args_(std::move(args)) {}
    ~room_wait() {
        if (reserved_)
            core_->unreserve();
    }

    bool ready() {
        core_->check_spawn(where_);
        if (core_->full() || !core_->room_waiters().empty())
            return false;
        core_->reserve();
        reserved_ = true;
        return true;
    }
    void start() noexcept { core_->room_waiters().push_back(*this); }

    auto result() {
        auto handle = std::apply(
            [this](Args&... args) {
                return spawn_child(*core_, spawn_options{where_},
                                   std::move(args)...);
            },
            args_);
        reserved_ = false; // the child has the place now
        core_->unreserve();
        return handle;
    }
    void granted() noexcept override { reserved_ = true; }
    char const* description() const noexcept override {
        return "room in the group";
    }

private:
    group_core* core_;
    std::source_location where_;
    bool reserved_ = false;
    std::tuple<Args...> args_;
};

template<class... Args>
class [[nodiscard("co_await the spawn")]] spawn_when_ready_op {
public:
    template<class... As>
    spawn_when_ready_op(group_core& core, std::source_location where,
                        As&&... args)
        : core_(&core), where_(where), args_(std::forward<As>(args)...) {}
    room_wait<Args...> connect() && {
        return room_wait<Args...>(*core_, where_, std::move(args_));
    }
    std::source_location where() const noexcept { return where_; }

private:
    group_core* core_;
    std::source_location where_;
    std::tuple<Args...> args_;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
