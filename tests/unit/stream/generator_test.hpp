// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What do the tests of the generators share? Generators that log what happens
/// to them, and a resource that takes time to close.
#ifndef TETHER_TESTS_UNIT_STREAM_GENERATOR_TEST_HPP
#define TETHER_TESTS_UNIT_STREAM_GENERATOR_TEST_HPP

#include "support/test_case.hpp"

#include <tether/core/errors.hpp>
#include <tether/scope.hpp>
#include <tether/stream/async_generator.hpp>
#include <tether/stream/consume.hpp>
#include <tether/stream/for_each.hpp>
#include <tether/stream/keep.hpp>
#include <tether/stream/next.hpp>

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace tether_test {

// Opens and closes with a wait, and says how it was used.
class slow_resource {
public:
    slow_resource(event_log& log, std::string name) noexcept
        : log_(&log), name_(std::move(name)) {}

    tether::task<> open() {
        co_await tether::sleep_for(1ms);
        (*log_)("open " + name_);
    }
    tether::task<> close(tether::exit_reason const& why) {
        (*log_)("closing " + name_ +
                (why.failed()    ? " failed"
                 : why.stopped() ? " stopped"
                                 : " ok"));
        co_await tether::sleep_for(5ms);
        (*log_)("closed " + name_);
        if (fails)
            throw std::runtime_error("close of " + name_);
    }

    bool fails = false;

private:
    event_log* log_;
    std::string name_;
};

// Its close finds that the other side has gone.
class lost_session {
public:
    lost_session() noexcept {}
    tether::task<> close() {
        co_await tether::checkpoint();
        throw tether::broken_resource("the session is gone");
    }
};

// Counts from 0; waits `gap` before each element.
inline tether::async_generator<int> numbers(int n) {
    for (int i = 0; i < n; ++i)
        co_yield i;
}
inline tether::async_generator<int>
slow_numbers(int n, std::chrono::steady_clock::duration gap) {
    for (int i = 0; i < n; ++i) {
        co_await tether::sleep_for(gap);
        co_yield i;
    }
}
// Keeps a resource, has a local, and yields for ever.
inline tether::async_generator<int> kept_numbers(event_log& log) {
    exit_note const local(log, "locals gone");
    co_await tether::keep(slow_resource(log, "a"));
    for (int i = 0;; ++i) {
        co_await tether::sleep_for(1ms);
        co_yield i;
    }
}

} // namespace tether_test

#endif
