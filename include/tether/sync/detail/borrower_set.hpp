// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Does this borrower have a token already? A set whose nodes live in the
/// tokens, so that borrowing allocates nothing.
#ifndef TETHER_SYNC_DETAIL_BORROWER_SET_HPP
#define TETHER_SYNC_DETAIL_BORROWER_SET_HPP

#include <tether/detail/config.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

class loop;
class task_record;

// Who borrows: a task, or an object that somebody borrows for.
struct borrower {
    std::uintptr_t key = 0;
    task_record* task = nullptr; // null: an object
    loop* home = nullptr;        // of an object that belongs to a loop
};

class borrower_node {
public:
    borrower_node() noexcept = default;
    borrower_node(borrower_node const&) = delete;
    borrower_node& operator=(borrower_node const&) = delete;

    borrower who;

private:
    friend class borrower_set;

    borrower_node* child_[2] = {nullptr, nullptr};
    borrower_node** slot_ = nullptr; // where the pointer to this node is
};

// A digital search tree: at depth d the d-th bit of the mixed key decides. The
// mixing is a bijection, so two keys part at the latest after all bits, and
// after about log2(size) on average; nothing is ever balanced.
class borrower_set {
public:
    constexpr borrower_set() noexcept = default;
    borrower_set(borrower_set const&) = delete;
    borrower_set& operator=(borrower_set const&) = delete;

    borrower_node* find(std::uintptr_t key) const noexcept {
        std::uint64_t bits = mix(key);
        borrower_node* at = root_;
        while (at && at->who.key != key) {
            at = at->child_[bits >> 63];
            bits <<= 1;
        }
        return at;
    }
    // The key is not in the set.
    void insert(borrower_node& n) noexcept {
        std::uint64_t bits = mix(n.who.key);
        borrower_node** slot = &root_;
        while (*slot) {
            slot = &(*slot)->child_[bits >> 63];
            bits <<= 1;
        }
        put(*slot, n, slot);
    }
    // Any node from below may stand here: it shares the bits of this place.
    void erase(borrower_node& n) noexcept {
        borrower_node* leaf = &n;
        while (leaf->child_[0] || leaf->child_[1])
            leaf = leaf->child_[leaf->child_[0] ? 0 : 1];
        *leaf->slot_ = nullptr;
        leaf->slot_ = nullptr;
        if (leaf != &n)
            replace(n, *leaf);
    }
    // `to` takes the place of `from`, and its key.
    static void move(borrower_node& from, borrower_node& to) noexcept {
        to.who = from.who;
        replace(from, to);
    }

private:
    static std::uint64_t mix(std::uintptr_t key) noexcept {
        return std::uint64_t{key} * 0x9E3779B97F4A7C15u;
    }
    static void put(borrower_node*& place, borrower_node& n,
                    borrower_node** slot) noexcept {
        place = &n;
        n.slot_ = slot;
    }
    static void replace(borrower_node& old, borrower_node& by) noexcept {
        put(*old.slot_, by, old.slot_);
        old.slot_ = nullptr;
        for (int side : {0, 1}) {
            by.child_[side] = std::exchange(old.child_[side], nullptr);
            if (by.child_[side])
                by.child_[side]->slot_ = &by.child_[side];
        }
    }

    borrower_node* root_ = nullptr;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
