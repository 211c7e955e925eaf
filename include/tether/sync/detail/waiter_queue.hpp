// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How do tasks queue at a primitive? In order of arrival, without an
/// allocation, on one loop, and never beyond the life of the primitive.
#ifndef TETHER_SYNC_DETAIL_WAITER_QUEUE_HPP
#define TETHER_SYNC_DETAIL_WAITER_QUEUE_HPP

#include <tether/detail/config.hpp>
#include <tether/detail/diagnostics.hpp>
#include <tether/detail/intrusive_list.hpp>
#include <tether/detail/prefetch.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/runtime/wait.hpp>

#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>

TETHER_BEGIN_NAMESPACE
namespace detail {

// The part of a wait that a queue knows. The derived class leaves the queue in
// abort() and in its destructor.
class queued_wait : public wait, public list_node {
public:
    using wait::complete;

    task_record& task() const noexcept { return *record(); }

protected:
    ~queued_wait() = default;
};

// Who waits at one primitive, first come first served. Plain data without a
// loop of its own: the loop is that of the tasks which wait at the moment, so
// that a primitive can be used in one run after the other (SY02).
class waiter_queue {
public:
    // `what` names the kind of primitive with its article, "a mutex"; static
    // storage.
    explicit constexpr waiter_queue(char const* what) noexcept : what_(what) {}
    waiter_queue(waiter_queue const&) = delete;
    waiter_queue& operator=(waiter_queue const&) = delete;
    ~waiter_queue() { check_destruction(); }

    bool empty() const noexcept { return waiters_.empty(); }
    // Counts them, for statistics: a waiter that is to leave in O(1) without a
    // pointer to its queue cannot keep a number there.
    std::size_t size() const noexcept { return waiters_.count(); }
    queued_wait& front() noexcept { return waiters_.front(); }

    void push_back(queued_wait& w) noexcept {
        if (empty())
            home_ = w.task().home();
        waiters_.push_back(w);
    }
    // The same of a task of the loop that adopts() it.
    void push_back_here(queued_wait& w) noexcept { waiters_.push_back(w); }
    // Behind the others, with its place taken from another queue.
    void take_over(queued_wait& w) noexcept {
        remove(w);
        push_back(w);
    }
    static void remove(queued_wait& w) noexcept { w.unlink(); }
    // `f` may remove the waiter it is given, and no other.
    template<class F>
    void for_each(F f) {
        waiters_.for_each(f);
    }
    // Who is next now will be woken soon: its record comes into the cache, and
    // the one behind it.
    queued_wait& pop_front() noexcept {
        queued_wait& first = waiters_.pop_front();
        if (!empty()) {
            prefetch(&front().task());
            prefetch(front().next);
        }
        return first;
    }

    // Whether tasks of `l` may use it without a further look; then it belongs
    // to `l`. Mostly it did before, and nothing is written.
    bool adopts(loop& l) noexcept {
        if (home_ == &l) [[likely]]
            return true;
        if (!empty())
            return false;
        home_ = &l;
        return true;
    }
    // Whether it does already.
    bool belongs_to(loop const& l) noexcept { return home_ == &l; }
    // Nobody shall wait here any more; from now on it belongs to no loop.
    void retire() noexcept {
        if (empty())
            home_ = nullptr;
    }

    // Called by everything that touches the primitive. An uncontended
    // primitive belongs to nobody.
    void check_use() {
        if (!empty() && !inside(home()))
            throw_foreign_use();
    }
    void check_use_noexcept() noexcept {
        // Also when handlers of other code are destroyed with their context.
        if (!empty() && !inside(home()) && (running_loop() || home().entered()))
            refuse();
    }

    // Also called by what goes before its queue does.
    void check_destruction() noexcept {
        if (!empty())
            destroyed_in_use();
    }

    [[noreturn]] void refuse() noexcept {
        try {
            fatal(foreign_use().c_str());
        } catch (...) {
            fatal("a primitive with waiters was used from two loops");
        }
    }

    char const* what() const noexcept { return what_; }

    // A handler of foreign code on the same context or strand is as good as a
    // task.
    static bool inside(loop const& home) noexcept { return home.runs_here(); }

    // The sentence of a use from another loop than that of a task which waits
    // for the primitive, or holds it.
    static std::string foreign_use(char const* what, loop const* home,
                                   task_record const* user, char const* does) {
        return kind_of(what) + ": " + name_of(home, user) + ' ' + does +
               ", and " + name_of(running_loop(), running_task()) +
               " used it: a primitive serves one loop at a time; hand the call "
               "over with asio::post(), or use a shared_channel";
    }

private:
    loop& home() noexcept { return *home_; }

    // Without the article.
    static std::string kind_of(char const* what) {
        return std::strchr(what, ' ') + 1;
    }
    static std::string name_of(loop const* l, task_record const* r) {
        if (!l)
            return "code outside of every loop";
        char address[32];
        std::snprintf(address, sizeof address, "loop %#llx",
                      static_cast<unsigned long long>(
                          reinterpret_cast<std::uintptr_t>(l)));
        std::string out;
        if (r) {
            out += "task '";
            out += r->name();
            out += "' of ";
        }
        return out + address;
    }

    [[noreturn]] void throw_foreign_use() {
        throw std::logic_error(foreign_use());
    }
    std::string foreign_use() {
        return foreign_use(what_, &home(), &front().task(), "waits for it");
    }

    [[noreturn]] void destroyed_in_use() noexcept {
        try {
            std::string sentence =
                kind_of(what_) + " destroyed while tasks wait for it:";
            std::size_t shown = 0;
            waiters_.for_each([&](queued_wait& w) {
                if (++shown > 8)
                    return;
                task_record const& r = w.task();
                sentence += shown == 1 ? " '" : ", '";
                sentence += r.name();
                sentence += "' at " + format_location(r.leaf()->where);
            });
            if (shown > 8)
                sentence += ", and more";
            fatal(sentence.c_str());
        } catch (...) {
            fatal("a primitive was destroyed while tasks wait for it");
        }
    }

    intrusive_list<queued_wait> waiters_;
    loop* home_ = nullptr; // of those who wait
    char const* what_;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
