// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What does a failed task leave behind, and who owns it until the group
/// throws?
#ifndef TETHER_CORE_DETAIL_ERROR_LEAF_HPP
#define TETHER_CORE_DETAIL_ERROR_LEAF_HPP

#include <tether/detail/config.hpp>

#include <atomic>
#include <cstddef>
#include <exception>
#include <source_location>
#include <string_view>
#include <utility>

TETHER_BEGIN_NAMESPACE

class exception_group;

namespace detail {

// One failed task. It lives in the memory block of that task, which the list
// and then the exception group own through it: collecting an error allocates
// nothing. `task_name` must live in the same block, or for ever.
struct error_leaf {
    std::exception_ptr error;
    error_leaf* next = nullptr;
    std::string_view task_name;
    std::source_location spawn_site;
    // Destroys the leaf and frees its block. May run on any thread.
    void (*dispose)(error_leaf*) noexcept = nullptr;
    // The std::exception inside `error` once exception_group was asked for it.
    mutable std::atomic<void const*> probed{nullptr};
    bool extended = false; // a group_leaf, of exception_group
    bool trigger = false;
};

// Errors in completion order. Whatever is not taken is disposed of.
class error_list {
public:
    error_leaf* head = nullptr;
    error_leaf* tail = nullptr;
    std::size_t size = 0;

    error_list() noexcept = default;
    error_list(error_list&& other) noexcept
        : head(std::exchange(other.head, nullptr)),
          tail(std::exchange(other.tail, nullptr)),
          size(std::exchange(other.size, 0)) {}
    error_list& operator=(error_list&& other) noexcept {
        if (this != &other) {
            clear();
            head = std::exchange(other.head, nullptr);
            tail = std::exchange(other.tail, nullptr);
            size = std::exchange(other.size, 0);
        }
        return *this;
    }
    ~error_list() { clear(); }

    [[nodiscard]] bool empty() const noexcept { return head == nullptr; }

    void push_back(error_leaf* leaf) noexcept {
        leaf->next = nullptr;
        (tail ? tail->next : head) = leaf;
        tail = leaf;
        ++size;
    }

    // The other list's errors come after ours.
    void append(error_list&& other) noexcept {
        if (other.empty())
            return;
        (tail ? tail->next : head) = std::exchange(other.head, nullptr);
        tail = std::exchange(other.tail, nullptr);
        size += std::exchange(other.size, 0);
    }

    [[nodiscard]] error_leaf* pop_front() noexcept {
        error_leaf* const leaf = head;
        if (!leaf)
            return nullptr;
        head = std::exchange(leaf->next, nullptr);
        if (!head)
            tail = nullptr;
        --size;
        return leaf;
    }

    void clear() noexcept {
        while (error_leaf* const leaf = pop_front())
            leaf->dispose(leaf);
    }
};

// Turns a non-empty list into the exception to throw. The only allocation is
// the group's shared state; if that fails, the list keeps its errors and
// std::bad_alloc is thrown. Defined in <tether/core/exception_group.hpp>.
exception_group make_exception_group(std::string_view message,
                                     error_list&& errors);

} // namespace detail
TETHER_END_NAMESPACE

#endif
