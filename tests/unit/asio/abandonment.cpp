// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// What becomes of tasks whose context is destroyed: each frame goes exactly
// once, the child before its parent, and nothing is resumed.

#include "unit/asio/asio_test.hpp"

#include <boost/asio/detached.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include <array>
#include <functional>
#include <future>
#include <memory>
#include <optional>

using namespace tether_test;

namespace {

// Knows the order in which the frames of a tree went, and that no code after
// an await ran.
struct trace {
    event_log gone;
    int resumed = 0;

    // The body of a group is a sibling of its children; the parent is last.
    bool all_gone_in_order() const {
        return resumed == 0 && (gone.text() == "body child parent" ||
                                gone.text() == "child body parent");
    }
};

task<> wait_here(trace& t, char const* name, std::function<task<>()> wait) {
    exit_note const note(t.gone, name);
    co_await wait();
    ++t.resumed;
}

task<> forever() {
    co_await tether::sleep_forever();
}
task<> long_sleep() {
    co_await tether::sleep_for(1h);
}

task<> parent(trace& t, std::function<task<>()> wait) {
    exit_note const note(t.gone, "parent");
    auto body = [&](task_group& g) -> task<> {
        exit_note const inner(t.gone, "body");
        g.spawn(wait_here, std::ref(t), "child", wait);
        co_await wait();
        ++t.resumed;
    };
    co_await tether::with_task_group(body);
    ++t.resumed;
}

// Runs everything that can run, then lets the context go.
void run_and_drop(std::function<task<>()> const& wait, bool stop = false) {
    trace t;
    leak_check const check;
    {
        asio::io_context io;
        tether::co_spawn(io, parent, std::ref(t), wait, asio::detached);
        io.poll();
        if (stop)
            io.stop();
        CHECK(t.gone.text() == "");
    }
    INFO(t.gone.text());
    CHECK(t.all_gone_in_order());
}

} // namespace

TEST_CASE("RU26 a context destroyed with sleeping tasks destroys each frame "
          "once, child before parent") {
    run_and_drop(long_sleep);
    run_and_drop(forever);
}

TEST_CASE("RU28 the same after stop(), which alone only pauses") {
    run_and_drop(long_sleep, true);

    asio::io_context io;
    bool done = false;
    auto body = [&]() -> task<> {
        co_await tether::checkpoint();
        co_await tether::sleep_for(1ms);
        done = true;
    };
    tether::co_spawn(io, body, asio::detached);
    io.stop();
    CHECK(io.run() == 0);
    CHECK(!done);
    io.restart();
    io.run();
    CHECK(done);
}

TEST_CASE("AI13 tasks in Asio operations go with the context, whichever "
          "service is older") {
    for (bool const socket_first : {true, false}) {
        for (bool const stop : {true, false}) {
            INFO("socket first: " << socket_first << ", stop: " << stop);
            trace t;
            leak_check const check;
            {
                asio::io_context io;
                std::optional<socket_pair> sockets;
                if (socket_first)
                    sockets.emplace(io.get_executor());
                auto wait = [&]() -> task<> {
                    if (!sockets)
                        sockets.emplace(tether::this_task::executor());
                    std::array<char, 16> data;
                    co_await asio::async_read(sockets->left, asio::buffer(data),
                                              use_task);
                };
                tether::co_spawn(io, parent, std::ref(t), wait, asio::detached);
                io.poll();
                if (stop)
                    io.stop();
            }
            INFO(t.gone.text());
            CHECK(t.all_gone_in_order());
        }
    }
}

TEST_CASE("AI13 an object of Asio that lives in the frame goes with it") {
    auto timer_wait = []() -> task<> {
        asio::steady_timer timer(tether::this_task::executor(), 1h);
        co_await timer.async_wait(use_task);
    };
    run_and_drop(timer_wait);
    run_and_drop(timer_wait, true);
    auto accept_wait = []() -> task<> {
        tcp::acceptor acceptor = listen_here();
        co_await acceptor.async_accept(use_task);
    };
    run_and_drop(accept_wait);
    auto nested = []() -> task<> {
        auto body = []() -> task<> {
            co_await asio::steady_timer(tether::this_task::executor(), 1h)
                .async_wait(use_task);
        };
        co_await tether::shielded(body);
    };
    run_and_drop(nested);
}

TEST_CASE("CX27 an unstarted root is destroyed with its arguments") {
    int alive = 0;
    bool ran = false;
    leak_check const check;
    {
        asio::io_context io;
        auto fn = [&ran](tally) -> task<> {
            ran = true;
            co_return;
        };
        tether::co_spawn(io, fn, tally(alive), asio::detached);
        CHECK(alive == 1);
    }
    CHECK(alive == 0);
    CHECK(!ran);
}

