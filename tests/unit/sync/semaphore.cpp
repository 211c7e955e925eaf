// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
#include "sync_test.hpp"

#include <tether/sync/event.hpp>
#include <tether/sync/semaphore.hpp>

#include <boost/asio/post.hpp>

#include <memory>
#include <stdexcept>

using namespace tether;
using namespace tether_test;

static_assert(!std::is_copy_constructible_v<permit>);
static_assert(std::is_nothrow_move_constructible_v<permit>);
static_assert(std::is_nothrow_move_assignable_v<permit>);
static_assert(!std::is_move_constructible_v<semaphore>);

namespace {

// Takes n permits, says so, and holds them until `done`.
task<> holder(semaphore& s, std::size_t n, std::string name, event_log& log,
              event& done) {
    permit const held = co_await s.acquire(n);
    log("+" + name);
    co_await done.wait();
    log("-" + name);
}

task<> taker(semaphore& s, std::size_t n, std::string name, event_log& log) {
    permit const held = co_await s.acquire(n);
    log(name);
}

} // namespace

TEST_CASE("SE01 the initial value is zero or more") {
    semaphore none(0);
    CHECK(none.statistics().available == 0);
    CHECK_FALSE(none.try_acquire().has_value());
    CHECK(semaphore(3).statistics().available == 3);
    CHECK_THROWS_AS(semaphore(-1), std::invalid_argument);
    CHECK_THROWS_WITH(semaphore(-7), contains_text("-7"));
    CHECK_THROWS_AS(semaphore(3, 2), std::invalid_argument);
}

TEST_CASE("SE02 releasing beyond the maximum is an error and changes nothing") {
    semaphore s(1, 2);
    s.release();
    CHECK_THROWS_AS(s.release(), std::logic_error);
    CHECK_THROWS_WITH(s.release(5), contains_text("maximum of 2"));
    CHECK(s.statistics().available == 2);

    auto held = s.try_acquire(2);
    REQUIRE(held);
    CHECK_THROWS_AS(s.release(), std::logic_error); // held permits count
    held->release();
    CHECK(s.statistics().available == 2);
    CHECK_THROWS_AS(s.try_acquire(3), std::invalid_argument);
    CHECK_THROWS_AS(s.acquire(3), std::invalid_argument);

    auto used = s.try_acquire();
    REQUIRE(used);
    used->consume(); // now there is room again
    s.release();
    CHECK(s.statistics().available == 2);
    CHECK(s.statistics().maximum == 2);
}

TETHER_TEST_CASE("SE03 each permit that comes back wakes exactly one waiter") {
    semaphore s(0);
    event done;
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        for (auto const* name : {"a", "b", "c"})
            group.spawn(holder, std::ref(s), 1u, std::string(name),
                        std::ref(log), std::ref(done));
        co_await checkpoint();
        CHECK(s.statistics().waiting == 3);
        s.release();
        co_await checkpoint();
        CHECK(log.text() == "+a");
        s.release(2);
        co_await checkpoint();
        CHECK(log.text() == "+a +b +c");
        CHECK(s.statistics().held == 3);
        done.set();
    });
    CHECK(s.statistics().available == 3);
}

TETHER_TEST_CASE("SE04 a large request at the head holds smaller ones back") {
    semaphore s(2);
    event_log log;
    permit first = co_await s.acquire(1);
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(taker, std::ref(s), 2u, std::string("two"), std::ref(log));
        group.spawn(taker, std::ref(s), 1u, std::string("one"), std::ref(log));
        co_await checkpoint();
        CHECK(log.text().empty());
        CHECK(s.statistics().available == 1);
        CHECK_FALSE(s.try_acquire(1).has_value());
        first.release();
    });
    CHECK(log.text() == "two one");
    CHECK(s.statistics().available == 2);
}

TETHER_TEST_CASE("SE04 a cancelled large request lets the smaller one behind "
                 "it go on") {
    semaphore s(2);
    event_log log;
    permit first = co_await s.acquire(1);
    co_await with_task_group([&](task_group& group) -> task<> {
        auto large = group.spawn(taker, std::ref(s), 2u, std::string("two"),
                                 std::ref(log));
        group.spawn(taker, std::ref(s), 1u, std::string("one"), std::ref(log));
        co_await checkpoint();
        large.cancel();
        co_await checkpoint();
        CHECK(log.text() == "one");
        co_await checkpoint();
        CHECK(large.status() == task_status::cancelled);
    });
    first.release();
    CHECK(s.statistics().available == 2);
}

TETHER_TEST_CASE("SE04 a request of nothing waits for its turn") {
    semaphore s(0);
    event_log log;
    co_await taker(s, 0, "free", log);
    CHECK(log.text() == "free");
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(taker, std::ref(s), 1u, std::string("one"), std::ref(log));
        group.spawn(taker, std::ref(s), 0u, std::string("zero"), std::ref(log));
        co_await checkpoint();
        CHECK(log.text() == "free");
        s.release();
    });
    CHECK(log.text() == "free one zero");
}

