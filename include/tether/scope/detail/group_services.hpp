// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a service stay usable while its group comes to an end? A scope of
/// its own holds the group's cancel off until its turn has come.
#ifndef TETHER_SCOPE_DETAIL_GROUP_SERVICES_HPP
#define TETHER_SCOPE_DETAIL_GROUP_SERVICES_HPP

#include <tether/detail/config.hpp>
#include <tether/detail/intrusive_list.hpp>
#include <tether/runtime/cancel_tree.hpp>
#include <tether/runtime/frame_pool.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/runtime/task_record.hpp>

#include <cstddef>

TETHER_BEGIN_NAMESPACE
namespace detail {

class child_base;

// Between a group and one service of it. A block of its own, so that the other
// children do not pay for it.
class service_scope final : public operation_scope, public list_node {
public:
    service_scope() noexcept : operation_scope(scope_kind::service) {
        no_reach reach;
        set_shielded(true, reach);
        set_soft_shielded(true, reach);
    }

    static void* operator new(std::size_t size) {
        return frame_pool::allocate(size);
    }
    static void operator delete(void* block, std::size_t size) noexcept {
        frame_pool::deallocate(block, size);
    }

    child_base* child = nullptr;
};

// The services alive, the last one first: the order in which they are stopped.
class group_services {
public:
    bool empty() const noexcept { return scopes_.empty(); }

    // Below the scope of the group. Whoever comes while the services are being
    // stopped is stopped with them.
    void add(service_scope& s, child_base& c, operation_scope& group) noexcept {
        s.child = &c;
        s.home = group.home;
        s.owner = group.owner;
        s.attach(group);
        scopes_.push_front(s);
        if (stopping_)
            let_cancel_in(s);
    }

    // Of a child that has left the tree. Found at once in the usual order.
    void remove(child_base& c) noexcept {
        scopes_.for_each([&](service_scope& s) {
            if (s.child != &c)
                return;
            s.unlink();
            s.detach();
            delete &s;
        });
    }

    // The group is cancelled: now they hear of it, all or the last one.
    void stop(bool ordered) noexcept {
        if (ordered)
            let_cancel_in(scopes_.front());
        else if (!stopping_)
            scopes_.for_each(let_cancel_in);
        stopping_ = true;
    }
    bool stopping() const noexcept { return stopping_; }

private:
    static void let_cancel_in(service_scope& s) noexcept {
        if (s.shielded())
            s.home->set_shielded(s, false);
    }

    intrusive_list<service_scope> scopes_;
    bool stopping_ = false;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