TEST_CASE("CX27 unstarted children of a destroyed loop never run") {
    trace t;
    leak_check const check;
    {
        asio::io_context io;
        auto root = [](trace& log) -> task<> {
            auto body = [&log](task_group& g) -> task<> {
                for (int i = 0; i < 3; ++i)
                    g.spawn(wait_here, std::ref(log), "child", forever);
                co_await tether::sleep_forever();
            };
            co_await tether::with_task_group(body);
        };
        tether::co_spawn(io, root, std::ref(t), asio::detached);
        io.run_one(); // the root runs; its children wait for their turn
        CHECK(t.gone.text() == "");
    }
    CHECK(t.resumed == 0);
}

TEST_CASE("RU26 tasks on strands of an io_context and of a thread_pool") {
    std::function<task<>()> const waits[] = {
        forever, long_sleep, []() -> task<> {
            asio::steady_timer timer(tether::this_task::executor(), 1h);
            co_await timer.async_wait(use_task);
        }};
    for (auto const& wait : waits) {
        trace first;
        trace second;
        leak_check const check;
        {
            asio::io_context io;
            auto strand = asio::make_strand(io);
            tether::co_spawn(strand, parent, std::ref(first), wait,
                             asio::detached);
            tether::co_spawn(strand, parent, std::ref(second), wait,
                             asio::detached);
            io.poll();
            CHECK(first.gone.text() == "");
        }
        INFO(first.gone.text() << ", " << second.gone.text());
        CHECK(first.all_gone_in_order());
        CHECK(second.all_gone_in_order());
    }
}

TEST_CASE("RU26 a thread_pool that is stopped with live tasks") {
    trace t;
    std::function<task<>()> const wait = long_sleep;
    {
        asio::thread_pool pool(2);
        std::promise<void> started;
        auto root = [&]() -> task<> {
            started.set_value();
            co_await parent(t, wait);
        };
        tether::co_spawn(asio::make_strand(pool), root, asio::detached);
        started.get_future().wait();
        pool.stop();
        pool.join();
    }
    CHECK(t.resumed == 0);
    CHECK(t.gone.lines().back() == "parent");
}

TEST_CASE("CX15 a task that waits for a callback, and whoever has to call") {
    trace t;
    leak_check const check;
    std::optional<tether::completion<void>> kept;
    auto wait = [&]() -> task<> {
        co_await tether::suspend_cancellable(
            [&](tether::completion<void> done) {
                kept.emplace(std::move(done));
                return [] {};
            });
    };
    auto one = [&]() -> task<> { return wait_here(t, "task", wait); };
    {
        asio::io_context io;
        tether::co_spawn(io, one, asio::detached);
        io.poll();
    }
    CHECK(t.gone.text() == "task");
    CHECK(t.resumed == 0);
    REQUIRE(kept);
    CHECK(!*kept);
    CHECK(!(*kept)()); // nobody waits any more, and nothing is touched
}

namespace {

struct deep_counts {
    int alive = 0;
    int resumed = 0;
    int misordered = 0;
};

// Lives in one frame of a chain; the frames below must go first.
class chain_link {
public:
    chain_link(bool& above, bool const& below, deep_counts& counts)
        : above_(above), below_(below), counts_(counts) {
        above_ = true;
        ++counts_.alive;
    }
    chain_link(chain_link const&) = delete;
    chain_link& operator=(chain_link const&) = delete;
    ~chain_link() {
        above_ = false;
        --counts_.alive;
        counts_.misordered += below_ ? 1 : 0;
    }

private:
    bool& above_;
    bool const& below_;
    deep_counts& counts_;
};

task<> chain(int depth, bool& above, deep_counts& counts) {
    bool below = false;
    chain_link const link(above, below, counts);
    if (depth > 1) {
        co_await chain(depth - 1, below, counts);
    } else if (counts.alive % 2 != 0) {
        co_await tether::sleep_forever();
    } else { // every other one
        asio::steady_timer timer(tether::this_task::executor(), 1h);
        co_await timer.async_wait(use_task);
    }
    ++counts.resumed;
}

task<> chain_of_five(deep_counts& counts) {
    bool below = false;
    co_await chain(5, below, counts);
}

} // namespace

TEST_CASE("AI13 a hundred thousand suspended tasks, five frames deep, go child "
          "before parent, also after stop()") {
    leak_check const check;
    for (bool const stopped : {false, true}) {
        int const tasks = stopped ? 1000 : 100'000;
        deep_counts counts;
        {
            asio::io_context io;
            auto root = [&]() -> task<> {
                co_await tether::with_task_group([&](task_group& g) -> task<> {
                    for (int i = 0; i < tasks; ++i)
                        g.spawn(chain_of_five, std::ref(counts));
                    co_return;
                });
            };
            tether::co_spawn(io, root, asio::detached);
            io.poll();
            CHECK(counts.alive == 5 * tasks);
            if (stopped)
                io.stop();
        }
        CHECK(counts.alive == 0);
        CHECK(counts.resumed == 0);
        CHECK(counts.misordered == 0);
    }
}
