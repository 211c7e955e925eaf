// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How do waiters queue without an allocation? Links that live in the waiter.
#ifndef TETHER_DETAIL_INTRUSIVE_LIST_HPP
#define TETHER_DETAIL_INTRUSIVE_LIST_HPP

#include <tether/detail/config.hpp>

#include <cstddef>
#include <type_traits>

TETHER_BEGIN_NAMESPACE
namespace detail {

struct list_node {
    list_node* next = nullptr;
    list_node* prev; // while it is linked

    constexpr list_node() noexcept {
        if (std::is_constant_evaluated()) // which leaves nothing open
            prev = nullptr;
    }
    list_node(list_node const&) = delete;
    list_node& operator=(list_node const&) = delete;

    bool linked() const noexcept { return next != nullptr; }
    void unlink() noexcept {
        bypass();
        next = nullptr;
    }
    // The same for who is not asked linked() before it stands in a list again.
    void bypass() noexcept {
        next->prev = prev;
        prev->next = next;
    }
};

// A circular list around a sentinel: unlinking needs no list, so a waiter can
// leave after its primitive moved it to another queue.
template<class T>
class intrusive_list {
public:
    constexpr intrusive_list() noexcept { head_.next = head_.prev = &head_; }

    bool empty() const noexcept { return head_.next == &head_; }
    T& front() noexcept { return static_cast<T&>(*head_.next); }
    T& back() noexcept { return static_cast<T&>(*head_.prev); }

    void push_back(T& item) noexcept { insert_before(head_, item); }
    void push_front(T& item) noexcept { insert_before(*head_.next, item); }

    T& pop_front() noexcept {
        T& item = front();
        static_cast<list_node&>(item).unlink();
        return item;
    }

    // Moves all nodes of `other` behind the nodes of this list, in order.
    void splice_back(intrusive_list& other) noexcept {
        if (other.empty())
            return;
        list_node* first = other.head_.next;
        list_node* last = other.head_.prev;
        first->prev = head_.prev;
        head_.prev->next = first;
        last->next = &head_;
        head_.prev = last;
        other.head_.next = other.head_.prev = &other.head_;
    }

    std::size_t count() const noexcept {
        std::size_t n = 0;
        for (list_node const* at = head_.next; at != &head_; at = at->next)
            ++n;
        return n;
    }

    template<class F>
    void for_each(F&& f) {
        for (list_node* at = head_.next; at != &head_;) {
            list_node* next = at->next;
            f(static_cast<T&>(*at));
            at = next;
        }
    }

private:
    static void insert_before(list_node& where, list_node& item) noexcept {
        list_node* const before = where.prev;
        item.next = &where;
        // Volatile, or g++ makes one vector of this word and the next, and who
        // unlinks the node soon waits for it.
        static_cast<list_node* volatile&>(item.prev) = before;
        before->next = &item;
        where.prev = &item;
    }

    list_node head_;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
