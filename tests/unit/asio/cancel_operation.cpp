// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// What a cancel does to a task in an Asio operation.

#include "unit/asio/asio_test.hpp"

#include <boost/asio/append.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>

using namespace tether_test;
using boost::system::error_code;
using boost::system::system_error;

namespace {

// An operation without any support for cancellation, completed by hand.
template<class... Ts>
class manual_operation {
public:
    auto async_run() {
        auto initiation = [this](auto handler) {
            ++started;
            using handler_type = decltype(handler);
            auto kept = std::make_shared<handler_type>(std::move(handler));
            complete = [kept](Ts... values) {
                std::move (*kept)(std::move(values)...);
            };
        };
        return asio::async_initiate<tether::use_task_t const, void(Ts...)>(
            initiation, use_task);
    }
    std::function<void(Ts...)> complete;
    int started = 0;
};

// One whose cancellation handler completes it inside emit().
struct inline_cancel {
    int emitted = 0;
    std::function<void(error_code)> complete;

    auto async_run() {
        auto initiation = [this](auto handler) {
            using handler_type = decltype(handler);
            auto slot = asio::get_associated_cancellation_slot(handler);
            auto kept = std::make_shared<handler_type>(std::move(handler));
            complete = [kept](error_code e) { std::move (*kept)(e); };
            slot.assign([this](asio::cancellation_type_t type) {
                CHECK(type == asio::cancellation_type::terminal);
                ++emitted;
                std::exchange(complete,
                              nullptr)(asio::error::operation_aborted);
            });
        };
        return asio::async_initiate<tether::use_task_t const, void(error_code)>(
            initiation, use_task);
    }
};

} // namespace

TETHER_ASIO_CASE("CA33 operation_aborted of our own cancel is a stop, and no "
                 "catch block sees it") {
    asio::steady_timer timer(tether::this_task::executor(), 1h);
    bool caught = false;
    event_log log;
    auto body = [&](tether::cancel_scope& scope) -> task<> {
        auto inner = [&](task_group& g) -> task<> {
            auto waiter = [&]() -> task<> {
                exit_note const note(log, "waiter");
                try {
                    co_await timer.async_wait(use_task);
                } catch (...) {
                    caught = true;
                }
            };
            g.spawn(waiter);
            co_await tether::checkpoint();
            scope.cancel();
        };
        co_await tether::with_task_group(inner);
    };
    bool const finished = co_await tether::with_cancel_scope(body);
    CHECK(!finished);
    CHECK(!caught);
    CHECK(log.text() == "waiter");
}

TETHER_ASIO_CASE("CA33 operation_aborted from elsewhere stays an error") {
    socket_pair sockets(tether::this_task::executor());
    std::string seen;
    auto body = [&](task_group& g) -> task<> {
        auto reader = [&]() -> task<> {
            std::array<char, 8> data;
            try {
                co_await sockets.left.async_read_some(asio::buffer(data),
                                                      use_task);
            } catch (system_error const& e) {
                if (e.code() == asio::error::operation_aborted)
                    seen = "aborted";
            }
        };
        g.spawn(reader);
        co_await tether::checkpoint();
        sockets.left.close();
    };
    co_await tether::with_task_group(body);
    CHECK(seen == "aborted");
}

TETHER_ASIO_CASE("CA34 CA36 an operation that ignores the cancel is waited "
                 "for; its value is delivered and the next checkpoint stops") {
    manual_operation<int> slow;
    int got = 0;
    bool after = false;
    auto body = [&](tether::cancel_scope& scope) -> task<> {
        auto inner = [&](task_group& g) -> task<> {
            auto waiter = [&]() -> task<> {
                got = co_await slow.async_run();
                co_await tether::checkpoint();
                after = true;
            };
            g.spawn(waiter);
            co_await tether::checkpoint();
            scope.cancel();
            CHECK(got == 0);
            asio::post(tether::this_task::executor(),
                       [&] { slow.complete(42); });
        };
        co_await tether::with_task_group(inner);
    };
    bool const finished = co_await tether::with_cancel_scope(body);
    CHECK(!finished);
    CHECK(got == 42);
    CHECK(!after);
}

TETHER_ASIO_CASE("CA10 an error other than operation_aborted is delivered "
                 "in spite of the cancel") {
    manual_operation<error_code> slow;
    std::string seen;
    auto body = [&](tether::cancel_scope& scope) -> task<> {
        auto inner = [&](task_group& g) -> task<> {
            auto waiter = [&]() -> task<> {
                try {
                    co_await slow.async_run();
                } catch (system_error const& e) {
                    if (e.code() == asio::error::eof)
                        seen = "eof";
                }
            };
            g.spawn(waiter);
            co_await tether::checkpoint();
            scope.cancel();
            slow.complete(asio::error::eof);
        };
        co_await tether::with_task_group(inner);
    };
    co_await tether::with_cancel_scope(body);
    CHECK(seen == "eof");
}

