// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a test turn its context? Handler by handler, so that it knows when
/// every task waits: only then may the time move.
#ifndef TETHER_TESTING_DETAIL_TEST_DRIVER_HPP
#define TETHER_TESTING_DETAIL_TEST_DRIVER_HPP

#include <tether/core/asio.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/intrusive_list.hpp>
#include <tether/runtime/detail/format_tree.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/task/detail/drive.hpp>
#include <tether/task/detail/root.hpp>
#include <tether/testing/virtual_clock.hpp>

#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/require.hpp>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace testing::detail {

using tether::detail::duration;
using tether::detail::loop;
using tether::detail::time_point;

// A task that waits for the others. It takes itself out when it is stopped,
// which may still happen after the driver has found it due.
class idle_waiter : public tether::detail::list_node {
public:
    virtual void served() noexcept = 0; // on the loop, out of its list

    bool due = false;

protected:
    ~idle_waiter() = default;
};

// Until all others wait.
class settle_waiter : public idle_waiter {
public:
    duration cushion{0}; // of real time without I/O

protected:
    ~settle_waiter() = default;
};

// Moves the time, and waits for what that wakes.
class advance_waiter : public idle_waiter {
public:
    time_point target{}; // max(): as long as there are timers

protected:
    ~advance_waiter() = default;
};

class test_driver final : public tether::detail::turner {
public:
    test_driver(asio::io_context& io, loop& l, virtual_clock* clock,
                duration hang_guard)
        : io_(io), loop_(l), clock_(clock) {
        guard(hang_guard);
    }

    // The test has this much real time from now on; zero for no limit.
    void guard(duration limit) noexcept {
        limit_ = limit;
        guard_ = limit == duration::zero()
                     ? (time_point::max)()
                     : tether::detail::saturated_add(real_now(), limit);
        grace_ = (std::min)(limit, duration(std::chrono::seconds(1)));
    }
    duration limit() const noexcept { return limit_; }

    // The task to cancel when the test hangs; null once it has ended.
    tether::detail::root_base* main = nullptr;
    // From then on what it left behind is turned until it ends.
    bool finishing = false;
    // The tree as it hung.
    std::optional<std::string> const& hung() const noexcept { return hung_; }

    virtual_clock* clock() const noexcept { return clock_; }
    void add(settle_waiter& w) noexcept { settling_.push_back(w); }
    void add(advance_waiter& w) noexcept { advancing_.push_back(w); }

    bool gave_up() const noexcept override { return gave_up_; }

    void turn() override {
        while (!over()) {
            if (past_guard())
                continue;
            if (io_.poll_one() != 0)
                continue;
            if (over() || stopped_by_user() || !idle())
                return;
        }
    }

private:
    static time_point real_now() noexcept {
        return std::chrono::steady_clock::now();
    }
    bool over() const noexcept {
        return gave_up_ || (finishing ? loop_.live_tasks() == 0 : !main);
    }

    // A cancel first, for the cleanup; then what is shielded; in the end all is
    // destroyed with the context.
    bool past_guard() {
        if (guard_ == (time_point::max)() || real_now() < guard_)
            return false;
        guard_ = real_now() + grace_;
        if (!hung_) {
            hung_ = tether::detail::format_tree(loop_);
            if (main)
                main->cancel(cancel_kind::shutdown,
                             "the hang guard of the test");
        } else if (!forced_) {
            forced_ = true;
            loop_.force(loop_.roots());
        } else {
            gave_up_ = true;
        }
        return true;
    }

    // run() is over, but not for lack of work.
    bool stopped_by_user() {
        if (!io_.stopped())
            return false;
        if (!loop_.idle() || loop_.operations_in_flight() != 0)
            return true;
        io_.restart();
        bool const work = io_.poll_one() != 0 || !io_.stopped();
        if (work)
            io_.stop();
        return work;
    }

