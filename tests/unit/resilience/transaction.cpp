// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// Transactions on pooled connections and measured operations, in virtual time.
#include "pool_test.hpp"

#include <tether/core/exception_group.hpp>
#include <tether/testing/cancel_sweep.hpp>

#include <vector>

using namespace tether_test;

namespace {

// What the statements of its connections have come to.
struct database {
    std::vector<std::string> log;
    std::vector<int> rows; // committed
    int open = 0;
    std::string failing; // the statement that fails
    std::chrono::milliseconds time{10};

    std::string text() const {
        std::string all;
        for (auto const& l : log)
            all += all.empty() ? l : " " + l;
        return all;
    }
};

class client {
public:
    explicit client(database& db) : db_(&db) { ++db.open; }
    client(client&& other) noexcept : db_(std::exchange(other.db_, nullptr)) {}
    ~client() {
        if (db_)
            --db_->open;
    }

    bool in_exchange() const noexcept { return in_exchange_; }
    task<> begin() { return run("begin"); }
    task<> commit() {
        co_await run("commit");
        db_->rows.insert(db_->rows.end(), staged_.begin(), staged_.end());
        staged_.clear();
    }
    task<> rollback() {
        co_await run("rollback");
        staged_.clear();
    }
    task<> savepoint(std::string_view name) {
        co_await run("savepoint:" + std::string(name));
        marks_.push_back(staged_.size());
    }
    task<> release_savepoint(std::string_view name) {
        co_await run("release:" + std::string(name));
        marks_.pop_back();
    }
    task<> rollback_to(std::string_view name) {
        co_await run("undo:" + std::string(name));
        staged_.resize(marks_.back());
        marks_.pop_back();
    }
    task<> insert(int row) {
        co_await run("insert:" + std::to_string(row));
        staged_.push_back(row);
    }

private:
    task<> run(std::string statement) {
        in_exchange_ = true;
        co_await sleep_for(db_->time);
        in_exchange_ = false; // the reply, be it a refusal
        if (statement == db_->failing)
            throw std::runtime_error("refused: " + statement);
        db_->log.push_back(std::move(statement));
    }

    database* db_;
    std::vector<int> staged_;
    std::vector<std::size_t> marks_;
    bool in_exchange_ = false;
};

using pool_type = connection_pool<client>;
using nested_type = open_transaction<client>;

auto opener(database& db) {
    return [&db]() -> task<client> { co_return client(db); };
}

std::vector<std::string> texts_of(std::exception_ptr const& error) {
    std::vector<std::string> texts;
    try {
        if (error)
            std::rethrow_exception(error);
    } catch (exception_group const& group) {
        for (auto const& leaf : group.leaves())
            for (auto& text : texts_of(leaf.error()))
                texts.push_back(std::move(text));
    } catch (std::exception const& e) {
        texts.push_back(e.what());
    }
    return texts;
}

// What a transaction with this body throws.
template<class Body>
task<std::vector<std::string>> errors_of(pool_type& pool, Body& body) {
    std::exception_ptr error;
    try {
        co_await transaction(pool, body);
    } catch (...) {
        error = std::current_exception();
    }
    co_return texts_of(error);
}

using texts = std::vector<std::string>;

} // namespace

TETHER_TEST_CASE("RE17 a value commits, an error rolls back, and the "
                 "connection is back") {
    database db;
    connection_pool pool(opener(db), {.max = 1});
    co_await with(pool, [&](pool_type&) -> task<> {
        int const id = co_await transaction(pool, [](client& c) -> task<int> {
            co_await c.insert(1);
            co_return 5;
        });
        CHECK(id == 5);
        CHECK(pool.in_use() == 0);
        auto const failing = [](client& c) -> task<> {
            co_await c.insert(2);
            throw std::runtime_error("body");
        };
        auto const errors = co_await errors_of(pool, failing);
        CHECK(errors == texts{"body"});
        CHECK(pool.in_use() == 0);
    });
    CHECK(db.text() == "begin insert:1 commit begin insert:2 rollback");
    CHECK(db.rows == std::vector<int>{1});
    CHECK(pool.statistics().opened == 1);
    CHECK(pool.statistics().discarded == 0);
}

TETHER_TEST_CASE("RE17 a stop between statements rolls back behind a shield; "
                 "one within a statement gives the connection up") {
    database db;
    connection_pool pool(opener(db), {.max = 1});
    co_await with(pool, [&](pool_type&) -> task<> {
        auto const pause = [](client& c) -> task<> {
            co_await c.insert(1);
            co_await sleep_forever();
        };
        bool const whole = co_await move_on_after(1s, transaction(pool, pause));
        CHECK_FALSE(whole);
        CHECK(db.text() == "begin insert:1 rollback");
        CHECK(pool.statistics().discarded == 0);
        auto const torn = [](client& c) -> task<> { co_await c.insert(2); };
        bool const done = co_await move_on_after(15ms, transaction(pool, torn));
        CHECK_FALSE(done);
        CHECK(db.text() == "begin insert:1 rollback begin");
        CHECK(pool.in_use() == 0);
    });
    CHECK(db.rows.empty());
    CHECK(pool.statistics().discarded == 1);
    CHECK(db.open == 0);
}

