// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
//
// A pool of connections. The mistake: a connection that is handed to a waiter
// stays in the list of free ones until the waiter runs.

#include "planted.hpp"

#include <algorithm>
#include <deque>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace {

using namespace planted;

class pool {
public:
    pool(int size, bool careless) : careless_(careless) {
        for (int i = 0; i < size; ++i)
            free_.push_back(i);
    }

    task<int> take() {
        if (!free_.empty()) {
            int const connection = free_.back();
            free_.pop_back();
            co_return connection;
        }
        int const connection =
            co_await suspend_cancellable<int>([this](completion<int> done) {
                waiting_.push_back(std::move(done));
                return [] {};
            });
        if (careless_)
            std::erase(free_, connection);
        co_return connection;
    }
    void give_back(int connection) {
        if (waiting_.empty() || careless_)
            free_.push_back(connection);
        if (!waiting_.empty()) {
            completion<int> next = std::move(waiting_.front());
            waiting_.pop_front();
            next(connection);
        }
    }

private:
    bool careless_;
    std::vector<int> free_;
    std::deque<completion<int>> waiting_;
};

task<> use(pool& connections, std::vector<int>& in_use) {
    int const mine = co_await connections.take();
    if (std::find(in_use.begin(), in_use.end(), mine) != in_use.end())
        throw testing::test_failure("two tasks have the same connection");
    in_use.push_back(mine);
    co_await sleep_for(1ms);
    std::erase(in_use, mine);
    connections.give_back(mine);
}

} // namespace

void planted::double_hand_off(bool mistake) {
    testing::explore(testing::seeds{1000}, [mistake]() -> task<> {
        pool connections(1, mistake);
        std::vector<int> in_use;
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn(use, std::ref(connections), std::ref(in_use));
            group.spawn(use, std::ref(connections), std::ref(in_use));
            co_await sleep_for(500us);
            co_await sleep_for(500us); // the first is done by now, or nearly
            group.spawn(use, std::ref(connections), std::ref(in_use));
        });
    });
}
