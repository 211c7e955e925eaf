// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Which values are bound where this code runs? Those of the scopes around the
/// running task, then those that came with it from another thread or loop.
#ifndef TETHER_SCOPE_DETAIL_CARRIED_BINDINGS_HPP
#define TETHER_SCOPE_DETAIL_CARRIED_BINDINGS_HPP

#include <tether/detail/config.hpp>
#include <tether/detail/current_loop.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/runtime/task_record.hpp>

#include <memory>
#include <vector>

TETHER_BEGIN_NAMESPACE
namespace detail {

// What the node in the tree of scopes refers to.
struct bound_value {
    void const* local;
    std::shared_ptr<void const> value;
};

// What was bound where a task sent work to another thread or loop, for whoever
// runs there in its name: through record_extra::carried of a root, or through
// current_worker. Not changed any more, so it is read from several threads; it
// shares the values, because abandoned work outlives the bindings.
class carried_bindings {
public:
    carried_bindings() noexcept = default;

    // As seen from here. Allocates nothing where nothing is bound.
    static carried_bindings here();

    bool empty() const noexcept { return bound_.empty(); }
    void const* find(void const* local) const noexcept {
        for (bound_value const& b : bound_)
            if (b.local == local)
                return b.value.get();
        return nullptr;
    }

private:
    // The innermost one comes first and hides the others.
    void add(bound_value const& b) {
        if (!find(b.local))
            bound_.push_back(b);
    }

    std::vector<bound_value> bound_;
};

// Calls `see` with the bindings around the running code, the innermost first,
// and `see_carried` with those that came from elsewhere; until one says true.
template<class See, class SeeCarried>
void for_bindings(See&& see, SeeCarried&& see_carried) {
    task_record const* root = nullptr;
    if (task_record const* const r = running_task()) {
        for (scope_node const* at = r->inner(); at; at = at->parent()) {
            if (at->kind() == scope_kind::record)
                root = static_cast<task_record const*>(at);
            else if (at->kind() == scope_kind::binding &&
                     see(*static_cast<bound_value const*>(
                         static_cast<operation_scope const*>(at)->owner)))
                return;
        }
    }
    if (record_extra const* const extra = root ? root->extra() : nullptr)
        if (extra->carried && see_carried(*extra->carried))
            return;
    if (current_worker && current_worker->carried)
        see_carried(*current_worker->carried);
}

inline carried_bindings carried_bindings::here() {
    carried_bindings out;
    for_bindings(
        [&](bound_value const& b) {
            out.add(b);
            return false;
        },
        [&](carried_bindings const& from_elsewhere) {
            for (bound_value const& b : from_elsewhere.bound_)
                out.add(b);
            return false;
        });
    return out;
}

inline void const* find_bound(void const* local) noexcept {
    void const* found = nullptr;
    for_bindings(
        [&](bound_value const& b) {
            if (b.local == local)
                found = b.value.get();
            return found != nullptr;
        },
        [&](carried_bindings const& from_elsewhere) {
            found = from_elsewhere.find(local);
            return found != nullptr;
        });
    return found;
}

} // namespace detail
TETHER_END_NAMESPACE

#endif
