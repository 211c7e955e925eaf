// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Does a pool close every connection that it has opened, also without memory?
#include "everywhere.hpp"

#include <tether/resilience.hpp>
#include <tether/runtime/test_hooks.hpp>
#include <tether/testing/detail/hooks_guard.hpp>

#include <new>

#ifdef TETHER_TEST_ALONE
#include <tether/testing/replace_new.hpp>
#endif

namespace {

using namespace tether_test;

// Counts without needing memory for it.
struct ledger {
    std::size_t opened = 0;
    std::size_t closed = 0;
};

class counted_wire {
public:
    explicit counted_wire(ledger& book) noexcept : book_(&book) {
        ++book.opened;
    }
    task<> close() {
        ++book_->closed;
        return nothing();
    }

private:
    static task<> nothing() { co_return; }
    ledger* book_;
};

using pool_type = connection_pool<counted_wire>;

// Nothing is left for the tasks of pools while it is armed.
class no_memory final : public tether::detail::test_hooks {
public:
    void may_throw(tether::detail::fault, std::size_t) override {
        auto const* const r = tether::detail::running_task();
        if (armed && r && r->name() == "connection pool")
            throw std::bad_alloc();
    }
    bool armed = false;
};

} // namespace

TEST_CASE("RE15 once a connection is open, no memory is needed to keep it") {
    ledger book;
    std::size_t kept = 0;
    auto run = [&]() -> task<> {
        book = ledger();
        kept = 0;
        auto open = [&]() -> task<counted_wire> {
            co_return counted_wire(book);
        };
        pool_type pool(open, {.max = 2});
        struct note {
            pool_type& pool;
            std::size_t& kept;
            ~note() { kept = pool.statistics().opened; }
        } const at_end{pool, kept};
        co_await with(pool, [&](pool_type&) -> task<> {
            auto const first = co_await pool.acquire();
            auto const second = co_await pool.acquire();
        });
    };
    auto const report =
        testing::fault_sweep(run, [&] { return book.opened == kept; });
    CHECK(report.points > 10);
}

TEST_CASE("RE14 every connection that was opened is closed, also when no "
          "memory is left for what the pool does with it") {
    ledger book;
    auto run = [&]() -> task<> {
        book = ledger();
        auto open = [&]() -> task<counted_wire> {
            co_return counted_wire(book);
        };
        co_await sleep_for(1ms); // the closes need a timer
        pool_type pool(open, {.max = 2, .idle_ttl = 5ms});
        co_await with(pool, [&](pool_type&) -> task<> {
            auto first = co_await pool.acquire();
            auto second = co_await pool.acquire();
            first.discard();
            second.release();
            auto third = co_await pool.acquire();
            third.release();
            co_await sleep_for(7ms);
            auto const fourth = co_await pool.acquire();
        });
    };
    auto const report =
        testing::fault_sweep(run, [&] { return book.opened == book.closed; });
    CHECK(report.points > 10);
}

TEST_CASE("RE16 a connection for whose close no memory comes is destroyed and "
          "counted, and the pool goes on") {
    ledger book;
    testing::run_test([&]() -> task<> {
        auto open = [&]() -> task<counted_wire> {
            co_return counted_wire(book);
        };
        no_memory none;
        testing::detail::hooks_guard const on(*tether::detail::running_loop(),
                                              none);
        pool_type pool(open, {.max = 1, .idle_ttl = 5ms});
        co_await with(pool, [&](pool_type&) -> task<> {
            for (int i = 0; i != 2; ++i) {
                auto lease = co_await pool.acquire();
                none.armed = i == 0;
                lease.discard();
                co_await sleep_for(1ms);
                CHECK(pool.statistics().closing == 0);
                CHECK(pool.statistics().close_failures == 1);
            }
            none.armed = true; // nor for a timer
            auto const idle = [&]() -> task<> {
                auto const lease = co_await pool.acquire();
            };
            co_await idle();
            co_await sleep_for(7ms);
            none.armed = false;
            co_await idle();
        });
    });
    CHECK(book.opened == 4);
    CHECK(book.closed == 3);
}
