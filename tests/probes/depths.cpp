// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Does the stack stay flat? Deep and wide trees on an ordinary 8 MiB stack, in
/// every build mode, also where the compiler does not tail-call.
///
/// Exits with 1 if anything is not as it must be; prints one line per probe.
#include <tether/scope.hpp>
#include <tether/task/checkpoint.hpp>
#include <tether/task/run.hpp>
#include <tether/task/sleep.hpp>

#include <boost/asio/io_context.hpp>

#include <pthread.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <vector>

namespace {

using namespace std::chrono_literals;
using tether::task;
using tether::task_group;

int failures = 0;

void expect(bool right, char const* what) {
    if (!right) {
        std::printf("  wrong: %s\n", what);
        ++failures;
    }
}

// The deepest stack seen below the probe's own frame.
std::uintptr_t top_of_stack = 0;
std::size_t deepest = 0;

// The frame's address, not a local's: ASan of clang keeps locals elsewhere.
[[gnu::noinline]] void note_stack() {
    auto const at =
        reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
    if (at < top_of_stack && top_of_stack - at > deepest)
        deepest = top_of_stack - at;
}

struct noting {
    explicit noting(std::size_t& n) : left(&n) { ++*left; }
    noting(noting const&) = delete;
    noting& operator=(noting const&) = delete;
    ~noting() {
        --*left;
        note_stack();
    }
    std::size_t* left;
};

task<std::size_t> one() {
    co_return 1;
}

task<> inline_awaits(std::size_t n) {
    std::size_t sum = 0;
    for (std::size_t i = 0; i != n; ++i) {
        sum += co_await one();
        co_await tether::checkpoint_if_cancelled();
    }
    note_stack();
    expect(sum == n, "every await gave its value");
}

task<std::size_t> recurse(std::size_t depth) {
    note_stack();
    if (depth == 0)
        co_return 0;
    co_return 1 + co_await recurse(depth - 1);
}

task<> recursion(std::size_t n) {
    std::size_t const depth = co_await recurse(n);
    expect(depth == n, "every level returned");
}

task<> wait_below(std::size_t depth, std::size_t& alive) {
    noting const local(alive);
    if (depth == 0) {
        co_await tether::sleep_forever();
        co_return;
    }
    co_await wait_below(depth - 1, alive);
}

task<> deep_stop(std::size_t n) {
    std::size_t alive = 0;
    std::size_t most = 0;
    co_await tether::with_task_group([&](task_group& group) -> task<> {
        group.spawn(wait_below, n, std::ref(alive));
        co_await tether::checkpoint();
        co_await tether::checkpoint();
        most = alive;
        group.cancel();
    });
    expect(most == n + 1, "the whole chain was suspended");
    expect(alive == 0, "a stop destroyed every frame");
}

task<> fail_below(std::size_t depth) {
    note_stack();
    if (depth == 0)
        throw 42;
    co_await fail_below(depth - 1);
}

task<> deep_failure(std::size_t n) {
    int seen = 0;
    try {
        co_await fail_below(n);
    } catch (int e) {
        seen = e;
    }
    expect(seen == 42, "the error came up");
}

task<> wide_group(std::size_t n) {
    std::size_t alive = 0;
    std::size_t ended = 0;
    auto child = [&]() -> task<> {
        noting const local(alive);
        co_await tether::checkpoint();
        ++ended;
    };
    auto body = [&](task_group& group) -> task<> {
        for (std::size_t i = 0; i != n; ++i)
            group.spawn(child);
        co_return;
    };
    co_await tether::with_task_group(body);
    expect(ended == n, "every child ended");
    expect(alive == 0, "no child is left");
}

task<> wide_stop(std::size_t n) {
    std::size_t alive = 0;
    auto child = [&]() -> task<> {
        noting const local(alive);
        co_await tether::sleep_forever();
    };
    std::size_t most = 0;
    auto body = [&](task_group& group) -> task<> {
        for (std::size_t i = 0; i != n; ++i)
            group.spawn(child);
        co_await tether::checkpoint();
        while (alive != n)
            co_await tether::checkpoint();
        most = alive;
        group.cancel();
    };
    co_await tether::with_task_group(body);
    expect(most == n, "every child was suspended");
    expect(alive == 0, "no child is left");
}

task<> nest(std::size_t depth, std::size_t& alive, std::size_t& most) {
    noting const local(alive);
    if (alive > most)
        most = alive;
    if (depth == 0) {
        co_await tether::sleep_for(1ns);
        co_return;
    }
    auto body = [&](task_group& group) -> task<> {
        group.spawn(nest, depth - 1, std::ref(alive), std::ref(most));
        co_return;
    };
    co_await tether::with_task_group(body);
}

task<> nested_groups(std::size_t n) {
    std::size_t alive = 0;
    std::size_t most = 0;
    co_await nest(n, alive, most);
    expect(most == n + 1, "all groups were open at once");
    expect(alive == 0, "all are closed");
}

task<> nest_forever(std::size_t depth, std::size_t& alive) {
    noting const local(alive);
    if (depth == 0)
        co_await tether::sleep_forever();
    auto body = [&](task_group& group) -> task<> {
        group.spawn(nest_forever, depth - 1, std::ref(alive));
        co_await tether::sleep_forever();
    };
    co_await tether::with_task_group(body);
}

task<> nested_stop(std::size_t n) {
    std::size_t alive = 0;
    bool const finished = co_await tether::with_cancel_scope(
        [&](tether::cancel_scope& scope) -> task<> {
            co_await tether::with_task_group([&](task_group& group) -> task<> {
                group.spawn(nest_forever, n, std::ref(alive));
                while (alive != n + 1)
                    co_await tether::checkpoint();
                scope.cancel();
                co_await tether::sleep_forever();
            });
        });
    expect(!finished, "the scope was cancelled");
    expect(alive == 0, "every group was joined");
}

// The context dies with the chain suspended in it.
void destroy_chain(std::size_t n) {
    std::size_t alive = 0;
    {
        boost::asio::io_context io;
        auto main = [&]() -> task<> { co_await wait_below(n, alive); };
        tether::detail::loop& l =
            tether::detail::loop_service::acquire(io.get_executor());
        auto ignore = [](tether::detail::root_result<void>&&) {};
        using body = tether::detail::body_for<decltype(main)>;
        auto* root = new tether::detail::root<body, decltype(ignore)>(
            body(std::in_place, main), std::move(ignore), {});
        l.enter([&] { root->start(l); });
        l.release();
        expect(alive == n + 1, "the whole chain is suspended");
    }
    expect(alive == 0, "the chain was destroyed");
}

template<class F>
void probe(char const* name, std::size_t n, F f) {
    deepest = 0;
    top_of_stack = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
    auto const start = std::chrono::steady_clock::now();
    f(n);
    std::chrono::duration<double, std::milli> const took =
        std::chrono::steady_clock::now() - start;
    std::printf("%-34s %9zu %10.1f ms %8zu bytes of stack\n", name, n,
                took.count(), deepest);
    std::fflush(stdout);
    expect(deepest < 32 * 1024, "the stack stayed flat");
}

void* all(void* argument) {
    double const scale = *static_cast<double*>(argument);
    auto scaled = [&](double n) { return static_cast<std::size_t>(n * scale); };
    auto in_run = [](task<> (*fn)(std::size_t)) {
        return [fn](std::size_t n) { tether::run(fn, n); };
    };
    probe("inline awaits", scaled(1e6), in_run(inline_awaits));
    probe("recursion", scaled(1e5), in_run(recursion));
    probe("stop of a deep chain", scaled(1e5), in_run(deep_stop));
    probe("error through a deep chain", scaled(1e5), in_run(deep_failure));
    probe("children of one group", scaled(1e6), in_run(wide_group));
    probe("stop of the children of one group", scaled(1e5), in_run(wide_stop));
    probe("nested groups", scaled(1e5), in_run(nested_groups));
    probe("stop of nested groups", scaled(1e5), in_run(nested_stop));
    probe("destruction of a deep chain", scaled(1e5), destroy_chain);
    return nullptr;
}

} // namespace

int main(int argc, char* argv[]) {
    // A smaller scale for slow machines; the numbers asked for are those of 1.
    double scale = argc > 1 ? std::atof(argv[1]) : 1.0;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, std::size_t{8} * 1024 * 1024);
    pthread_t thread;
    if (pthread_create(&thread, &attributes, &all, &scale) != 0)
        return 1;
    pthread_join(thread, nullptr);
    pthread_attr_destroy(&attributes);
    if (failures != 0)
        std::printf("%d wrong\n", failures);
    return failures == 0 ? 0 : 1;
}
