// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// A million rows of a database, each with work that may wait, and never more
// than one of them in memory.
#include "support/sqlite/connection.hpp"

#include <tether/tether.hpp>

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>

using tether::async_generator, tether::task;

// A row that counts how many there are.
class reading {
public:
    explicit reading(long long value) : value_(value) {
        most_ = (std::max)(most_, ++alive_);
    }
    reading(reading const&) = delete;
    reading& operator=(reading const&) = delete;
    ~reading() { --alive_; }

    long long value() const { return value_; }
    static int most() { return most_; }

private:
    long long value_;
    static inline int alive_ = 0;
    static inline int most_ = 0;
};

async_generator<reading&> readings(std::string file) {
    auto& db = co_await tether::keep(sqlite::connection(file));
    auto& rows = co_await tether::keep(db.rows("SELECT value FROM readings"));
    while (co_await rows.next()) {
        reading row(rows.integer(0));
        co_yield row;
    }
}

task<> fill(std::string file) {
    sqlite::connection db(file);
    co_await tether::with(db, [](sqlite::connection& c) {
        return c.execute(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
            "CREATE TABLE readings (value INTEGER);"
            "WITH RECURSIVE n(i) AS"
            " (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000)"
            " INSERT INTO readings SELECT i FROM n");
    });
}

task<> async_main() {
    sqlite::temporary_file const file;
    co_await fill(file.name());
    long long rows = 0;
    long long sum = 0;
    auto const add = [&](reading& row) -> task<> {
        co_await tether::checkpoint_if_cancelled(); // what may wait stands here
        ++rows;
        sum += row.value();
    };
    co_await tether::for_each(readings(file.name()), add);
    std::printf("%lld rows, sum %lld, in memory at a time: %d\n", rows, sum,
                reading::most());
}

int main() {
    tether::run(async_main);
}
