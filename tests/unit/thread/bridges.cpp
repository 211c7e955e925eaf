// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How do tasks meet what only blocks: std::future, std::thread, and read() on
/// a thread?
#include "unit/thread/thread_test.hpp"

#include <tether/task/co_spawn.hpp>
#include <tether/thread/cancellable_read.hpp>
#include <tether/thread/default_thread_limiter.hpp>
#include <tether/thread/detail/file_descriptor.hpp>
#include <tether/thread/from_future.hpp>
#include <tether/thread/worker_threads.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <array>
#include <exception>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include <fcntl.h>

namespace {

using namespace tether_test;

// What a thread reads from `from`, or why not.
std::string text_from(int from) {
    std::array<char, 8> text{};
    std::size_t const n =
        from_thread::cancellable_read(from, asio::buffer(text));
    return {text.data(), n};
}

struct test_pipe : detail::pipe_ends {
    test_pipe() : pipe_ends(detail::make_pipe("a pipe of a test")) {}
    void put(std::string const& text) const {
        CHECK(::write(write.get(), text.data(), text.size()) ==
              static_cast<::ssize_t>(text.size()));
    }
};

} // namespace

TETHER_TEST_CASE("TH27 the loop goes on until somebody fulfils the future") {
    std::promise<std::unique_ptr<int>> promise;
    auto future = promise.get_future();
    auto given = [&]() -> task<> {
        co_await checkpoint();
        promise.set_value(std::make_unique<int>(5));
    };
    int got = 0;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            auto const value = co_await from_future(future);
            got = *value;
        });
        group.spawn(given);
        co_return;
    });
    CHECK(got == 5);
    CHECK(!future.valid());
}

TETHER_TEST_CASE("TH27 values, references and errors come as they are; a "
                 "broken promise is its error") {
    int here = 1;
    std::promise<int&> refers;
    refers.set_value(here);
    int& same = co_await from_future(refers.get_future());
    CHECK(&same == &here);

    std::promise<void> fails;
    fails.set_exception(
        std::make_exception_ptr(std::out_of_range("of the promise")));
    std::string text;
    try {
        co_await from_future(fails.get_future());
    } catch (std::out_of_range const& e) {
        text = e.what();
    }
    CHECK(text == "of the promise");

    std::future_errc code{};
    auto broken = std::make_optional<std::promise<int>>();
    auto left = broken->get_future();
    try {
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn([&]() -> task<> {
                co_await checkpoint();
                broken.reset();
            });
            try {
                co_await from_future(std::move(left));
            } catch (std::future_error const& e) {
                code = static_cast<std::future_errc>(e.code().value());
            }
        });
        CHECK(code == std::future_errc::broken_promise);
        co_await from_future(left); // moved from
    } catch (std::future_error const& e) {
        code = static_cast<std::future_errc>(e.code().value());
    }
    CHECK(code == std::future_errc::no_state);
}

TETHER_TEST_CASE("TH27 a shared future is copied, a deferred function runs on "
                 "a thread") {
    std::promise<std::string> promise;
    std::shared_future<std::string> const shared = promise.get_future();
    promise.set_value("for all");
    std::string const one = co_await from_future(shared);
    std::string const two = co_await from_future(shared);
    CHECK(one + two == "for allfor all");
    auto const there = co_await from_future(std::async(
        std::launch::deferred, [] { return std::this_thread::get_id(); }));
    CHECK(there != std::this_thread::get_id());
}

TETHER_TEST_CASE("TH27 a cancel ends the wait, and leaves the future to the "
                 "next one") {
    std::promise<int> promise;
    auto future = promise.get_future();
    co_await with_task_group([&](task_group& group) -> task<> {
        auto child =
            group.spawn([&]() -> task<> { co_await from_future(future); });
        co_await until(
            [] { return worker_threads::statistics().threads != 0; });
        child.cancel();
        co_await child.wait();
        CHECK(child.status() == task_status::cancelled);
        promise.set_value(3);
        // Also for one that is ready it is a checkpoint.
        auto late =
            group.spawn([&]() -> task<> { co_await from_future(future); });
        late.cancel();
        co_await late.wait();
    });
    CHECK(future.valid());
    int const got = co_await from_future(future);
    CHECK(got == 3);
}

