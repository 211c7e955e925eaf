// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What do the tests of pools connect to in virtual time? A server that is a
/// few counters.
#ifndef TETHER_TESTS_UNIT_RESILIENCE_POOL_TEST_HPP
#define TETHER_TESTS_UNIT_RESILIENCE_POOL_TEST_HPP

#include "support/test_case.hpp"

#include <tether/resilience.hpp>
#include <tether/scope/deadline.hpp>
#include <tether/scope/task_group.hpp>
#include <tether/scope/with_task_group.hpp>

#include <algorithm>
#include <exception>
#include <stdexcept>
#include <string>
#include <utility>

namespace tether_test {

using namespace tether;

struct fake_server {
    int open = 0;   // connections at the moment
    int most = 0;   // at a time
    int made = 0;   // in all
    int closed = 0; // by close()
    int failing = 0;
    bool healthy = true;
    std::chrono::milliseconds open_time{1};
    std::chrono::milliseconds ask_time{10};
    std::chrono::milliseconds close_time{1};
};

class session {
public:
    explicit session(fake_server& server) : server_(&server) {
        number_ = ++server.made;
        server.most = std::max(server.most, ++server.open);
    }
    session(session&& other) noexcept
        : server_(std::exchange(other.server_, nullptr)),
          number_(other.number_) {}
    ~session() {
        if (server_)
            --server_->open;
    }

    task<int> ask() {
        co_await sleep_for(server_->ask_time);
        co_return number_;
    }
    task<> close() {
        co_await sleep_for(server_->close_time);
        ++server_->closed;
    }
    int number() const noexcept { return number_; }

private:
    fake_server* server_;
    int number_;
};

inline auto opener(fake_server& server) {
    return [&server]() -> task<session> {
        co_await sleep_for(server.open_time);
        if (server.failing != 0) {
            --server.failing;
            throw std::runtime_error("cannot connect");
        }
        co_return session(server);
    };
}

// What `work` threw, as text; "none" if nothing.
template<class Work>
task<std::string> failure_of(Work& work) {
    std::string text = "none";
    try {
        co_await work();
    } catch (std::exception const& e) {
        text = e.what();
    }
    co_return text;
}

} // namespace tether_test

#endif
