// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Do groups, combinators and the loop hold at edges that once broke them?
#include "support/test_case.hpp"

#include <tether/combine.hpp>
#include <tether/core/exception_group.hpp>
#include <tether/scope.hpp>
#include <tether/sync.hpp>
#include <tether/task.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace {

namespace asio = boost::asio;
using namespace tether;
using namespace tether_test;

// Throws when it is moved for the `left`-th time.
struct bomb {
    explicit bomb(int moves) : left(moves) {}
    bomb(bomb const&) = default;
    bomb(bomb&& other) : left(other.left - 1) {
        if (left == 0)
            throw std::runtime_error("bomb");
    }
    int left;
};

} // namespace

TETHER_TEST_CASE("CA01 a child moved into a cancelled group by a signal from "
                 "outside stops") {
    bool joined = false;
    auto body = [&](task_group& outer) -> task<> {
        task_group* inner = nullptr;
        std::optional<start_signal<void>> signal;
        outer.spawn([&]() -> task<> {
            co_await with_task_group([&](task_group& group) -> task<> {
                inner = &group;
                co_await sleep_forever();
            });
            joined = true;
        });
        outer.spawn([&]() -> task<> {
            co_await checkpoint();
            co_await inner->start([&](start_signal<void> started) -> task<> {
                signal = started;
                co_await sleep_forever();
            });
        });
        co_await sleep_for(1ms);
        inner->cancel();
        co_await sleep_for(1ms);
        CHECK_FALSE(joined);
        (*signal)();
        co_await sleep_for(1ms);
        CHECK(joined);
        outer.cancel();
    };
    co_await with_task_group(body);
}

TEST_CASE("RU08 several errors that nobody receives end the run together, "
          "after the cleanup") {
    bool cleaned = false;
    auto main = [&]() -> task<> {
        auto body = []() -> task<> {
            task_group_options options;
            options.policy = group_policy::supervise;
            co_await with_task_group(options, [](task_group& group) -> task<> {
                for (int i = 0; i < 3; ++i)
                    group.spawn([]() -> task<> {
                        throw std::runtime_error("lost");
                        co_return;
                    });
                co_await sleep_for(1s);
            });
        };
        auto at_end = [&]() -> task<> {
            co_await sleep_for(1s); // the clock must go on
            cleaned = true;
        };
        co_await async_try(body).finally(at_end);
    };
    virtual_clock clock;
    runner app(run_options{.clock = &clock});
    std::size_t errors = 0;
    try {
        app.run(main);
    } catch (exception_group const& group) {
        errors = group.size();
    }
    CHECK(errors == 3);
    CHECK(cleaned);
}

TEST_CASE("RU26 a destructor in a dead context that spawns eagerly resumes "
          "nothing") {
    bool resumed = false;
    {
        asio::io_context io(1);
        auto main = [&]() -> task<> {
            co_await with_task_group([&](task_group& group) -> task<> {
                struct at_end {
                    task_group& group;
                    bool& ran;
                    ~at_end() {
                        group.spawn(
                            eager,
                            [](bool& to) -> task<> {
                                to = true;
                                co_return;
                            },
                            std::ref(ran));
                    }
                } const last{group, resumed};
                co_await sleep_forever();
            });
        };
        co_spawn(io, main, asio::detached);
        io.poll();
    }
    CHECK_FALSE(resumed);
}

TEST_CASE("AD02 a root that cannot be made leaves the loop usable") {
    for (int moves = 1; moves < 12; ++moves) {
        asio::io_context io(1);
        bool second = false;
        bomb const b(moves);
        auto work = [b]() -> task<> {
            static_cast<void>(b);
            co_return;
        };
        auto next = [&]() -> task<> {
            second = true;
            co_return;
        };
        try {
            co_spawn(io, work, asio::detached);
            io.run();
        } catch (std::runtime_error const&) {
        }
        co_spawn(io, next, asio::detached);
        io.restart();
        io.run();
        CHECK(second);
    }
}

TEST_CASE("RU26 a permit in a handler that dies with the context goes back") {
    semaphore permits(1);
    {
        asio::io_context io(1);
        auto main = [&]() -> task<> {
            auto const held = co_await permits.acquire();
        };
        auto held = permits.try_acquire();
        co_spawn(io, main, asio::detached);
        io.poll();
        auto timer = std::make_unique<asio::steady_timer>(io, 1h);
        auto& t = *timer;
        t.async_wait([timer = std::move(timer),
                      held = std::move(*held)](boost::system::error_code) {});
    }
    CHECK(permits.statistics().available == 1);
    CHECK(permits.statistics().waiting == 0);
}

TEST_CASE("RU26 a completion that outlives the context frees the frames") {
    for (bool const call : {true, false}) {
        std::optional<completion<int>> kept;
        bool gone = false;
        {
            asio::io_context io(1);
            auto main = [&]() -> task<> {
                struct note {
                    bool& to;
                    ~note() { to = true; }
                } const at_end{gone};
                co_await suspend_cancellable<int>([&](completion<int> done) {
                    kept.emplace(std::move(done));
                });
            };
            co_spawn(io, main, asio::detached);
            io.poll();
        }
        if (call)
            (*kept)(1);
        kept.reset();
        CHECK(gone);
    }
}

