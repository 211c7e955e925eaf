// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Do resources, pools and transactions stand every stop, every fault and every
/// order?
#include "everywhere.hpp"

#include <tether/resilience.hpp>

#include <memory>
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
