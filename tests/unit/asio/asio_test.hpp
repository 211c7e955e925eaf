// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a test of Asio operations run? In real time, because virtual time
/// stands still while an operation is pending, on a context of its own and
/// with the same check that nothing is left.
#ifndef TETHER_TESTS_UNIT_ASIO_ASIO_TEST_HPP
#define TETHER_TESTS_UNIT_ASIO_ASIO_TEST_HPP

#include "support/test_case.hpp"

#include <tether/scope.hpp>
#include <tether/task.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <cstddef>
#include <string>
#include <utility>

namespace tether_test {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using tether::task;
using tether::task_group;
using tether::use_task;

// Counts the frames and records that a piece of work leaves behind.
class leak_check {
public:
    leak_check() : before_(tether::detail::frame_pool::live()) {}
    leak_check(leak_check const&) = delete;
    leak_check& operator=(leak_check const&) = delete;
    ~leak_check() {
        std::ptrdiff_t const left = left_over();
        CHECK(left == 0);
    }
    std::ptrdiff_t left_over() const {
        return tether::detail::frame_pool::live() - before_;
    }

private:
    std::ptrdiff_t before_;
};

template<class F, class... Args>
auto run_real(F&& fn, Args&&... args) {
    leak_check const check;
    return tether::run(std::forward<F>(fn), std::forward<Args>(args)...);
}

// Counts how often it lives, for objects that must go exactly once, on whatever
// thread.
class tally {
public:
    explicit tally(int& alive) : alive_(&alive) { count(1); }
    tally(tally const& other) : alive_(other.alive_) { count(1); }
    tally& operator=(tally const&) = delete;
    ~tally() { count(-1); }

private:
    void count(int n) { std::atomic_ref(*alive_).fetch_add(n); }

    int* alive_;
};

inline tcp::acceptor listen_here() {
    return tcp::acceptor(tether::this_task::executor(),
                         tcp::endpoint(asio::ip::address_v4::loopback(), 0));
}

// Two connected sockets over loopback.
struct socket_pair {
    explicit socket_pair(asio::any_io_executor const& executor)
        : left(executor), right(executor) {
        tcp::acceptor acceptor(
            executor, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
        left.connect(acceptor.local_endpoint());
        acceptor.accept(right);
    }
    tcp::socket left;
    tcp::socket right;
};

} // namespace tether_test

// A Catch2 test case whose body is a coroutine, run in real time.
#define TETHER_ASIO_CASE_(fn, ...)                                             \
    static tether::task<> fn();                                                \
    TEST_CASE(__VA_ARGS__) {                                                   \
        tether_test::run_real(&fn);                                            \
    }                                                                          \
    static tether::task<> fn()
#define TETHER_ASIO_CASE(...)                                                  \
    TETHER_ASIO_CASE_(TETHER_TEST_JOIN(tether_test_body_, __COUNTER__),        \
                      __VA_ARGS__)

#endif