TEST_CASE("CX15 a cancel from outside of run() meets a finished "
          "asio::awaitable") {
    for (int steps = 0; steps < 12; ++steps) {
        asio::io_context io(1);
        cancel_scope scope;
        bool after = false;
        auto foreign = []() -> asio::awaitable<int> {
            auto executor = co_await asio::this_coro::executor;
            co_await asio::post(executor, asio::use_awaitable);
            co_await asio::post(executor, asio::use_awaitable);
            co_return 7;
        };
        auto main = [&]() -> task<> {
            co_await with_cancel_scope(scope, [&]() -> task<> {
                int const value = co_await foreign();
                CHECK(value == 7);
            });
            after = true;
        };
        co_spawn(io, main, asio::detached);
        for (int i = 0; i < steps; ++i)
            io.poll_one();
        scope.cancel();
        io.restart();
        io.run();
        CHECK(after);
    }
}

TEST_CASE("RU28 stop() while others still work is no deadlock") {
    asio::io_context io(1);
    event happened;
    asio::steady_timer stops(io, 1ms);
    asio::steady_timer sets(io, 1h);
    stops.async_wait([&](boost::system::error_code) { io.stop(); });
    sets.async_wait([&](boost::system::error_code) { happened.set(); });
    auto main = [&]() -> task<> { co_await happened.wait(); };
    CHECK_THROWS_AS(run(io, main), cancelled_error);
}

TEST_CASE("CA05 a shield raised after the abort does not turn the stop into an "
          "error") {
    asio::io_context io(1);
    std::string end = "stopped";
    cancel_scope outer;
    cancel_scope inner;
    auto wait = [&]() -> task<> {
        asio::steady_timer timer(io, 1h);
        try {
            co_await timer.async_wait(use_task);
            end = "value";
        } catch (std::exception const& error) {
            end = error.what();
        }
    };
    auto main = [&]() -> task<> {
        co_await with_cancel_scope(outer, [&]() -> task<> {
            co_await with_cancel_scope(inner, wait);
            end = "passed the inner scope";
        });
    };
    co_spawn(io, main, asio::detached);
    io.poll();
    asio::post(io, [&] {
        outer.cancel();
        inner.shield(true);
    });
    io.restart();
    io.poll();
    CHECK(end == "stopped");
    CHECK(outer.cancelled_caught());
}

TEST_CASE("RU33 I/O under load does not multiply the passes of the loop") {
    asio::io_context io(1);
    std::size_t turns = 0;
    bool stop = false;
    auto spin = [&]() -> task<> {
        while (!stop) {
            ++turns;
            co_await checkpoint();
        }
    };
    auto tick = [&]() -> task<> {
        asio::steady_timer timer(io);
        for (int i = 0; i < 40; ++i) {
            timer.expires_after(0ms);
            co_await timer.async_wait(use_task);
        }
    };
    for (int i = 0; i < 300; ++i)
        co_spawn(io, spin, asio::detached);
    co_spawn(io, tick, asio::detached);
    for (int i = 0; i < 1000; ++i)
        io.poll_one();
    std::size_t worst = 0;
    for (int round = 0; round < 20; ++round) {
        bool ran = false;
        std::size_t const before = turns;
        asio::post(io, [&] { ran = true; });
        while (!ran)
            io.poll_one();
        worst = (std::max)(worst, turns - before);
    }
    CHECK(worst <= 2 * 256);
    stop = true;
    io.run();
}

namespace {
// Asks for the running task when the last that holds it lets go.
struct asks_at_end {
    explicit asks_at_end(std::string& to) : seen(&to) {}
    asks_at_end(asks_at_end&& other) noexcept
        : seen(std::exchange(other.seen, nullptr)) {}
    asks_at_end(asks_at_end const& other) : seen(other.seen) {}
    ~asks_at_end() {
        if (seen)
            *seen = std::string(this_task::name());
    }
    std::string* seen;
};
} // namespace

TETHER_TEST_CASE("what a child leaves behind is destroyed while it is still "
                 "the running task") {
    std::string error;
    std::string result;
    int reports = 0;
    detail::running_loop()->on_unhandled_error(
        [&](std::exception_ptr, char const*) { ++reports; });
    auto fails = [&]() -> task<> {
        co_await checkpoint();
        throw asks_at_end(error);
    };
    auto returns = [&]() -> task<asks_at_end> {
        co_await checkpoint();
        co_return asks_at_end(result);
    };
    task_group_options options;
    options.policy = group_policy::supervise;
    co_await with_task_group(options, [&](task_group& group) -> task<> {
        group.spawn(named("failing"), fails);
        group.spawn(named("returning"), returns);
        co_return;
    });
    detail::running_loop()->on_unhandled_error(nullptr);
    CHECK(reports == 1);
    CHECK(error == "failing");
    CHECK(result == "returning");
}

#if defined(__cpp_lib_jthread)
TEST_CASE("CA40 a stop token hears of the end of the context") {
    bool asked = false;
    std::optional<std::stop_callback<std::function<void()>>> callback;
    {
        asio::io_context io(1);
        auto main = [&]() -> task<> {
            callback.emplace(this_task::stop_token(), [&] { asked = true; });
            co_await sleep_forever();
        };
        co_spawn(io, main, asio::detached);
        io.poll();
    }
    CHECK(asked);
}
#endif
