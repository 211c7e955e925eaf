// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// The code of docs/generators.md.
#include "support/test_case.hpp"

#include <tether/scope.hpp>
#include <tether/stream.hpp>

#include <string>
#include <utility>
#include <vector>

using namespace tether;
using namespace std::chrono_literals;

namespace {

// [generator]
async_generator<int> ticks(int n) {
    for (int i = 0; i < n; ++i) {
        co_await sleep_for(1s);
        co_yield i;
    }
}
// [generator]

// [next]
task<int> sum_of(async_generator<int>& numbers) {
    int sum = 0;
    while (auto n = co_await next(numbers)) // empty at the end
        sum += *n;
    co_return sum;
}
// [next]

// Stands for a connection.
class connection {
public:
    explicit connection(std::vector<std::string>& log) : log_(&log) {}
    task<> open() {
        co_await sleep_for(1ms);
        log_->push_back("open");
    }
    task<> close() {
        co_await sleep_for(1ms);
        log_->push_back("closed");
    }
    task<int> fetch(int row) {
        co_await sleep_for(1ms);
        co_return row;
    }

private:
    std::vector<std::string>* log_;
};

// [keep]
async_generator<int> rows(std::vector<std::string>& log) {
    auto& db = co_await keep(connection(log)); // opened here
    for (int i = 0;; ++i) {
        int const row = co_await db.fetch(i);
        co_yield row;
    }
} // closed after the frame is gone, on every end
// [keep]

// [consume]
task<int> third_row(std::vector<std::string>& log) {
    int const row =
        co_await consume(rows(log), [](async_generator<int>& all) -> task<int> {
            while (auto one = co_await next(all))
                if (*one == 2)
                    co_return *one; // leaves early
            co_return -1;
        });
    log.push_back("next statement");
    co_return row;
}
// [consume]

// [adaptors]
task<std::vector<std::string>> labels() {
    auto odd = [](int i) { return i % 2 != 0; };
    auto label = [](int i) -> task<std::string> {
        co_await sleep_for(1ms); // may await
        co_return "no. " + std::to_string(i);
    };
    co_return co_await collect(ticks(9) | filter(odd) | transform(label) |
                               take(2));
}
// [adaptors]

// [ahead]
task<int> prefetched(std::vector<std::string>& log) {
    int sum = 0;
    co_await with_task_group([&](task_group& group) -> task<> {
        co_await for_each(rows(log) | buffer(group, 4) | take(3),
                          [&](int row) { sum += row; });
    });
    co_return sum;
}
// [ahead]

// [as-channel]
task<int> shared(int workers) {
    int sum = 0;
    auto body = [&](element_receiver<int> all) -> task<> {
        auto work = [&sum](element_receiver<int> mine) -> task<> {
            while (auto tick = co_await mine.receive())
                sum += *tick;
        };
        co_await with_task_group([&](task_group& group) -> task<> {
            for (int i = 0; i < workers; ++i)
                group.spawn(work, all.clone());
            co_return;
        });
    };
    co_await as_channel(ticks(5), body);
    co_return sum;
}
// [as-channel]

} // namespace

TETHER_TEST_CASE("docs/generators.md") {
    auto numbers = ticks(4);
    int const sum = co_await sum_of(numbers);
    CHECK(sum == 6);
    std::vector<std::string> log;
    int const row = co_await third_row(log);
    CHECK(row == 2);
    CHECK(log == std::vector<std::string>{"open", "closed", "next statement"});
    auto const texts = co_await labels();
    CHECK(texts == std::vector<std::string>{"no. 1", "no. 3"});
    log.clear();
    int const first = co_await prefetched(log);
    CHECK(first == 3);
    CHECK(log == std::vector<std::string>{"open", "closed"});
    int const all = co_await shared(3);
    CHECK(all == 10);
}