TETHER_TEST_CASE("SE04 a request of nothing goes on with the one before it") {
    semaphore s(0, 3);
    event_log log;
    s.release(3);
    permit all = co_await s.acquire(3);
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(taker, std::ref(s), 3u, std::string("three"),
                    std::ref(log));
        group.spawn(taker, std::ref(s), 0u, std::string("zero"), std::ref(log));
        co_await checkpoint();
        all.release();
        CHECK(s.statistics().waiting == 0);
    });
    CHECK(log.text() == "three zero");
}

TETHER_TEST_CASE("SE05 a permit is split, merged and released early") {
    semaphore s(5);
    semaphore strange(1);
    permit all = co_await s.acquire(5);
    CHECK(all.count() == 5);
    permit two = all.split(2);
    CHECK(all.count() == 3);
    CHECK(two.count() == 2);
    CHECK(s.statistics().available == 0);
    CHECK_THROWS_AS(two.split(3), std::invalid_argument);
    CHECK(two.count() == 2);

    all.release();
    CHECK(s.statistics().available == 3);
    all.release();
    CHECK(s.statistics().available == 3);
    CHECK(all.count() == 0);

    permit one = co_await s.acquire();
    two.merge(std::move(one));
    CHECK(two.count() == 3);
    CHECK(one.count() == 0); // NOLINT(bugprone-use-after-move)
    permit other = co_await strange.acquire();
    CHECK_THROWS_AS(two.merge(std::move(other)), std::invalid_argument);
    CHECK(other.count() == 1); // NOLINT(bugprone-use-after-move)

    permit empty;
    empty.merge(std::move(two));
    CHECK(empty.count() == 3);
    empty = permit();
    CHECK(s.statistics().available == 5);
    CHECK(s.statistics().held == 0);
}

TETHER_TEST_CASE("SE05 a permit of nothing may outlive its semaphore, and "
                 "takes what another one gives") {
    semaphore other(1);
    auto slots = std::make_unique<semaphore>(2);
    permit all = co_await slots->acquire(2);
    permit none = co_await slots->acquire(0);
    all.split(2).release();
    CHECK(all.count() == 0);
    slots.reset();
    all.merge(co_await other.acquire());
    CHECK(all.count() == 1);
    none.consume();
}

TETHER_TEST_CASE("scoped holds a permit while its function runs") {
    semaphore s(1);
    int const answer = co_await s.scoped([&]() -> task<int> {
        CHECK(s.statistics().held == 1);
        co_await checkpoint();
        co_return 42;
    });
    CHECK(answer == 42);
    CHECK(s.statistics().available == 1);

    auto fail = [&]() -> task<> {
        co_await checkpoint();
        throw std::runtime_error("inside");
    };
    std::string text;
    try {
        co_await s.scoped(fail);
    } catch (std::runtime_error const& e) {
        text = e.what();
        CHECK(s.statistics().available == 1);
    }
    CHECK(text == "inside");
    bool const ended = co_await move_on_after(
        1s, s.scoped([]() -> task<> { co_await sleep_forever(); }));
    CHECK_FALSE(ended);
    CHECK(s.statistics().available == 1);
}

TETHER_TEST_CASE("100 tasks with 10 permits: never more than 10 at a time") {
    semaphore s(10);
    int now = 0;
    int peak = 0;
    int runs = 0;
    auto work = [&]() -> task<> {
        permit const held = co_await s.acquire();
        peak = std::max(peak, ++now);
        co_await sleep_for(10ms);
        --now;
        ++runs;
    };
    stopwatch watch;
    co_await with_task_group([&](task_group& group) -> task<> {
        for (int i = 0; i != 100; ++i)
            group.spawn(std::ref(work));
        co_return;
    });
    CHECK(peak == 10);
    CHECK(runs == 100);
    CHECK(watch.elapsed() == 100ms);
}

TEST_CASE("a permit handed to a waiter whose frame is destroyed passes on and "
          "is not lost") {
    // The io_context goes away between the hand-off and the resumption.
    semaphore s(0);
    int resumed = 0;
    auto waits = [&]() -> task<> {
        permit const held = co_await s.acquire();
        ++resumed;
    };
    {
        other_loop gone;
        gone.start(waits);
        gone.start(waits);
        CHECK(s.statistics().waiting == 2);
        boost::asio::post(gone.context(), [&] {
            s.release(); // a handler of foreign code on the same context
            gone.context().stop();
        });
        gone.context().run();
        CHECK(s.statistics().held == 1);
        CHECK(s.statistics().waiting == 1);
    }
    CHECK(resumed == 0);
    CHECK(s.statistics().held == 0);
    CHECK(s.statistics().waiting == 0);
    CHECK(s.statistics().available == 1);
}
