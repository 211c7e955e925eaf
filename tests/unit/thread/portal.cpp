// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What does a thread get that calls into a loop? What the function gives: a
/// value, an error or a stop.
#include "portal_test.hpp"

using namespace tether;
using namespace tether_test;

namespace {

task<int> twice(int n) {
    co_await checkpoint();
    co_return 2 * n;
}

task<int> wait_then(event& e, int n) {
    co_await e.wait();
    co_return n;
}

// What only its value can be had from.
class move_only {
public:
    explicit move_only(int n) : n_(std::make_unique<int>(n)) {}
    int get() const { return *n_; }

private:
    std::unique_ptr<int> n_;
};

} // namespace

TEST_CASE("TH15 call runs a coroutine, a plain function or something to await, "
          "inside a task on the loop") {
    portal_thread const loop;
    blocking_portal const& portal = loop.portal();
    auto const mine = std::this_thread::get_id();
    CHECK(portal.call(twice, 21) == 42);
    auto const there = portal.call([] {
        CHECK(this_task::executor());
        return std::this_thread::get_id();
    });
    CHECK(there != mine);
    portal.call([] { return sleep_for(std::chrono::microseconds(1)); });
    int local = 0;
    int& same = portal.call([&]() -> int& { return ++local; });
    CHECK(&same == &local);
    CHECK(portal
              .call(
                  [](move_only a, int b) -> task<move_only> {
                      co_await checkpoint();
                      co_return move_only(a.get() + b);
                  },
                  move_only(1), 2)
              .get() == 3);
}

TEST_CASE("TH15 what was called with is gone when the call returns") {
    portal_thread const loop;
    int alive = 0;
    auto fn = [mine = tally(alive)](tally const&) -> task<> {
        co_await checkpoint();
    };
    loop.portal().call(fn, tally(alive));
    CHECK(alive == 1); // fn itself
    try {
        loop.portal().call(
            [mine = tally(alive)] { throw std::runtime_error("late"); });
    } catch (std::runtime_error const&) {
        CHECK(alive == 1);
    }
}

TEST_CASE("TH18 errors cross with their type and the structure of a group") {
    portal_thread const loop;
    blocking_portal const& portal = loop.portal();
    CHECK_THROWS_AS(portal.call([]() -> task<> {
        co_await checkpoint();
        throw std::out_of_range("far");
    }),
                    std::out_of_range);
    std::vector<std::string> names;
    try {
        portal.call([]() -> task<> {
            co_await with_task_group(
                {.policy = collect_all}, [](task_group& group) -> task<> {
                    auto fail = [](int n) -> task<> {
                        co_await checkpoint();
                        throw std::runtime_error(std::to_string(n));
                    };
                    group.spawn(named("one"), fail, 1);
                    group.spawn(named("two"), fail, 2);
                    co_return;
                });
        });
    } catch (exception_group const& errors) {
        for (auto const& leaf : errors)
            names.emplace_back(leaf.task_name());
    }
    CHECK(names == std::vector<std::string>{"one", "two"});
}

TEST_CASE("TH13 on a thread that runs a loop, its own or another, nobody is "
          "blocked") {
    portal_thread const loop;
    blocking_portal const portal = loop.portal();
    auto refused = [&] {
        auto const text =
            text_thrown_by<std::logic_error>([&] { portal.call([] {}); });
        CHECK_THAT(text, contains_text("blocking_portal::call() was called on "
                                       "a thread that runs a loop"));
        CHECK_THROWS_AS(
            portal.start([](start_signal<void>) -> task<> { co_return; }),
            std::logic_error);
    };
    portal.call(refused);
    run([&]() -> task<> {
        refused();
        co_return;
    });
    // Nor in a handler of Asio's there, where no task runs.
    gate done;
    asio::post(portal.call([] { return this_task::executor(); }), [&] {
        refused();
        done.open();
    });
    done.wait();
}

TEST_CASE("TH13 a future is read on a loop when its task has ended, and not "
          "waited for") {
    portal_thread const loop;
    blocking_portal const& portal = loop.portal();
    event go;
    auto later = portal.spawn(wait_then, std::ref(go), 5);
    run([&]() -> task<> {
        CHECK(!later.done());
        CHECK_THROWS_AS(later.wait(), std::logic_error);
        CHECK_THROWS_AS(later.get(), std::logic_error);
        // To start something blocks nobody.
        portal.spawn([&] { go.set(); });
        co_await until([&] { return later.done(); });
        CHECK(later.get() == 5);
    });
}

