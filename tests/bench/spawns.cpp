// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
//
// W2: spawning children that yield once, and joining them. W9: a group of ten
// of which one fails.

#include "bench.hpp"

#include <tether/core/exception_group.hpp>
#include <tether/scope/with_task_group.hpp>
#include <tether/task/checkpoint.hpp>
#include <tether/task/run.hpp>
#include <tether/task/sleep.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <deque>
#include <stdexcept>
#include <thread>

namespace asio = boost::asio;

namespace {

constexpr std::size_t few = 1'000;
constexpr std::size_t few_rounds = 100;
constexpr std::size_t many = 1'000'000;
constexpr std::size_t failures = 2'000;

tether::task<> yield_once() {
    co_await tether::checkpoint();
}

tether::task<> spawn_and_join(std::size_t children, std::size_t rounds) {
    for (std::size_t r = 0; r < rounds; ++r) {
        co_await tether::with_task_group(
            [&](tether::task_group& g) -> tether::task<> {
                for (std::size_t i = 0; i < children; ++i)
                    g.spawn(yield_once);
                co_return;
            });
    }
}

asio::awaitable<void> asio_yield_once() {
    co_await asio::post(co_await asio::this_coro::executor,
                        asio::use_awaitable);
}

// What one writes without a group: count the completions.
void asio_spawn_and_join(std::size_t children, std::size_t rounds) {
    asio::io_context io(1);
    for (std::size_t r = 0; r < rounds; ++r) {
        std::size_t left = children;
        for (std::size_t i = 0; i < children; ++i)
            asio::co_spawn(io, asio_yield_once(),
                           [&](std::exception_ptr) { --left; });
        io.run();
        io.restart();
        if (left != 0)
            std::abort();
    }
}

tether::task<> fail() {
    co_await tether::checkpoint();
    throw std::runtime_error("failed");
}
tether::task<> fail_groups() {
    std::size_t seen = 0;
    for (std::size_t r = 0; r < failures; ++r) {
        try {
            co_await tether::with_task_group(
                [](tether::task_group& g) -> tether::task<> {
                    for (int i = 0; i < 9; ++i)
                        g.spawn([]() -> tether::task<> {
                            co_await tether::sleep_forever();
                        });
                    g.spawn(fail);
                    co_return;
                });
        } catch (tether::exception_group const&) {
            ++seen;
        }
    }
    if (seen != failures)
        std::abort();
}

// By hand: a signal per sibling, and the last one out reports.
asio::awaitable<void> asio_sibling() {
    asio::steady_timer forever(co_await asio::this_coro::executor,
                               asio::steady_timer::time_point::max());
    co_await forever.async_wait(asio::use_awaitable);
}
asio::awaitable<void> asio_fail() {
    co_await asio::post(co_await asio::this_coro::executor,
                        asio::use_awaitable);
    throw std::runtime_error("failed");
}
void asio_fail_groups() {
    asio::io_context io(1);
    std::size_t seen = 0;
    for (std::size_t r = 0; r < failures; ++r) {
        std::deque<asio::cancellation_signal> siblings(9);
        std::exception_ptr first;
        for (auto& signal : siblings)
            asio::co_spawn(io, asio_sibling(),
                           asio::bind_cancellation_slot(
                               signal.slot(), [](std::exception_ptr) {}));
        asio::co_spawn(io, asio_fail(), [&](std::exception_ptr error) {
            first = error;
            for (auto& signal : siblings)
                signal.emit(asio::cancellation_type::terminal);
        });
        io.run();
        io.restart();
        try {
            std::rethrow_exception(first);
        } catch (std::runtime_error const&) {
            ++seen;
        }
    }
    if (seen != failures)
        std::abort();
}

// On a thread of its own: the frame pool of a thread starts empty.
template<class F>
double peak_per_child(F f) {
    double bytes = 0;
    std::thread([&] {
        std::size_t const before = bench::memory::live();
        bench::memory::reset_peak();
        f();
        bytes = static_cast<double>(bench::memory::peak() - before) /
                static_cast<double>(many);
    }).join();
    return bytes;
}

} // namespace

void bench::add_spawns(std::vector<row>& rows) {
    rows.push_back({"W2", "spawn and join, 10^3 children", "ns",
                    [] {
                        return time_per(few * few_rounds, [] {
                            tether::run(spawn_and_join, few, few_rounds);
                        });
                    },
                    [] {
                        return time_per(few * few_rounds, [] {
                            asio_spawn_and_join(few, few_rounds);
                        });
                    },
                    0.20});
    rows.push_back(
        {"W2", "spawn and join, 10^6 children", "ns",
         [] {
             return time_per(many, [] {
                 tether::run(spawn_and_join, many, std::size_t{1});
             });
         },
         [] { return time_per(many, [] { asio_spawn_and_join(many, 1); }); },
         0.30});
    rows.push_back({"W2",
                    "10^6 children, peak memory",
                    "B",
                    [] {
                        return peak_per_child([] {
                            tether::run(spawn_and_join, many, std::size_t{1});
                        });
                    },
                    {},
                    208});
    rows.push_back(
        {"W9", "group of 10, one fails", "ns",
         [] { return time_per(failures, [] { tether::run(fail_groups); }); },
         [] { return time_per(failures, asio_fail_groups); }, 0.10});
}
