// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a test run a coroutine? In virtual time, on a loop of its own, with
/// a check that nothing of it is left.
#ifndef TETHER_TESTS_SUPPORT_TEST_CASE_HPP
#define TETHER_TESTS_SUPPORT_TEST_CASE_HPP

#include "support/catch.hpp"
#include "support/event_log.hpp"

#include <tether/runtime/clock.hpp>
#include <tether/runtime/frame_pool.hpp>
#include <tether/task/checkpoint.hpp>
#include <tether/task/run.hpp>
#include <tether/task/sleep.hpp>
#include <tether/task/this_task.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace tether_test {

using namespace std::chrono_literals;

// Stands still until every task waits for time and no Asio work is pending,
// then jumps to the next deadline.
class virtual_clock final : public tether::clock_source {
public:
    time_point now() const noexcept override { return now_; }
    bool advances_by_itself() const noexcept override { return false; }
    bool jump_to(time_point due) noexcept override {
        if (due > now_)
            now_ = due;
        return true;
    }
    void advance(std::chrono::steady_clock::duration d) noexcept { now_ += d; }

private:
    time_point now_{std::chrono::hours(1)};
};

// Runs fn(args...) as the main task in virtual time. Afterwards no frame and no
// record of it may be left, and no error unreported.
template<class F, class... Args>
auto run_virtual(F&& fn, Args&&... args) ->
    typename tether::detail::body_for<F, Args...>::value_type {
    using body = tether::detail::body_for<F, Args...>;
    std::ptrdiff_t const before = tether::detail::frame_pool::live();
    struct leak_check {
        std::ptrdiff_t before;
        ~leak_check() {
            std::ptrdiff_t const left =
                tether::detail::frame_pool::live() - before;
            CHECK(left == 0); // frames and records still alive
        }
    } check{before};
    virtual_clock clock;
    boost::asio::io_context io(1);
    return tether::detail::run_body(
        io,
        body(std::in_place, std::forward<F>(fn), std::forward<Args>(args)...),
        std::source_location{}, true, &clock);
}

// Virtual time since `start`, in a form CHECK prints well.
class stopwatch {
public:
    stopwatch() : start_(tether::this_task::now()) {}
    std::chrono::milliseconds elapsed() const {
        return std::chrono::duration_cast<std::chrono::milliseconds>(
            tether::this_task::now() - start_);
    }

private:
    std::chrono::steady_clock::time_point start_;
};

} // namespace tether_test

// A Catch2 test case whose body is a coroutine, run in virtual time.
#define TETHER_TEST_JOIN_(a, b) a##b
#define TETHER_TEST_JOIN(a, b) TETHER_TEST_JOIN_(a, b)
#define TETHER_TEST_CASE_(fn, ...)                                             \
    static tether::task<> fn();                                                \
    TEST_CASE(__VA_ARGS__) {                                                   \
        tether_test::run_virtual(&fn);                                         \
    }                                                                          \
    static tether::task<> fn()
#define TETHER_TEST_CASE(...)                                                  \
    TETHER_TEST_CASE_(TETHER_TEST_JOIN(tether_test_body_, __LINE__),           \
                      __VA_ARGS__)

#endif
