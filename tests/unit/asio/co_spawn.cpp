// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// Tasks started from programs that are written for Asio.

#include "unit/asio/asio_test.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace tether_test;
using tether::cancel_kind;
using tether::cancelled_error;

namespace {

task<int> add(int a, int b) {
    co_await tether::checkpoint();
    co_return a + b;
}
task<> forever() {
    co_await tether::sleep_forever();
}
task<> fails() {
    co_await tether::checkpoint();
    throw std::runtime_error("task failed");
}

// What a root ended with, in a word.
std::string word_for(std::exception_ptr const& error) {
    if (!error)
        return "value";
    try {
        std::rethrow_exception(error);
    } catch (cancelled_error const& e) {
        return tether::to_string(e.reason().kind);
    } catch (std::exception const& e) {
        return e.what();
    }
}

} // namespace

TEST_CASE("RU25 roots on the user's io_context, with any token") {
    leak_check const check;
    asio::io_context io;
    int sum = 0;
    std::string ends;
    tether::co_spawn(io, add, 1, 2, [&](std::exception_ptr e, int n) {
        ends += word_for(e) + " ";
        sum += n;
    });
    tether::co_spawn(io.get_executor(), add(3, 4),
                     [&](std::exception_ptr e, int n) {
                         ends += word_for(e) + " ";
                         sum += n;
                     });
    tether::co_spawn(io, fails,
                     [&](std::exception_ptr e) { ends += word_for(e); });
    std::future<int> later = tether::co_spawn(io, add, 5, 6, asio::use_future);
    tether::co_spawn(io, add, 7, 8, asio::detached);
    CHECK(ends.empty()); // nothing runs before the context does
    io.run();
    CHECK(ends == "value value task failed");
    CHECK(sum == 10);
    CHECK(later.get() == 11);
}

TEST_CASE("CX21 results that are references, move-only, not default "
          "constructible") {
    struct no_default {
        explicit no_default(int n) : value(n) {}
        int value;
    };
    asio::io_context io;
    int object = 1;
    int* seen = nullptr;
    auto refers = [&]() -> task<int&> { co_return object; };
    tether::co_spawn(io, refers, [&](std::exception_ptr, int* p) { seen = p; });
    std::unique_ptr<int> owned;
    auto owns = []() -> task<std::unique_ptr<int>> {
        co_return std::make_unique<int>(2);
    };
    tether::co_spawn(io, owns, [&](std::exception_ptr, std::unique_ptr<int> p) {
        owned = std::move(p);
    });
    int value = 0;
    auto makes = []() -> task<no_default> { co_return no_default(3); };
    tether::co_spawn(io, makes,
                     [&](std::exception_ptr, std::optional<no_default> v) {
                         value = v ? v->value : -1;
                     });
    io.run();
    CHECK(seen == &object);
    REQUIRE(owned);
    CHECK(*owned == 2);
    CHECK(value == 3);
}

TEST_CASE("CA31 signals: terminal is a hard cancel, partial and total a soft "
          "one") {
    asio::io_context io;
    asio::cancellation_signal hard;
    asio::cancellation_signal soft;
    std::string hard_end;
    std::string soft_end;
    bool asked = false;
    tether::co_spawn(
        io, forever,
        asio::bind_cancellation_slot(hard.slot(), [&](std::exception_ptr e) {
            hard_end = word_for(e);
        }));
    auto polite = [&]() -> task<> {
        while (!tether::this_task::cancel_requested())
            co_await tether::checkpoint();
        asked = true;
        co_await tether::checkpoint(); // a soft cancel stops nothing
    };
    tether::co_spawn(
        io, polite,
        asio::bind_cancellation_slot(soft.slot(), [&](std::exception_ptr e) {
            soft_end = word_for(e);
        }));
    io.poll_one();
    io.poll_one();
    hard.emit(asio::cancellation_type::terminal);
    soft.emit(asio::cancellation_type::total);
    io.run();
    CHECK(hard_end == "foreign");
    CHECK(asked);
    CHECK(soft_end == "value");
    hard.emit(asio::cancellation_type::terminal); // long after the end
}

TEST_CASE("AI11 a root cancelled before its first step does not throw out of "
          "run()") {
    asio::io_context io;
    asio::cancellation_signal signal;
    std::string end;
    tether::co_spawn(
        io, forever,
        asio::bind_cancellation_slot(
            signal.slot(), [&](std::exception_ptr e) { end = word_for(e); }));
    signal.emit(asio::cancellation_type::terminal);
    CHECK_NOTHROW(io.run());
    CHECK(end == "foreign");
}

