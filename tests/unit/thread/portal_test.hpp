// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What do the tests of portals share? A place for the errors that nobody
/// reads.
#ifndef TETHER_TESTS_UNIT_THREAD_PORTAL_TEST_HPP
#define TETHER_TESTS_UNIT_THREAD_PORTAL_TEST_HPP

#include "far_test.hpp"

#include <tether/thread/portal_guard.hpp>
#include <tether/thread/portal_thread.hpp>
#include <tether/thread/with_blocking_portal.hpp>

#include <exception>
#include <mutex>
#include <string>

namespace tether_test {

// Keeps "where from: what; " of each. Outlives the loop that tells.
class told_errors {
public:
    auto sink() {
        return [this](std::exception_ptr error, char const* from) {
            std::lock_guard const lock(mutex_);
            all_ += std::string(from) + ": " +
                    text_thrown_by<std::exception>(
                        [&] { std::rethrow_exception(error); }) +
                    "; ";
        };
    }
    std::string all() {
        std::lock_guard const lock(mutex_);
        return all_;
    }

private:
    std::mutex mutex_;
    std::string all_;
};

} // namespace tether_test

#endif
