// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What do the tests of threads share? Gates between threads and tasks, so that
/// nothing sleeps.
#ifndef TETHER_TESTS_UNIT_THREAD_THREAD_TEST_HPP
#define TETHER_TESTS_UNIT_THREAD_THREAD_TEST_HPP

#include "support/test_case.hpp"

#include <tether/core.hpp>
#include <tether/scope.hpp>
#include <tether/thread/to_thread.hpp>

#include <atomic>
#include <condition_variable>
#include <mutex>

namespace tether_test {

using namespace tether;

// Holds threads up until it is open; a task sees how many have come.
class gate {
public:
    gate() = default;
    gate(gate const&) = delete;
    gate& operator=(gate const&) = delete;

    void open() {
        std::lock_guard const lock(mutex_);
        open_ = true;
        opened_.notify_all();
    }
    void pass() {
        std::unique_lock lock(mutex_);
        ++arrived_;
        opened_.wait(lock, [this] { return open_; });
    }
    int arrived() const { return arrived_; }
    bool is_open() {
        std::lock_guard const lock(mutex_);
        return open_;
    }

private:
    std::mutex mutex_;
    std::condition_variable opened_;
    bool open_ = false;
    std::atomic<int> arrived_{0};
};

// Lets the others run until threads have made it true.
template<class F>
task<> until(F reached) {
    while (!reached())
        co_await checkpoint();
}
inline task<> until_arrived(gate& g, int n = 1) {
    return until([&g, n] { return g.arrived() >= n; });
}

} // namespace tether_test

#endif
