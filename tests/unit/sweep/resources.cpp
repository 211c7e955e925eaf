// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Do resources, pools, transactions and what generators keep and start stand
/// every stop, every fault and every order?
#include "everywhere.hpp"

#include <tether/resilience.hpp>
#include <tether/stream.hpp>

#include <memory>
#include <new>
#include <string_view>
#include <utility>

namespace {

using namespace tether_test;

// A connection that is alive until it is destroyed.
class wire {
public:
    explicit wire(world& w) : me_(std::make_unique<life>(w)) {}

    bool in_exchange() const noexcept { return in_exchange_; }
    task<> ask() {
        in_exchange_ = true;
        co_await sleep_for(1ms);
        in_exchange_ = false;
    }
    task<> close() { return ask(); }
    task<> begin() { return ask(); }
    task<> commit() { return ask(); }
    task<> rollback() { return ask(); }
    task<> savepoint(std::string_view) { return ask(); }
    task<> release_savepoint(std::string_view) { return ask(); }
    task<> rollback_to(std::string_view) { return ask(); }

private:
    std::unique_ptr<life> me_;
    bool in_exchange_ = false;
};

using pool_type = connection_pool<wire>;

auto opener(world& w) {
    return [&w]() -> task<wire> {
        co_await sleep_for(1ms);
        co_return wire(w);
    };
}

scoped_resource<life> opened_late(world& w) {
    life me(w);
    co_await checkpoint();
    auto const held = co_await w.permits.acquire();
    co_yield me;
    co_await sleep_for(1ms);
}

task<> stacked(world& w) {
    async_exit_stack stack;
    co_await with(stack, [&](async_exit_stack&) -> task<> {
        co_await stack.enter(opened_late(w));
        stack.push([]() -> task<> { co_await sleep_for(1ms); });
        async_exit_stack inner;
        co_await with(inner, [&](async_exit_stack&) -> task<> {
            co_await inner.enter(opened_late(w));
            inner.pop_all_into(stack);
        });
        co_await checkpoint();
    });
    require(stack.size() == 0, "the stack is empty afterwards");
}

task<> pooled(world& w) {
    pool_type pool(opener(w), {.max = 2, .idle_ttl = 5ms});
    pool.check_with([](wire& l) -> task<bool> {
        co_await l.ask();
        co_return true;
    });
    co_await with(pool, [&](pool_type&) -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            for (int i = 0; i != 3; ++i)
                group.spawn([&]() -> task<> {
                    co_await pool.with([](wire& l) { return l.ask(); });
                });
            co_return;
        });
        co_await sleep_for(7ms);
        auto lease = co_await pool.acquire();
        lease.discard();
    });
    require(pool.in_use() == 0, "every lease is back");
}

task<> transacted(world& w) {
    using transaction_type = open_transaction<wire>;
    pool_type pool(opener(w), {.max = 1});
    co_await with(pool, [&](pool_type&) -> task<> {
        co_await transaction(pool, [](transaction_type& tx) -> task<> {
            co_await tx->ask();
            try {
                co_await transaction(tx, [](wire&) -> task<> {
                    throw std::runtime_error("undo");
                    co_return;
                });
            } catch (std::runtime_error const&) {
            }
        });
    });
    require(pool.in_use() == 0, "the connection is back");
}

// Counts without needing memory for it.
class counted {
public:
    counted(int& opened, int& closed) noexcept
        : opened_(&opened), closed_(&closed) {}
    task<> open() {
        ++*opened_;
        co_return;
    }
    task<> close() {
        ++*closed_;
        return nothing();
    }

private:
    static task<> nothing() { co_return; }
    int* opened_;
    int* closed_;
};

async_generator<int> keeping(int& opened, int& closed) {
    for (int i = 0; i != 3; ++i)
        co_await keep(counted(opened, closed));
    co_yield 1;
}

async_generator<int> up_to(int n) {
    for (int i = 0; i != n; ++i)
        co_yield i;
}

} // namespace

TEST_CASE("TE17 scoped_resource and async_exit_stack, swept") {
    everywhere(stacked, 50);
}
TEST_CASE("TE17 connection_pool, swept") {
    everywhere(pooled, 50);
}
TEST_CASE("TE17 transaction, swept") {
    everywhere(transacted, 50);
}

TEST_CASE("GE05 what a generator has opened is closed also when no memory is "
          "left to keep it") {
    int opened = 0;
    int closed = 0;
    auto run = [&]() -> task<> {
        opened = closed = 0;
        co_await sleep_for(1ms); // the closes need a timer
        auto all = keeping(opened, closed);
        co_await next(all);
        co_await next(all);
    };
    auto const report =
        testing::fault_sweep(run, [&] { return opened == closed; });
    CHECK(report.points > 6);
}

TEST_CASE("GE20 a tee without memory for its task looks complete to no part") {
    constexpr int n = 3;
    bool short_end = false;
    auto take_all = [&](async_generator<int> part) -> task<> {
        int seen = 0;
        auto body = [&](async_generator<int>& all) -> task<> {
            while (auto const i = co_await next(all))
                ++seen;
            short_end = short_end || seen != n;
        };
        try {
            co_await consume(part, body);
        } catch (std::bad_alloc const&) {
        }
    };
    auto run = [&]() -> task<> {
        short_end = false;
        co_await with_task_group([&](task_group& group) -> task<> {
            auto parts = tee(group, up_to(n), 2, 1);
            group.spawn(take_all, std::move(parts[0]));
            group.spawn(take_all, std::move(parts[1]));
            co_return;
        });
    };
    auto const report = testing::fault_sweep(run, [&] { return !short_end; });
    CHECK(report.points > 6);
}

TEST_CASE("GE23 without memory for a task map_concurrent_stream says that, not "
          "that a promise was broken") {
    bool broken = false;
    auto twice = [](int i) -> task<int> { co_return 2 * i; };
    auto run = [&]() -> task<> {
        broken = false;
        co_await with_task_group([&](task_group& group) -> task<> {
            auto all = up_to(3) | map_concurrent_stream(group, 2, twice);
            try {
                co_await for_each(all, [](int) {});
            } catch (broken_promise const&) {
                broken = true;
            }
        });
    };
    auto const report = testing::fault_sweep(run, [&] { return !broken; });
    CHECK(report.points > 6);
}
