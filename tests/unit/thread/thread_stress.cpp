// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Does a call of to_thread that races a cancel end exactly once, and before
/// its task goes on?
#include "unit/thread/thread_test.hpp"

#include <tether/thread/from_thread.hpp>
#include <tether/thread/worker_threads.hpp>

#include <cstdlib>
#include <memory>
#include <random>
#include <thread>

namespace {

using namespace tether_test;

// All of them under ThreadSanitizer, which is what they are for.
int calls_to_race() {
    if (char const* const text = std::getenv("TETHER_STRESS"))
        return std::atoi(text);
#if defined(__SANITIZE_THREAD__)
    return 100'000;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
    return 100'000;
#endif
#endif
    return 10'000;
}

struct counts {
    std::atomic<int> begun{0};
    std::atomic<int> ended{0};
    // Of the loop.
    int delivered = 0;
    int stopped = 0;
    int early = 0;
};

// On the thread.
class visit {
public:
    visit(counts& all, std::atomic<int>& inside) : all_(all), inside_(inside) {
        ++all_.begun;
        ++inside_;
    }
    visit(visit const&) = delete;
    visit& operator=(visit const&) = delete;
    ~visit() {
        --inside_;
        ++all_.ended;
    }

private:
    counts& all_;
    std::atomic<int>& inside_;
};

// On the loop: what the thread uses goes with it.
class caller {
public:
    explicit caller(counts& all) : all_(all) {}
    caller(caller const&) = delete;
    caller& operator=(caller const&) = delete;
    ~caller() {
        if (inside != 0)
            ++all_.early;
        ++(delivered ? all_.delivered : all_.stopped);
    }

    std::atomic<int> inside{0};
    bool delivered = false;

private:
    counts& all_;
};

task<> call(counts& all, capacity_limiter& limiter, unsigned kind) {
    caller me(all);
    int const got =
        co_await to_thread({.limiter = &limiter}, [&all, &me, kind] {
            visit const here(all, me.inside);
            if (kind % 4 == 1) // until the cancel
                for (;; std::this_thread::yield())
                    from_thread::check_cancelled();
            if (kind % 4 == 2)
                from_thread::run([] { return checkpoint(); });
            return 1;
        });
    me.delivered = got == 1;
}

task<> call_and_leave(std::shared_ptr<counts> all, capacity_limiter& limiter) {
    caller me(*all);
    int const got = co_await to_thread(
        abandon_on_cancel, {.limiter = &limiter},
        [](std::shared_ptr<counts> its) {
            std::atomic<int> inside{0};
            visit const here(*its, inside);
            return 1;
        },
        all);
    me.delivered = got == 1;
}

} // namespace

TEST_CASE("TH02 TH03 calls that race a cancel end once, and before their task "
          "goes on") {
    static constexpr int per_round = 50;
    auto const all = std::make_shared<counts>();
    int const rounds = calls_to_race() / per_round;
    run([&]() -> task<> {
        capacity_limiter limiter(4);
        std::mt19937 random(11);
        for (int round = 0; round != rounds; ++round)
            co_await with_task_group([&](task_group& group) -> task<> {
                for (unsigned i = 0; i != per_round; ++i)
                    if (i % 4 == 3)
                        group.spawn(call_and_leave, all, std::ref(limiter));
                    else
                        group.spawn(call, std::ref(*all), std::ref(limiter), i);
                // Between the first function and the last, more or less.
                int const some = all->begun + static_cast<int>(random() % 16);
                for (int turns = 500; turns != 0 && all->begun < some; --turns)
                    co_await checkpoint();
                group.cancel();
            });
        CHECK(all->delivered + all->stopped == rounds * per_round);
        co_await until([&] { return limiter.statistics().borrowed == 0; });
        CHECK(worker_threads::statistics().abandoned == 0);
    });
    CHECK(all->early == 0);
    CHECK(all->begun == all->ended);
    CHECK(all->delivered > 0);
    CHECK(all->stopped > 0);
}
