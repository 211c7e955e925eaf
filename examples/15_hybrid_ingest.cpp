// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// Fetching waits, transforming computes: fetches are tasks on the loop, twenty
// at a time, transforms are functions on a pool with a thread for each core. A
// source that fails costs its batch and is reported.
//
// Twice: in stages, each of which waits for the slowest part of the one before,
// and as a stream, in which a batch is transformed once it is there. Both run
// at once, against one server, on one pool.
#include <tether/tether.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/write.hpp>

#include <cstdio>
#include <iterator>
#include <numeric>
#include <ranges>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
namespace asio = boost::asio;
using asio::ip::tcp;
using tether::task, tether::task_group, tether::use_task;

constexpr int sources = 40;
constexpr int slow_source = 5; // its answer takes longer than all others
constexpr std::size_t at_once = 20;

using batch = std::vector<unsigned>;

// --- a server with some bad sources

task<> answer(tcp::socket socket) {
    std::string line;
    co_await asio::async_read_until(socket, asio::dynamic_buffer(line, 100),
                                    '\n', use_task);
    int const source = std::stoi(line);
    if (source % 10 == 7)
        co_return; // hangs up
    if (source == slow_source)
        co_await tether::sleep_for(300ms);
    std::string text;
    for (int i = 0; i != 100; ++i)
        text += std::to_string(source * 1000 + i) + ' ';
    text += '\n';
    co_await asio::async_write(socket, asio::buffer(text), use_task);
}

// --- what both versions do

struct report {
    std::size_t fetched = 0;
    std::size_t failed = 0;
    bool overlapped = false; // a transform was done before the last fetch
    batch rows;
};

task<batch> fetch(tcp::endpoint server, int source) {
    tcp::socket socket = co_await tether::connect_tcp(
        server.address().to_string(), server.port());
    std::string const question = std::to_string(source) + '\n';
    co_await asio::async_write(socket, asio::buffer(question), use_task);
    std::string text;
    co_await asio::async_read_until(socket, asio::dynamic_buffer(text), '\n',
                                    use_task);
    std::istringstream words(text);
    co_return batch(std::istream_iterator<unsigned>(words), {});
}

// Pure computation: how many steps to 1 by halving and tripling.
batch transform(batch rows) {
    for (unsigned& row : rows) {
        unsigned steps = 0;
        for (unsigned long start = row + 1; start != row + 150; ++start)
            for (unsigned long n = start; n != 1; ++steps)
                n = n % 2 == 0 ? n / 2 : 3 * n + 1;
        row = steps;
    }
    return rows;
}

// [stages]
task<report> in_stages(tcp::endpoint server, asio::thread_pool& cpus) {
    report done;
    auto const settled = [&](int source) -> task<tether::outcome<batch>> {
        co_return co_await tether::as_outcome(fetch(server, source));
    };
    auto fetched = co_await tether::map_concurrent(std::views::iota(0, sources),
                                                   at_once, settled);
    std::vector<batch> good;
    for (auto& one : fetched) {
        if (one.has_error())
            ++done.failed;
        else
            good.push_back(std::move(one).value());
    }
    done.fetched = good.size();
    auto const on_cpus = [&](batch& one) -> task<batch> {
        co_return co_await tether::run_on(cpus, transform, std::move(one));
    };
    auto parts = co_await tether::map_concurrent(good, at_once, on_cpus);
    for (unsigned const row : parts | std::views::join)
        done.rows.push_back(row);
    co_return done;
}
// [stages]

// [stream]
task<report> as_a_stream(tcp::endpoint server, asio::thread_pool& cpus) {
    report done;
    int left = sources;
    auto [in, out] = tether::channel<batch>(4);
    auto fetch_all = [&](tether::sender<batch> to) -> task<> {
        auto const fetch_one = [&](int source) -> task<> {
            auto one = co_await tether::as_outcome(fetch(server, source));
            --left;
            if (one.has_error())
                ++done.failed;
            else
                co_await to.send(std::move(one).value());
        };
        co_await tether::for_each_concurrent(std::views::iota(0, sources),
                                             at_once, fetch_one);
    };
    auto transform_all = [&](tether::receiver<batch> from) -> task<> {
        while (auto one = co_await from.receive()) {
            ++done.fetched;
            auto const rows =
                co_await tether::run_on(cpus, transform, std::move(*one));
            done.overlapped |= left != 0;
            done.rows.insert(done.rows.end(), rows.begin(), rows.end());
        }
    };
    co_await tether::with_task_group([&](task_group& group) -> task<> {
        group.spawn(fetch_all, std::move(in));
        group.spawn(transform_all, out.clone());
        group.spawn(transform_all, std::move(out));
        co_return;
    });
    co_return done;
}
// [stream]

task<> async_main() {
    asio::thread_pool cpus(2);
    auto acceptor = tether::listen_tcp({asio::ip::address_v4::loopback(), 0});
    auto const here = acceptor.local_endpoint();
    auto const timed = [&](char const* name, auto version) -> task<> {
        report const done = co_await version(here, cpus);
        std::printf("%s: %zu batches, %zu failed, %zu rows, %lu steps, "
                    "overlapped: %s\n",
                    name, done.fetched, done.failed, done.rows.size(),
                    std::accumulate(done.rows.begin(), done.rows.end(), 0UL),
                    done.overlapped ? "yes" : "no");
    };
    auto const both = [&]() -> task<> {
        co_await tether::when_all(timed("in stages", in_stages),
                                  timed("as a stream", as_a_stream));
    };
    co_await tether::with_task_group([&](task_group& group) -> task<> {
        auto serve = [&](tcp::acceptor listener) -> task<> {
            co_await tether::serve_tcp(std::move(listener), answer);
        };
        group.spawn(tether::as_service, serve, std::move(acceptor));
        co_await both();
    });
}

int main() {
    tether::run(async_main);
}
