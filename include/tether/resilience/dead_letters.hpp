// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Where does that go which could not be handled? To the dead letters, for a
/// person or a task that looks at them later.
#ifndef TETHER_RESILIENCE_DEAD_LETTERS_HPP
#define TETHER_RESILIENCE_DEAD_LETTERS_HPP

#include <tether/detail/call_site.hpp>
#include <tether/detail/config.hpp>
#include <tether/stream/channel.hpp>
#include <tether/stream/channel_options.hpp>

#include <cstddef>
#include <exception>
#include <functional>
#include <utility>

TETHER_BEGIN_NAMESPACE

/// An item that could not be handled.
template<class T>
struct dead_letter {
    /// Made where the handling was given up.
    dead_letter(T&& the_item, std::exception_ptr why, std::size_t how_often)
        : item(std::move(the_item)),
          error(std::move(why)),
          attempts(how_often) {}

    T item;                   ///< as it was
    std::exception_ptr error; ///< of the last attempt, or of all as a group
    std::size_t attempts;     ///< how often it was tried
};

/// Keeps the latest items that could not be handled.
///
/// Invariant: at most `capacity`, oldest first. Adding never waits and never
/// refuses: the oldest makes room.
/// Never lost: what makes room, and what is left at the end, goes to the
/// `forgotten` function, if there is one.
/// Threads: one loop at a time, as for a channel; usable in several runs.
/// Example:
/// ```
/// dead_letters<job> letters(100);
/// try { co_await retry(policy, [&] { return run_job(j); }); }
/// catch (retry_failed const& e) {
///     letters.add(std::move(j), std::current_exception(), e.attempts());
/// }
/// ```
template<class T>
class dead_letters {
public:
    using value_type = dead_letter<T>;

    /// Errors: std::invalid_argument for a capacity of zero.
    explicit dead_letters(channel_capacity capacity,
                          std::function<void(value_type&&)> forgotten = {})
        : dead_letters(channel<value_type>(capacity,
                                           {.on_full = overflow::drop_oldest},
                                           std::move(forgotten))) {}
    dead_letters(dead_letters const&) = delete;
    dead_letters& operator=(dead_letters const&) = delete;

    /// Adds an item with the reason why it is here.
    ///
    /// Errors: what the move of the item throws.
    void add(T item, std::exception_ptr error, std::size_t attempts = 1) {
        static_cast<void>(in_.try_send(
            value_type(std::move(item), std::move(error), attempts)));
    }

    /// Takes the oldest one out.
    ///
    /// Result: a std::optional of a dead_letter; never empty.
    /// Completes when: there is one. Always a checkpoint.
    /// On cancellation: nothing was taken.
    [[nodiscard("co_await the receive")]] auto
    receive(detail::call_site here = TETHER_HERE) {
        return out_.receive(here);
    }
    /// Takes the oldest one out, if there is one.
    [[nodiscard]] try_received<value_type> try_receive() {
        return out_.try_receive();
    }

    /// Result: how many there are.
    [[nodiscard]] std::size_t size() const {
        return out_.statistics().buffered;
    }
    /// Result: how many had to make room.
    [[nodiscard]] std::size_t forgotten() const {
        return out_.statistics().undelivered;
    }

private:
    explicit dead_letters(
        std::pair<sender<value_type>, receiver<value_type>> ends) noexcept
        : in_(std::move(ends.first)), out_(std::move(ends.second)) {}

    sender<value_type> in_;
    receiver<value_type> out_;
};

TETHER_END_NAMESPACE

#endif
