// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
//
// W7: a thousand tasks share ten permits. Asio's recipe for a semaphore is an
// experimental channel that holds one message per free permit.

#include "bench.hpp"

#include <tether/scope/with_task_group.hpp>
#include <tether/sync/semaphore.hpp>
#include <tether/task/checkpoint.hpp>
#include <tether/task/run.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <functional>

namespace {

namespace asio = boost::asio;

constexpr std::size_t permits = 10;
constexpr std::size_t tasks = 1000;
constexpr std::size_t rounds = 1000;

tether::task<> with_permits(tether::semaphore& s) {
    for (std::size_t i = 0; i != rounds; ++i) {
        tether::permit const held = co_await s.acquire();
        co_await tether::checkpoint();
    }
}

tether::task<> all_with_permits() {
    tether::semaphore s(permits);
    co_await tether::with_task_group(
        [&](tether::task_group& group) -> tether::task<> {
            for (std::size_t i = 0; i != tasks; ++i)
                group.spawn(with_permits, std::ref(s));
            co_return;
        });
}

using tokens = asio::experimental::channel<void(boost::system::error_code)>;

asio::awaitable<void> with_tokens(tokens& free) {
    auto const here = co_await asio::this_coro::executor;
    for (std::size_t i = 0; i != rounds; ++i) {
        co_await free.async_receive(asio::use_awaitable);
        co_await asio::post(here, asio::use_awaitable);
        free.try_send(boost::system::error_code());
    }
}

void all_with_tokens() {
    asio::io_context io(1);
    tokens free(io, permits);
    for (std::size_t i = 0; i != permits; ++i)
        free.try_send(boost::system::error_code());
    for (std::size_t i = 0; i != tasks; ++i)
        asio::co_spawn(io, with_tokens(free), asio::detached);
    io.run();
}

} // namespace

void bench::add_semaphores(std::vector<row>& rows) {
    rows.push_back({"W7", "semaphore, 10 permits, 1000 tasks", "ns",
                    [] {
                        return time_per(tasks * rounds,
                                        [] { tether::run(all_with_permits); });
                    },
                    [] { return time_per(tasks * rounds, all_with_tokens); },
                    0.10});
}
