// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What do the tests of work on other executors share? A loop on a thread of
/// its own that can be destroyed at any moment, and a gate between threads.
#ifndef TETHER_TESTS_UNIT_THREAD_FAR_TEST_HPP
#define TETHER_TESTS_UNIT_THREAD_FAR_TEST_HPP

#include "unit/asio/asio_test.hpp"

#include <tether/combine.hpp>
#include <tether/sync.hpp>
#include <tether/testing.hpp>
#include <tether/thread.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace tether_test {

// Threads wait here until somebody opens it.
class gate {
public:
    void open() {
        std::lock_guard const lock(mutex_);
        open_ = true;
        opened_.notify_all();
    }
    void wait() {
        std::unique_lock lock(mutex_);
        opened_.wait(lock, [this] { return open_; });
    }
    bool is_open() {
        std::lock_guard const lock(mutex_);
        return open_;
    }

private:
    std::mutex mutex_;
    std::condition_variable opened_;
    bool open_ = false;
};

// A context with a thread of its own, for tests in which it goes too early.
class far_loop {
public:
    far_loop() : io_(std::make_unique<asio::io_context>(1)) {
        guard_.emplace(io_->get_executor());
        thread_ = std::thread([this] { io_->run(); });
    }
    far_loop(far_loop const&) = delete;
    far_loop& operator=(far_loop const&) = delete;
    ~far_loop() { destroy(); }

    asio::io_context::executor_type executor() { return io_->get_executor(); }
    std::thread::id thread() const { return thread_.get_id(); }

    // Runs nothing any more, until destroy().
    void stop() {
        if (!thread_.joinable())
            return;
        io_->stop();
        thread_.join();
    }
    void go_on() {
        io_->restart();
        thread_ = std::thread([this] { io_->run(); });
    }
    void destroy() {
        stop();
        guard_.reset();
        io_.reset();
    }

private:
    std::unique_ptr<asio::io_context> io_;
    std::optional<asio::executor_work_guard<asio::io_context::executor_type>>
        guard_;
    std::thread thread_;
};

// Lets the loop run until `what` holds.
template<class F>
tether::task<> until(F what) {
    while (!what())
        co_await tether::sleep_for(std::chrono::microseconds(100));
}

template<class E, class F>
std::string text_thrown_by(F&& fn) {
    try {
        fn();
    } catch (E const& e) {
        return e.what();
    }
    return "nothing of that type was thrown";
}

} // namespace tether_test

// Real time, as TETHER_ASIO_CASE; the frames that a thread frees count with
// that thread, so what is left is for AddressSanitizer to say.
#define TETHER_FAR_CASE_(fn, ...)                                              \
    static tether::task<> fn();                                                \
    TEST_CASE(__VA_ARGS__) {                                                   \
        tether::run(&fn);                                                      \
    }                                                                          \
    static tether::task<> fn()
#define TETHER_FAR_CASE(...)                                                   \
    TETHER_FAR_CASE_(TETHER_TEST_JOIN(tether_test_body_, __LINE__), __VA_ARGS__)

#endif
