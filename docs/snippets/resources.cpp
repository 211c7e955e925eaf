// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// The code of docs/resources.md, run in virtual time.
#include "support/test_case.hpp"

#include <tether/resilience.hpp>
#include <tether/scope.hpp>
#include <tether/sync/resource_guard.hpp>

#include <string>
#include <utility>
#include <vector>

using namespace tether;
using namespace std::chrono_literals;

namespace {

tether_test::event_log said;

// What the examples connect to.
class session {
public:
    bool in_exchange() const noexcept { return in_exchange_; }
    task<std::string> ask(std::string request) {
        in_exchange_ = true;
        co_await sleep_for(1ms);
        in_exchange_ = false;
        co_return request;
    }
    task<> begin() { return say("begin"); }
    task<> commit() { return say("commit"); }
    task<> rollback() { return say("rollback"); }
    task<> savepoint(std::string_view) { return say("savepoint"); }
    task<> release_savepoint(std::string_view) { return say("release"); }
    task<> rollback_to(std::string_view) { return say("undo"); }
    task<> execute(std::string statement) { return say(std::move(statement)); }
    task<> close() { return say("close"); }

private:
    task<> say(std::string what) {
        std::string const done = co_await ask(std::move(what));
        said(done);
    }
    bool in_exchange_ = false;
};

task<session> open_session() {
    co_await sleep_for(1ms);
    co_return session();
}

// [class]
struct lock_file {
    task<> open() { co_await create("app.lock"); }
    task<> close() { co_await remove("app.lock"); }
    // [class]
    static task<> create(std::string name) {
        said("create:" + name);
        co_await sleep_for(1ms);
    }
    static task<> remove(std::string name) {
        co_await sleep_for(1ms);
        said("remove:" + name);
    }
};

// [with]
task<> run_alone() {
    lock_file lock;
    co_await with(lock, [](lock_file&) -> task<> {
        co_await sleep_for(1s); // only one of us is here
    });
}
// [with]

// [scoped]
scoped_resource<session> log_in(std::string user) {
    session s = co_await open_session();
    co_await s.execute("hello:" + user);
    exit_reason const how = co_yield s;
    co_await s.execute(how.succeeded() ? "bye" : "abort");
}

task<std::string> ask_as(std::string user) {
    auto const use = [](session& s) { return s.ask("time"); };
    co_return co_await with(log_in(std::move(user)), use);
}
// [scoped]

// [stack]
task<> ask_all(std::vector<std::string> const& users) {
    async_exit_stack stack;
    co_await with(stack, [&](async_exit_stack&) -> task<> {
        std::vector<session*> sessions;
        for (auto const& user : users) {
            session& s = co_await stack.enter(log_in(user));
            sessions.push_back(&s);
        }
        stack.push([] { said("all-asked"); });
        for (session* s : sessions)
            co_await s->execute("ask");
    });
}
// [stack]

// [guard]
class reader {
public:
    task<std::string> line() {
        auto const use = reading_.use(); // busy_resource for a second one
        co_await sleep_for(1ms);
        co_return "line";
    }

private:
    resource_guard reading_{"a read of this connection"};
};
// [guard]

// [pool]
task<std::string> serve() {
    connection_pool<session> pool(
        open_session, {.max = 4, .idle_ttl = 60s, .max_lifetime = 1h});
    co_return co_await with(
        pool, [&](connection_pool<session>&) -> task<std::string> {
            co_return co_await pool.with(
                [](session& s) { return s.ask("PING"); });
        });
}
// [pool]

// [exchange]
task<int> count_rows(connection_pool<session>& pool) {
    auto lease = co_await pool.acquire();
    auto const first =
        co_await lease.exchange([](session& s) { return s.ask("COUNT a"); });
    co_await sleep_for(1s); // a stop here costs no connection
    auto const second =
        co_await lease.exchange([](session& s) { return s.ask("COUNT b"); });
    co_return static_cast<int>(first.size() + second.size());
}
// [exchange]

// [transaction]
task<int> create_order(connection_pool<session>& pool) {
    using order = open_transaction<session>;
    co_return co_await transaction(pool, [](order& tx) -> task<int> {
        co_await tx->execute("insert");
        try {
            co_await transaction(tx, [](session& s) -> task<> {
                co_await s.execute("voucher");
                throw std::runtime_error("used up");
            });
        } catch (std::runtime_error const&) {
            // the order stands without the voucher
        }
        co_return 42;
    });
}
// [transaction]

// [timed]
task<int> measured(connection_pool<session>& pool) {
    co_return co_await timed_operation(
        "create_order", [&] { return create_order(pool); },
        [](operation_timing const& t) {
            said(std::string(t.name) + (t.how.succeeded() ? ":ok" : ":failed"));
        });
}
// [timed]

} // namespace

TETHER_TEST_CASE("docs/resources.md: resources of one's own") {
    said = tether_test::event_log();
    co_await run_alone();
    CHECK(said.text() == "create:app.lock remove:app.lock");
    said = tether_test::event_log();
    std::string const time = co_await ask_as("me");
    CHECK(time == "time");
    CHECK(said.text() == "hello:me bye");
    said = tether_test::event_log();
    std::vector<std::string> const users{"a", "b"};
    co_await ask_all(users);
    CHECK(said.text() == "hello:a hello:b ask ask all-asked bye bye");
    reader r;
    std::string const line = co_await r.line();
    CHECK(line == "line");
}

TETHER_TEST_CASE("docs/resources.md: pools and transactions") {
    said = tether_test::event_log();
    std::string const pong = co_await serve();
    CHECK(pong == "PING");
    CHECK(said.text() == "close");
    said = tether_test::event_log();
    connection_pool<session> pool(open_session);
    co_await with(pool, [&](connection_pool<session>&) -> task<> {
        int const rows = co_await count_rows(pool);
        CHECK(rows == 14);
        int const order = co_await measured(pool);
        CHECK(order == 42);
    });
    CHECK(said.text() == "begin insert savepoint voucher undo commit "
                         "create_order:ok close");
}
