// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// What a timeout and a cancel cost on the heap: nothing.
#include "cancel_test.hpp"

#include <boost/asio/io_context.hpp>

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <string>

// Under the sanitizers the frame pool steps aside, and they bring an operator
// new of their own: the count would say nothing.
#if TETHER_SANITIZED == 0

namespace {

std::atomic<std::size_t> allocations = 0; // NOLINT: see operator new

} // namespace

// Replaced for the whole program; the count is read in one test only.
[[gnu::noinline]] void* operator new(std::size_t size) {
    allocations.fetch_add(1, std::memory_order_relaxed);
    if (void* block = std::malloc(size ? size : 1))
        return block;
    throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* block) noexcept {
    std::free(block);
}
[[gnu::noinline]] void operator delete(void* block, std::size_t) noexcept {
    std::free(block);
}

using namespace tether_test;

TETHER_TEST_CASE("SC28 a million short timeouts allocate nothing each") {
    constexpr int rounds = 1'000'000;
    auto const body = []() -> task<> { co_return; };
    for (int i = 0; i < 100; ++i) // the pool and the timer heap fill up
        co_await fail_after(5s, body);
    std::size_t const before = allocations;
    for (int i = 0; i < rounds; ++i)
        co_await fail_after(5s, body);
    std::size_t const used = allocations - before;
    CHECK(used == 0);
}

TETHER_TEST_CASE("SC28 timeouts that fire allocate nothing each") {
    auto const late = []() -> task<> { co_await sleep_for(2ms); };
    for (int i = 0; i < 100; ++i)
        co_await move_on_after(1ms, late);
    std::size_t const before = allocations;
    for (int i = 0; i < 1000; ++i) {
        bool const whole = co_await move_on_after(1ms, late);
        if (whole)
            FAIL("the deadline did not fire");
    }
    std::size_t const used = allocations - before;
    CHECK(used == 0);
}

TETHER_TEST_CASE("CX20 a cancel without text allocates nothing, also by a task "
                 "with a name") {
    constexpr int rounds = 100;
    std::size_t used = 0;
    std::string by;
    auto const canceller = [&]() -> task<> {
        std::size_t before = 0;
        for (int i = 0; i != rounds; ++i) {
            if (i == rounds / 2) // the pool has filled up
                before = allocations;
            cancel_scope scope;
            co_await with_cancel_scope(scope, [&]() -> task<> {
                scope.cancel();
                co_await checkpoint();
            });
            if (i == rounds - 1)
                by = scope.reason().task;
        }
        used = allocations - before;
    };
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(named("a name that is too long to be kept in place"),
                    canceller);
        co_return;
    });
    CHECK(used <= 1); // the name in the reason that was read at the end
    CHECK(by == "a name that is too long to be kept in place");
}

TETHER_TEST_CASE("CX20 a cancel through a handle allocates nothing") {
    std::size_t used = 1;
    co_await with_task_group([&](task_group& group) -> task<> {
        std::size_t before = 0;
        for (int i = 0; i != 100; ++i) {
            if (i == 50)
                before = allocations;
            auto child =
                group.spawn([]() -> task<> { co_await sleep_forever(); });
            co_await checkpoint();
            child.cancel();
            co_await child.wait();
        }
        used = allocations - before;
    });
    CHECK(used == 0);
}

#endif
