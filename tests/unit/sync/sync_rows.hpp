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

class mutex_row final : public row {
public:
    mutex_row() : row("mutex") {}
    task<> prepare() override { held_ = co_await m_.lock(); }
    task<> release() override {
        held_.unlock();
        co_return;
    }
    task<> wait(std::string name) override {
        mutex_guard const held = co_await m_.lock();
        co_await use(name);
    }
    std::size_t waiting() override { return m_.statistics().waiting; }
    bool at_rest() override {
        return waiting() == 0 && !m_.statistics().locked;
    }

private:
    mutex_guard held_;
    mutex m_;
};

class writers_row final : public row {
public:
    writers_row() : row("shared_mutex, writers") {}
    task<> prepare() override { held_ = co_await m_.lock_shared(); }
    task<> release() override {
        held_.unlock();
        co_return;
    }
    task<> wait(std::string name) override {
        write_guard const held = co_await m_.lock();
        co_await use(name);
    }
    std::size_t waiting() override { return m_.statistics().waiting; }
    bool at_rest() override {
        return waiting() == 0 && !m_.statistics().locked &&
               m_.statistics().readers == 0;
    }

private:
    read_guard held_;
    shared_mutex m_;
};

class readers_row final : public row {
public:
    readers_row() : row("shared_mutex, readers") {}
    task<> prepare() override { held_ = co_await m_.lock(); }
    task<> release() override {
        held_.unlock();
        co_return;
    }
    task<> wait(std::string name) override {
        read_guard const held = co_await m_.lock_shared();
        co_await use(name);
    }
    std::size_t waiting() override { return m_.statistics().waiting; }
    bool at_rest() override {
        return waiting() == 0 && !m_.statistics().locked &&
               m_.statistics().readers == 0;
    }

private:
    write_guard held_;
    shared_mutex m_;
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

class event_row final : public row {
public:
    event_row() : row("event") {}
    task<> release() override {
        e_.set();
        co_return;
    }
    task<> wait(std::string name) override {
        co_await e_.wait();
        co_await use(name);
    }
    std::size_t waiting() override { return e_.statistics().waiting; }

private:
    event e_;
};

class resettable_row final : public row {
public:
    resettable_row() : row("resettable_event") {}
    task<> release() override {
        e_.set();
        e_.clear();
        co_return;
    }
    task<> wait(std::string name) override {
        co_await e_.wait();
        co_await use(name);
    }
    std::size_t waiting() override { return e_.statistics().waiting; }

private:
    resettable_event e_;
};

class latch_row final : public row {
public:
    latch_row() : row("latch") {}
    task<> release() override {
        l_.count_down();
        co_return;
    }
    task<> wait(std::string name) override {
        co_await l_.wait();
        co_await use(name);
    }
    std::size_t waiting() override { return l_.statistics().waiting; }

private:
    latch l_{1};
};

class future_row final : public row {
public:
    future_row() : row("future"), f_(p_.get_future()) {}
    task<> release() override {
        p_.set_value(1);
        co_return;
    }
    task<> wait(std::string name) override {
        co_await f_.wait();
        co_await use(name);
    }
    std::size_t waiting() override { return f_.statistics().waiting; }

private:
    promise<int> p_;
    future<int> f_;
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
    make<semaphore_row>, make<mutex_row>,   make<writers_row>,
    make<readers_row>,   make<limiter_row>, make<lot_row>,
    make<condition_row>, make<event_row>,   make<resettable_row>,
    make<latch_row>,     make<future_row>,  make<barrier_row>};

} // namespace tether_test

#endif