    // All tasks wait and no handler is ready. False when nothing is left that
    // could ever happen: the driver may jump or has found a deadlock.
    bool idle() {
        bool const no_work = io_.stopped() || (clock_ && loop_.only_parked());
        auto const& timers = loop_.timers();
        bool const waits_for_time = clock_ && !timers.empty();
        if (waits_for_time && timers.earliest() <= clock_->now()) {
            wake();
            return true;
        }

        // Whoever needs the least quiet is served, in this order.
        enum { nobody, settle, advance, jump } next = nobody;
        duration quiet = (duration::max)();
        settling_.for_each([&](settle_waiter& w) {
            if (next == nobody || w.cushion < quiet) {
                next = settle;
                quiet = w.cushion;
            }
        });
        if (!advancing_.empty() && quiet > duration::zero()) {
            next = advance;
            quiet = duration::zero();
        }
        if (waits_for_time && may_jump(no_work) &&
            clock_->autojump_threshold() < quiet) {
            next = jump;
            quiet = no_work ? duration::zero() : clock_->autojump_threshold();
        }

        time_point until = guard_;
        if (waits_for_time)
            until = (std::min)(until, clock_->real_time_of(timers.earliest()));
        if (next == nobody) {
            if (no_work && !(waits_for_time && clock_->rate() > 0))
                return false;
            wait_until(until);
            return true;
        }
        if (quiet > duration::zero()) {
            time_point const end =
                tether::detail::saturated_add(real_now(), quiet);
            if (wait_until((std::min)(until, end)) || real_now() < end)
                return true;
        }
        switch (next) {
        case settle:
            serve_settled(quiet);
            break;
        case advance:
            serve_advance();
            break;
        case jump:
            clock_->jump_to(timers.earliest());
            wake();
            break;
        case nobody:
            break;
        }
        return true;
    }

    // With operations in flight only a clock with a threshold jumps.
    bool may_jump(bool no_work) const noexcept {
        duration const threshold = clock_->autojump_threshold();
        if (threshold == no_autojump)
            return false;
        return no_work ||
               (threshold > duration::zero() && !loop_.thread_work());
    }

    void serve_settled(duration cushion) {
        settling_.for_each(
            [&](settle_waiter& w) { w.due = w.cushion <= cushion; });
        on_loop([this] { serve(settling_); });
    }

    // One deadline after the other: whoever wakes may set new ones.
    void serve_advance() {
        advance_waiter* first = nullptr;
        advancing_.for_each([&](advance_waiter& w) {
            if (!first || w.target < first->target)
                first = &w;
        });
        auto const& timers = loop_.timers();
        if (!timers.empty() && timers.earliest() <= first->target) {
            clock_->move_to(timers.earliest());
            return wake();
        }
        if (first->target != (time_point::max)())
            clock_->move_to(first->target);
        first->due = true;
        on_loop([this] { serve(advancing_); });
    }

    template<class Waiter>
    void serve(tether::detail::intrusive_list<Waiter>& waiters) noexcept {
        waiters.for_each([](Waiter& w) {
            if (!w.due)
                return;
            w.unlink();
            w.served();
        });
    }

    // Tasks run inside a handler, where dispatch() to their executor is a call.
    template<class F>
    void on_loop(F f) {
        if (io_.stopped())
            io_.restart();
        asio::post(io_, [l = &loop_, f] { l->enter(f); });
    }
    void wake() {
        on_loop([] {});
    }

    // True if a handler ran meanwhile.
    bool wait_until(time_point end) {
        if (io_.stopped())
            io_.restart();
        auto const work = asio::require(
            io_.get_executor(), asio::execution::outstanding_work.tracked);
        if (end == (time_point::max)())
            return io_.run_one() != 0;
        return io_.run_one_until(end) != 0;
    }

    asio::io_context& io_;
    loop& loop_;
    virtual_clock* clock_;
    tether::detail::intrusive_list<settle_waiter> settling_;
    tether::detail::intrusive_list<advance_waiter> advancing_;
    duration limit_{};
    time_point guard_{};
    duration grace_{};
    std::optional<std::string> hung_;
    bool forced_ = false;
    bool gave_up_ = false;
};

} // namespace testing::detail
TETHER_END_NAMESPACE

#endif
