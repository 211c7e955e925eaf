// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What are the legs of the tests made of? Tasks that sleep and then give a
/// value, fail, or notice that they were stopped.
#ifndef TETHER_TESTS_UNIT_COMBINE_COMBINE_TEST_HPP
#define TETHER_TESTS_UNIT_COMBINE_COMBINE_TEST_HPP

#include "support/test_case.hpp"

#include <tether/combine.hpp>
#include <tether/scope.hpp>

#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace tether_test {

using ms = std::chrono::milliseconds;

inline tether::task<int> value(int v, ms after) {
    co_await tether::sleep_for(after);
    co_return v;
}
inline tether::task<int> at_once(int v) {
    co_return v;
}
inline tether::task<int> failure(std::string what, ms after) {
    co_await tether::sleep_for(after);
    throw std::runtime_error(what);
}
// Says in the log when it is destroyed and was not told to be quiet.
class stop_note {
public:
    stop_note(event_log& log, std::string what)
        : log_(&log), what_(std::move(what)) {}
    stop_note(stop_note const&) = delete;
    stop_note& operator=(stop_note const&) = delete;
    ~stop_note() {
        if (log_)
            (*log_)(what_);
    }
    void be_quiet() noexcept { log_ = nullptr; }

private:
    event_log* log_;
    std::string what_;
};

// Logs its end: "x" for a value, "x!" when it was stopped.
inline tether::task<int> logged(event_log& log, std::string name, ms after) {
    stop_note stopped(log, name + "!");
    co_await tether::sleep_for(after);
    stopped.be_quiet();
    log(name);
    co_return static_cast<int>(after.count());
}

// How many of them are alive.
class counted {
public:
    counted(int& live, int v) : live_(&live), value_(v) { ++*live_; }
    counted(counted&& other) noexcept
        : live_(other.live_), value_(other.value_) {
        ++*live_;
    }
    counted& operator=(counted&&) = delete;
    ~counted() { --*live_; }
    int get() const { return value_; }

private:
    int* live_;
    int value_;
};

// The texts of the leaves, "leg 1: text *" for the trigger.
inline std::vector<std::string> leaves(tether::exception_group const& group) {
    std::vector<std::string> all;
    for (auto const& member : group) {
        std::string text = std::string(member.task_name()) + ": ";
        try {
            std::rethrow_exception(member.error());
        } catch (std::exception const& e) {
            text += e.what();
        }
        if (member.is_trigger())
            text += " *";
        all.push_back(text);
    }
    return all;
}

// The leaves of what `work` threw; empty if it did not throw.
template<class A>
tether::task<std::vector<std::string>> errors_of(A work) {
    try {
        static_cast<void>(co_await std::move(work));
    } catch (tether::exception_group const& group) {
        co_return leaves(group);
    }
    co_return std::vector<std::string>{};
}

// Collects what nobody could receive while it lives.
class unhandled_log {
public:
    unhandled_log() : loop_(tether::detail::running_loop()) {
        loop_->on_unhandled_error([this](std::exception_ptr e, char const*) {
            try {
                std::rethrow_exception(e);
            } catch (std::exception const& error) {
                texts.emplace_back(error.what());
            }
        });
    }
    unhandled_log(unhandled_log const&) = delete;
    unhandled_log& operator=(unhandled_log const&) = delete;
    ~unhandled_log() { loop_->on_unhandled_error(nullptr); }

    std::vector<std::string> texts;

private:
    tether::detail::loop* loop_;
};

using strings = std::vector<std::string>;

} // namespace tether_test

#endif
