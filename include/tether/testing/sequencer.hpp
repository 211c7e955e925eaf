// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a test force the steps of several tasks into one order? It numbers
/// them.
#ifndef TETHER_TESTING_SEQUENCER_HPP
#define TETHER_TESTING_SEQUENCER_HPP

#include <tether/detail/config.hpp>
#include <tether/detail/diagnostics.hpp>
#include <tether/detail/intrusive_list.hpp>
#include <tether/runtime/wait.hpp>

#include <cstddef>
#include <set>
#include <source_location>
#include <stdexcept>
#include <string>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace testing {

class sequencer;

namespace detail {

class turn_wait;
class turn_op;

} // namespace detail

/// The turn of one step; the next step begins when it is destroyed.
///
/// Invariant: holds a turn, or is empty after a move or release().
/// Threads: the loop of its task.
class [[nodiscard(
    "the turn is over when this object is gone: keep it")]] sequence_turn {
public:
    sequence_turn(sequence_turn&& other) noexcept
        : of_(std::exchange(other.of_, nullptr)), position_(other.position_) {}
    sequence_turn& operator=(sequence_turn&& other) noexcept {
        if (this != &other) {
            release();
            of_ = std::exchange(other.of_, nullptr);
            position_ = other.position_;
        }
        return *this;
    }
    ~sequence_turn() { release(); }

    /// Ends the turn before the object goes.
    void release() noexcept;

private:
    friend class detail::turn_wait;
    sequence_turn(sequencer& of, std::size_t position) noexcept
        : of_(&of), position_(position) {}

    sequencer* of_;
    std::size_t position_;
};

/// Runs numbered steps of different tasks in the order of their numbers, from
/// 0 on.
///
/// Invariant: one turn at a time. A task that is stopped while it waits for its
/// turn breaks the sequence for all.
/// Errors: destroying it while tasks wait ends the program with a sentence.
/// Threads: one loop.
/// Example:
/// ```
/// sequencer order;
/// group.spawn([&]() -> task<> {
///     auto const turn = co_await order.step(1);
///     write_second();
/// });
/// auto const turn = co_await order.step(0);
/// write_first();
/// ```
/// Source: Trio's Sequencer.
class sequencer {
public:
    sequencer() = default;
    sequencer(sequencer const&) = delete;
    sequencer& operator=(sequencer const&) = delete;
    ~sequencer() {
        if (!waiting_.empty())
            tether::detail::fatal(
                "a sequencer was destroyed while tasks wait for their turn");
    }

    /// Waits for the turn of this number.
    ///
    /// Result: the turn, which is over when the object is destroyed.
    /// Errors: std::logic_error if the number was used before, or if the
    /// sequence is broken.
    /// Completes when: the turns of all lower numbers are over. Always a
    /// checkpoint.
    /// On cancellation: the sequence is broken: who waits for a turn now or
    /// later gets std::logic_error.
    [[nodiscard("co_await the turn and keep it")]] detail::turn_op
    step(std::size_t number,
         std::source_location here = std::source_location::current()) noexcept;

private:
    friend class sequence_turn;
    friend class detail::turn_wait;

    void claim(std::size_t number) {
        if (!used_.insert(number).second)
            throw std::logic_error("sequencer: step " + std::to_string(number) +
                                   " was used before");
    }
    void begin(std::size_t number) noexcept;
    void break_all() noexcept;

    std::set<std::size_t> used_;
    std::size_t next_ = 0;
    bool broken_ = false;
    tether::detail::intrusive_list<detail::turn_wait> waiting_;
};

namespace detail {

class turn_wait final : public wait, public tether::detail::list_node {
public:
    turn_wait(sequencer& of, std::size_t number) noexcept
        : of_(&of), number_(number) {}
    // After the walk of a cancel: others that it reached have left the list
    // by now and are stopped, they see no error.
    ~turn_wait() {
        if (linked())
            unlink();
        if (stopped_)
            of_->break_all();
    }

    bool ready() {
        of_->claim(number_);
        return of_->broken_ || of_->next_ == number_;
    }
    void start() noexcept { of_->waiting_.push_back(*this); }
    sequence_turn result() {
        if (of_->broken_)
            throw std::logic_error("sequencer: step " +
                                   std::to_string(number_) +
                                   " cannot have its turn, because a task "
                                   "was stopped while it waited for its own");
        return sequence_turn(*of_, number_);
    }

    abort_result abort() noexcept override {
        unlink();
        stopped_ = true;
        return abort_result::done;
    }
    char const* description() const noexcept override {
        return "its turn in a sequence";
    }

    std::size_t number() const noexcept { return number_; }
    void wake() noexcept {
        unlink();
        complete();
    }

private:
    sequencer* of_;
    std::size_t number_;
    bool stopped_ = false;
};

class [[nodiscard("co_await the turn and keep it")]] turn_op {
public:
    turn_op(sequencer& of, std::size_t number,
            std::source_location here) noexcept
        : of_(&of), number_(number), where_(here) {}
    turn_wait connect() const noexcept { return turn_wait(*of_, number_); }
    std::source_location where() const noexcept { return where_; }

private:
    sequencer* of_;
    std::size_t number_;
    std::source_location where_;
};

} // namespace detail

inline detail::turn_op sequencer::step(std::size_t number,
                                       std::source_location here) noexcept {
    return detail::turn_op(*this, number, here);
}

inline void sequencer::begin(std::size_t number) noexcept {
    next_ = number;
    waiting_.for_each([&](detail::turn_wait& w) {
        if (w.number() == number)
            w.wake();
    });
}

inline void sequencer::break_all() noexcept {
    broken_ = true;
    waiting_.for_each([](detail::turn_wait& w) { w.wake(); });
}

inline void sequence_turn::release() noexcept {
    if (of_)
        std::exchange(of_, nullptr)->begin(position_ + 1);
}

} // namespace testing
TETHER_END_NAMESPACE

#endif
