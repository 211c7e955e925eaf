// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// A pool of loops that goes while it is used ends the program.

#include "support/death.hpp"
#include "unit/asio/asio_test.hpp"

#include <tether/thread/loop_pool.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include <atomic>
#include <memory>
#include <string>
#include <thread>

using namespace tether_test;

TEST_CASE("TH20 a loop_pool that goes before its tasks ends the program, with "
          "their tree") {
    std::string const text = last_words([] {
        tether::loop_pool pool(1);
        std::atomic<bool> begun = false;
        tether::co_spawn(
            pool[0],
            [&]() -> task<> {
                begun = true;
                co_await tether::sleep_forever();
            },
            asio::detached);
        while (!begun)
            std::this_thread::yield();
    });
    CHECK_THAT(text, contains_text("a loop_pool was destroyed while tasks were "
                                   "alive on it:"));
    CHECK_THAT(text, contains_text("loop_pool.cpp:"));
}

TEST_CASE("TH20 a loop_pool cannot be destroyed on one of its own loops") {
    std::string const text = last_words([] {
        auto pool = std::make_unique<tether::loop_pool>(1);
        asio::post((*pool)[0], [&] { pool.reset(); });
        for (;;)
            std::this_thread::yield();
    });
    CHECK_THAT(text, contains_text("by a task on one of its own loops"));
}
