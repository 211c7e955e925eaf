// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// Waiting for callbacks, and awaitables written by users.

#include "unit/asio/asio_test.hpp"

#include <boost/asio/post.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

using namespace tether_test;
using tether::abort_result;
using tether::completion;
using tether::suspend_cancellable;

namespace {

// A library of callbacks: one callback at a time, which can be forgotten.
struct legacy {
    std::optional<completion<int>> done;
    int aborts = 0;

    auto wait(abort_result answer) {
        auto start = [this, answer](completion<int> c) {
            done.emplace(std::move(c));
            return [this, answer] {
                ++aborts;
                return answer;
            };
        };
        return suspend_cancellable<int>(start);
    }
};

// Three functions make an awaitable: ready, start, result; and abort.
class countdown {
public:
    explicit countdown(int& counter) : counter_(&counter) {}

    class wait final : public tether::wait {
    public:
        explicit wait(int& counter) : counter_(&counter) {}
        bool ready() const noexcept { return *counter_ == 0; }
        void start() { waiting = this; }
        int result() const noexcept { return *counter_; }
        abort_result abort() noexcept override {
            waiting = nullptr;
            ++aborts;
            return abort_result::done;
        }
        char const* description() const noexcept override {
            return "a countdown";
        }
        void wake() { complete(); }

        static inline wait* waiting = nullptr;
        static inline int aborts = 0;

    private:
        int* counter_;
    };

    wait connect() const { return wait(*counter_); }

private:
    int* counter_;
};

} // namespace

TETHER_TEST_CASE("CA08 the value of a callback, now, later, with an error") {
    auto at_once = [](completion<int> done) { done(1); };
    int const now = co_await suspend_cancellable<int>(at_once);
    CHECK(now == 1);
    legacy lib;
    int later = 0;
    auto body = [&](task_group& g) -> task<> {
        auto waiter = [&]() -> task<> {
            later = co_await lib.wait(abort_result::done);
        };
        g.spawn(waiter);
        co_await tether::checkpoint();
        CHECK((*lib.done)(2));
        CHECK(later == 0); // only queued
    };
    co_await tether::with_task_group(body);
    CHECK(later == 2);
    auto failing = [](completion<void> done) {
        done.fail(std::make_exception_ptr(std::out_of_range("callback")));
    };
    std::string seen;
    try {
        co_await suspend_cancellable(failing);
    } catch (std::out_of_range const& e) {
        seen = e.what();
    }
    CHECK(seen == "callback");
    CHECK(lib.aborts == 0);
}

TETHER_TEST_CASE("CA08 a cancel calls the abort function once, and a late "
                 "callback finds nobody") {
    legacy lib;
    bool const finished =
        (co_await tether::move_on_after(1s, lib.wait(abort_result::done)))
            .has_value();
    CHECK(!finished);
    CHECK(lib.aborts == 1);
    CHECK(!*lib.done);
    CHECK(!(*lib.done)(3));
}

TETHER_TEST_CASE("CA09 CA10 after a pending abort the late value wins") {
    legacy lib;
    int got = 0;
    bool after = false;
    auto body = [&](tether::cancel_scope& scope) -> task<> {
        auto group = [&](task_group& g) -> task<> {
            auto waiter = [&]() -> task<> {
                got = co_await lib.wait(abort_result::pending);
                co_await tether::checkpoint();
                after = true;
            };
            g.spawn(waiter);
            co_await tether::checkpoint();
            scope.cancel();
            CHECK(lib.aborts == 1);
            CHECK((*lib.done)(4));
        };
        co_await tether::with_task_group(group);
    };
    bool const finished = co_await tether::with_cancel_scope(body);
    CHECK(!finished);
    CHECK(got == 4);
    CHECK(!after);
    CHECK(lib.aborts == 1);
}

TETHER_TEST_CASE("CA09 after a pending abort stopped() ends the wait") {
    legacy lib;
    bool after = false;
    auto body = [&](tether::cancel_scope& scope) -> task<> {
        auto group = [&](task_group& g) -> task<> {
            auto waiter = [&]() -> task<> {
                try {
                    co_await lib.wait(abort_result::pending);
                } catch (...) {
                    after = true;
                }
                after = true;
            };
            g.spawn(waiter);
            co_await tether::checkpoint();
            scope.cancel();
            CHECK(lib.done->stopped());
        };
        co_await tether::with_task_group(group);
    };
    bool const finished = co_await tether::with_cancel_scope(body);
    CHECK(!finished);
    CHECK(!after);
}