TETHER_ASIO_CASE("AI07 an operation awaited in a cancelled scope is not "
                 "initiated") {
    manual_operation<> op;
    auto body = [&](tether::cancel_scope& scope) -> task<> {
        scope.cancel();
        co_await op.async_run();
    };
    bool const finished = co_await tether::with_cancel_scope(body);
    CHECK(!finished);
    CHECK(op.started == 0);
}

TETHER_ASIO_CASE("AI21 a completion inside emit is only queued") {
    inline_cancel first;
    inline_cancel second;
    event_log log;
    auto body = [&](tether::cancel_scope& scope) -> task<> {
        auto inner = [&](task_group& g) -> task<> {
            auto waiter = [&](inline_cancel& op, char const* name) -> task<> {
                exit_note const note(log, name);
                co_await op.async_run();
            };
            g.spawn(waiter, std::ref(first), "first");
            g.spawn(waiter, std::ref(second), "second");
            co_await tether::checkpoint();
            scope.cancel();
            log("cancelled");
            CHECK(first.emitted == 1);
            CHECK(second.emitted == 1);
        };
        co_await tether::with_task_group(inner);
    };
    co_await tether::with_cancel_scope(body);
    CHECK(log.text() == "cancelled first second");
}

TETHER_ASIO_CASE("AI21 the same when a foreign handler cancels") {
    inline_cancel op;
    event_log log;
    auto body = [&](tether::cancel_scope& scope) -> task<> {
        exit_note const note(log, "body");
        asio::post(tether::this_task::executor(), [&] {
            scope.cancel();
            log("cancelled");
        });
        co_await op.async_run();
    };
    bool const finished = co_await tether::with_cancel_scope(body);
    CHECK(!finished);
    CHECK(log.text() == "cancelled body");
}

TETHER_ASIO_CASE("AI15 a cancel passes through composed operations") {
    socket_pair sockets(tether::this_task::executor());
    std::array<char, 64> data;
    auto composed = [&](auto& self, error_code e = {}, std::size_t n = 0,
                        bool begun = false) mutable {
        if (begun || e || n)
            return self.complete(e);
        asio::async_read(sockets.left, asio::buffer(data), std::move(self));
    };
    bool const finished = co_await tether::move_on_after(
        1ms, asio::async_compose<tether::use_task_t const, void(error_code)>(
                 composed, use_task, sockets.left));
    CHECK(!finished);
    auto const again = co_await tether::move_on_after(
        1ms, asio::async_read(sockets.left, asio::buffer(data), use_task));
    CHECK(!again.has_value());
}

TETHER_ASIO_CASE("AI02 an error comes out at once, not at the deadline") {
    socket_pair sockets(tether::this_task::executor());
    sockets.right.close();
    std::array<char, 8> data;
    auto const begun = std::chrono::steady_clock::now();
    std::string seen;
    try {
        co_await tether::fail_after(
            1h, sockets.left.async_read_some(asio::buffer(data), use_task));
    } catch (system_error const& e) {
        if (e.code() == asio::error::eof)
            seen = "eof";
    }
    CHECK(seen == "eof");
    CHECK(std::chrono::steady_clock::now() - begun < 1min);
}

TETHER_ASIO_CASE("AI05 a receive under a timer never loses a message") {
    asio::experimental::channel<void(error_code, int)> channel(
        tether::this_task::executor(), 0);
    constexpr int count = 2000;
    int received = 0;
    long sum = 0;
    auto body = [&](task_group& g) -> task<> {
        auto sender = [&]() -> task<> {
            for (int i = 1; i <= count; ++i) {
                co_await channel.async_send(error_code(), i, use_task);
                if (i % 3 == 0)
                    co_await tether::sleep_for(std::chrono::microseconds(20));
            }
        };
        g.spawn(sender);
        while (received < count) {
            auto const got = co_await tether::move_on_after(
                std::chrono::microseconds(15), channel.async_receive(use_task));
            if (got) {
                ++received;
                sum += *got;
            }
        }
    };
    co_await tether::with_task_group(body);
    CHECK(sum == long{count} * (count + 1) / 2);
}

TETHER_ASIO_CASE("AI06 AI16 closing a channel ends a blocked receiver, a "
                 "cancelled one is gone at once") {
    asio::experimental::channel<void(error_code, int)> channel(
        tether::this_task::executor(), 0);
    auto body = [&](tether::cancel_scope& scope) -> task<> {
        asio::post(tether::this_task::executor(), [&] {
            scope.cancel();
            // As if the receiver had never been there.
            CHECK(!channel.try_send(error_code(), 1));
        });
        co_await channel.async_receive(use_task);
    };
    bool const finished = co_await tether::with_cancel_scope(body);
    CHECK(!finished);
    bool ended = false;
    auto group = [&](task_group& g) -> task<> {
        auto receiver = [&]() -> task<> {
            try {
                co_await channel.async_receive(use_task);
            } catch (system_error const&) {
                ended = true;
            }
        };
        g.spawn(receiver);
        co_await tether::checkpoint();
        channel.close();
    };
    co_await tether::with_task_group(group);
    CHECK(ended);
}
