// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
#include "stream_test.hpp"

#include <tether/stream/work_queue.hpp>

using namespace tether;
using namespace tether_test;

static_assert(!std::is_copy_constructible_v<work_item<int>>);
static_assert(!std::is_move_constructible_v<work_queue<int>>);

namespace {

task<> join_and_say(work_queue<int>& queue, event_log& log) {
    co_await queue.join();
    log("joined");
}

} // namespace

TETHER_TEST_CASE("CH33 join waits until every item is acknowledged, also those "
                 "that workers have put in") {
    work_queue<int> queue(10);
    event_log log;
    std::vector<int> done;
    co_await with_task_group([&](task_group& group) -> task<> {
        for (int i = 0; i != 2; ++i)
            group.spawn([&]() -> task<> {
                while (auto item = co_await queue.get()) {
                    co_await sleep_for(1ms);
                    if (**item < 100)
                        co_await queue.put(**item + 100);
                    done.push_back(**item);
                }
            });
        for (int i = 0; i != 4; ++i)
            co_await queue.put(i);
        CHECK(queue.statistics().unfinished == 4);
        co_await queue.join();
        CHECK(done.size() == 8);
        CHECK(queue.statistics().unfinished == 0);
        CHECK(queue.statistics().done == 8);
        queue.shutdown();
    });
}

TETHER_TEST_CASE("CH33 join waits for an item that went to a worker who waited "
                 "for one") {
    work_queue<int> queue(10);
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            auto item = co_await queue.get();
            co_await sleep_for(1ms);
            log("done");
        });
        co_await checkpoint(); // it waits
        co_await queue.put(1);
        CHECK(queue.statistics().unfinished == 1);
        co_await queue.join();
        log("joined");
    });
    CHECK(log.text() == "done joined");
}

TETHER_TEST_CASE("CH33 join of an empty queue does not wait, and can be asked "
                 "again") {
    work_queue<int> queue(2);
    co_await queue.join();
    co_await queue.put(1);
    {
        auto item = co_await queue.get();
        CHECK(queue.empty());
        event_log log;
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn(join_and_say, std::ref(queue), std::ref(log));
            group.spawn(join_and_say, std::ref(queue), std::ref(log));
            auto third =
                group.spawn(join_and_say, std::ref(queue), std::ref(log));
            co_await checkpoint();
            third.cancel();
            co_await third.wait();
            CHECK(log.text().empty()); // taken is not done
            item->done();
        });
        CHECK(log.text() == "joined joined");
    }
    co_await queue.join();
}

TETHER_TEST_CASE("CH34 acknowledging an item twice is an error") {
    work_queue<int> queue(2);
    co_await queue.put(1);
    auto item = co_await queue.get();
    item->done();
    CHECK_THROWS_AS(item->done(), std::logic_error);
    CHECK_THROWS_WITH(item->failed(), contains_text("acknowledged twice"));
    CHECK(queue.statistics().done == 1);
    CHECK(queue.statistics().failed == 0);
    co_await queue.put(2);
    auto other = co_await queue.get();
    work_item<int> moved = std::move(*other);
    CHECK_THROWS_AS(other->done(), std::logic_error); // NOLINT: on purpose
    moved.failed();
    CHECK(queue.statistics().failed == 1);
}

TETHER_TEST_CASE("CH35 a worker that dies with an item has failed it, and join "
                 "does not hang") {
    work_queue<int> queue(4);
    co_await queue.put(1);
    co_await queue.put(2);
    co_await queue.put(3);
    try {
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn([&]() -> task<> {
                auto item = co_await queue.get();
                co_await checkpoint();
                throw std::runtime_error("died");
            });
            group.spawn([&]() -> task<> {
                auto item = co_await queue.get();
                co_await sleep_forever(); // stopped by its sibling's error
            });
            co_return;
        });
        CHECK(false);
    } catch (exception_group const& error) {
        CHECK(error.size() == 1);
    }
    CHECK(queue.statistics().failed == 2);
    CHECK(queue.statistics().unfinished == 1);
    {
        auto last = co_await queue.get();
        CHECK(**last == 3);
    } // left in the ordinary way: done
    CHECK(queue.statistics().done == 1);
    co_await queue.join();
}

TETHER_TEST_CASE("CH36 a graceful shutdown refuses puts and lets gets drain") {
    work_queue<int> queue(2);
    event_log log;
    co_await queue.put(1);
    co_await queue.put(2);
    int mine = 3;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            try {
                co_await queue.put_from(mine);
            } catch (closed_resource const& error) {
                log(error.what());
            }
        });
        co_await checkpoint();
        queue.shutdown();
        queue.shutdown();
    });
    CHECK(log.text() == "send into a work queue that is shut down");
    CHECK(mine == 3);
    CHECK(queue.try_put(4) == channel_status::closed);
    std::string text;
    try {
        co_await queue.put(4);
    } catch (closed_resource const& error) {
        text = error.what();
    }
    CHECK(text == log.text());
    int sum = 0;
    while (auto item = co_await queue.get())
        sum += **item;
    CHECK(sum == 3);
    CHECK(queue.try_get().status() == channel_status::end);
}

