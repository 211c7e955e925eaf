// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Does a pool answer every call that it can, however many of its workers crash
/// or are stopped meanwhile?
#ifndef TETHER_TESTS_UNIT_THREAD_POOL_LOAD_HPP
#define TETHER_TESTS_UNIT_THREAD_POOL_LOAD_HPP

#include "process_test.hpp"

namespace process_test {

// Two hundred calls of four workers, some of which crash or are stopped.
inline void pool_under_load() {
    int answered = 0;
    int crashed = 0;
    int stopped = 0;
    tether::run([&]() -> task<> {
        process_pool pool(this_program("worker").err(stdio::null()),
                          {.workers = 4, .min_pause = 0s});
        auto const use = [&](process_pool&) -> task<> {
            auto const call = [&](int i) -> task<> {
                std::string const request = std::to_string(i);
                std::string expected(request.rbegin(), request.rend());
                if (i % 10 == 3) {
                    try {
                        static_cast<void>(co_await pool.call("segv"));
                    } catch (worker_crashed const&) {
                        ++crashed;
                    }
                } else if (i % 10 == 7) {
                    auto const none =
                        co_await move_on_after(1ms, pool.call("hang"));
                    stopped += none ? 0 : 1;
                } else {
                    std::string const reply = co_await pool.call(request);
                    answered += reply == expected ? 1 : 0;
                }
            };
            co_await with_task_group([&](task_group& group) -> task<> {
                for (int i = 0; i != 200; ++i)
                    group.spawn(call, i);
                co_return;
            });
        };
        co_await with(pool, use);
        CHECK(pool.statistics().started <= 4 + 20 + 20);
    });
    CHECK(crashed == 20);
    CHECK(stopped == 20);
    CHECK(answered == 160);
}

} // namespace process_test

#endif