TETHER_TEST_CASE("CA08 a completion destroyed unused is operation_abandoned") {
    std::string text;
    auto forgets = [](completion<int>) {};
    try {
        co_await suspend_cancellable<int>(forgets);
    } catch (tether::operation_abandoned const& e) {
        text = e.what();
    }
    CHECK_THAT(text, contains_text("suspend_cancellable.cpp:"));
}

TETHER_TEST_CASE("CA08 a start function that throws registers nothing") {
    std::optional<completion<void>> kept;
    auto start = [&](completion<void> done) {
        kept.emplace(std::move(done));
        throw std::domain_error("start");
    };
    std::string seen;
    try {
        co_await suspend_cancellable(start);
    } catch (std::domain_error const& e) {
        seen = e.what();
    }
    CHECK(seen == "start");
    CHECK(!(*kept)());
}

TETHER_TEST_CASE("RU30 a completion of another thread counts as work, and is "
                 "never lost") {
    std::thread worker;
    auto start = [&](completion<std::string> done) {
        worker = std::thread([remote = done.remote()]() mutable {
            std::this_thread::sleep_for(2ms);
            remote.post("from a thread");
        });
    };
    std::string const got = co_await suspend_cancellable<std::string>(start);
    worker.join();
    CHECK(got == "from a thread");
    auto forgets = [&](completion<void> done) {
        worker = std::thread([remote = done.remote()]() mutable {
            auto const dropped = std::move(remote);
        });
    };
    bool abandoned = false;
    try {
        co_await suspend_cancellable(forgets);
    } catch (tether::operation_abandoned const&) {
        abandoned = true;
    }
    worker.join();
    CHECK(abandoned);
    // No std::runtime_error: libstdc++ counts the owners of its text where
    // ThreadSanitizer sees nothing.
    auto fails = [&](completion<void> done) {
        worker = std::thread([remote = done.remote()]() mutable {
            remote.post_error(std::make_exception_ptr(std::string("thread")));
        });
    };
    std::string seen;
    try {
        co_await suspend_cancellable(fails);
    } catch (std::string const& error) {
        seen = error;
    }
    worker.join();
    CHECK(seen == "thread");
}

TETHER_TEST_CASE("CA09 a cancel waits for another thread without an abort "
                 "function") {
    std::thread worker;
    bool got = false;
    auto body = [&](tether::cancel_scope& scope) -> task<> {
        auto start = [&](completion<void> done) {
            worker = std::thread([remote = done.remote()]() mutable {
                std::this_thread::sleep_for(2ms);
                remote.post();
            });
        };
        asio::post(tether::this_task::executor(), [&] { scope.cancel(); });
        co_await suspend_cancellable(start);
        got = true;
        co_await tether::checkpoint();
        got = false;
    };
    bool const finished = co_await tether::with_cancel_scope(body);
    worker.join();
    CHECK(!finished);
    CHECK(got);
}

TETHER_TEST_CASE("CX23 an awaitable written by a user: three functions and an "
                 "abort, called once") {
    STATIC_REQUIRE(tether::awaitable<countdown>);
    STATIC_REQUIRE(!tether::awaitable<int>);
    STATIC_REQUIRE(std::is_same_v<tether::await_result_t<countdown>, int>);
    int zero = 0;
    int const at_once = co_await countdown(zero);
    CHECK(at_once == 0);
    int one = 1;
    auto body = [&](task_group& g) -> task<> {
        auto waiter = [&]() -> task<> { co_await countdown(one); };
        g.spawn(waiter);
        co_await tether::checkpoint();
        one = 5;
        countdown::wait::waiting->wake();
    };
    co_await tether::with_task_group(body);
    CHECK(countdown::wait::aborts == 0);
    auto const late = co_await tether::move_on_after(1s, countdown(one));
    CHECK(!late);
    CHECK(countdown::wait::aborts == 1);
    CHECK(countdown::wait::waiting == nullptr);
}
