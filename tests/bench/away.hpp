// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// A function is called elsewhere and its result comes home, many times: on a
/// thread, on a pool, and on a pool by Asio alone. Nanoseconds for each call.
#ifndef TETHER_TESTS_BENCH_AWAY_HPP
#define TETHER_TESTS_BENCH_AWAY_HPP

#include <tether/task/run.hpp>
#include <tether/thread/run_on.hpp>
#include <tether/thread/to_thread.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <cstddef>

namespace bench::away {

namespace asio = boost::asio;

inline int one_more(int n) {
    return n + 1;
}

class clock {
public:
    double per_call(std::size_t calls) const {
        std::chrono::duration<double, std::nano> const took =
            std::chrono::steady_clock::now() - begin_;
        return took.count() / static_cast<double>(calls);
    }

private:
    std::chrono::steady_clock::time_point begin_ =
        std::chrono::steady_clock::now();
};

inline double on_thread(std::size_t calls) {
    return tether::run([&]() -> tether::task<double> {
        int n = co_await tether::to_thread(one_more, 0); // the thread is there
        clock const since;
        for (std::size_t i = 0; i != calls; ++i)
            n = co_await tether::to_thread(one_more, n);
        co_return since.per_call(calls);
    });
}

inline double on_pool(std::size_t calls) {
    asio::thread_pool pool(1);
    return tether::run([&]() -> tether::task<double> {
        int n = co_await tether::run_on(pool, one_more, 0);
        clock const since;
        for (std::size_t i = 0; i != calls; ++i)
            n = co_await tether::run_on(pool, one_more, n);
        co_return since.per_call(calls);
    });
}

inline asio::awaitable<int> there_and_back(asio::thread_pool& pool, int n) {
    auto const home = co_await asio::this_coro::executor;
    co_await asio::post(
        pool, asio::bind_executor(pool.get_executor(), asio::use_awaitable));
    n = one_more(n);
    co_await asio::post(home, asio::use_awaitable);
    co_return n;
}
inline double by_asio(std::size_t calls) {
    asio::io_context io(1);
    asio::thread_pool pool(1);
    double cost = 0;
    auto const main = [&]() -> asio::awaitable<void> {
        int n = co_await there_and_back(pool, 0);
        clock const since;
        for (std::size_t i = 0; i != calls; ++i)
            n = co_await there_and_back(pool, n);
        cost = since.per_call(calls);
    };
    asio::co_spawn(io, main, asio::detached);
    io.run();
    return cost;
}

} // namespace bench::away

#endif
