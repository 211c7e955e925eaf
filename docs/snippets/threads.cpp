// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// The code of docs/threads.md about calls on threads and executors, run in
// virtual time.
#include "support/test_case.hpp"

#include <tether/scope/deadline.hpp>
#include <tether/sync/capacity_limiter.hpp>
#include <tether/thread/from_thread.hpp>
#include <tether/thread/run_on.hpp>
#include <tether/thread/to_thread.hpp>

#include <boost/asio/thread_pool.hpp>

#include <string>
#include <thread>
#include <vector>

using namespace tether;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

// A library that blocks, and may be used by one thread at a time.
struct legacy_database {
    std::vector<std::string> rows{"ann", "bob"};
    std::size_t next = 0;
    std::string query(std::string const& text) { return "result of " + text; }
    bool fetch(std::string& row) {
        if (next == rows.size())
            return false;
        row = rows[next++];
        return true;
    }
};

// [call]
task<std::string> load(legacy_database& db) {
    co_return co_await to_thread([&] { return db.query("select 1"); });
}
// [call]

// [limiter]
class database {
public:
    task<std::string> query(std::string text) {
        // One thread at a time is in the library; the others wait as tasks.
        co_return co_await to_thread(
            {.limiter = &one_, .name = "database"},
            [&](std::string const& t) { return db_.query(t); }, text);
    }

private:
    legacy_database db_;
    capacity_limiter one_{1};
};
// [limiter]

// [cancel]
task<std::size_t> count_rows(legacy_database& db) {
    co_return co_await to_thread([&] {
        std::size_t count = 0;
        for (std::string row; db.fetch(row); ++count)
            from_thread::check_cancelled(); // throws: the task stops
        return count;
    });
}
// [cancel]

// [back]
task<> copy_rows(legacy_database& db, std::vector<std::string>& to) {
    auto const store = [&](std::string row) -> task<> {
        co_await sleep_for(1ms); // anything a task can do
        to.push_back(std::move(row));
    };
    co_await to_thread([&] {
        for (std::string row; db.fetch(row);)
            from_thread::run(store, row); // the thread waits for the task
    });
}
// [back]

int resolve(std::string const& host) {
    return static_cast<int>(host.size());
}
// [abandon]
task<int> address_of(std::string host) {
    co_return co_await fail_after(
        5s, to_thread(abandon_on_cancel, resolve, std::move(host)));
}
// [abandon]

using image = std::vector<int>;
image shrink(image const& photo) {
    return image(photo.begin(), photo.begin() + 1);
}
// [pool]
task<image> thumbnail(asio::thread_pool& cores, image photo) {
    co_return co_await run_on(cores, shrink, std::move(photo));
}
// [pool]

} // namespace

TETHER_TEST_CASE("docs/threads.md: blocking functions on threads") {
    legacy_database db;
    std::string const loaded = co_await load(db);
    CHECK(loaded == "result of select 1");
    database shared;
    std::string const queried = co_await shared.query("select 2");
    CHECK(queried == "result of select 2");
    std::size_t const count = co_await count_rows(db);
    CHECK(count == 2);
    db.next = 0;
    std::vector<std::string> copied;
    co_await copy_rows(db, copied);
    CHECK(copied == db.rows);
    int const address = co_await address_of("localhost");
    CHECK(address == 9);
}

TETHER_TEST_CASE("docs/threads.md: a computation on a pool") {
    asio::thread_pool cores(2);
    image const photo{1, 2, 3};
    image const small = co_await thumbnail(cores, photo);
    CHECK(small.size() == 1);
}
