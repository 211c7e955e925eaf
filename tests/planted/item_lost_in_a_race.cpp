// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
//
// A queue from which one takes with a time limit. The mistake: the limit is a
// leg of a race, and when both legs end in the same instant the first of them
// wins and the item is gone. A deadline keeps it: an operation that has its
// result has won.

#include "planted.hpp"

#include <deque>
#include <optional>
#include <utility>

namespace {

using namespace planted;

class mailbox {
public:
    task<int> take() {
        if (items_.empty()) {
            int const item =
                co_await suspend_cancellable<int>([this](completion<int> done) {
                    waiting_.emplace(std::move(done));
                    return [this] { waiting_.reset(); };
                });
            co_return item;
        }
        int const item = items_.front();
        items_.pop_front();
        co_return item;
    }
    void put(int item) {
        if (!waiting_)
            return items_.push_back(item);
        completion<int> done = std::move(*waiting_);
        waiting_.reset();
        done(item);
    }
    int left() const { return static_cast<int>(items_.size()); }

private:
    std::deque<int> items_;
    std::optional<completion<int>> waiting_;
};

task<int> no_item(std::chrono::milliseconds after) {
    co_await sleep_for(after);
    co_return 0;
}

} // namespace

void planted::item_lost_in_a_race(bool mistake) {
    testing::explore(testing::seeds{1000}, [mistake]() -> task<> {
        mailbox letters;
        int put = 0;
        int taken = 0;
        auto reader = [&]() -> task<> {
            for (int i = 0; i < 2; ++i) {
                int got = 0;
                if (mistake) {
                    got = co_await race(no_item(2ms), letters.take());
                } else {
                    auto const item =
                        co_await move_on_after(2ms, letters.take());
                    got = item.value_or(0);
                }
                taken += got;
            }
        };
        auto writer = [&]() -> task<> {
            co_await sleep_for(2ms);
            letters.put(1);
            ++put;
        };
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn(reader);
            group.spawn(writer);
            co_return;
        });
        if (taken + letters.left() != put)
            throw testing::test_failure("a letter is lost");
    });
}
