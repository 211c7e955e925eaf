// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What do the tests of the primitives share? A second loop, a process that is
/// allowed to die, and a count of allocations.
#ifndef TETHER_TESTS_UNIT_SYNC_SYNC_TEST_HPP
#define TETHER_TESTS_UNIT_SYNC_SYNC_TEST_HPP

#include "support/death.hpp"
#include "support/test_case.hpp"

#include <tether/scope.hpp>

#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <exception>
#include <optional>
#include <string>
#include <utility>

namespace tether_test {

// Calls of operator new in this program so far.
std::size_t allocations() noexcept;

// A loop of its own, turned by hand on the test's thread.
class other_loop {
public:
    template<class F>
    void start(F fn) {
        using body = tether::detail::body_for<F>;
        struct done {
            other_loop* self;
            void operator()(tether::detail::root_result<void>&& r) {
                ++self->ended_;
                if (r.error)
                    self->error_ = r.error;
            }
        };
        tether::detail::loop& l =
            tether::detail::loop_service::acquire(io_.get_executor());
        auto* root = new tether::detail::root<body, done>(
            body(std::in_place, std::move(fn)), done{this}, {});
        root->more().name = "other main";
        l.enter([&] { root->start(l); });
        l.release();
    }
    boost::asio::io_context& context() noexcept { return io_; }
    int ended() const noexcept { return ended_; }
    std::string error_text() const {
        if (!error_)
            return {};
        try {
            std::rethrow_exception(error_);
        } catch (std::exception const& e) {
            return e.what();
        }
    }

private:
    boost::asio::io_context io_{1};
    int ended_ = 0;
    std::exception_ptr error_;
};

} // namespace tether_test

#endif
