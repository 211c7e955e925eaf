// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a test take part in what a loop does? Its hooks are put on top of
/// those that are there, for as long as a guard lives.
#ifndef TETHER_TESTING_DETAIL_HOOKS_GUARD_HPP
#define TETHER_TESTING_DETAIL_HOOKS_GUARD_HPP

#include <tether/detail/config.hpp>
#include <tether/runtime/frame_pool.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/runtime/test_hooks.hpp>

TETHER_BEGIN_NAMESPACE
namespace testing::detail {

using tether::detail::frame_pool;
using tether::detail::loop;
using tether::detail::test_hooks;

// Made and ended on the thread of the loop, also inside of a task.
class hooks_guard {
public:
    hooks_guard(loop& l, test_hooks& hooks) : loop_(l), hooks_(hooks) {
        frame_pool::ask(&hooks);
        hooks.put_on(l.hooks());
        l.set_hooks(&hooks);
    }
    hooks_guard(hooks_guard const&) = delete;
    hooks_guard& operator=(hooks_guard const&) = delete;
    // Those of two tasks end in any order.
    ~hooks_guard() {
        if (loop_.hooks() == &hooks_) {
            loop_.set_hooks(hooks_.below());
            frame_pool::ask(hooks_.below());
            return;
        }
        test_hooks* above = loop_.hooks();
        while (above->below() != &hooks_)
            above = above->below();
        above->put_on(hooks_.below());
    }

private:
    loop& loop_;
    test_hooks& hooks_;
};

} // namespace testing::detail
TETHER_END_NAMESPACE

#endif