TEST_CASE("TH15 spawn returns at once; its future waits, and gives the result "
          "once") {
    portal_thread const loop;
    blocking_portal const& portal = loop.portal();
    event go;
    auto later = portal.spawn(wait_then, std::ref(go), 5);
    CHECK(later);
    CHECK(later.wait_for(std::chrono::microseconds(50)) ==
          std::future_status::timeout);
    CHECK_THROWS_AS(later.wait_for(std::chrono::seconds(-1)),
                    std::invalid_argument);
    portal.call([&] { go.set(); });
    CHECK(later.wait_for((std::chrono::hours::max)()) ==
          std::future_status::ready);
    later.wait();
    CHECK(later.done());
    CHECK(later.get() == 5);
    CHECK(!later);
    CHECK_THROWS_AS(later.get(), invalid_state);
    CHECK_THROWS_AS(portal_future<int>().wait(), invalid_state);
}

TEST_CASE(
    "TH16 a cancel through the future reaches its task alone; of what has "
    "ended it is nothing") {
    portal_thread const loop;
    blocking_portal const& portal = loop.portal();
    event never;
    event go;
    auto one = portal.spawn(wait_then, std::ref(never), 1);
    auto two = portal.spawn(wait_then, std::ref(go), 2);
    one.cancel();
    CHECK_THAT(
        text_thrown_by<cancelled_error>([&] { one.get(); }),
        contains_text("explicit_request: through its portal_future (at "));
    one.cancel();
    CHECK(!two.done());
    portal.call([&] { go.set(); });
    two.wait();
    two.cancel();
    CHECK(two.get() == 2);
    // It runs to its first checkpoint, and completion wins.
    std::atomic<bool> begun = false;
    auto stubborn = portal.spawn([&]() -> task<int> {
        begun = true;
        auto const value = co_await shielded(twice(4));
        co_return value;
    });
    stubborn.cancel();
    CHECK(stubborn.get() == 8);
    CHECK(begun);
}

TEST_CASE("TH15 start blocks until the task is ready, and gives its value and "
          "its future") {
    portal_thread const loop;
    blocking_portal const& portal = loop.portal();
    event go;
    auto begun = portal.start<std::string>(
        [&](start_signal<std::string> started, int n) -> task<int> {
            co_await checkpoint();
            started("ready");
            co_return co_await wait_then(go, n);
        },
        7);
    CHECK(begun.value == "ready");
    CHECK(!begun.future.done());
    portal.call([&] { go.set(); });
    CHECK(begun.future.get() == 7);

    auto plain = portal.start([&](start_signal<void> started) -> task<> {
        started();
        co_await sleep_forever();
    });
    plain.future.cancel();
    CHECK_THROWS_AS(plain.future.get(), cancelled_error);

    auto fails = portal.start([&](start_signal<void> started) -> task<> {
        started();
        co_await checkpoint();
        throw std::out_of_range("after");
    });
    CHECK_THROWS_AS(fails.future.get(), std::out_of_range);
}

TEST_CASE("TH15 what ends before it is ready is told to who starts it, and to "
          "nobody else") {
    told_errors told;
    {
        portal_thread const loop(told.sink());
        blocking_portal const& portal = loop.portal();
        CHECK_THROWS_AS(portal.start<int>([](start_signal<int>) -> task<> {
            co_await checkpoint();
            throw std::out_of_range("before");
        }),
                        std::out_of_range);
        CHECK_THROWS_AS(
            portal.start<int>([](start_signal<int>) -> task<> { co_return; }),
            child_exited_without_started);
    }
    CHECK(told.all().empty());
}

TEST_CASE("TH16 an error that nobody reads, because the future was dropped, "
          "goes to the error sink") {
    told_errors told;
    {
        portal_thread loop(told.sink());
        blocking_portal const& portal = loop.portal();
        event go;
        auto fail = [&]() -> task<> {
            co_await go.wait();
            throw std::runtime_error("unread");
        };
        portal.spawn(fail); // dropped while it runs
        {
            auto late = portal.spawn(fail);
            portal.call([&] { go.set(); });
            late.wait(); // dropped after it has ended
        }
        loop.join();
    }
    CHECK(told.all() == "a supervised child failed: unread; a portal_future "
                        "was destroyed unread: unread; ");
}
