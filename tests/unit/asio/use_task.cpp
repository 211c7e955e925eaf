// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// What use_task makes of Asio's operations: values, errors, executors, memory.

#include "unit/asio/asio_test.hpp"

#include <boost/asio/compose.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/defer.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <csignal>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <variant>
#include <vector>

using namespace tether_test;
using boost::system::error_code;
using boost::system::system_error;

namespace {

// An operation that completes at once, with whatever signature is asked for.
template<class... Sigs, class... Args>
auto complete_with(Args... args) {
    auto initiation = [](auto handler, Args... values) {
        std::move(handler)(std::move(values)...);
    };
    return asio::async_initiate<tether::use_task_t const, Sigs...>(
        initiation, use_task, std::move(args)...);
}

struct no_default {
    explicit no_default(int n) : value(n) {}
    int value;
};

task<> echo_once(tcp::socket socket) {
    std::array<char, 64> data;
    std::size_t const n =
        co_await socket.async_read_some(asio::buffer(data), use_task);
    co_await asio::async_write(socket, asio::buffer(data, n), use_task);
}

} // namespace

TETHER_ASIO_CASE("CX13 every completion signature gives its value") {
    co_await complete_with<void()>();
    co_await complete_with<void(error_code)>(error_code());
    int const one = co_await complete_with<void(int)>(1);
    CHECK(one == 1);
    std::string const text =
        co_await complete_with<void(error_code, std::string)>(
            error_code(), std::string("text"));
    CHECK(text == "text");
    std::tuple<int, std::string> const two =
        co_await complete_with<void(error_code, int, std::string)>(
            error_code(), 2, std::string("two"));
    CHECK(two == std::make_tuple(2, std::string("two")));
    std::unique_ptr<int> const owned =
        co_await complete_with<void(std::exception_ptr, std::unique_ptr<int>)>(
            std::exception_ptr(), std::make_unique<int>(3));
    CHECK(*owned == 3);
    no_default const made =
        co_await complete_with<void(no_default)>(no_default(4));
    CHECK(made.value == 4);
    co_await complete_with<void(error_code) noexcept>(error_code());
}

TETHER_ASIO_CASE("CX13 errors of each kind are thrown as they are") {
    try {
        co_await complete_with<void(error_code)>(
            error_code(asio::error::connection_reset));
        FAIL("not reached");
    } catch (system_error const& e) {
        CHECK(e.code() == asio::error::connection_reset);
    }
    try {
        co_await complete_with<void(std::error_code)>(
            std::make_error_code(std::errc::not_a_directory));
        FAIL("not reached");
    } catch (std::system_error const& e) {
        CHECK(e.code() == std::errc::not_a_directory);
    }
    try {
        co_await complete_with<void(std::exception_ptr, int)>(
            std::make_exception_ptr(std::out_of_range("far")), 0);
        FAIL("not reached");
    } catch (std::out_of_range const& e) {
        CHECK(std::string(e.what()) == "far");
    }
}

TETHER_ASIO_CASE("CX13 an operation with two signatures gives a variant") {
    using result = std::variant<std::monostate, int>;
    auto either = [](bool with_value) {
        auto initiation = [with_value](auto handler) {
            if (with_value)
                std::move(handler)(error_code(), 5);
            else
                std::move(handler)();
        };
        return asio::async_initiate<tether::use_task_t const, void(),
                                    void(error_code, int)>(initiation,
                                                           use_task);
    };
    result const first = co_await either(true);
    CHECK(std::get<int>(first) == 5);
    result const second = co_await either(false);
    CHECK(std::holds_alternative<std::monostate>(second));
}

TETHER_ASIO_CASE("CX13 a composed operation of the user") {
    asio::steady_timer timer(tether::this_task::executor());
    int steps = 0;
    auto step = [&](auto& self, error_code e = {}) {
        if (e || ++steps == 4)
            return self.complete(e, steps);
        timer.expires_after(0ms);
        timer.async_wait(std::move(self));
    };
    int const made = co_await asio::async_compose<tether::use_task_t const,
                                                  void(error_code, int)>(
        step, use_task, timer);
    CHECK(made == 4);
}

TETHER_ASIO_CASE("CX13 sockets: accept, connect, read, write, composed") {
    tcp::acceptor acceptor = listen_here();
    auto body = [&](task_group& g) -> task<> {
        auto server = [&]() -> task<> {
            co_await echo_once(co_await acceptor.async_accept(use_task));
        };
        g.spawn(server);
        tcp::socket socket(tether::this_task::executor());
        std::array const endpoints{acceptor.local_endpoint()};
        tcp::endpoint const used =
            co_await asio::async_connect(socket, endpoints, use_task);
        CHECK(used == acceptor.local_endpoint());
        std::string const sent = "hello";
        co_await asio::async_write(socket, asio::buffer(sent), use_task);
        std::string got(sent.size(), ' ');
        std::size_t const n =
            co_await asio::async_read(socket, asio::buffer(got), use_task);
        CHECK(n == sent.size());
        CHECK(got == sent);
    };
    co_await tether::with_task_group(body);
}

