// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
//
// A doorbell for one consumer. The mistake: a ring that comes before the
// consumer waits is forgotten.

#include "planted.hpp"

#include <functional>
#include <optional>
#include <queue>
#include <utility>

namespace {

using namespace planted;

class doorbell {
public:
    explicit doorbell(bool forgetful) : forgetful_(forgetful) {}

    task<> wait() {
        if (rung_ != 0) {
            --rung_;
            co_return;
        }
        co_await suspend_cancellable<void>([this](completion<void> done) {
            waiting_.emplace(std::move(done));
            return [this] { waiting_.reset(); };
        });
    }
    void ring() {
        if (!waiting_) {
            rung_ += forgetful_ ? 0 : 1;
            return;
        }
        completion<void> done = std::move(*waiting_);
        waiting_.reset();
        done();
    }

private:
    bool forgetful_;
    int rung_ = 0;
    std::optional<completion<void>> waiting_;
};

task<> consume(std::queue<int>& items, doorbell& more, int count) {
    for (int i = 0; i < count; ++i) {
        co_await more.wait();
        items.pop();
        co_await sleep_for(1ms);
    }
}

task<> produce(std::queue<int>& items, doorbell& more, int count) {
    for (int i = 0; i < count; ++i) {
        items.push(i);
        more.ring();
        co_await sleep_for(2ms);
    }
}

} // namespace

void planted::lost_wake_up(bool mistake) {
    testing::explore(testing::seeds{1000}, [mistake]() -> task<> {
        std::queue<int> items;
        doorbell more(mistake);
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn(consume, std::ref(items), std::ref(more), 3);
            group.spawn(produce, std::ref(items), std::ref(more), 3);
            co_return;
        });
    });
}
