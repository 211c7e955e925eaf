// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Which expressions inside co_await does this compiler get wrong? No part of
/// tether: a coroutine type of its own, so that a fixed compiler is noticed.
///
/// Prints one line per form with the number of objects destroyed too often.
/// Exits with 1 if a form that tether relies on is wrong, with 2 if the forms
/// that TETHER_GCC_DOUBLE_DESTROY guards against are right after all.
#include <tether/detail/config.hpp>

#include <coroutine>
#include <cstdio>
#include <exception>
#include <string>
#include <utility>

namespace {

struct tracer {
    static inline int live = 0;
    tracer() { ++live; }
    tracer(tracer const&) { ++live; }
    tracer& operator=(tracer const&) = default;
    ~tracer() { --live; }
};

struct job {
    struct promise_type {
        std::coroutine_handle<> next = std::noop_coroutine();
        job get_return_object() {
            return job(
                std::coroutine_handle<promise_type>::from_promise(*this));
        }
        std::suspend_always initial_suspend() noexcept { return {}; }
        struct last {
            bool await_ready() noexcept { return false; }
            std::coroutine_handle<>
            await_suspend(std::coroutine_handle<promise_type> h) noexcept {
                return h.promise().next;
            }
            void await_resume() noexcept {}
        };
        last final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() { std::terminate(); }
    };

    explicit job(std::coroutine_handle<promise_type> h) : handle(h) {}
    job(job&& other) noexcept : handle(std::exchange(other.handle, {})) {}
    job& operator=(job&&) = delete;
    ~job() {
        if (handle)
            handle.destroy();
    }
    bool await_ready() { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) {
        handle.promise().next = caller;
        return handle;
    }
    void await_resume() {}

    std::coroutine_handle<promise_type> handle;
};

// Any awaitable that stores its body.
template<class F>
struct operation {
    F body;
    job inner;
    explicit operation(F f) : body(std::move(f)), inner(body()) {}
    operation(operation&&) = delete;
    operation& operator=(operation&&) = delete;
    bool await_ready() { return false; }
    auto await_suspend(std::coroutine_handle<> caller) {
        inner.handle.promise().next = caller;
        return inner.handle;
    }
    void await_resume() {}
};
template<class F>
operation<F> with(F f) {
    return operation<F>(std::move(f));
}

struct options {
    tracer t;
    int n = 0;
};
struct options_with_constructor {
    explicit options_with_constructor(int number) : n(number) {}
    tracer t;
    int n;
};

job leaf() {
    co_return;
}
job takes(tracer) {
    co_await leaf();
}
job takes_options(options) {
    co_await leaf();
}
job takes_constructed(options_with_constructor) {
    co_await leaf();
}
job no_locals() {
    co_await std::suspend_never();
}

// Guarded against.
job closure_with_capture() {
    tracer x;
    co_await with([x]() -> job {
        static_cast<void>(x);
        co_await leaf();
    });
}
job aggregate_argument() {
    co_await takes_options({.t = {}, .n = 1});
}

// Relied on.
job closure_by_reference() {
    tracer x;
    co_await with([&]() -> job {
        static_cast<void>(x);
        co_await leaf();
    });
}
job closure_with_a_name() {
    tracer x;
    auto body = [x]() -> job {
        static_cast<void>(x);
        co_await leaf();
    };
    co_await with(std::move(body));
}
job class_argument() {
    co_await takes(tracer{});
}
job class_with_constructor() {
    co_await takes_constructed(options_with_constructor(1));
}
job immediately_called() {
    co_await [](tracer) -> job { co_await leaf(); }(tracer{});
}

// Frames destroyed while they are suspended.
job never(tracer) {
    tracer local;
    co_await std::suspend_always();
}

int extra_destructions(job (*form)()) {
    tracer::live = 0;
    {
        job made = form();
        made.handle.resume();
    }
    return -tracer::live;
}

int wrong = 0;
int fixed = 0;
int guarded = 0;

void relied_on(char const* name, job (*form)()) {
    int const extra = extra_destructions(form);
    std::printf("%-26s %2d\n", name, extra);
    wrong += extra != 0;
}
void guarded_against(char const* name, job (*form)()) {
    int const extra = extra_destructions(form);
    std::printf("%-26s %2d  (guarded against)\n", name, extra);
    fixed += extra == 0;
    ++guarded;
}

} // namespace

int main() {
    relied_on("closure by reference", closure_by_reference);
    relied_on("closure with a name", closure_with_a_name);
    relied_on("class argument", class_argument);
    relied_on("class with constructor", class_with_constructor);
    relied_on("immediately called", immediately_called);
    relied_on("no locals", no_locals);
    tracer::live = 0;
    {
        job suspended = never(tracer{});
        suspended.handle.resume();
    }
    std::printf("%-26s %2d\n", "destroyed while suspended", -tracer::live);
    wrong += tracer::live != 0;
    guarded_against("closure with capture", closure_with_capture);
    guarded_against("aggregate argument", aggregate_argument);
    if (wrong != 0) {
        std::printf("a form that tether relies on is wrong here\n");
        return 1;
    }
    bool const guards = TETHER_GCC_DOUBLE_DESTROY;
    if (guards && fixed == guarded) {
        std::printf("this compiler is right: narrow "
                    "TETHER_GCC_DOUBLE_DESTROY in detail/config.hpp\n");
        return 2;
    }
    if (!guards && fixed != guarded) {
        std::printf("this compiler is wrong: widen "
                    "TETHER_GCC_DOUBLE_DESTROY in detail/config.hpp\n");
        return 2;
    }
    return 0;
}
