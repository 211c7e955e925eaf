// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Do random operations and cancels on a primitive end as a sequential model
/// says? What is granted is granted in the model's order, and in the end every
/// permit, lock and notification is where the model has it.
#include "support/seeds.hpp"
#include "sync_model.hpp"
#include "sync_test.hpp"

#include <tether/sync.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

using namespace tether;
using namespace tether_test;
using namespace tether_test::sync_model;

namespace {

// The library's side of one primitive.
class subject {
public:
    subject() = default;
    subject(subject const&) = delete;
    subject& operator=(subject const&) = delete;
    virtual ~subject() = default;

    // Waits, says "+id", holds until `go`, and gives back when its frame goes.
    virtual task<> use(int id, int argument, event& go, event_log& log) = 0;
    virtual std::string act(int what, int argument) = 0;
    virtual std::string state() = 0;

protected:
    static task<> hold(int id, event& go, event_log& log) {
        exit_note const note(log, "-" + std::to_string(id));
        log("+" + std::to_string(id));
        co_await go.wait();
    }
};

std::string text(std::initializer_list<std::size_t> numbers) {
    std::string out;
    for (std::size_t const n : numbers)
        out += std::to_string(n) + " ";
    return out;
}

class semaphore_subject final : public subject {
public:
    task<> use(int id, int n, event& go, event_log& log) override {
        permit const held = co_await s_.acquire(static_cast<std::size_t>(n));
        co_await hold(id, go, log);
    }
    std::string act(int what, int n) override {
        auto const count = static_cast<std::size_t>(n);
        if (what == 0) {
            s_.release(count);
            return {};
        }
        return s_.try_acquire(count) ? "yes" : "no";
    }
    std::string state() override {
        auto const s = s_.statistics();
        return text({s.available, s.held, s.waiting});
    }

private:
    semaphore s_{2};
};

class mutex_subject final : public subject {
public:
    task<> use(int id, int, event& go, event_log& log) override {
        mutex_guard const held = co_await m_.lock();
        co_await hold(id, go, log);
    }
    std::string act(int, int) override { return m_.try_lock() ? "yes" : "no"; }
    std::string state() override {
        auto const s = m_.statistics();
        return text({s.locked, s.waiting});
    }

private:
    mutex m_;
};

class shared_subject final : public subject {
public:
    task<> use(int id, int writes, event& go, event_log& log) override {
        if (writes == 1) {
            write_guard const held = co_await m_.lock();
            co_await hold(id, go, log);
        } else {
            read_guard const held = co_await m_.lock_shared();
            co_await hold(id, go, log);
        }
    }
    std::string act(int what, int) override {
        if (what == 0)
            return m_.try_lock() ? "yes" : "no";
        return m_.try_lock_shared() ? "yes" : "no";
    }
    std::string state() override {
        auto const s = m_.statistics();
        return text({s.locked, s.readers, s.waiting});
    }

private:
    shared_mutex m_;
};

class limiter_subject final : public subject {
public:
    task<> use(int id, int, event& go, event_log& log) override {
        borrowed_token const held = co_await l_.acquire();
        co_await hold(id, go, log);
    }
    std::string act(int what, int n) override {
        if (what == 0) {
            l_.set_total(n);
            return {};
        }
        return l_.try_acquire() ? "yes" : "no";
    }
    std::string state() override {
        auto const s = l_.statistics();
        return text({s.total, s.borrowed, s.waiting});
    }

private:
    capacity_limiter l_{2};
};

class gate_subject final : public subject {
public:
    task<> use(int id, int, event& go, event_log& log) override {
        co_await e_.wait();
        co_await hold(id, go, log);
    }
    std::string act(int what, int) override {
        if (what == 0)
            e_.set();
        else
            e_.clear();
        return {};
    }
    std::string state() override {
        return text({e_.statistics().set, e_.statistics().waiting});
    }

private:
    resettable_event e_;
};

class lot_subject final : public subject {
public:
    task<> use(int id, int, event& go, event_log& log) override {
        co_await lot_.park();
        co_await hold(id, go, log);
    }
    std::string act(int, int n) override {
        return std::to_string(lot_.unpark(static_cast<std::size_t>(n)));
    }
    std::string state() override { return text({lot_.statistics().parked}); }

private:
    parking_lot lot_;
};

class barrier_subject final : public subject {
public:
    task<> use(int id, int, event& go, event_log& log) override {
        try {
            co_await b_.arrive_and_wait();
        } catch (broken_resource const&) {
            log("!" + std::to_string(id));
            co_return;
        }
        co_await hold(id, go, log);
    }
    std::string act(int what, int) override {
        if (what == 0)
            b_.reset();
        else
            b_.abort();
        return {};
    }
    std::string state() override {
        return text({b_.statistics().waiting, b_.statistics().broken});
    }

private:
    barrier b_{3};
};

class condition_subject final : public subject {
public:
    task<> use(int id, int, event& go, event_log& log) override {
        mutex_guard lock = co_await m_.lock();
        co_await c_.wait(lock);
        co_await hold(id, go, log);
    }
    std::string act(int what, int n) override {
        auto const lock = m_.try_lock();
        if (!lock)
            return "no";
        return std::to_string(what == 0 ? c_.notify(static_cast<std::size_t>(n))
                                        : c_.notify_all());
    }
    std::string state() override {
        return text({m_.statistics().locked, m_.statistics().waiting,
                     c_.statistics().waiting, c_.statistics().notified});
    }

private:
    mutex m_;
    condition_variable c_{m_};
};

std::unique_ptr<subject> make_subject(kind k) {
    switch (k) {
    case kind::semaphore:
        return std::make_unique<semaphore_subject>();
    case kind::mutex:
        return std::make_unique<mutex_subject>();
    case kind::shared_mutex:
        return std::make_unique<shared_subject>();
    case kind::limiter:
        return std::make_unique<limiter_subject>();
    case kind::gate:
        return std::make_unique<gate_subject>();
    case kind::lot:
        return std::make_unique<lot_subject>();
    case kind::barrier:
        return std::make_unique<barrier_subject>();
    case kind::condition:
        return std::make_unique<condition_subject>();
    }
    return nullptr;
}

std::vector<std::string> run(program const& p) {
    event_log log;
    std::unique_ptr<subject> const s = make_subject(p.what);
    auto main = [&]() -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            std::vector<task_handle<void>> handles;
            std::vector<std::unique_ptr<event>> go;
            for (operation const& o : p.operations) {
                auto const id = static_cast<std::size_t>(o.id);
                switch (o.what) {
                case verb::use:
                    go.push_back(std::make_unique<event>());
                    handles.push_back(group.spawn(
                        [&s, &log](int i, int n, event* e) {
                            return s->use(i, n, *e, log);
                        },
                        o.id, o.argument, go.back().get()));
                    break;
                case verb::let_go:
                    go[id]->set();
                    break;
                case verb::cancel:
                    handles[id].cancel();
                    break;
                case verb::act: {
                    std::string const answer = s->act(o.id, o.argument);
                    if (!answer.empty())
                        log("=" + answer);
                    break;
                }
                case verb::settle:
                    co_await sleep_for(1ms);
                    log("[" + s->state() + "]");
                    break;
                }
            }
            group.cancel();
        });
        log("[" + s->state() + "]");
    };
    run_virtual(main);
    return log.lines();
}

std::string difference(std::uint64_t seed) {
    for (kind const k : kinds) {
        program const p = make_program(k, seed);
        std::vector<std::string> const seen = run(p);
        std::vector<std::string> const expected = machine(p.what).run(p);
        if (seen != expected)
            return "TETHER_SEED=" + std::to_string(seed) + " replays this\n" +
                   to_text(p) + "expected " + joined(expected) + "\nseen     " +
                   joined(seen);
    }
    return {};
}

} // namespace

TEST_CASE("random operations and cancels end as a sequential model says") {
    for_each_seed(difference);
    // The programs are worth running: there is waiting and cancelling in them.
    std::size_t granted = 0;
    std::size_t used = 0;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        for (kind const k : kinds) {
            program const p = make_program(k, seed);
            used += static_cast<std::size_t>(std::count_if(
                p.operations.begin(), p.operations.end(),
                [](operation const& o) { return o.what == verb::use; }));
            for (std::string const& line : machine(k).run(p))
                granted += line[0] == '+' ? 1 : 0;
        }
    }
    CHECK(used > 1000);
    CHECK(granted > used / 4);
    CHECK(granted < used);
}