TETHER_TEST_CASE("TH27 a wait for a future takes no token of to_thread(), with "
                 "which the future may come") {
    default_thread_limiter().set_total(1);
    std::promise<int> promise;
    int got = 0;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            got = co_await from_future(promise.get_future());
        });
        co_await until(
            [] { return worker_threads::statistics().threads != 0; });
        co_await to_thread([&] { promise.set_value(6); });
    });
    CHECK(got == 6);
}

TETHER_TEST_CASE("TH27 a future of std::async that was given away blocks a "
                 "thread in its destructor, and not the loop") {
    for (bool const begun : {true, false}) {
        gate runs;
        bool ended = false;
        co_await with_task_group([&](task_group& group) -> task<> {
            auto child = group.spawn([&]() -> task<> {
                co_await from_future(std::async(std::launch::async, [&] {
                    runs.pass();
                    ended = true;
                }));
            });
            if (begun)
                co_await until_arrived(runs);
            child.cancel();
            for (int i = 0; i != 3; ++i)
                co_await checkpoint();
            CHECK(!child.done());
            runs.open();
            co_await child.wait();
            CHECK(ended);
            if (!begun) // otherwise the value may come first
                CHECK(child.status() == task_status::cancelled);
        });
    }
}

TEST_CASE("TH27 asio::use_future gives a std::future of a task, and a thread "
          "is joined on a thread") {
    asio::io_context io(1);
    auto twice = [](int n) -> task<int> {
        co_await checkpoint();
        co_return 2 * n;
    };
    std::future<int> value = tether::co_spawn(io, twice, 4, asio::use_future);
    auto fails = []() -> task<> {
        co_await checkpoint();
        throw std::out_of_range("far");
    };
    std::future<void> error = tether::co_spawn(io, fails, asio::use_future);
    std::thread other([&] { io.run(); });
    CHECK(value.get() == 8);
    CHECK_THROWS_AS(error.get(), std::out_of_range);
    run([&]() -> task<> { co_await to_thread([&] { other.join(); }); });
    CHECK(!other.joinable());
}

TETHER_TEST_CASE("TH23 a read on a thread gives what there is, and the end") {
    test_pipe pipe;
    CHECK(::fcntl(pipe.read.get(), F_SETFL, O_NONBLOCK) == 0);
    std::string first;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            first = co_await to_thread(text_from, pipe.read.get());
        });
        co_await until(
            [] { return worker_threads::statistics().threads != 0; });
        pipe.put("abc");
    });
    CHECK(first == "abc");
    pipe.write.reset();
    std::string const end = co_await to_thread(text_from, pipe.read.get());
    CHECK(end.empty());
    int number = 0;
    try {
        co_await to_thread(text_from, -2);
        co_await to_thread(text_from, 1 << 20);
    } catch (std::system_error const& e) {
        number = e.code().value();
    }
    CHECK(number == EBADF);
    CHECK_THROWS_AS(text_from(pipe.read.get()), std::logic_error);
}

TETHER_TEST_CASE("TH23 a cancel wakes a thread that blocks in poll(), and "
                 "reads nothing") {
    test_pipe pipe;
    gate begun;
    begun.open();
    std::string why;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto child = group.spawn([&]() -> task<> {
            co_await to_thread([&] {
                begun.pass();
                try {
                    text_from(pipe.read.get());
                } catch (cancelled_error const& e) {
                    why = e.reason().text;
                }
                // The next one does not even look.
                pipe.put("kept");
                text_from(pipe.read.get());
            });
        });
        co_await until_arrived(begun);
        child.cancel("enough");
        co_await child.wait();
        CHECK(child.status() == task_status::cancelled);
    });
    CHECK(why == "enough");
    std::string const kept = co_await to_thread(text_from, pipe.read.get());
    CHECK(kept == "kept");
}

TEST_CASE("TH23 the end of a context wakes it as well") {
    test_pipe pipe;
    gate begun;
    begun.open();
    bool woken = false;
    {
        asio::io_context io(1);
        tether::co_spawn(
            io,
            [&]() -> task<> {
                co_await to_thread([&] {
                    begun.pass();
                    try {
                        text_from(pipe.read.get());
                    } catch (cancelled_error const&) {
                        woken = true;
                        throw;
                    }
                });
            },
            [](std::exception_ptr) {});
        io.poll();
        while (begun.arrived() == 0)
            std::this_thread::yield();
    }
    CHECK(woken);
}