TEST_CASE("AI14 a task's exception reaches its handler and nobody else") {
    asio::io_context io;
    std::string end;
    tether::co_spawn(io, fails,
                     [&](std::exception_ptr e) { end = word_for(e); });
    CHECK_NOTHROW(io.run());
    CHECK(end == "task failed");
    // What the handler itself throws leaves run(), as with every handler.
    tether::co_spawn(io, fails, [](std::exception_ptr e) {
        if (e)
            std::rethrow_exception(e);
    });
    io.restart();
    CHECK_THROWS_WITH(io.run(), "task failed");
}

TEST_CASE("CX12 the handler runs on its own executor, not inside the task") {
    asio::io_context io;
    asio::thread_pool pool(1);
    std::promise<std::thread::id> where;
    tether::co_spawn(
        io, add, 1, 1,
        asio::bind_executor(pool.get_executor(), [&](std::exception_ptr, int) {
            where.set_value(std::this_thread::get_id());
        }));
    io.run();
    auto const id = where.get_future().get();
    CHECK(id != std::this_thread::get_id());
    pool.join();
    bool inside = true;
    tether::co_spawn(io, add, 1, 1, [&](std::exception_ptr, int) {
        inside = tether::detail::running_loop() != nullptr;
    });
    io.restart();
    io.run();
    CHECK(!inside);
}

TEST_CASE("CX12 strands of an io_context run by four threads") {
    constexpr int strands = 8;
    constexpr int rounds = 50;
    asio::io_context io;
    std::atomic<int> ended{0};
    std::atomic<int> wrong{0};
    for (int i = 0; i < strands; ++i) {
        asio::any_io_executor const strand = asio::make_strand(io);
        auto body = [&wrong, strand]() -> task<> {
            int shared = 0; // unsynchronised: the tree runs on one strand
            auto group = [&](task_group& g) -> task<> {
                auto child = [&]() -> task<> {
                    for (int n = 0; n < rounds; ++n) {
                        ++shared;
                        co_await tether::sleep_for(
                            std::chrono::microseconds(1));
                        co_await asio::post(strand, use_task);
                    }
                };
                for (int c = 0; c < 4; ++c)
                    g.spawn(child);
                co_return;
            };
            co_await tether::with_task_group(group);
            if (shared != 4 * rounds)
                ++wrong;
        };
        tether::co_spawn(strand, body,
                         [&](std::exception_ptr e) { ended += e ? 0 : 1; });
    }
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] { io.run(); });
    for (auto& t : threads)
        t.join();
    CHECK(ended == strands);
    CHECK(wrong == 0);
}

TEST_CASE("CX12 two roots on one strand share a loop; equal executors that "
          "submit differently do too") {
    asio::io_context io;
    std::array<void*, 4> loops{};
    auto body = [&](std::size_t which) -> task<> {
        loops[which] = tether::detail::running_loop();
        co_await tether::sleep_for(1ms);
    };
    auto strand = asio::make_strand(io);
    tether::co_spawn(strand, body, 0, asio::detached);
    tether::co_spawn(asio::any_io_executor(strand), body, 1, asio::detached);
    tether::co_spawn(
        asio::require(io.get_executor(), asio::execution::blocking.never), body,
        2, asio::detached);
    tether::co_spawn(io, body, 3, asio::detached);
    io.run();
    REQUIRE(loops[0] != nullptr);
    CHECK(loops[0] == loops[1]);
    CHECK(loops[2] == loops[3]);
    CHECK(loops[0] != loops[2]);
}

TEST_CASE("RU27 a context that is polled makes progress, and callbacks of the "
          "host wake tasks") {
    asio::io_context io;
    std::optional<tether::completion<int>> wake;
    int got = 0;
    auto body = [&]() -> task<> {
        got = co_await tether::suspend_cancellable<int>(
            [&](tether::completion<int> done) {
                wake.emplace(std::move(done));
            });
        co_await tether::sleep_for(1ms);
        got += 1;
    };
    bool ended = false;
    tether::co_spawn(io, body, [&](std::exception_ptr) { ended = true; });
    io.poll();
    REQUIRE(wake);
    (*wake)(41); // from the host's own code, between two polls
    CHECK(got == 41);
    while (!ended)
        io.poll();
    CHECK(got == 42);
}

TEST_CASE("RU29 tasks started from other threads run in order, each once") {
    asio::io_context io;
    auto keep = asio::make_work_guard(io);
    std::thread runner([&] { io.run(); });
    std::vector<int> order;
    auto note = [&](int n) -> task<> {
        order.push_back(n);
        co_return;
    };
    std::vector<std::future<void>> ends;
    for (int i = 0; i < 100; ++i)
        ends.push_back(tether::co_spawn(io, note, i, asio::use_future));
    for (auto& e : ends)
        e.get();
    keep.reset();
    runner.join();
    bool sorted = order.size() == 100;
    for (int i = 0; sorted && i < 100; ++i)
        sorted = order[static_cast<std::size_t>(i)] == i;
    CHECK(sorted);
}
