// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What do the copies of an exception group share, and how does it go away?
#ifndef TETHER_CORE_DETAIL_GROUP_STATE_HPP
#define TETHER_CORE_DETAIL_GROUP_STATE_HPP

#include <tether/core/detail/error_leaf.hpp>
#include <tether/detail/config.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <memory>
#include <new>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

TETHER_BEGIN_NAMESPACE
namespace detail {

// A member that was not adopted from a task: given by the user, or standing in
// a part of a group for a member of the whole.
struct group_leaf : error_leaf {
    std::string name;
    std::vector<std::string> notes;
    std::exception_ptr cause;
    // In a part: the member of the original group, which the part keeps alive.
    error_leaf const* source = nullptr;

    static std::unique_ptr<group_leaf> make() {
        auto leaf = std::make_unique<group_leaf>();
        leaf->extended = true;
        leaf->dispose = [](error_leaf* self) noexcept {
            delete static_cast<group_leaf*>(self);
        };
        return leaf;
    }
};

inline group_leaf const* extension(error_leaf const& leaf) noexcept {
    return leaf.extended ? static_cast<group_leaf const*>(&leaf) : nullptr;
}

inline error_leaf const* source_of(error_leaf const& leaf) noexcept {
    group_leaf const* const more = extension(leaf);
    return more && more->source ? more->source : &leaf;
}

// Immutable once it is shared. The text of what() follows it in its block; the
// message is the beginning of that text.
struct group_state {
    std::atomic<std::size_t> references{1};
    group_state* next_dead = nullptr;
    error_list own;
    group_state* lender = nullptr; // whose members these are, if not own
    group_state* origin = nullptr; // the group that this is a part of
    std::size_t message_size = 0;
    std::vector<std::string> notes;
    std::vector<std::exception_ptr> context;

    group_state const& keeper() const noexcept {
        return lender ? *lender : *this;
    }
    error_list const& members() const noexcept { return keeper().own; }
    char* text() noexcept { return reinterpret_cast<char*>(this + 1); }
    char const* text() const noexcept {
        return reinterpret_cast<char const*>(this + 1);
    }
    std::string_view message() const noexcept { return {text(), message_size}; }

    static group_state* make(std::string_view message, std::size_t members) {
        std::string_view const ending =
            members == 1 ? " sub-exception)" : " sub-exceptions)";
        char digits[24];
        char* digit = digits + sizeof digits;
        for (std::size_t rest = members; rest != 0 || digit == std::end(digits);
             rest /= 10)
            *--digit = static_cast<char>('0' + rest % 10);
        std::string_view const number(
            digit, static_cast<std::size_t>(std::end(digits) - digit));
        std::string_view const opening = message.empty() ? "(" : " (";

        std::size_t const length =
            message.size() + opening.size() + number.size() + ending.size() + 1;
        void* const block = ::operator new(sizeof(group_state) + length);
        auto* const state = ::new (block) group_state;
        state->message_size = message.size();
        char* out = state->text();
        for (std::string_view piece : {message, opening, number, ending}) {
            out = std::copy(piece.begin(), piece.end(), out);
        }
        *out = '\0';
        return state;
    }
};

// Groups that lost their last owner while another one was being destroyed on
// this thread. Destroying them afterwards instead of on the spot bounds the
// stack for any depth of nesting, whatever sits between the levels.
struct group_graveyard {
    group_state* head = nullptr;
    bool digging = false;
};
inline constinit thread_local group_graveyard dead_groups{};

inline void keep(group_state* state) noexcept {
    if (state)
        state->references.fetch_add(1, std::memory_order_relaxed);
}

inline void release(group_state* state) noexcept {
    if (!state ||
        state->references.fetch_sub(1, std::memory_order_acq_rel) != 1)
        return;
    group_graveyard& dead = dead_groups;
    state->next_dead = dead.head;
    dead.head = state;
    if (dead.digging)
        return;
    dead.digging = true;
    while (group_state* const next = dead.head) {
        dead.head = next->next_dead;
        group_state* const lender = next->lender;
        group_state* const origin = next->origin;
        next->~group_state();
        ::operator delete(next);
        // Last: the members of a part refer to names in its origin.
        release(lender);
        release(origin);
    }
    dead.digging = false;
}

} // namespace detail
TETHER_END_NAMESPACE

#endif
