// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What do the tests of in-memory streams share? Whole messages in and out.
#ifndef TETHER_TESTS_UNIT_TESTING_MEMORY_TEST_HPP
#define TETHER_TESTS_UNIT_TESTING_MEMORY_TEST_HPP

#include "support/test_case.hpp"

#include <tether/scope.hpp>
#include <tether/task.hpp>
#include <tether/testing/memory_stream.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>

#include <cstddef>
#include <string>
#include <utility>

namespace tether_test {

namespace asio = boost::asio;
namespace testing = tether::testing;
using boost::system::error_code;
using tether::task;
using tether::task_group;
using tether::use_task;
using tether::with_cancellable_task_group;
using tether::with_task_group;

inline task<> send_text(testing::memory_stream& to, std::string text) {
    co_await asio::async_write(to, asio::buffer(text), use_task);
}

// Exactly `n` bytes.
inline task<std::string> receive(testing::memory_stream& from, std::size_t n) {
    std::string text(n, '?');
    co_await asio::async_read(from, asio::buffer(text), use_task);
    co_return text;
}

// Whatever one read gives.
inline task<std::string> receive_some(testing::memory_stream& from,
                                      std::size_t most = 4096) {
    std::string text(most, '?');
    std::size_t const n =
        co_await from.async_read_some(asio::buffer(text), use_task);
    text.resize(n);
    co_return text;
}

// All there is, and the error that ended it.
struct received {
    std::string text;
    error_code end;
};
inline task<received> receive_all(testing::memory_stream& from) {
    received all;
    for (;;) {
        try {
            all.text += co_await receive_some(from);
        } catch (boost::system::system_error const& e) {
            all.end = e.code();
        }
        if (all.end)
            co_return all;
    }
}

// The error code of something that must fail; none if it did not.
template<class F>
task<error_code> code_of(F& fn) {
    try {
        co_await fn();
    } catch (boost::system::system_error const& e) {
        co_return e.code();
    }
    co_return error_code();
}

} // namespace tether_test

#endif