TETHER_TEST_CASE("CH37 an immediate shutdown drops what is buffered and frees "
                 "all who wait") {
    std::vector<int> dropped;
    work_queue<int> queue(2, [&](int&& item) { dropped.push_back(item); });
    event_log log;
    co_await queue.put(1);
    co_await queue.put(2);
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            try {
                co_await queue.put(3);
            } catch (closed_resource const&) {
                log("refused");
            }
        });
        group.spawn(join_and_say, std::ref(queue), std::ref(log));
        co_await checkpoint();
        queue.shutdown(queue_shutdown::immediate);
    });
    CHECK(log.text() == "refused joined");
    CHECK(dropped == std::vector{1, 2});
    CHECK(queue.statistics().dropped == 2);

    work_queue<int> empty(1);
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            auto item = co_await empty.get();
            CHECK_FALSE(item.has_value());
        });
        co_await checkpoint();
        CHECK(empty.statistics().waiting_gets == 1);
        empty.shutdown(queue_shutdown::immediate);
    });
}

TETHER_TEST_CASE("CH37 items that are held through an immediate shutdown are "
                 "still waited for") {
    work_queue<int> queue(2);
    event_log log;
    co_await queue.put(1);
    co_await queue.put(2);
    auto held = co_await queue.get();
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(join_and_say, std::ref(queue), std::ref(log));
        co_await checkpoint();
        queue.shutdown(queue_shutdown::immediate);
        co_await checkpoint();
        CHECK(log.text().empty());
        held->done();
    });
    CHECK(log.text() == "joined");
}

TETHER_TEST_CASE("CH39 size, empty and full of a queue are snapshots") {
    work_queue<int> queue(2);
    CHECK(queue.empty());
    CHECK_FALSE(queue.full());
    co_await queue.put(1);
    CHECK(queue.size() == 1);
    co_await queue.put(2);
    CHECK(queue.full());
    CHECK(queue.try_put(3) == channel_status::would_block);
    CHECK(**queue.try_get() == 1);
    CHECK(queue.size() == 1);
    CHECK(queue.statistics().peak == 2);
    CHECK(**queue.try_get() == 2);
    CHECK(queue.try_get().status() == channel_status::would_block);
}

TETHER_TEST_CASE("CH11 a cancel after a worker was handed an item: the worker "
                 "has it, and fails it at the next checkpoint") {
    work_queue<int> queue(1);
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto worker = group.spawn([&]() -> task<> {
            auto item = co_await queue.get();
            log("got" + std::to_string(**item));
            co_await checkpoint();
            log("never");
        });
        co_await checkpoint();
        co_await queue.put(5);
        worker.cancel();
        co_await queue.join();
    });
    CHECK(log.text() == "got5");
    CHECK(queue.statistics().failed == 1);
}

TETHER_TEST_CASE("CH36 what a work queue drops at its shutdown cannot come "
                 "back") {
    stubborn<work_queue<int>> kept;
    for (int const i : {1, 2})
        co_await kept.queue.put(i);
    kept.queue.shutdown(queue_shutdown::immediate);
    CHECK(kept.log == "closed closed ");
    co_await kept.queue.join();
    CHECK(kept.queue.statistics().dropped == 2);
}

TEST_CASE("SY12 destroying a work queue that is waited for, or of which items "
          "are held, terminates") {
    std::string const waited = last_words([] {
        run_virtual([]() -> task<> {
            co_await with_task_group([](task_group& group) -> task<> {
                auto queue = std::make_unique<work_queue<int>>(1);
                auto& q = *queue;
                group.spawn(named("worker"),
                            [&q]() -> task<> { (void)co_await q.get(); });
                co_await checkpoint();
                queue.reset();
            });
        });
    });
    CHECK_THAT(waited, contains_text("work queue destroyed while tasks wait "
                                     "for it: 'worker' at"));
    std::string const held = last_words([] {
        run_virtual([]() -> task<> {
            auto queue = std::make_unique<work_queue<int>>(1);
            co_await queue->put(1);
            auto const item = co_await queue->get();
            queue.reset();
        });
    });
    CHECK_THAT(held, contains_text("items of it are held"));
    std::string const leaving = last_words([] {
        run_virtual([]() -> task<> {
            co_await with_task_group([](task_group& group) -> task<> {
                auto queue = std::make_unique<work_queue<int>>(1);
                auto& q = *queue;
                group.spawn([&q]() -> task<> { (void)co_await q.get(); });
                co_await checkpoint();
                queue->shutdown();
                queue.reset();
            });
        });
    });
    CHECK_THAT(leaving, contains_text("about to leave it"));
}

TETHER_TEST_CASE("SY14 a work queue allocates nothing per item") {
    work_queue<int> queue(10);
    auto round = [&]() -> task<> {
        for (int i = 0; i != 400; ++i) {
            co_await queue.put(i);
            auto item = co_await queue.get();
        }
        co_await queue.join();
    };
    co_await round();
    std::size_t const before = allocations();
    for (int i = 0; i != 400; ++i) {
        co_await queue.put(i);
        auto item = co_await queue.get();
    }
    co_await queue.join();
    CHECK(allocations() == before);
}
