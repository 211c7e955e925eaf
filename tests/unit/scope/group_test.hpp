// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What do the tests of task groups share? Children that fail or sleep, and
/// the text of what a group throws.
#ifndef TETHER_TESTS_UNIT_SCOPE_GROUP_TEST_HPP
#define TETHER_TESTS_UNIT_SCOPE_GROUP_TEST_HPP

#include "support/test_case.hpp"

#include <tether/core.hpp>
#include <tether/scope.hpp>

#include <chrono>
#include <exception>
#include <stdexcept>
#include <string>
#include <utility>

namespace tether_test {

using namespace tether;

inline task<> fails(std::chrono::milliseconds after, std::string text) {
    if (after.count() != 0)
        co_await sleep_for(after);
    throw std::runtime_error(text);
}

// Notes "<name>-done" when it ends by itself and "<name>-gone" however.
inline task<> works(event_log& log, std::chrono::milliseconds time,
                    std::string name) {
    exit_note const gone(log, name + "-gone");
    co_await sleep_for(time);
    log(name + "-done");
}

// Cannot be stopped softly: its cleanup fails with `text`.
inline task<> fails_when_stopped(std::string text) {
    auto cleanup = [&]() -> task<> { throw std::runtime_error(text); };
    co_await async_try([]() -> task<> {
        co_await sleep_forever();
    }).on_cancel(cleanup);
}

inline std::string text_of(std::exception_ptr const& error) {
    try {
        std::rethrow_exception(error);
    } catch (exception_group const& group) {
        std::string all = "[";
        for (std::exception_ptr const& e : group.exceptions())
            all += (all.size() > 1 ? " " : "") + text_of(e);
        return all + "]";
    } catch (task_failed const& e) {
        return "task_failed(" + text_of(e.cause()) + ")";
    } catch (timeout_error const&) {
        return "timeout";
    } catch (cancelled_error const&) {
        return "cancelled";
    } catch (std::exception const& e) {
        return e.what();
    } catch (...) {
        return "foreign";
    }
}

// "ok", or what `work` throws; a group as "[a b [c]]".
template<class T>
task<std::string> ending_of(task<T> work) {
    std::exception_ptr error;
    try {
        static_cast<void>(co_await std::move(work));
    } catch (...) {
        error = std::current_exception();
    }
    if (error)
        co_return text_of(error);
    co_return "ok";
}

// The group that `work` throws.
inline task<exception_group> group_of(task<> work) {
    try {
        co_await std::move(work);
    } catch (exception_group const& group) {
        co_return group;
    }
    throw std::logic_error("no exception_group was thrown");
}

} // namespace tether_test

#endif
