// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
//
// W4: cancelling 10^5 suspended children, one frame and five frames deep, from
// the cancel call until all have been joined.

#include "bench.hpp"

#include <tether/scope/with_task_group.hpp>
#include <tether/task/checkpoint.hpp>
#include <tether/task/run.hpp>
#include <tether/task/sleep.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <deque>

namespace asio = boost::asio;

namespace {

using clock = std::chrono::steady_clock;
constexpr std::size_t children = 100'000;

tether::task<> deep(int frames) {
    if (frames > 1)
        co_await deep(frames - 1);
    else
        co_await tether::sleep_forever();
}
tether::task<double> cancel_all(int frames) {
    clock::time_point begin;
    co_await tether::with_task_group(
        [&](tether::task_group& g) -> tether::task<> {
            for (std::size_t i = 0; i < children; ++i)
                g.spawn(deep, frames);
            co_await tether::checkpoint();
            begin = clock::now();
            g.cancel();
        });
    std::chrono::duration<double, std::nano> const took = clock::now() - begin;
    co_return took.count() / static_cast<double>(children);
}

asio::awaitable<void> asio_deep(int frames) {
    if (frames > 1) {
        co_await asio_deep(frames - 1);
    } else {
        asio::steady_timer forever(co_await asio::this_coro::executor,
                                   asio::steady_timer::time_point::max());
        co_await forever.async_wait(asio::use_awaitable);
    }
}
double asio_cancel_all(int frames) {
    asio::io_context io(1);
    std::deque<asio::cancellation_signal> signals(children);
    for (auto& signal : signals)
        asio::co_spawn(io, asio_deep(frames),
                       asio::bind_cancellation_slot(signal.slot(),
                                                    [](std::exception_ptr) {}));
    io.poll();
    auto const begin = clock::now();
    asio::post(io, [&] {
        for (auto& signal : signals)
            signal.emit(asio::cancellation_type::terminal);
    });
    io.run();
    std::chrono::duration<double, std::nano> const took = clock::now() - begin;
    return took.count() / static_cast<double>(children);
}

} // namespace

void bench::add_cancels(std::vector<row>& rows) {
    for (int frames : {1, 5})
        rows.push_back({"W4",
                        "cancel 10^5 children, " + std::to_string(frames) +
                            (frames == 1 ? " frame" : " frames"),
                        "ns",
                        [frames] { return tether::run(cancel_all, frames); },
                        [frames] { return asio_cancel_all(frames); }, 0.05});
}
