// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// A bounded part of a pool: how many, in which order, and what becomes of the
// rest when the pool goes.

#include "far_test.hpp"

#include <boost/asio/execution.hpp>

#include <numeric>

using namespace tether;
using namespace tether_test;

static_assert(asio::execution::is_executor<limited_executor>::value);
static_assert(std::is_convertible_v<limited_executor, asio::any_io_executor>);

namespace {

// The most that were inside at the same moment.
class peak {
public:
    void enter() {
        int const now = ++inside_;
        int most = most_;
        while (most < now && !most_.compare_exchange_weak(most, now)) {
        }
    }
    void leave() { --inside_; }
    int most() const { return most_; }

private:
    std::atomic<int> inside_ = 0;
    std::atomic<int> most_ = 0;
};

// Has no memory when it is told to have none.
class poor_executor {
public:
    poor_executor(asio::any_io_executor to, bool& poor)
        : to_(std::move(to)), poor_(&poor) {}

    asio::execution_context& query(asio::execution::context_t) const noexcept {
        return asio::query(to_, asio::execution::context);
    }
    static constexpr asio::execution::blocking_t
    query(asio::execution::blocking_t) noexcept {
        return asio::execution::blocking.never;
    }
    template<class F>
    void execute(F&& f) const {
        if (*poor_)
            throw std::bad_alloc();
        asio::post(to_, std::forward<F>(f));
    }
    friend bool operator==(poor_executor const& a,
                           poor_executor const& b) noexcept {
        return a.to_ == b.to_;
    }

private:
    asio::any_io_executor to_;
    bool* poor_;
};

} // namespace

TETHER_FAR_CASE("TH22 never more than the limit run at a time, also of a "
                "larger pool") {
    asio::thread_pool pool(4);
    limited_executor const two(pool, 2);
    CHECK(two.limit() == 2);
    peak functions;
    // Both places are taken at once at least here.
    std::atomic<int> arrived = 0;
    co_await with_task_group([&](task_group& group) -> task<> {
        for (int i = 0; i != 30; ++i)
            spawn_on(group, two, [&] {
                functions.enter();
                if (++arrived <= 2)
                    while (arrived < 2)
                        std::this_thread::yield();
                functions.leave();
            });
        co_return;
    });
    CHECK(functions.most() == 2);
    co_await until([&] { return two.running() == 0; });
    CHECK(two.waiting() == 0);
}

TETHER_TEST_CASE("TH22 functions begin in the order in which they came, and "
                 "others of the pool have their turns in between") {
    testing::manual_pool pool;
    limited_executor const one(pool, 1);
    std::string log;
    for (char const c : {'a', 'b', 'c'})
        asio::post(one, [&log, c] { log += c; });
    asio::post(pool, [&] { log += '-'; });
    CHECK(pool.size() == 2); // one runner for all
    CHECK(one.waiting() == 3);
    pool.run_all();
    CHECK(log == "a-bc");
    CHECK(one.running() == 0);
    co_return;
}

TEST_CASE("TH22 the pool is given as many as may run, no more while they do, "
          "and the next ones when they have ended") {
    testing::manual_pool pool;
    limited_executor const two(pool, 2);
    std::string log;
    asio::post(two, [&] {
        log += "a";
        CHECK(pool.size() == 1);
        pool.run_one(); // as another thread of the pool would
        log += " " + std::to_string(pool.size()) + " ";
    });
    asio::post(two, [&] {
        log += "b";
        CHECK(pool.empty());
        CHECK(two.running() == 2);
    });
    for (int i = 0; i != 2; ++i)
        asio::post(two, [&] { log += "c"; });
    CHECK(pool.size() == 2);
    CHECK(two.waiting() == 4);
    pool.run_all();
    CHECK(log == "ab 1 cc");
    for (int i = 0; i != 3; ++i)
        asio::post(two, [&] { log += "d"; });
    CHECK(pool.size() == 2);
    pool.run_all();
    CHECK(log == "ab 1 ccddd");
}

TEST_CASE("TH22 an exception of a function holds up nobody") {
    testing::manual_pool pool;
    limited_executor const one(pool, 1);
    std::string log;
    asio::post(one, [] { throw std::runtime_error("of the first"); });
    asio::post(one, [&] { log += "second"; });
    CHECK_THROWS_AS(pool.run_all(), std::runtime_error);
    pool.run_all();
    CHECK(log == "second");
}

TEST_CASE("TH22 without memory for their turns all run in one, and what was "
          "refused never does") {
    testing::manual_pool pool;
    bool poor = false;
    limited_executor const one(poor_executor(pool.get_executor(), poor), 1);
    std::string log;
    for (char const c : {'a', 'b', 'c'})
        asio::post(one, [&log, c] { log += c; });
    poor = true;
    pool.run_all();
    CHECK(log == "abc");
    CHECK_THROWS_AS(asio::post(one, [&] { log += "refused"; }), std::bad_alloc);
    CHECK(one.waiting() == 0);
    poor = false;
    asio::post(one, [&] { log += 'd'; });
    pool.run_all();
    CHECK(log == "abcd");
}

TEST_CASE("TH22 two views of a pool are different, copies of one are not") {
    asio::thread_pool pool(1);
    limited_executor const one(pool, 1);
    limited_executor const copy = one;
    limited_executor const other(pool, 1);
    CHECK(one == copy);
    CHECK(one != other);
    CHECK(asio::any_io_executor(one) == asio::any_io_executor(copy));
    CHECK_THAT(text_thrown_by<std::invalid_argument>(
                   [&] { limited_executor(pool, 0); }),
               contains_text("a limit of 0"));
}

TETHER_FAR_CASE("TH22 coroutines on a view run a step at a time, on a strand "
                "each") {
    asio::thread_pool pool(4);
    limited_executor const two(pool, 2);
    peak steps;
    co_await with_task_group([&](task_group& group) -> task<> {
        for (int i = 0; i != 8; ++i)
            spawn_on(group, two, [&]() -> task<> {
                for (int k = 0; k != 20; ++k) {
                    steps.enter();
                    steps.leave();
                    co_await sleep_for(10us);
                }
            });
        co_return;
    });
    CHECK(steps.most() <= 2);
}

TEST_CASE("TH22 what waits for its turn goes with the pool, and tells who "
          "waits for it") {
    int alive = 0;
    std::string ends;
    std::optional<asio::any_io_executor> kept;
    run_virtual([&]() -> task<> {
        auto pool = std::make_unique<testing::manual_pool>();
        std::optional<limited_executor> one(std::in_place, *pool, 1);
        co_await with_task_group([&](task_group& group) -> task<> {
            for (int i = 0; i != 3; ++i)
                group.spawn([&]() -> task<> {
                    // The function holds an executor that holds the queue.
                    auto fn = [mine = tally(alive), self = *one] {};
                    try {
                        co_await run_on(*one, fn);
                    } catch (operation_abandoned const&) {
                        ends += "abandoned ";
                    }
                });
            co_await testing::settle();
            CHECK(alive == 6);
            one.reset();
            pool.reset();
        });
    });
    CHECK(ends == "abandoned abandoned abandoned ");
    CHECK(alive == 0);
}
