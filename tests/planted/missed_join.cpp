// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
//
// A scope on top of a group: finish() waits for what was begun in it. The
// mistake: a job counts itself when it runs, so that one that has not run yet
// is not waited for.

#include "planted.hpp"

#include <functional>

namespace {

using namespace planted;

class crew {
public:
    crew(task_group& group, bool lazy) : group_(group), lazy_(lazy) {}

    void begin(std::function<task<>()> job) {
        if (!lazy_)
            ++working_;
        group_.spawn([this, job = std::move(job)]() -> task<> {
            if (lazy_)
                ++working_;
            co_await job();
            if (--working_ == 0)
                idle_.set();
        });
    }
    task<> finish() {
        co_await checkpoint(); // they all get a turn
        if (working_ != 0)
            co_await idle_.wait();
    }

private:
    task_group& group_;
    bool lazy_;
    int working_ = 0;
    event idle_;
};

} // namespace

void planted::missed_join(bool mistake) {
    testing::explore(testing::seeds{1000}, [mistake]() -> task<> {
        int done = 0;
        int seen = 0;
        co_await with_task_group([&](task_group& group) -> task<> {
            crew workers(group, mistake);
            for (int i = 0; i < 3; ++i)
                workers.begin([&]() -> task<> {
                    co_await sleep_for(1ms);
                    ++done;
                });
            co_await workers.finish();
            seen = done;
            co_await sleep_for(1h); // nothing refers to the crew after that
        });
        if (seen != 3)
            throw testing::test_failure("the scope ended before its jobs");
    });
}