TETHER_ASIO_CASE("CX13 timer, resolver, signal set, post, defer, dispatch") {
    asio::any_io_executor const here = tether::this_task::executor();
    asio::steady_timer timer(here, 1ms);
    co_await timer.async_wait(use_task);
    tcp::resolver resolver(here);
    tcp::resolver::results_type const found = co_await resolver.async_resolve(
        "127.0.0.1", "80", tcp::resolver::numeric_host, use_task);
    CHECK(found.begin()->endpoint().port() == 80);
    asio::signal_set signals(here, SIGUSR1);
    std::raise(SIGUSR1);
    int const number = co_await signals.async_wait(use_task);
    CHECK(number == SIGUSR1);
    co_await asio::post(use_task);
    co_await asio::post(here, use_task);
    co_await asio::defer(here, use_task);
    co_await asio::dispatch(here, use_task);
}

TETHER_ASIO_CASE("CX13 use_task as the default token of an object") {
    using acceptor_type = tether::use_task_t::as_default_on_t<tcp::acceptor>;
    using socket_type = tether::use_task_t::as_default_on_t<tcp::socket>;
    acceptor_type acceptor(tether::this_task::executor(),
                           tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    socket_type client(tether::this_task::executor());
    client.connect(acceptor.local_endpoint());
    auto server = co_await acceptor.async_accept();
    CHECK(server.is_open());
    auto timer = tether::use_task.as_default_on(
        asio::steady_timer(tether::this_task::executor(), 1ms));
    co_await timer.async_wait();
}

TETHER_ASIO_CASE("CX02 an operation is lazy, and may be dropped unawaited") {
    int initiated = 0;
    auto make = [&] {
        auto initiation = [&initiated](auto handler) {
            ++initiated;
            std::move(handler)();
        };
        return asio::async_initiate<tether::use_task_t const, void()>(
            initiation, use_task);
    };
    {
        auto const dropped = make();
        static_cast<void>(dropped);
    }
    CHECK(initiated == 0);
    auto kept = make();
    CHECK(initiated == 0);
    co_await std::move(kept);
    CHECK(initiated == 1);
}

TEST_CASE("CX11 after every await the task is on its own strand, whatever "
          "thread completed the operation") {
    asio::thread_pool own(4);
    asio::thread_pool foreign(2);
    auto strand = asio::make_strand(own);
    int wrong = 0;
    auto body = [&]() -> task<> {
        for (int i = 0; i < 200; ++i) {
            asio::steady_timer timer(foreign, std::chrono::microseconds(i));
            co_await timer.async_wait(use_task);
            if (!strand.running_in_this_thread())
                ++wrong;
            co_await asio::post(foreign, use_task);
            if (!strand.running_in_this_thread())
                ++wrong;
        }
    };
    auto done = tether::co_spawn(strand, body, asio::use_future);
    done.get();
    CHECK(wrong == 0);
    own.join();
    foreign.join();
}

TETHER_ASIO_CASE("CX14 the handler has the loop's executor, a slot and an "
                 "allocator that takes memory from the awaiter") {
    std::ptrdiff_t const before = tether::detail::frame_pool::live();
    bool same_executor = false;
    bool connected = false;
    std::ptrdiff_t taken = -1;
    asio::any_io_executor const here = tether::this_task::executor();
    auto initiation = [&](auto handler) {
        auto const ex = asio::get_associated_executor(handler);
        same_executor = &asio::query(ex, asio::execution::context) ==
                        &asio::query(here, asio::execution::context);
        connected =
            asio::get_associated_cancellation_slot(handler).is_connected();
        auto alloc = asio::get_associated_allocator(handler);
        using bytes = typename std::allocator_traits<
            decltype(alloc)>::template rebind_alloc<std::byte>;
        bytes memory(alloc);
        std::byte* const block = memory.allocate(128);
        taken = tether::detail::frame_pool::live() - before;
        memory.deallocate(block, 128);
        asio::post(ex, std::move(handler));
    };
    co_await asio::async_initiate<tether::use_task_t const, void()>(initiation,
                                                                    use_task);
    CHECK(same_executor);
    CHECK(connected);
    CHECK(taken == 0);
}

TETHER_ASIO_CASE("CX07 operations in flight take their memory from the "
                 "awaiter") {
    asio::any_io_executor const here = tether::this_task::executor();
    asio::steady_timer timer(here);
    socket_pair sockets(here);
    tcp::acceptor acceptor = listen_here();
    tcp::socket client(here);
    std::array<char, 8> data{};
    std::ptrdiff_t const before = tether::detail::frame_pool::live();
    std::vector<std::ptrdiff_t> taken;
    auto sample = [&] {
        taken.push_back(tether::detail::frame_pool::live() - before);
    };
    for (int i = 0; i < 3; ++i) {
        timer.expires_after(1ms);
        asio::post(here, sample);
        co_await timer.async_wait(use_task);
        asio::post(here, [&] {
            sample();
            asio::write(sockets.left, asio::buffer(data));
        });
        co_await asio::async_read(sockets.right, asio::buffer(data), use_task);
        client.close();
        asio::post(here, sample);
        co_await client.async_connect(acceptor.local_endpoint(), use_task);
    }
    CHECK(taken == std::vector<std::ptrdiff_t>(9, 0));
}

TETHER_ASIO_CASE("AI10 an operation that completes inline resumes in place") {
    std::thread::id const here = std::this_thread::get_id();
    for (int i = 0; i < 100000; ++i) {
        int const v = co_await complete_with<void(int)>(i);
        if (v != i)
            FAIL("wrong value");
    }
    CHECK(std::this_thread::get_id() == here);
}
