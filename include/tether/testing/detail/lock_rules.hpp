// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What must a lock do? One coroutine per rule.
#ifndef TETHER_TESTING_DETAIL_LOCK_RULES_HPP
#define TETHER_TESTING_DETAIL_LOCK_RULES_HPP

#include <tether/detail/config.hpp>
#include <tether/scope/cancel_scope.hpp>
#include <tether/scope/task_group.hpp>
#include <tether/scope/task_handle.hpp>
#include <tether/scope/with_cancel_scope.hpp>
#include <tether/scope/with_task_group.hpp>
#include <tether/task/checkpoint.hpp>
#include <tether/task/task.hpp>
#include <tether/testing/conformance_suite.hpp>

#include <algorithm>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

TETHER_BEGIN_NAMESPACE
namespace testing::detail {

template<class Make, class Acquire, class TryAcquire>
class lock_rules {
public:
    lock_rules(Make make, Acquire acquire, TryAcquire try_acquire)
        : make_(std::move(make)),
          acquire_(std::move(acquire)),
          try_acquire_(std::move(try_acquire)) {}

    task<> one_holder() {
        auto const lock = make_();
        int inside = 0;
        int most = 0;
        co_await with_task_group([&](task_group& group) -> task<> {
            for (int i = 0; i != 5; ++i) {
                group.spawn([&]() -> task<> {
                    auto const held = co_await acquire_(*lock);
                    most = (std::max)(most, ++inside);
                    co_await turns(3);
                    --inside;
                });
            }
            co_return;
        });
        require_rule(most == 1, "two tasks held the lock at the same time");
        require_free(*lock);
    }

    task<> order() {
        auto const lock = make_();
        std::vector<int> came;
        co_await with_task_group([&](task_group& group) -> task<> {
            auto held = hold(*lock);
            for (int i = 0; i != 4; ++i)
                group.spawn([&, i] { return note(*lock, came, i); });
            co_await turns(2);
            held.reset();
        });
        require_rule(came == std::vector<int>{0, 1, 2, 3},
                     "the waiters were not served in their order");
    }

    task<> trying() {
        auto const lock = make_();
        bool got = false;
        co_await with_task_group([&](task_group& group) -> task<> {
            auto const held = hold(*lock);
            group.spawn([&]() -> task<> { // another one than the holder
                got = static_cast<bool>(try_acquire_(*lock));
                co_return;
            });
            co_await turns(2);
        });
        require_rule(!got, "trying succeeded while the lock is held");
        require_free(*lock);
    }

    task<> no_overtaking() {
        auto const lock = make_();
        std::vector<int> came;
        co_await with_task_group([&](task_group& group) -> task<> {
            auto held = hold(*lock);
            group.spawn([&] { return note(*lock, came, 0); });
            co_await turns(2);
            held.reset(); // the waiter has not run yet
            require_rule(!try_acquire_(*lock),
                         "trying overtook a task that waits");
            co_await note(*lock, came, 1);
        });
        require_rule(came == std::vector<int>{0, 1},
                     "a newcomer overtook a task that waits");
    }

    task<> cancelled_waiter() {
        auto const lock = make_();
        std::vector<int> came;
        co_await with_task_group([&](task_group& group) -> task<> {
            auto held = hold(*lock);
            std::vector<task_handle<void>> handles;
            for (int i = 0; i != 4; ++i)
                handles.push_back(
                    group.spawn([&, i] { return note(*lock, came, i); }));
            co_await turns(2);
            handles[0].cancel();
            handles[2].cancel();
            held.reset();
        });
        require_rule(came == std::vector<int>{1, 3},
                     "a cancelled waiter got the lock, or another did not");
        require_free(*lock);
    }

    task<> cancelled_winner() {
        auto const lock = make_();
        std::vector<int> came;
        co_await with_task_group([&](task_group& group) -> task<> {
            auto held = hold(*lock);
            auto first = group.spawn([&] { return note(*lock, came, 0); });
            group.spawn([&] { return note(*lock, came, 1); });
            co_await turns(2);
            held.reset();
            first.cancel(); // after the lock was handed to it
        });
        require_rule(!came.empty() && came.back() == 1,
                     "the lock was lost with a waiter that was cancelled after "
                     "the hand-over");
        require_free(*lock);
    }

    task<> error_releases() {
        auto const lock = make_();
        auto const failing = [&]() -> task<> {
            auto const held = co_await acquire_(*lock);
            throw std::runtime_error("inside");
        };
        bool failed = false;
        try {
            co_await failing();
        } catch (std::runtime_error const&) {
            failed = true;
        }
        require_rule(failed, "the error of the holder was lost");
        require_free(*lock);
    }

    task<> checkpoint_rule() {
        auto const lock = make_();
        bool reached = false;
        auto const body = [&](cancel_scope& scope) -> task<> {
            scope.cancel();
            auto const held = co_await acquire_(*lock);
            reached = true;
        };
        co_await with_cancel_scope(body);
        require_rule(!reached, "acquiring is not a checkpoint: a cancelled "
                               "task got a free lock");
        require_free(*lock);
    }

    struct entry {
        char const* name;
        task<> (lock_rules::*rule)();
    };
    static std::vector<entry> all() {
        return {
            {"one holder at a time", &lock_rules::one_holder},
            {"waiters are served in the order in which they came",
             &lock_rules::order},
            {"trying fails while the lock is held, and succeeds afterwards",
             &lock_rules::trying},
            {"nobody overtakes a task that waits", &lock_rules::no_overtaking},
            {"a cancelled waiter leaves, the others keep their order",
             &lock_rules::cancelled_waiter},
            {"a waiter that is cancelled after the hand-over loses nothing",
             &lock_rules::cancelled_winner},
            {"an error of the holder releases", &lock_rules::error_releases},
            {"acquiring is a checkpoint, also when the lock is free",
             &lock_rules::checkpoint_rule},
        };
    }

private:
    using lock_type = std::remove_reference_t<
        decltype(*std::declval<std::invoke_result_t<Make&>&>())>;

    static task<> turns(int n) {
        for (; n != 0; --n)
            co_await checkpoint();
    }
    task<> note(lock_type& lock, std::vector<int>& came, int number) {
        auto const held = co_await acquire_(lock);
        came.push_back(number);
        co_await turns(1);
    }
    auto hold(lock_type& lock) {
        auto held = try_acquire_(lock);
        require_rule(static_cast<bool>(held), "a fresh lock cannot be had");
        return held;
    }
    void require_free(lock_type& lock) {
        require_rule(static_cast<bool>(try_acquire_(lock)),
                     "the lock is not free although nobody holds it");
    }

    Make make_;
    Acquire acquire_;
    TryAcquire try_acquire_;
};

} // namespace testing::detail
TETHER_END_NAMESPACE

#endif
