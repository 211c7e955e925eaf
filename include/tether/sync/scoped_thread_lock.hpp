// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a task use what plain threads share, under their std::mutex, and
/// never waits with the lock held? With a guard that notices.
#ifndef TETHER_SYNC_SCOPED_THREAD_LOCK_HPP
#define TETHER_SYNC_SCOPED_THREAD_LOCK_HPP

#include <tether/detail/config.hpp>
#include <tether/detail/diagnostics.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/runtime/loop_roles.hpp>
#include <tether/runtime/task_record.hpp>

#include <cstddef>
#include <mutex>
#include <source_location>
#include <string>

TETHER_BEGIN_NAMESPACE
namespace detail {

// The loop looks for legs to start when a task waits, so a task without one of
// these pays nothing. With one it must not wait.
class suspension_watch final : private leg_starter {
public:
    suspension_watch(char const* held, std::source_location since) noexcept
        : held_(held), since_(since) {
        home_ = running_loop();
        starting_for = home_ ? home_->current() : nullptr;
        if (starting_for)
            home_->start_legs(*this);
    }
    suspension_watch(suspension_watch const&) = delete;
    suspension_watch& operator=(suspension_watch const&) = delete;
    ~suspension_watch() {
        if (starting_for)
            home_->forget_legs(*this);
    }

private:
    // The task waits, or has ended.
    task_record* next_leg(bool&) noexcept override {
        try {
            fatal((sentence() + format_location(since_)).c_str());
        } catch (...) { // no memory for the words
            fatal(held_, since_);
        }
    }
    std::string sentence() const {
        std::string out;
        if (task_record const* const r = living()) {
            out = r->name().empty() ? std::string("a task")
                                    : "task '" + std::string(r->name()) + '\'';
            out += " waits";
            if (frame_base const* const leaf = r->leaf())
                out += " at " + format_location(leaf->where);
        } else {
            out = "a task ended";
        }
        return out + " while it holds " + held_ +
               ", which blocks threads: give it back before the co_await, or "
               "use a tether::mutex; it was locked at ";
    }
    // Null if it is gone.
    task_record const* living() const noexcept {
        scope_node& roots = home_->roots();
        for (scope_node* at = &roots; at; at = at->next_in(roots, true))
            if (at == static_cast<scope_node const*>(starting_for))
                return starting_for;
        return nullptr;
    }

    loop* home_;
    char const* held_;
    std::source_location since_;
};

} // namespace detail

/// Holds mutexes of the standard library, and ends the program with a sentence
/// when the task waits meanwhile.
///
/// Code between two awaits is short, so a task may take a lock that threads
/// take, too. What must not be is an await under the lock: it would block those
/// threads for as long as the task waits, and for ever the loop, if another of
/// its tasks wants the lock. An await that completes at once is none.
/// Invariant: neither copied nor moved; the locks are given back in the scope
/// that took them. Costs nothing while it is not there.
/// Parameters: `Mutexes` are std::mutex, std::shared_mutex and the like;
/// several are taken together without a deadlock, as by std::scoped_lock.
/// Errors: a task that waits, or ends, with the lock held ends the program with
/// a sentence that names the line of the await, in every build.
/// Threads: any; outside of a task it is a std::scoped_lock. Taking the lock
/// blocks the loop until it is free: threads should hold it as briefly.
/// Example:
/// ```
/// {
///     scoped_thread_lock const lock(counters.mutex);
///     ++counters.requests;
/// }
/// co_await reply();
/// ```
template<class... Mutexes>
class [[nodiscard("the lock is given back at once")]] scoped_thread_lock {
    static_assert(sizeof...(Mutexes) != 0, "name the mutexes to be held");

public:
    /// Locks; blocks the thread until they are free.
    explicit scoped_thread_lock(
        Mutexes&... mutexes,
        std::source_location here = std::source_location::current())
        : lock_(mutexes...), watch_("a scoped_thread_lock", here) {}
    scoped_thread_lock(scoped_thread_lock const&) = delete;
    scoped_thread_lock& operator=(scoped_thread_lock const&) = delete;

    static void* operator new(std::size_t) = delete;
    static void* operator new[](std::size_t) = delete;

private:
    std::scoped_lock<Mutexes...> lock_;
    detail::suspension_watch watch_;
};

template<class... Mutexes>
scoped_thread_lock(Mutexes&...) -> scoped_thread_lock<Mutexes...>;

TETHER_END_NAMESPACE

#endif