TETHER_TEST_CASE("RE17 a failed rollback is an error beside the body's and "
                 "costs the connection") {
    database db;
    db.failing = "rollback";
    connection_pool pool(opener(db), {.max = 1});
    co_await with(pool, [&](pool_type&) -> task<> {
        auto const failing = [](client&) -> task<> {
            throw std::runtime_error("body");
            co_return;
        };
        auto const errors = co_await errors_of(pool, failing);
        CHECK(errors == texts{"body", "refused: rollback"});
        CHECK(pool.statistics().discarded == 1);
        CHECK(pool.in_use() == 0);
    });
}

TETHER_TEST_CASE("RE17 a failed begin or commit costs the connection, too") {
    database db;
    connection_pool pool(opener(db), {.max = 1});
    bool ran = false;
    auto const body = [&](client&) -> task<> {
        ran = true;
        co_return;
    };
    co_await with(pool, [&](pool_type&) -> task<> {
        db.failing = "begin";
        auto const first = co_await errors_of(pool, body);
        CHECK(first == texts{"refused: begin"});
        CHECK_FALSE(ran);
        db.failing = "commit";
        auto const second = co_await errors_of(pool, body);
        CHECK(second == texts{"refused: commit"});
        CHECK(pool.statistics().discarded == 2);
    });
    CHECK(db.rows.empty());
}

TETHER_TEST_CASE("RE17 a rollback that hangs is stopped after its grace") {
    database db;
    connection_pool pool(opener(db), {.max = 1});
    stopwatch const watch;
    co_await with(pool, [&](pool_type&) -> task<> {
        auto const body = [&](client&) -> task<> {
            db.time = 1h;
            co_await sleep_forever();
        };
        bool const whole =
            co_await move_on_after(1s, transaction(pool, body, {2s}));
        CHECK_FALSE(whole);
        CHECK(watch.elapsed() == 3s);
        CHECK(pool.in_use() == 0);
    });
    CHECK(pool.statistics().discarded == 1);
}

TETHER_TEST_CASE("RE18 a nested transaction is a savepoint, undone alone") {
    database db;
    connection_pool pool(opener(db), {.max = 1});
    co_await with(pool, [&](pool_type&) -> task<> {
        co_await transaction(pool, [](nested_type& tx) -> task<> {
            co_await tx->insert(1);
            try {
                co_await transaction(tx, [](nested_type& inner) -> task<> {
                    CHECK(inner.depth() == 1);
                    co_await inner->insert(2);
                    co_await transaction(inner,
                                         [](client& c) { return c.insert(3); });
                    throw std::runtime_error("undo me");
                });
            } catch (std::runtime_error const&) {
            }
            co_await transaction(tx, [](client& c) { return c.insert(4); });
        });
    });
    CHECK(db.rows == std::vector<int>{1, 4});
    CHECK(db.text() ==
          "begin insert:1 savepoint:tether_1 insert:2 savepoint:tether_2 "
          "insert:3 release:tether_2 undo:tether_1 savepoint:tether_1 insert:4 "
          "release:tether_1 commit");
}

TETHER_TEST_CASE("RE18 when a savepoint cannot be undone the outer transaction "
                 "does not commit") {
    database db;
    db.failing = "undo:tether_1";
    connection_pool pool(opener(db), {.max = 1});
    co_await with(pool, [&](pool_type&) -> task<> {
        auto const body = [](nested_type& tx) -> task<> {
            co_await tx->insert(1);
            try {
                co_await transaction(tx, [](client&) -> task<> {
                    throw std::runtime_error("inner");
                    co_return;
                });
            } catch (exception_group const&) {
            }
            CHECK(tx.broken());
        };
        auto const errors = co_await errors_of(pool, body);
        CHECK(errors == texts{"the transaction was rolled back: a nested one "
                              "could not be undone"});
    });
    CHECK(db.rows.empty());
    CHECK(pool.statistics().discarded == 0);
}

TETHER_TEST_CASE("RE18 two nested transactions at once are busy_resource") {
    database db;
    connection_pool pool(opener(db), {.max = 1});
    co_await with(pool, [&](pool_type&) -> task<> {
        auto const body = [](nested_type& tx) -> task<> {
            co_await transaction(tx, [&](client&) -> task<> {
                co_await transaction(tx, [](client& c) { return c.insert(1); });
            });
        };
        auto const errors = co_await errors_of(pool, body);
        REQUIRE(errors.size() == 1);
        CHECK_THAT(errors[0], contains_text("has a nested one is in use"));
    });
}

TETHER_TEST_CASE("RE19 a commit is not stopped: the value is delivered, the "
                 "stop comes later") {
    database db;
    connection_pool pool(opener(db), {.max = 1});
    int id = 0;
    bool reached = false;
    co_await with(pool, [&](pool_type&) -> task<> {
        co_await move_on_after(25ms, [&]() -> task<> {
            id = co_await transaction(pool, [](client& c) -> task<int> {
                co_await c.insert(1); // 10 to 20 ms
                co_return 7;
            });
            co_await checkpoint();
            reached = true;
        });
    });
    CHECK(id == 7);
    CHECK_FALSE(reached);
    CHECK(db.rows == std::vector<int>{1});
    CHECK(pool.statistics().discarded == 0);
}

