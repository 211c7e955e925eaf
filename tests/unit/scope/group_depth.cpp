// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Do deep and wide trees fit on a small stack? tests/probes has the large
/// numbers.
#include "unit/scope/group_test.hpp"

#include <tether/task/run.hpp>

#include <pthread.h>

#include <cstddef>
#include <functional>

namespace {

using namespace tether_test;

// Runs f() on a thread with a stack of 64 KiB; sanitizers need more for
// themselves.
template<class F>
void on_a_small_stack(F f) {
    constexpr std::size_t size = (TETHER_SANITIZED ? 512 : 64) * 1024;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    REQUIRE(pthread_attr_setstacksize(&attributes, size) == 0);
    auto call = [](void* argument) -> void* {
        (*static_cast<F*>(argument))();
        return nullptr;
    };
    pthread_t thread;
    REQUIRE(pthread_create(&thread, &attributes, call, &f) == 0);
    pthread_join(thread, nullptr);
    pthread_attr_destroy(&attributes);
}

task<> nest(int depth, int& entered, int& left) {
    ++entered;
    if (depth == 0) {
        co_await sleep_forever();
    } else {
        co_await with_cancel_scope([&](cancel_scope&) -> task<> {
            co_await with_task_group([&](task_group& group) -> task<> {
                group.spawn(nest, depth - 1, std::ref(entered), std::ref(left));
                co_return;
            });
        });
    }
    ++left;
}

} // namespace

TEST_CASE("TG15 5000 nested scopes are cancelled and left on a small stack") {
    int entered = 0;
    int left = 0;
    bool finished = true;
    on_a_small_stack([&] {
        run([&]() -> task<> {
            finished =
                co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
                    co_await with_task_group([&](task_group& group) -> task<> {
                        group.spawn(nest, 5'000, std::ref(entered),
                                    std::ref(left));
                        while (entered != 5'001)
                            co_await checkpoint();
                        scope.cancel();
                    });
                });
        });
    });
    CHECK(entered == 5'001);
    CHECK(left == 0);
    CHECK_FALSE(finished);
}

TEST_CASE("TG15 100 000 children are cancelled and joined on a small stack") {
    std::size_t entered = 0;
    std::size_t gone = 0;
    struct counted {
        explicit counted(std::size_t& n) : n_(&n) {}
        counted(counted const&) = delete;
        counted& operator=(counted const&) = delete;
        ~counted() { ++*n_; }
        std::size_t* n_;
    };
    on_a_small_stack([&] {
        run([&]() -> task<> {
            co_await with_task_group([&](task_group& group) -> task<> {
                for (int i = 0; i != 100'000; ++i)
                    group.spawn([&]() -> task<> {
                        counted const local(gone);
                        ++entered;
                        co_await sleep_forever();
                    });
                while (entered != 100'000)
                    co_await checkpoint();
                group.cancel();
            });
        });
    });
    CHECK(entered == 100'000);
    CHECK(gone == 100'000);
}
