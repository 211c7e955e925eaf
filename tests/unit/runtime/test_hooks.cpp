// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What do the hooks of a loop see, and what can they change?
#include "support/test_case.hpp"

#include <tether/runtime/test_hooks.hpp>
#include <tether/scope.hpp>
#include <tether/sync.hpp>
#include <tether/task.hpp>
#include <tether/testing/detail/hooks_guard.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <new>
#include <string>
#include <vector>

namespace {

using namespace tether;
using namespace tether_test;
using detail::choice;
using detail::fault;
using detail::test_hooks;
using testing::detail::hooks_guard;

// Keeps the hooks on the loop of the task in whose frame it is.
struct hooked {
    explicit hooked(test_hooks& hooks)
        : guard(*detail::running_loop(), hooks) {}
    hooks_guard guard;
};

struct checkpoints : test_hooks {
    void checkpoint(detail::task_record& r) noexcept override {
        test_hooks::checkpoint(r);
        lines.push_back(r.leaf()->where.line());
        if (lines.size() == stop_at)
            r.home()->cancel(r, r.more().note, cancel_kind::explicit_request,
                             {}, {});
    }
    std::vector<unsigned> lines;
    std::size_t stop_at = 0;
};

// The last to arrive goes first.
struct reversed : test_hooks {
    std::size_t window(choice) noexcept override { return 8; }
    std::size_t choose(choice, std::size_t n) noexcept override {
        return n - 1;
    }
    void turn_ended(detail::loop&) noexcept override { ++turns; }
    std::size_t turns = 0;
};

struct eagerly : test_hooks {
    bool starts_eagerly() noexcept override { return true; }
};

struct one_error : test_hooks {
    boost::system::error_code
    completing(detail::task_record&) noexcept override {
        return ++seen == 2 ? boost::asio::error::connection_reset
                           : boost::system::error_code();
    }
    int seen = 0;
};

struct no_memory : test_hooks {
    void may_throw(fault what, std::size_t size) override {
        test_hooks::may_throw(what, size);
        if (++seen == fail_at)
            throw std::bad_alloc();
    }
    int seen = 0;
    int fail_at = 0;
};

task<int> small(int n) {
    co_return n;
}

} // namespace

TETHER_TEST_CASE("TE13 the hooks hear of every checkpoint, also of one that "
                 "completes at once") {
    checkpoints seen;
    event set;
    set.set();
    {
        hooked const here(seen);
        co_await set.wait();
        co_await checkpoint();
        co_await checkpoint_if_cancelled();
        static_cast<void>(co_await small(1));
    }
    co_await checkpoint();
    CHECK(seen.lines.size() == 3);
    CHECK(seen.lines[1] == seen.lines[0] + 1);
}

TETHER_TEST_CASE("TE13 hooks are asked in the order in which they were put "
                 "on, and leave in any") {
    checkpoints first;
    checkpoints second;
    auto* one = new hooked(first);
    auto* two = new hooked(second);
    co_await checkpoint();
    delete one;
    co_await checkpoint();
    delete two;
    co_await checkpoint();
    CHECK(first.lines.size() == 1);
    CHECK(second.lines.size() == 2);
}

TETHER_TEST_CASE("TE17 a hook that cancels at a checkpoint stops the task "
                 "there") {
    checkpoints seen;
    seen.stop_at = 2;
    int passed = 0;
    {
        hooked const here(seen);
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn([&]() -> task<> {
                for (;;) {
                    co_await checkpoint_if_cancelled();
                    ++passed;
                }
            });
            co_return;
        });
    }
    CHECK(passed == 1);
}

TETHER_TEST_CASE("TE19 the hooks choose which ready task has the next turn") {
    reversed order;
    event_log log;
    {
        hooked const here(order);
        co_await sleep_for(1ms); // from the next pass on
        co_await with_task_group([&](task_group& group) -> task<> {
            for (char const* name : {"a", "b", "c"})
                group.spawn([&log, name]() -> task<> {
                    log(name);
                    co_return;
                });
            co_return;
        });
    }
    CHECK(log.text() == "c b a");
    CHECK(order.turns == 4);
}

TETHER_TEST_CASE("TE19 the hooks choose among the timers of one instant") {
    reversed order;
    event_log log;
    hooked const here(order);
    co_await sleep_for(1ms);
    co_await with_task_group([&](task_group& group) -> task<> {
        for (int i = 1; i <= 3; ++i)
            group.spawn([&log, i]() -> task<> {
                co_await sleep_for(std::chrono::milliseconds(i == 3 ? 2 : 5));
                log(std::to_string(i));
            });
        co_return;
    });
    // Reversed as they start, as timers, and as ready tasks.
    CHECK(log.text() == "3 2 1");
}

TETHER_TEST_CASE("TE26 the hooks start the children of groups at once") {
    eagerly now;
    event_log log;
    {
        hooked const here(now);
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn([&log]() -> task<> {
                log("child");
                co_return;
            });
            log("body");
            co_return;
        });
    }
    CHECK(log.text() == "child body");
}

TETHER_TEST_CASE("TE18 the hooks put an error in the place of a result of "
                 "use_task") {
    one_error faults;
    hooked const here(faults);
    asio::steady_timer timer(this_task::executor(), 0ms);
    co_await asio::post(this_task::executor(), use_task); // cannot fail
    co_await timer.async_wait(use_task);
    boost::system::error_code code;
    try {
        timer.expires_after(0ms);
        co_await timer.async_wait(use_task);
    } catch (boost::system::system_error const& error) {
        code = error.code();
    }
    CHECK(code == asio::error::connection_reset);
    CHECK(faults.seen == 2);
}

TETHER_TEST_CASE("TE18 the hooks refuse the memory of a frame") {
    no_memory faults;
    faults.fail_at = 2;
    bool refused = false;
    {
        hooked const here(faults);
        static_cast<void>(co_await small(1));
        try {
            static_cast<void>(co_await small(2));
        } catch (std::bad_alloc const&) {
            refused = true;
        }
        static_cast<void>(co_await small(3));
    }
    static_cast<void>(co_await small(4));
    CHECK(refused);
    CHECK(faults.seen == 3);
}
