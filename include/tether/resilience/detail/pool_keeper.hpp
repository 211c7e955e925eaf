// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Who closes the connections of a pool, and when are they too old? The tasks
/// that the pool owns.
#ifndef TETHER_RESILIENCE_DETAIL_POOL_KEEPER_HPP
#define TETHER_RESILIENCE_DETAIL_POOL_KEEPER_HPP

#include <tether/detail/config.hpp>
#include <tether/resilience/detail/pool_entry.hpp>
#include <tether/resilience/detail/pool_stock.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/scope/deadline.hpp>
#include <tether/scope/exit_reason.hpp>
#include <tether/scope/shielded.hpp>
#include <tether/scope/task_group.hpp>
#include <tether/scope/with.hpp>
#include <tether/sync/event.hpp>
#include <tether/task/checkpoint.hpp>
#include <tether/task/task.hpp>

#include <cstddef>
#include <functional>
#include <memory>

TETHER_BEGIN_NAMESPACE
namespace detail {

template<class C>
class pool_keeper {
public:
    using entry = pool_entry<C>;

    explicit pool_keeper(pool_stock<C>& stock) noexcept : stock_(stock) {}
    pool_keeper(pool_keeper const&) = delete;
    pool_keeper& operator=(pool_keeper const&) = delete;

    void begin() noexcept { ending_ = false; }
    // Lets keep() come to its end, when all is closed.
    void finish() noexcept { ending_ = true; }
    void end() noexcept { closing_ = 0; }

    // The task of the pool: closes what is retired, retires what is too old.
    // Nothing is opened before it says that it is `ready`, and want of memory
    // does not end it.
    task<> keep(task_group& group, event& ready) {
        // A body in place of the wait: what does not depend on C is compiled
        // into each unit.
        auto until_work = [this]() -> task<> { co_await stock_.work.wait(); };
        ready.set();
        for (;;) {
            stock_.work.clear();
            stock_.retire_expired();
            while (!stock_.retired.empty()) {
                if (begin_close(group))
                    continue;
                co_await checkpoint(); // others may leave some memory
                if (!begin_close(group))
                    destroy_unclosed();
            }
            if (ending_ && closing_ == 0)
                co_return;
            due_ = stock_.next_expiry();
            if (due_ <= stock_.now()) { // who has a slot takes what is idle
                co_await checkpoint();
                continue;
            }
            try {
                if (due_ != (time_point::max)())
                    static_cast<void>(co_await move_on_at(due_, until_work));
            } catch (...) { // old ones stay until something is given back
                due_ = (time_point::max)();
            }
            if (due_ == (time_point::max)())
                co_await stock_.work.wait();
        }
    }
    // One is idle, and may be the next that grows old.
    void look_after(entry const& e) noexcept {
        if (stock_.expiry(e) < due_)
            stock_.wake();
    }
    std::size_t closing() const noexcept { return closing_; }

    // Empty: its member close() does, or the destructor.
    std::function<task<>(C&)> close_with;

private:
    // The slot is free when the connection is closed, not before.
    class closing_one {
    public:
        explicit closing_one(pool_keeper& keeper) noexcept
            : keeper_(&keeper), entry_(&keeper.stock_.leaving.pop_front()) {}
        closing_one(closing_one const&) = delete;
        closing_one& operator=(closing_one const&) = delete;
        ~closing_one() {
            entry_.reset();
            --keeper_->closing_;
            if (keeper_->stock_.inside())
                keeper_->stock_.wake();
        }
        C& connection() noexcept { return *entry_->connection; }

    private:
        pool_keeper* keeper_;
        std::unique_ptr<entry> entry_;
    };

    // The entry waits in its list for the task that closes it, so that one for
    // which there is no memory takes nothing with it.
    bool begin_close(task_group& group) noexcept {
        entry& e = stock_.retired.pop_front();
        stock_.leaving.push_back(e);
        ++closing_;
        try {
            group.spawn([this]() -> task<> { return close_one(); });
            return true;
        } catch (...) {
            --closing_;
            e.unlink();
            stock_.retired.push_front(e);
            return false;
        }
    }
    void destroy_unclosed() noexcept {
        ++stock_.counts.close_failures;
        delete &stock_.retired.pop_front();
    }
    task<> close_one() {
        closing_one one(*this);
        if (!close_with && !closable_resource<C>)
            co_return;
        bool called = false;
        bool closed_well = false;
        auto in_time = [&]() -> task<> {
            called = true;
            if (close_with) {
                co_await close_with(one.connection());
            } else if constexpr (closable_resource<C>) {
                exit_reason const given_up;
                co_await close_resource(one.connection(), given_up);
            }
        };
        auto all = [&]() -> task<> {
            closed_well =
                co_await move_on_after(stock_.options.close_timeout, in_time);
        };
        // A second time if there was no memory to come so far.
        for (int tries = 0; tries != 2 && !called; ++tries) {
            try {
                co_await shielded(all, {(duration::max)()});
            } catch (...) { // a connection that is given up may be broken
            }
        }
        if (!closed_well)
            ++stock_.counts.close_failures;
    }

    pool_stock<C>& stock_;
    time_point due_ = (time_point::max)(); // it wakes by itself
    std::size_t closing_ = 0;
    bool ending_ = false;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
