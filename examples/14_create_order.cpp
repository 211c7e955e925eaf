// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// Two statements that belong together, and how long they took. When the second
// one fails, the first is undone; the time is told all the same.
#include "support/sqlite/connection.hpp"

#include <tether/tether.hpp>

#include <chrono>
#include <cstdio>
#include <string>

// ctest-match: ok in [0-9]+ us, 1 .*failed in [0-9]+ us, 1 orders, stock 1

using tether::task;
using pool_type = tether::connection_pool<sqlite::connection>;

task<sqlite::connection> open(std::string file) {
    sqlite::connection db(file);
    co_await db.open();
    co_return db;
}

task<> create_order(pool_type& pool, int pieces) {
    std::string const n = std::to_string(pieces);
    co_await tether::transaction(pool, [&](sqlite::connection& c) -> task<> {
        co_await c.execute("INSERT INTO orders VALUES (" + n + ")");
        co_await c.execute("UPDATE stock SET pieces = pieces - " + n);
    });
}

task<> create_order_with_metrics(pool_type& pool, int pieces) {
    auto const log = [](tether::operation_timing const& t) {
        auto const us =
            std::chrono::duration_cast<std::chrono::microseconds>(t.duration);
        std::printf("%s %s in %lld us", std::string(t.name).c_str(),
                    t.how.succeeded() ? "ok" : "failed",
                    static_cast<long long>(us.count()));
    };
    try {
        co_await tether::timed_operation("create_order",
                                         create_order(pool, pieces), log);
    } catch (sqlite::error const&) {
        // there are not so many: the constraint of the table says so
    }
    auto lease = co_await pool.acquire();
    auto const orders = co_await lease->number("SELECT count(*) FROM orders");
    auto const stock = co_await lease->number("SELECT pieces FROM stock");
    std::printf(", %lld orders, stock %lld\n", orders, stock);
}

task<> async_main() {
    sqlite::temporary_file const file;
    pool_type pool([&] { return open(file.name()); }, {.max = 2});
    co_await tether::with(pool, [](pool_type& p) -> task<> {
        co_await p.with([](sqlite::connection& c) {
            return c.execute("CREATE TABLE orders (pieces INTEGER);"
                             "CREATE TABLE stock"
                             " (pieces INTEGER CHECK (pieces >= 0));"
                             "INSERT INTO stock VALUES (3)");
        });
        co_await create_order_with_metrics(p, 2);
        co_await create_order_with_metrics(p, 2); // only one is left
    });
}

int main() {
    tether::run(async_main);
}
