// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
#include "sync_test.hpp"

#include <tether/core/errors.hpp>
#include <tether/sync/promise.hpp>

#include <memory>
#include <optional>
#include <stdexcept>
#include <type_traits>

using namespace tether;
using namespace tether_test;

static_assert(!std::is_copy_constructible_v<promise<int>>);
static_assert(!std::is_copy_constructible_v<future<int>>);
static_assert(std::is_nothrow_move_constructible_v<future<int>>);
static_assert(std::is_trivially_copyable_v<future_statistics>);

namespace {

task<> getter(future<int>& f, event_log& log) {
    int const value = co_await f.get();
    log(std::to_string(value));
}

template<class T>
task<std::string> error_of(future<T>& f) {
    std::string text = "no error";
    try {
        static_cast<void>(co_await f.get());
    } catch (std::exception const& e) {
        text = e.what();
    }
    co_return text;
}

} // namespace

TETHER_TEST_CASE("EV07 a value goes from the promise to the future, once") {
    promise<std::unique_ptr<int>> p;
    future<std::unique_ptr<int>> f = p.get_future();
    CHECK(f.valid());
    CHECK_FALSE(f.is_ready());
    CHECK_THROWS_AS(f.value(), std::logic_error);
    CHECK_THROWS_AS(p.get_future(), std::logic_error);
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            auto const value = co_await f.get();
            CHECK(*value == 42);
        });
        co_await checkpoint();
        CHECK(f.statistics().waiting == 1);
        p.set_value(std::make_unique<int>(42));
        CHECK(p.is_kept());
        CHECK(f.is_ready());
    });
    std::string const again = co_await error_of(f);
    CHECK(again == "future: its value was taken before");
}

TETHER_TEST_CASE("EV07 keeping a promise twice is an error") {
    promise<int> p;
    future<int> f = p.get_future();
    p.set_value(1);
    CHECK_THROWS_AS(p.set_value(2), std::logic_error);
    CHECK_THROWS_AS(
        p.set_exception(std::make_exception_ptr(std::runtime_error("late"))),
        std::logic_error);
    CHECK(f.value() == 1); // and it stays
    CHECK(f.value() == 1);
    int const value = co_await f.get();
    CHECK(value == 1);
}

TETHER_TEST_CASE("EV07 an error goes the same way") {
    promise<void> p;
    future<void> f = p.get_future();
    CHECK_THROWS_AS(p.set_exception(nullptr), std::invalid_argument);
    p.set_exception(std::make_exception_ptr(std::runtime_error("no luck")));
    std::string const first = co_await error_of(f);
    CHECK(first == "no luck");
    std::string const second = co_await error_of(f); // errors stay
    CHECK(second == "no luck");
    CHECK_THROWS_WITH(f.value(), "no luck");
}

TETHER_TEST_CASE("EV07 a promise that goes away breaks its future") {
    auto p = std::make_unique<promise<int>>();
    future<int> f = p->get_future();
    std::string text;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> { text = co_await error_of(f); });
        co_await checkpoint();
        p.reset();
    });
    CHECK_THAT(text, contains_text("the promise was destroyed before"));
    bool broken = false;
    try {
        static_cast<void>(co_await f.get());
    } catch (broken_promise const&) {
        broken = true;
    }
    CHECK(broken);

    promise<int> other;
    future<int> g = other.get_future();
    other = promise<int>(); // assigning breaks what was there
    std::string const assigned = co_await error_of(g);
    CHECK_THAT(assigned, contains_text("the promise was destroyed before"));
}

TETHER_TEST_CASE("EV07 any number of tasks may wait; the value is still there "
                 "for get") {
    promise<int> p;
    future<int> f = p.get_future();
    int seen = 0;
    co_await with_task_group([&](task_group& group) -> task<> {
        for (int i = 0; i != 3; ++i) {
            group.spawn([&]() -> task<> {
                co_await f.wait();
                seen += f.value();
            });
        }
        co_await checkpoint();
        p.set_value(5);
    });
    CHECK(seen == 15);
    int const value = co_await f.get();
    CHECK(value == 5);
}

TETHER_TEST_CASE("EV07 a cancelled get leaves the value in the future") {
    promise<int> p;
    future<int> f = p.get_future();
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto waits = group.spawn(getter, std::ref(f), std::ref(log));
        co_await checkpoint();
        waits.cancel();
        CHECK(f.statistics().waiting == 0);
        p.set_value(3);
    });
    CHECK(log.text().empty());
    int const value = co_await f.get();
    CHECK(value == 3);
}

TETHER_TEST_CASE("EV07 promise and future may go as soon as the task is "
                 "woken") {
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto p = std::make_unique<promise<int>>();
        auto f = std::make_unique<future<int>>(p->get_future());
        group.spawn(getter, std::ref(*f), std::ref(log));
        co_await checkpoint();
        p->set_value(7);
        p.reset();
        f.reset();
    });
    CHECK(log.text() == "7");
}

TETHER_TEST_CASE("EV07 a moved future is empty, and what is empty says so") {
    promise<int> p;
    future<int> f = p.get_future();
    future<int> g = std::move(f);
    CHECK_FALSE(f.valid()); // NOLINT(bugprone-use-after-move)
    CHECK_THROWS_AS(f.get(), std::logic_error);
    CHECK_THROWS_AS(f.wait(), std::logic_error);
    promise<int> q = std::move(p);
    CHECK_THROWS_AS(p.set_value(1), // NOLINT(bugprone-use-after-move)
                    std::logic_error);
    CHECK_THROWS_AS(p.get_future(), std::logic_error);
    q.set_value(4);
    f = std::move(g);
    int const value = co_await f.get();
    CHECK(value == 4);
}

TEST_CASE("EV07 an error that nobody reads is reported") {
    std::string reported;
    boost::asio::io_context io(1);
    virtual_clock clock;
    auto main = []() -> task<> {
        promise<int> p;
        future<int> const f = p.get_future();
        p.set_exception(std::make_exception_ptr(std::runtime_error("unseen")));
        co_return;
    };
    using body = detail::body_for<decltype(main)>;
    detail::run_body(io, body(std::in_place, main), std::source_location{},
                     true, &clock,
                     [&](std::exception_ptr error, char const* what) {
                         reported = what;
                         try {
                             std::rethrow_exception(error);
                         } catch (std::exception const& e) {
                             reported += std::string(": ") + e.what();
                         }
                     });
    CHECK(reported == "future destroyed unread: unseen");
}

TEST_CASE("SY12 destroying a future with waiters terminates") {
    std::string const text = last_words([] {
        run_virtual([]() -> task<> {
            co_await with_task_group([](task_group& group) -> task<> {
                promise<int> p;
                auto f = std::make_unique<future<int>>(p.get_future());
                event_log log;
                group.spawn(getter, std::ref(*f), std::ref(log));
                co_await checkpoint();
                f.reset();
            });
        });
    });
    CHECK_THAT(text,
               contains_text("future destroyed while tasks wait for it: "));
}

TETHER_TEST_CASE("EV07 what was asked of a future outlives it") {
    promise<int> p;
    promise<int> empty;
    std::optional<future<int>> f(p.get_future());
    std::optional<future<int>> none(empty.get_future());
    auto const getting = f->get();
    auto const waiting = none->wait();
    f.reset();
    none.reset();
    p.set_value(4);
    empty.set_value(5);
    { // and the promises as well
        promise<int> const gone = std::move(p);
        promise<int> const gone_too = std::move(empty);
    }
    int const value = co_await getting;
    CHECK(value == 4);
    co_await waiting;
}
