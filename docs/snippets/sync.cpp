// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// The code of docs/sync.md, run in virtual time.
#include "support/test_case.hpp"

#include <tether/scope.hpp>
#include <tether/sync.hpp>

#include <functional>
#include <string>
#include <utility>
#include <vector>

using namespace tether;
using namespace std::chrono_literals;

namespace {

struct account {
    int balance = 0;
};
struct connection {
    task<bool> send(std::string) {
        co_await sleep_for(1ms);
        co_return true;
    }
};

mutex bank;
int busy = 0;
int most = 0;

task<> write_log(std::string) {
    co_await sleep_for(1ms);
}
task<int> slow_read(account& of) {
    co_await sleep_for(1ms);
    co_return of.balance;
}
task<> work() {
    co_await sleep_for(500ms);
}
task<> fetch(std::string) {
    most = std::max(most, ++busy);
    co_await sleep_for(1ms);
    --busy;
}
task<> think(promise<int> answer) {
    co_await sleep_for(1ms);
    answer.set_value(42);
}

// [mutex]
task<> transfer(account& from, account& to, int amount) {
    mutex_guard const lock = co_await bank.lock();
    from.balance -= amount;
    co_await write_log("transfer"); // still locked
    to.balance += amount;
}
// [mutex]

// [scoped]
task<int> read_balance(account& of) {
    co_return co_await bank.scoped([&] { return slow_read(of); });
}
// [scoped]

// [deadline]
task<bool> try_for_a_second(semaphore& slots) {
    co_return co_await move_on_after(1s, slots.scoped([] { return work(); }));
}
// [deadline]

// [semaphore]
task<> fetch_politely(std::vector<std::string> urls) {
    semaphore slots(10);
    co_await with_task_group([&](task_group& group) -> task<> {
        for (auto const& url : urls) {
            group.spawn([&]() -> task<> {
                permit const slot = co_await slots.acquire();
                co_await fetch(url);
            });
        }
        co_return;
    });
}
// [semaphore]

// [limiter]
task<> query(capacity_limiter& limiter, connection& to) {
    borrowed_token const token = co_await limiter.acquire_for(&to);
    bool const slow = co_await to.send("select");
    if (slow) // fewer from now on; whoever has a token keeps it
        limiter.set_total(2);
}
// [limiter]

struct stack {
    mutex m;
    condition_variable changed{m};
    std::vector<int> items;
};

// [condition]
task<int> take_one(stack& s) {
    mutex_guard lock = co_await s.m.lock();
    co_await s.changed.wait(lock, [&] { return !s.items.empty(); });
    int const item = s.items.back();
    s.items.pop_back();
    co_return item;
}

task<> put(stack& s, int item) {
    mutex_guard const lock = co_await s.m.lock();
    s.items.push_back(item);
    s.changed.notify();
}
// [condition]

// [promise]
task<int> ask(task_group& group) {
    promise<int> answer;
    future<int> f = answer.get_future();
    group.spawn(think, std::move(answer));
    co_return co_await f.get();
}
// [promise]

// [parking-lot]
class turnstile {
public:
    task<> pass() {
        if (coins_ != 0)
            --coins_;
        else
            co_await queue_.park(); // a coin goes straight to the first
    }
    void insert_coin() {
        if (queue_.unpark() == 0)
            ++coins_;
    }

private:
    parking_lot queue_;
    int coins_ = 0;
};
// [parking-lot]

} // namespace

TETHER_TEST_CASE("docs/sync.md: locks and permits") {
    account a{100};
    account b{0};
    co_await with_task_group([&](task_group& group) -> task<> {
        for (int i = 0; i != 10; ++i)
            group.spawn(transfer, std::ref(a), std::ref(b), 5);
        co_return;
    });
    CHECK(b.balance == 50);
    int const balance = co_await read_balance(a);
    CHECK(balance == 50);

    semaphore none(0);
    bool const in_vain = co_await try_for_a_second(none);
    CHECK_FALSE(in_vain);
    none.release();
    bool const done = co_await try_for_a_second(none);
    CHECK(done);

    co_await fetch_politely(std::vector<std::string>(100, "url"));
    CHECK(most == 10);

    capacity_limiter limiter(8);
    connection to;
    co_await query(limiter, to);
    CHECK(limiter.statistics().total == 2);
}

TETHER_TEST_CASE("docs/sync.md: conditions, promises and one's own") {
    stack s;
    turnstile gate;
    bool passed = false;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto item = group.spawn(take_one, std::ref(s));
        co_await sleep_for(1ms);
        co_await put(s, 7);
        int const taken = co_await item;
        CHECK(taken == 7);
        int const answer = co_await ask(group);
        CHECK(answer == 42);
        group.spawn([&]() -> task<> {
            co_await gate.pass();
            passed = true;
        });
        co_await sleep_for(1ms);
        CHECK_FALSE(passed);
        gate.insert_coin();
    });
    CHECK(passed);
}
