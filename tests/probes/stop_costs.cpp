// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// CX20: what does a stop cost? From the cancel of a scope to its end nothing is
// thrown and nothing allocated, whatever the tasks inside wait for. Counted for
// the whole program, so it is a program of its own.

#include <tether/scope.hpp>
#include <tether/task.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>
#include <new>
#include <optional>

namespace {

long allocations = 0;
long throws = 0;

void* counted(std::size_t size) {
    ++allocations;
    if (void* block = std::malloc(size ? size : 1))
        return block;
    throw std::bad_alloc();
}

} // namespace

void* operator new(std::size_t size) {
    return counted(size);
}
void* operator new[](std::size_t size) {
    return counted(size);
}
void operator delete(void* block) noexcept {
    std::free(block);
}
void operator delete[](void* block) noexcept {
    std::free(block);
}
void operator delete(void* block, std::size_t) noexcept {
    std::free(block);
}
void operator delete[](void* block, std::size_t) noexcept {
    std::free(block);
}

// The library's own throw, counted on the way.
extern "C" [[noreturn]] void __cxa_throw(void* object, void* type,
                                         void (*destroy)(void*)) {
    using throw_function = void (*)(void*, void*, void (*)(void*));
    ++throws;
    auto const next =
        reinterpret_cast<throw_function>(dlsym(RTLD_NEXT, "__cxa_throw"));
    next(object, type, destroy);
    std::abort();
}

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using tether::task;
using tether::use_task;
using namespace std::chrono_literals;

struct counts {
    long allocations = ::allocations;
    long throws = ::throws;
};

counts at_cancel;

task<> round() {
    auto const here = tether::this_task::executor();
    asio::steady_timer timer(here, 1h);
    tcp::acceptor acceptor(here,
                           tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    tcp::socket left(here);
    tcp::socket right(here);
    left.connect(acceptor.local_endpoint());
    acceptor.accept(right);
    std::array<char, 16> data;
    std::optional<tether::completion<int>> kept;
    auto on_timer = [&]() -> task<> { co_await timer.async_wait(use_task); };
    auto on_socket = [&]() -> task<> {
        co_await asio::async_read(left, asio::buffer(data), use_task);
    };
    auto on_time = [&]() -> task<> { co_await tether::sleep_for(1h); };
    auto on_callback = [&]() -> task<> {
        co_await tether::suspend_cancellable<int>(
            [&](tether::completion<int> done) {
                kept.emplace(std::move(done));
                return [] {};
            });
    };
    auto deep = [&]() -> task<> { co_await on_time(); };
    auto body = [&](tether::cancel_scope& scope) -> task<> {
        auto group = [&](tether::task_group& g) -> task<> {
            g.spawn(on_timer);
            g.spawn(on_socket);
            g.spawn(on_time);
            g.spawn(on_callback);
            g.spawn(deep);
            auto canceller = [&]() -> task<> {
                co_await tether::checkpoint();
                co_await tether::checkpoint();
                at_cancel = counts();
                scope.cancel();
            };
            g.spawn(canceller);
            co_return;
        };
        co_await tether::with_task_group(group);
    };
    co_await tether::with_cancel_scope(body);
}

task<int> measure() {
    for (int warm_up = 0; warm_up < 3; ++warm_up)
        co_await round();
    co_await round();
    // The frame of round() is gone as well.
    counts const now;
    long const allocated = now.allocations - at_cancel.allocations;
    long const thrown = now.throws - at_cancel.throws;
    std::printf("a stop of six tasks: %ld allocations, %ld throws\n", allocated,
                thrown);
    // The counters themselves work.
    long const before = ::throws;
    try {
        throw 1;
    } catch (int) {
    }
    if (::throws != before + 1) {
        std::puts("throws are not counted");
        co_return 1;
    }
    co_return allocated == 0 && thrown == 0 ? 0 : 1;
}

} // namespace

int main() {
    return tether::run(measure);
}
