// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Does a pool close every connection that it has opened, also without memory?
#include "everywhere.hpp"

#include <tether/resilience.hpp>

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