TETHER_TEST_CASE(
    "RE17 RE19 a commit that runs out of its grace gives no value, "
    "as nobody knows whether it happened") {
    database db;
    connection_pool pool(opener(db), {.max = 1});
    bool delivered = false;
    std::string text;
    co_await with(pool, [&](pool_type&) -> task<> {
        auto const body = [&](client&) -> task<int> {
            db.time = 1h;
            co_return 7;
        };
        try {
            co_await move_on_after(1s, [&]() -> task<> {
                (void)co_await transaction(pool, body, {2s});
                delivered = true;
            });
        } catch (broken_resource const& error) {
            text = error.what();
        }
    });
    CHECK_FALSE(delivered);
    CHECK(text ==
          "the transaction did not end within its grace: whether it was "
          "committed is unknown");
    CHECK(pool.statistics().discarded == 1);
}

TETHER_TEST_CASE(
    "RE18 RE19 a savepoint that is not released in its grace gives "
    "no value and is no part of a commit") {
    database db;
    connection_pool pool(opener(db), {.max = 1});
    std::string text;
    bool broken = false;
    co_await with(pool, [&](pool_type&) -> task<> {
        auto const body = [&](nested_type& tx) -> task<> {
            auto const inner = [&](client&) -> task<> {
                db.time = 1h;
                co_return;
            };
            try {
                co_await move_on_after(1s, transaction(tx, inner, {2s}));
            } catch (broken_resource const& error) {
                text = error.what();
            }
            broken = tx.broken();
            db.time = 1ms;
        };
        auto const errors = co_await errors_of(pool, body);
        CHECK(errors.size() == 1);
    });
    CHECK(text ==
          "the nested transaction did not end within its grace: whether "
          "it was committed is unknown");
    CHECK(broken);
    CHECK(db.rows.empty());
}

TEST_CASE("RE17 stopped anywhere, a transaction happens wholly or not at all") {
    database db;
    std::size_t in_use = 1;
    auto const work = [&]() -> task<> {
        db = database();
        connection_pool pool(opener(db), {.max = 1});
        struct note {
            pool_type& pool;
            std::size_t& in_use;
            ~note() { in_use = pool.in_use(); }
        } const at_end{pool, in_use};
        co_await with(pool, [&](pool_type&) -> task<> {
            co_await transaction(pool, [](nested_type& tx) -> task<> {
                co_await tx->insert(1);
                co_await transaction(tx, [](client& c) { return c.insert(2); });
            });
        });
    };
    auto const whole = [&] {
        return db.open == 0 && in_use == 0 &&
               (db.rows.empty() || db.rows == std::vector<int>{1, 2});
    };
    testing::cancel_sweep(work, whole);
    testing::cancel_sweep(work, whole,
                          {.moment = testing::stop_moment::waiting});
}

TETHER_TEST_CASE("RE17 a body that gives a value although it left a statement "
                 "without its reply has committed nothing, and hears of it") {
    database db;
    connection_pool pool(opener(db), {.max = 1});
    auto const impatient = [](client& c) -> task<> {
        co_await c.insert(1);
        co_await move_on_after(5ms, c.insert(2)); // takes longer
    };
    co_await with(pool, [&](pool_type&) -> task<> {
        auto const outer = [&]() -> task<> {
            co_await transaction(pool, impatient);
        };
        auto const text = co_await failure_of(outer);
        CHECK_THAT(text, contains_text("was not committed"));
        auto const nested = [&]() -> task<> {
            co_await transaction(pool, [&](nested_type& tx) -> task<> {
                co_await transaction(tx, impatient);
            });
        };
        auto const inner = co_await failure_of(nested);
        CHECK_THAT(inner, contains_text("was not committed"));
    });
    CHECK(db.rows.empty());
    CHECK(db.open == 0);
    CHECK(pool.statistics().discarded == 2);
}

TETHER_TEST_CASE("RE20 around a transaction whose second statement fails: the "
                 "first is undone and the time is told") {
    database db;
    db.failing = "insert:2";
    connection_pool pool(opener(db), {.max = 1});
    std::string told;
    auto const sink = [&](operation_timing const& t) {
        told = t.how.failed() && t.duration == 40ms ? "failed" : "another";
    };
    co_await with(pool, [&](pool_type&) -> task<> {
        auto const create_order = [&]() -> task<> {
            co_await transaction(pool, [](client& c) -> task<> {
                co_await c.insert(1);
                co_await c.insert(2);
            });
        };
        auto const measured = [&]() -> task<> {
            co_await timed_operation("create_order", create_order, sink);
        };
        auto const text = co_await failure_of(measured);
        CHECK(text == "refused: insert:2");
        CHECK(pool.in_use() == 0);
    });
    CHECK(told == "failed");
    CHECK(db.rows.empty());
    CHECK(db.text() == "begin insert:1 rollback");
}
