// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Where can a test take part in what a loop does? At every checkpoint, every
/// choice of order, and everything that may fail.
#ifndef TETHER_RUNTIME_TEST_HOOKS_HPP
#define TETHER_RUNTIME_TEST_HOOKS_HPP

#include <tether/detail/config.hpp>

#include <boost/system/error_code.hpp>

#include <cstddef>
#include <cstdint>

TETHER_BEGIN_NAMESPACE
namespace detail {

class loop;
class task_record;

// What may be taken in another order than that of arrival.
enum class choice : std::uint8_t {
    ready_task,  // which of the ready tasks has the next turn
    equal_timer, // which of the timers due at one instant goes first
};

// What may fail although nothing is wrong with the program.
enum class fault : std::uint8_t {
    frame,      // memory for a frame, a record or an Asio operation
    heap,       // operator new, where a test has replaced it
    completion, // a use_task operation ends with an error
    copy,       // a copy or move of a type of the user
};

// Compiled in always, null in production: a loop looks at one pointer where a
// test could want to know. Each function of the base asks the hooks below, so
// that an assertion inside an explored test does not hide the exploration.
class test_hooks {
public:
    test_hooks() = default;
    test_hooks(test_hooks const&) = delete;
    test_hooks& operator=(test_hooks const&) = delete;

    // A task is about to pass a checkpoint, also one that completes at once;
    // `record.leaf()->where` says which. May cancel, also this very task, which
    // then stops here.
    virtual void checkpoint(task_record& record) noexcept {
        if (below_)
            below_->checkpoint(record);
    }

    // From how many in order of arrival choose() may take; 1: never asked.
    virtual std::size_t window(choice what) noexcept {
        return below_ ? below_->window(what) : 1;
    }
    // Less than `n`, which is more than 1; 0 is the usual order.
    virtual std::size_t choose(choice what, std::size_t n) noexcept {
        return below_ ? below_->choose(what, n) : 0;
    }

    // A task had its turn and waits or has ended. May cancel.
    virtual void turn_ended(loop& home) noexcept {
        if (below_)
            below_->turn_ended(home);
    }

    // Whether the children of groups run at once up to their first wait.
    virtual bool starts_eagerly() noexcept {
        return below_ && below_->starts_eagerly();
    }

    // Something that may fail is about to be done, `size` in bytes for memory;
    // fails it by throwing.
    virtual void may_throw(fault what, std::size_t size) {
        if (below_)
            below_->may_throw(what, size);
    }

    // A use_task operation of `record` has succeeded; any error that is given
    // takes the place of its result.
    virtual boost::system::error_code completing(task_record& record) noexcept {
        return below_ ? below_->completing(record)
                      : boost::system::error_code();
    }

    test_hooks* below() const noexcept { return below_; }
    void put_on(test_hooks* below) noexcept { below_ = below; }

protected:
    ~test_hooks() = default;

private:
    test_hooks* below_ = nullptr;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
