// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// What a thread that is not of the loop must not touch, and what is said before
// the program ends for it. The child process starts that thread, so these cases
// are beside those of fork().

#include "support/death.hpp"
#include "support/test_case.hpp"

#include <tether/stream.hpp>
#include <tether/sync.hpp>

#include <string>
#include <thread>

using namespace tether;
using namespace tether_test;

namespace {

task<> hold_for_ever(semaphore& s) {
    permit const held = co_await s.acquire();
    co_await sleep_forever();
}

} // namespace

TEST_CASE("CA15 a direct cancel from another thread is a checked error") {
    std::string const words = last_words([] {
        tether::run([]() -> task<> {
            co_await with_cancel_scope([](cancel_scope& scope) -> task<> {
                std::thread([&] { scope.cancel(); }).join();
                co_return;
            });
        });
    });
    CHECK_THAT(words, contains_text("use the handle of remote_cancel()"));
}

TEST_CASE("SY15 a lock given back by another thread terminates: a guard "
          "cannot throw") {
    std::string const text = last_words([] {
        run_virtual([]() -> task<> {
            mutex m;
            mutex_guard held = co_await m.lock();
            std::thread([&] { held = mutex_guard(); }).join();
        });
    });
    CHECK_THAT(text, contains_text("code outside of every task gave it back"));
}

TEST_CASE("SY15 a permit destroyed on another thread terminates: a guard "
          "cannot throw") {
    std::string const text = last_words([] {
        run_virtual([]() -> task<> {
            semaphore busy(1);
            permit p = co_await busy.acquire();
            co_await with_task_group([&](task_group& group) -> task<> {
                group.spawn(hold_for_ever, std::ref(busy));
                co_await checkpoint();
                std::thread([&] { p.release(); }).join();
            });
        });
    });
    CHECK_THAT(text, contains_text("code outside of every loop used it"));
}

TEST_CASE("SY15 an end that is destroyed on another thread while a task waits "
          "terminates: a destructor cannot throw") {
    std::string const text = last_words([] {
        run_virtual([]() -> task<> {
            auto [tx, rx] = channel<int>(1);
            co_await with_task_group([&](task_group& group) -> task<> {
                group.spawn([&]() -> task<> { (void)co_await rx.receive(); });
                co_await checkpoint();
                std::thread([&] { tx.close(); }).join();
            });
        });
    });
    CHECK_THAT(text, contains_text("code outside of every loop used it"));
}
