// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// Many tasks, three loops and a pool, cancels at random: each piece of work
// ends exactly once, and its task goes on after it.

#include "far_test.hpp"

#include <cstdlib>
#include <random>

using namespace tether;
using namespace tether_test;

namespace {

int rounds_of_stress() {
    if (char const* const text = std::getenv("TETHER_STRESS"))
        return std::atoi(text) / 1000;
    return 60;
}

struct counts {
    std::atomic<int> inside = 0;
    std::atomic<int> begun = 0;
    std::atomic<int> ended = 0;
    std::atomic<int> early = 0;
};

// On either side; begun is ended, with a value or by a stop.
class visit {
public:
    explicit visit(counts& c) : counts_(c) {
        ++counts_.begun;
        ++counts_.inside;
    }
    visit(visit const&) = delete;
    visit& operator=(visit const&) = delete;
    ~visit() {
        --counts_.inside;
        ++counts_.ended;
    }

private:
    counts& counts_;
};

// As the last local of the task at home: its work must be over by then.
class sums {
public:
    sums(counts const& own, counts& all) : own_(own), all_(all) {}
    sums(sums const&) = delete;
    sums& operator=(sums const&) = delete;
    ~sums() {
        if (own_.inside != 0)
            ++all_.early;
        all_.begun += own_.begun;
        all_.ended += own_.ended;
    }

private:
    counts const& own_;
    counts& all_;
};

task<int> works(counts& c, unsigned kind) {
    visit const here(c);
    if (kind % 4 == 0)
        co_await sleep_for(std::chrono::microseconds(kind % 50));
    else if (kind % 4 == 1)
        for (int i = 0; i != 10; ++i)
            co_await checkpoint();
    else if (kind % 4 == 2)
        throw std::runtime_error("at random");
    else
        co_await sleep_forever();
    co_return 1;
}

} // namespace

TETHER_FAR_CASE("TH20 TH21 random cancels: work elsewhere ends before its task "
                "goes on") {
    loop_pool pool(3);
    asio::thread_pool threads(2);
    counts c;
    std::mt19937 random(7);
    for (int round = rounds_of_stress(); round != 0; --round) {
        co_await with_task_group(
            {.policy = group_policy::supervise},
            [&](task_group& group) -> task<> {
                std::vector<task_handle<>> victims;
                for (int i = 0; i != 12; ++i)
                    victims.push_back(group.spawn(
                        [&](unsigned kind) -> task<> {
                            counts own;
                            sums const afterwards(own, c);
                            try {
                                if (kind % 3 == 0)
                                    co_await run_on(threads, [&] {
                                        visit const here(own);
                                    });
                                else if (kind % 3 == 1)
                                    static_cast<void>(co_await run_on(
                                        threads, works, std::ref(own), kind));
                                else
                                    static_cast<void>(co_await run_on(
                                        pool, works, std::ref(own), kind));
                            } catch (std::runtime_error const&) {
                            }
                        },
                        static_cast<unsigned>(random())));
                for (auto& victim : victims) {
                    if (random() % 3 == 0)
                        co_await sleep_for(
                            std::chrono::microseconds(random() % 200));
                    victim.cancel();
                }
            });
    }
    CHECK(c.early == 0);
    CHECK(c.inside == 0);
    CHECK(c.begun == c.ended);
    CHECK(c.begun > 0);
}
