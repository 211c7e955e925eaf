// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What do the tests of the streams share? Tasks that send and receive by name,
/// and items that misbehave.
#ifndef TETHER_TESTS_UNIT_STREAM_STREAM_TEST_HPP
#define TETHER_TESTS_UNIT_STREAM_STREAM_TEST_HPP

#include "unit/sync/sync_test.hpp"

#include <tether/scope.hpp>
#include <tether/stream.hpp>
#include <tether/sync.hpp>

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace tether_test {

// Sends what it is given and says when each send has ended.
template<class T>
tether::task<> send_values(tether::sender<T> tx, std::vector<T> items,
                           event_log& log) {
    for (T& item : items) {
        std::string text = "s" + std::to_string(item);
        co_await tx.send(std::move(item));
        log(std::move(text));
    }
}

// Receives to the end.
template<class T>
tether::task<> receive_values(tether::receiver<T> rx, std::string name,
                              event_log& log) {
    while (auto item = co_await rx.receive())
        log(name + std::to_string(*item));
    log(name + "end");
}

// Receives one and says so.
template<class T>
tether::task<> receive_one(tether::receiver<T>& rx, std::string name,
                           event_log& log) {
    auto item = co_await rx.receive();
    log(item ? name + std::to_string(*item) : name + "end");
}

// A queue whose hook tries to put back what is dropped.
template<class Queue>
struct stubborn {
    std::string log;
    Queue queue{3, [this](int&& item) {
                    auto const how = queue.try_put(std::move(item));
                    log += how == tether::channel_status::closed ? "closed "
                                                                 : "back ";
                }};
};

// Neither copyable nor default-constructible; the move throws while armed, and
// then leaves the source as it was.
class tricky {
public:
    explicit tricky(int value) noexcept : value_(value) {}
    tricky(tricky&& other) : value_(other.value_) {
        if (armed && --*armed == 0)
            throw std::runtime_error("the move threw");
        other.value_ = -1;
    }
    tricky& operator=(tricky&&) = delete;

    int value() const noexcept { return value_; }

    // Counts moves down to the one that throws.
    static inline int* armed = nullptr;

private:
    int value_;
};

class armed_move {
public:
    explicit armed_move(int at) noexcept : left_(at) { tricky::armed = &left_; }
    armed_move(armed_move const&) = delete;
    armed_move& operator=(armed_move const&) = delete;
    ~armed_move() { tricky::armed = nullptr; }
    bool thrown() const noexcept { return left_ <= 0; }

private:
    int left_;
};

} // namespace tether_test

#endif
