// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// A generator that holds a connection and a cursor. Its consumer has enough
// after three rows: the cursor and then the connection are closed before the
// consumer's next statement.
#include "support/sqlite/connection.hpp"

#include <tether/tether.hpp>

#include <cstdio>
#include <string>
#include <utility>

using tether::async_generator, tether::task;

// Says when it is closed.
template<class Resource>
class told : public Resource {
public:
    told(char const* name, Resource resource)
        : Resource(std::move(resource)), name_(name) {}
    task<> close() {
        co_await Resource::close();
        std::printf("%s closed\n", name_);
    }

private:
    char const* name_;
};

struct order {
    order(long long number, std::string what)
        : id(number), item(std::move(what)) {}
    long long id;
    std::string item;
};

async_generator<order> stream_rows(std::string file) {
    using sqlite::connection, sqlite::cursor;
    auto& db = co_await tether::keep(told("connection", connection(file)));
    auto& rows = co_await tether::keep(
        told("cursor", db.rows("SELECT id, item FROM orders ORDER BY id")));
    while (co_await rows.next()) {
        order one(rows.integer(0), rows.text(1));
        co_yield tether::yield_from(one);
    }
}

task<> fill(std::string file) {
    sqlite::connection db(file);
    co_await tether::with(db, [](sqlite::connection& c) {
        return c.execute("CREATE TABLE orders (id INTEGER, item TEXT);"
                         "INSERT INTO orders VALUES (1, 'apple'), (2, 'pear'),"
                         " (3, 'plum'), (4, 'fig'), (5, 'quince')");
    });
}

task<> async_main() {
    sqlite::temporary_file const file;
    co_await fill(file.name());
    auto rows = stream_rows(file.name());
    co_await tether::consume(rows, [](async_generator<order>& all) -> task<> {
        while (auto one = co_await tether::next(all)) {
            std::printf("%lld %s\n", one->id, one->item.c_str());
            if (one->id == 3)
                break;
        }
    });
    std::puts("next statement");
}

int main() {
    tether::run(async_main);
}
