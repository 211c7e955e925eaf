// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
//
// W6: items through a channel, there and back with every switch, or as a
// stream. The peer is the channel that Asio has as an experiment.

#include "bench.hpp"

#include <tether/scope/with_task_group.hpp>
#include <tether/stream/channel.hpp>
#include <tether/task/run.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstdlib>

namespace asio = boost::asio;

namespace {

constexpr std::size_t rounds = 300'000;
constexpr std::size_t few_rounds = 30'000;
constexpr std::size_t items = 2'000'000;
constexpr std::size_t few_items = 100'000;

tether::task<> echo(tether::receiver<int> in, tether::sender<int> out) {
    while (auto item = co_await in.receive()) {
        int back = *item;
        co_await out.send_from(back);
    }
}

tether::task<> ping_pong(std::size_t capacity) {
    auto [there_in, there_out] = tether::channel<int>(capacity);
    auto [back_in, back_out] = tether::channel<int>(capacity);
    co_await tether::with_task_group(
        [&](tether::task_group& g) -> tether::task<> {
            g.spawn(echo, std::move(there_out), std::move(back_in));
            for (std::size_t i = 0; i < rounds; ++i) {
                int item = static_cast<int>(i);
                co_await there_in.send_from(item);
                auto const back = co_await back_out.receive();
                if (!back || *back != static_cast<int>(i))
                    std::abort();
            }
            there_in.close();
        });
}

tether::task<> stream() {
    auto [in, out] = tether::channel<int>(128);
    std::size_t sum = 0;
    co_await tether::with_task_group(
        [&](tether::task_group& g) -> tether::task<> {
            g.spawn([&]() -> tether::task<> {
                for (std::size_t i = 0; i < items; ++i) {
                    int item = 1;
                    co_await in.send_from(item);
                }
                in.close();
            });
            while (auto item = co_await out.receive())
                sum += static_cast<std::size_t>(*item);
        });
    if (sum != items)
        std::abort();
}

using asio_channel =
    asio::experimental::channel<void(boost::system::error_code, int)>;

asio::awaitable<void> asio_echo(asio_channel& in, asio_channel& out) {
    for (std::size_t i = 0; i < few_rounds; ++i) {
        int const item = co_await in.async_receive(asio::use_awaitable);
        co_await out.async_send({}, item, asio::use_awaitable);
    }
}
asio::awaitable<void> asio_ping(asio_channel& out, asio_channel& in) {
    for (std::size_t i = 0; i < few_rounds; ++i) {
        co_await out.async_send({}, static_cast<int>(i), asio::use_awaitable);
        if (co_await in.async_receive(asio::use_awaitable) !=
            static_cast<int>(i))
            std::abort();
    }
}
void asio_ping_pong(std::size_t capacity) {
    asio::io_context io(1);
    asio_channel there(io, capacity);
    asio_channel back(io, capacity);
    asio::co_spawn(io, asio_echo(there, back), asio::detached);
    asio::co_spawn(io, asio_ping(there, back), asio::detached);
    io.run();
}

asio::awaitable<void> asio_produce(asio_channel& out) {
    for (std::size_t i = 0; i < few_items; ++i)
        co_await out.async_send({}, 1, asio::use_awaitable);
}
asio::awaitable<void> asio_consume(asio_channel& in, std::size_t& sum) {
    for (std::size_t i = 0; i < few_items; ++i)
        sum += static_cast<std::size_t>(
            co_await in.async_receive(asio::use_awaitable));
}
void asio_stream() {
    asio::io_context io(1);
    asio_channel channel(io, 128);
    std::size_t sum = 0;
    asio::co_spawn(io, asio_produce(channel), asio::detached);
    asio::co_spawn(io, asio_consume(channel, sum), asio::detached);
    io.run();
    if (sum != few_items)
        std::abort();
}

} // namespace

void bench::add_streams(std::vector<row>& rows) {
    for (std::size_t const capacity : {1u, 0u})
        rows.push_back({"W6",
                        capacity == 1 ? "channel there and back, capacity 1"
                                      : "channel there and back, rendezvous",
                        "ns",
                        [capacity] {
                            return time_per(2 * rounds, [capacity] {
                                tether::run(ping_pong, capacity);
                            });
                        },
                        [capacity] {
                            return time_per(2 * few_rounds, [capacity] {
                                asio_ping_pong(capacity);
                            });
                        },
                        0.04});
    rows.push_back({"W6", "stream through a channel of 128", "ns",
                    [] { return time_per(items, [] { tether::run(stream); }); },
                    [] { return time_per(few_items, asio_stream); }, 0.02});
}
