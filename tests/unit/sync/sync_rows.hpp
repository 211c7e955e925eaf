// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does one test ask the same of every primitive? Each is a row that knows
/// how to wait at it and how to let the waiters go.
#ifndef TETHER_TESTS_UNIT_SYNC_SYNC_ROWS_HPP
#define TETHER_TESTS_UNIT_SYNC_SYNC_ROWS_HPP

#include "sync_test.hpp"

#include <tether/combine/when_all.hpp>
#include <tether/sync.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

namespace tether_test {

using namespace tether;

// What the rows have in common: three waiters, and what they say.
class row {
public:
    explicit row(std::string name) : name_(std::move(name)) {}
    row(row const&) = delete;
    row& operator=(row const&) = delete;
    virtual ~row() = default;

    std::string const& name() const noexcept { return name_; }

    // By the test's main task: before the waiters come, and to let them go.
    virtual task<> prepare() { co_return; }
    virtual task<> release() = 0;
    // By a waiter: waits, calls got(i), and passes on when its frame goes.
    virtual task<> wait(std::string name) = 0;
    virtual std::size_t waiting() = 0;
    virtual bool at_rest() { return waiting() == 0; }

    event_log got;
    event_log ended;

protected:
    // Has what it waited for; a checkpoint follows.
    task<> use(std::string name) {
        got(name);
        co_await checkpoint();
        ended(name);
    }

private:
    std::string name_;
};

class semaphore_row final : public row {
public:
    semaphore_row() : row("semaphore") {}
    task<> release() override {
        s_.release();
        ++released_;
        co_return;
    }
    task<> wait(std::string name) override {
        permit const held = co_await s_.acquire();
        co_await use(name);
    }
    std::size_t waiting() override { return s_.statistics().waiting; }
    bool at_rest() override {
        return waiting() == 0 && s_.statistics().held == 0 &&
               s_.statistics().available == released_;
    }

private:
    semaphore s_{0};
    std::size_t released_ = 0;
};

// A lock that the main task holds first.
template<class Kind>
class lock_row final : public row {
public:
    lock_row() : row(Kind::name) {}
    task<> prepare() override { held_ = co_await Kind::first(lock_); }
    task<> release() override {
        held_.unlock();
        co_return;
    }
    task<> wait(std::string name) override {
        auto const held = co_await Kind::next(lock_);
        co_await use(name);
    }
    std::size_t waiting() override { return lock_.statistics().waiting; }
    bool at_rest() override {
        auto const now = lock_.statistics();
        if constexpr (requires { now.readers; })
            if (now.readers != 0)
                return false;
        return now.waiting == 0 && !now.locked;
    }

private:
    typename Kind::guard held_;
    typename Kind::lock lock_;
};

struct mutex_kind {
    using lock = mutex;
    using guard = mutex_guard;
    static constexpr char const* name = "mutex";
    static auto first(mutex& m) { return m.lock(); }
    static auto next(mutex& m) { return m.lock(); }
};
struct writers_kind {
    using lock = shared_mutex;
    using guard = read_guard;
    static constexpr char const* name = "shared_mutex, writers";
    static auto first(shared_mutex& m) { return m.lock_shared(); }
    static auto next(shared_mutex& m) { return m.lock(); }
};
struct readers_kind {
    using lock = shared_mutex;
    using guard = write_guard;
    static constexpr char const* name = "shared_mutex, readers";
    static auto first(shared_mutex& m) { return m.lock(); }
    static auto next(shared_mutex& m) { return m.lock_shared(); }
};

class limiter_row final : public row {
public:
    limiter_row() : row("capacity_limiter") {}
    task<> release() override {
        l_.set_total(1);
        co_return;
    }
    task<> wait(std::string name) override {
        borrowed_token const held = co_await l_.acquire();
        co_await use(name);
    }
    std::size_t waiting() override { return l_.statistics().waiting; }
    bool at_rest() override {
        return waiting() == 0 && l_.statistics().borrowed == 0;
    }

private:
    capacity_limiter l_{0};
};

class lot_row final : public row {
public:
    lot_row() : row("parking_lot") {}
    task<> release() override {
        lot_.unpark();
        co_return;
    }
    task<> wait(std::string name) override {
        co_await lot_.park();
        struct pass_on {
            parking_lot* lot;
            ~pass_on() { lot->unpark(); }
        } const next{&lot_};
        co_await use(name);
    }
    std::size_t waiting() override { return lot_.statistics().parked; }

private:
    parking_lot lot_;
};

class condition_row final : public row {
public:
    condition_row() : row("condition_variable") {}
    task<> release() override {
        mutex_guard const lock = co_await m_.lock();
        c_.notify();
    }
    task<> wait(std::string name) override {
        mutex_guard lock = co_await m_.lock();
        co_await c_.wait(lock);
        struct pass_on {
            condition_variable* c;
            ~pass_on() { c->notify(); }
        } const next{&c_};
        co_await use(name);
    }
    std::size_t waiting() override { return c_.statistics().waiting; }
    bool at_rest() override {
        return waiting() == 0 && c_.statistics().notified == 0 &&
               !m_.statistics().locked;
    }

private:
    mutex m_;
    condition_variable c_{m_};
};

// What lets all go who wait() at it.
template<class Kind>
class gate_row final : public row {
public:
    gate_row() : row(Kind::name) {}
    task<> release() override {
        gate_.open();
        co_return;
    }
    task<> wait(std::string name) override {
        co_await gate_.gate.wait();
        co_await use(name);
    }
    std::size_t waiting() override { return gate_.gate.statistics().waiting; }

private:
    Kind gate_;
};

struct event_kind {
    static constexpr char const* name = "event";
    void open() { gate.set(); }
    event gate{};
};
struct resettable_kind {
    static constexpr char const* name = "resettable_event";
    void open() {
        gate.set();
        gate.clear();
    }
    resettable_event gate{};
};
struct latch_kind {
    static constexpr char const* name = "latch";
    void open() { gate.count_down(); }
    latch gate{1};
};
struct future_kind {
    static constexpr char const* name = "future";
    void open() { promised.set_value(1); }
    promise<int> promised{};
    future<int> gate = promised.get_future();
};

class barrier_row final : public row {
public:
    barrier_row() : row("barrier") {}
    task<> release() override { // as many as are missing
        if (b_.statistics().waiting == 2)
            co_await when_all(b_.arrive_and_wait(), b_.arrive_and_wait());
        else
            co_await b_.arrive_and_wait();
    }
    task<> wait(std::string name) override {
        co_await b_.arrive_and_wait();
        co_await use(name);
    }
    std::size_t waiting() override { return b_.statistics().waiting; }

private:
    barrier b_{4};
};

template<class R>
std::unique_ptr<row> make() {
    return std::make_unique<R>();
}
inline constexpr std::array<std::unique_ptr<row> (*)(), 12> rows{
    make<semaphore_row>,
    make<lock_row<mutex_kind>>,
    make<lock_row<writers_kind>>,
    make<lock_row<readers_kind>>,
    make<limiter_row>,
    make<lot_row>,
    make<condition_row>,
    make<gate_row<event_kind>>,
    make<gate_row<resettable_kind>>,
    make<gate_row<latch_kind>>,
    make<gate_row<future_kind>>,
    make<barrier_row>};

} // namespace tether_test

#endif
