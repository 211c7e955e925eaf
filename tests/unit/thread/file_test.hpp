// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Which files are tested? async_file, and in tests/uring the same with the
/// operations of Asio.
#ifndef TETHER_TESTS_UNIT_THREAD_FILE_TEST_HPP
#define TETHER_TESTS_UNIT_THREAD_FILE_TEST_HPP

#include "support/temporary_directory.hpp"
#include "support/test_case.hpp"

#include <tether/scope/with.hpp>
#include <tether/thread/async_file.hpp>
#ifdef TETHER_TEST_URING
#include <tether/thread/asio_file.hpp>

#include <boost/asio/random_access_file.hpp>
#endif

#include <boost/asio/buffer.hpp>
#include <boost/system/system_error.hpp>

#include <exception>
#include <string>

namespace tether_test {

using namespace tether;
namespace asio = boost::asio;

#ifdef TETHER_TEST_URING
using file_type = asio_file<asio::random_access_file>;
#else
using file_type = async_file;
#endif

inline constexpr file_flags fresh =
    file_flags::write | file_flags::create | file_flags::truncate;

// What fails, in the words of its exception.
template<class F>
task<std::string> failure_of(F& fn) {
    try {
        co_await fn();
    } catch (std::exception const& e) {
        co_return e.what();
    }
    co_return "nothing";
}
template<class F>
task<int> code_of(F& fn) {
    try {
        co_await fn();
    } catch (boost::system::system_error const& e) {
        co_return e.code().value();
    }
    co_return 0;
}

} // namespace tether_test

#endif
