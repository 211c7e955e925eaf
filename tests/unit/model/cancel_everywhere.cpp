// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What if a stop, or the end of the context, comes at any moment? Each
/// scenario runs once undisturbed, which counts its moments, then once for each
/// of them with a disturbance there. However it ends, nothing may be left, no
/// permit lost, and children must have ended before their parents.
#include "support/test_case.hpp"

#include <tether/combine.hpp>
#include <tether/core/exception_group.hpp>
#include <tether/core/format_error.hpp>
#include <tether/scope.hpp>
#include <tether/sync.hpp>
#include <tether/task.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace {

namespace asio = boost::asio;
using namespace tether;
using namespace tether_test;

enum class how {
    nothing,
    cancel,         // by the task that reached the moment
    cancel_at_exit, // by the next destructor of a frame
    cancel_later,   // by a handler of the same context
    cancel_softly,  // with a grace of nothing
    fail,           // an exception at the moment
    // These count the handlers that the context has run, not the moments:
    cancel_outside, // by code outside of the context
    abandon,        // the context is destroyed
};

// What a scenario sees of its run: the moments, one of which is disturbed, and
// who is alive.
class world {
public:
    world(asio::io_context& io, how kind, std::size_t at)
        : io_(io), kind_(kind), at_(at) {}

    asio::io_context& io() { return io_; }
    cancel_scope& scope() { return scope_; }
    semaphore& permits() { return permits_; }
    std::size_t moments() const { return moments_; }

    // Called by the scenarios wherever something may come in between.
    void moment() {
        if (++moments_ != at_)
            return;
        switch (kind_) {
        case how::cancel:
            scope_.cancel("at a moment");
            break;
        case how::cancel_at_exit:
            at_exit_ = true;
            break;
        case how::cancel_later:
            asio::post(io_, [this] { scope_.cancel("later"); });
            break;
        case how::cancel_softly:
            scope_.cancel_soft(0ms);
            break;
        case how::fail:
            throw std::runtime_error("disturbed");
        default:
            break;
        }
    }

    int begin(int parent) {
        if (parent != 0 && !alive_.contains(parent))
            problems_ += " a child began after its parent had ended;";
        parents_.push_back(parent);
        int const id = static_cast<int>(parents_.size());
        alive_.insert(id);
        return id;
    }
    void end(int id) noexcept {
        if (std::exchange(at_exit_, false))
            scope_.cancel("in a destructor");
        for (int const other : alive_)
            if (parents_[static_cast<std::size_t>(other - 1)] == id)
                problems_ += " a parent ended before its child;";
        alive_.erase(id);
    }
    void problem(char const* what) { problems_ += what; }
    std::string verdict() {
        if (!alive_.empty())
            problems_ += " somebody is still alive;";
        semaphore_statistics const now = permits_.statistics();
        if (now.available != 2 || now.held != 0 || now.waiting != 0)
            problems_ += " permits are lost;";
        return problems_;
    }

private:
    asio::io_context& io_;
    how kind_;
    std::size_t at_;
    semaphore permits_{2};
    cancel_scope scope_;
    std::size_t moments_ = 0;
    bool at_exit_ = false;
    std::set<int> alive_;
    std::vector<int> parents_;
    std::string problems_;
};

// Stands in a frame that lives inside of its parent's.
class life {
public:
    explicit life(world& w, int parent = 0) : world_(w), id_(w.begin(parent)) {}
    life(life const&) = delete;
    life& operator=(life const&) = delete;
    ~life() { world_.end(id_); }
    int id() const { return id_; }

private:
    world& world_;
    int id_;
};

// ------------------------------------------------------------------ scenarios

task<int> work(world& w, int parent, int value) {
    life const me(w, parent);
    w.moment();
    co_await checkpoint();
    w.moment();
    co_await sleep_for(std::chrono::milliseconds(value));
    w.moment();
    co_return value;
}

task<> retried(world& w, int parent, int n) {
    life const me(w, parent);
    for (int attempt = 0; attempt < 3; ++attempt) {
        std::string why;
        try {
            w.moment();
            int const value = co_await fail_after(
                2ms, work(w, me.id(), attempt == 2 ? 1 : n));
            w.moment();
            if (value == 1)
                co_return;
        } catch (timeout_error const& error) {
            why = error.what();
        }
        w.moment();
        co_await sleep_for(1ms);
    }
}

task<> fan_out_with_retries(world& w) {
    life const me(w);
    co_await with_task_group([&](task_group& group) -> task<> {
        life const body(w, me.id());
        for (int i = 1; i <= 4; ++i)
            group.spawn(retried, std::ref(w), me.id(), i);
        w.moment();
        co_await group.wait_idle();
        w.moment();
        group.spawn(eager, retried, std::ref(w), me.id(), 1);
    });
    w.moment();
}

task<> service(start_signal<int> started, world& w, int parent, int n) {
    life const me(w, parent);
    w.moment();
    co_await sleep_for(1ms);
    w.moment();
    co_await with_task_group([&](task_group& inner) -> task<> {
        life const body(w, me.id());
        inner.spawn(work, std::ref(w), me.id(), 3);
        w.moment();
        started(n);
        w.moment();
        co_await sleep_for(5ms);
        w.moment();
    });
    co_await sleep_forever();
}

task<> start_services(world& w) {
    life const me(w);
    co_await with_task_group([&](task_group& group) -> task<> {
        life const body(w, me.id());
        int const first =
            co_await group.start<int>(service, std::ref(w), me.id(), 1);
        w.moment();
        auto const second = co_await move_on_after(3ms, [&]() -> task<int> {
            life const inside(w, body.id());
            int const got =
                co_await group.start<int>(service, std::ref(w), me.id(), 2);
            w.moment();
            co_return got;
        });
        w.moment();
        auto const third =
            co_await race(group.start<int>(service, std::ref(w), me.id(), 3),
                          work(w, body.id(), 1));
        static_cast<void>(first);
        static_cast<void>(second);
        static_cast<void>(third);
        w.moment();
        co_await sleep_for(4ms);
        w.moment();
        group.cancel();
    });
    w.moment();
}

task<> use_permits(world& w, int parent, std::size_t n) {
    life const me(w, parent);
    for (int i = 0; i < 2; ++i) {
        w.moment();
        auto held = co_await w.permits().acquire(n);
        w.moment();
        co_await checkpoint();
        if (n == 2) {
            permit const half = held.split(1);
            w.moment();
            co_await sleep_for(1ms);
        }
        auto const more = co_await move_on_after(1ms, w.permits().acquire(2));
        w.moment();
        static_cast<void>(more);
    }
}

task<> semaphore_pipeline(world& w) {
    life const me(w);
    co_await with_task_group([&](task_group& group) -> task<> {
        life const body(w, me.id());
        for (std::size_t i = 0; i < 5; ++i)
            group.spawn(use_permits, std::ref(w), me.id(), 1 + i % 2);
        auto inside = [&]() -> task<int> { return work(w, body.id(), 1); };
        int const value = co_await w.permits().scoped(inside);
        static_cast<void>(value);
        w.moment();
        auto const quick =
            co_await race(w.permits().acquire(), w.permits().acquire(2));
        w.moment();
    });
    auto const both =
        co_await when_all(w.permits().acquire(), w.permits().acquire());
    w.moment();
}

task<> deadlines_with_cleanup(world& w) {
    life const me(w);
    auto body = [&]() -> task<int> { return work(w, me.id(), 3); };
    auto on_cancel = [&]() -> task<> {
        life const here(w, me.id());
        w.moment();
        co_await sleep_for(1ms);
        w.moment();
    };
    auto at_end = [&]() -> task<> {
        life const here(w, me.id());
        auto const held = co_await w.permits().acquire();
        w.moment();
        co_await sleep_for(1ms);
        w.moment();
    };
    for (auto const limit : {1ms, 2ms, 10ms}) {
        auto const value = co_await move_on_after(2ms, [&]() -> task<int> {
            life const outer(w, me.id());
            w.moment();
            auto const inside =
                co_await move_on_after(limit, [&]() -> task<int> {
                    life const inner(w, outer.id());
                    int const got = co_await async_try(body)
                                        .on_cancel(on_cancel)
                                        .finally(at_end)
                                        .grace({5ms});
                    w.moment();
                    co_return got;
                });
            w.moment();
            co_return inside.value_or(0);
        });
        w.moment();
        static_cast<void>(value);
    }
}

task<int> failing(world& w, int parent, int after) {
    life const me(w, parent);
    w.moment();
    co_await sleep_for(std::chrono::milliseconds(after));
    w.moment();
    throw std::invalid_argument("failing");
}

task<> combinators(world& w) {
    life const me(w);
    co_await with_task_group([&](task_group& group) -> task<> {
        life const body(w, me.id());
        group.spawn([&]() -> task<> {
            life const here(w, me.id());
            std::vector<int> const in{3, 1, 2, 1, 2};
            auto const out =
                co_await map_concurrent(in, 2, [&](int i) -> task<int> {
                    return work(w, here.id(), i);
                });
            w.moment();
            if (out != in)
                w.problem(" map_concurrent is wrong;");
        });
        group.spawn([&]() -> task<> {
            life const here(w, me.id());
            int const fast =
                co_await hedge(1ms, failing(w, here.id(), 3),
                               work(w, here.id(), 3), work(w, here.id(), 1));
            w.moment();
            static_cast<void>(fast);
            std::vector<task<int>> legs;
            for (int i = 1; i < 4; ++i)
                legs.push_back(work(w, here.id(), i));
            auto const two = co_await quorum(2, std::move(legs));
            w.moment();
            if (two.size() != 2)
                w.problem(" quorum is wrong;");
        });
        int const any = co_await any_success(
            failing(w, body.id(), 1),
            race(work(w, body.id(), 4), work(w, body.id(), 2)));
        w.moment();
        static_cast<void>(any);
        auto const ends = co_await when_all_settled(
            failing(w, body.id(), 1),
            when_all(work(w, body.id(), 1), work(w, body.id(), 2)));
        w.moment();
        if (!std::get<0>(ends).error())
            w.problem(" a failed leg has no error;");
    });
    w.moment();
}

task<> tree(world& w, int parent, int depth) {
    life const me(w, parent);
    w.moment();
    if (depth == 0) {
        co_await checkpoint();
        co_return;
    }
    co_await with_task_group([&](task_group& group) -> task<> {
        life const body(w, me.id());
        group.spawn(tree, std::ref(w), me.id(), depth - 1);
        group.spawn(eager, tree, std::ref(w), me.id(), depth - 1);
        co_await when_all(tree(w, body.id(), depth - 1),
                          work(w, body.id(), depth));
        w.moment();
    });
    w.moment();
}
task<> deep_tree(world& w) {
    return tree(w, 0, 3);
}

task<> shields(world& w) {
    life const me(w);
    co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
        life const here(w, me.id());
        co_await with_task_group([&](task_group& group) -> task<> {
            life const body(w, here.id());
            group.spawn([&]() -> task<> {
                life const child(w, here.id());
                for (int i = 0; i < 4; ++i) {
                    w.moment();
                    scope.shield(i % 2 == 0);
                    co_await sleep_for(1ms);
                }
                w.moment();
                scope.shield(false);
                scope.cancel();
            });
            co_await shielded(work(w, body.id(), 2), {1ms});
            w.moment();
            co_await shielded([&]() -> task<> {
                life const inside(w, body.id());
                auto const held = co_await w.permits().acquire(2);
                w.moment();
                co_await sleep_for(3ms);
                w.moment();
            });
            co_await sleep_forever();
        });
    });
    w.moment();
}

task<> bounded_group(world& w) {
    life const me(w);
    task_group_options options;
    options.max_children = 2;
    options.policy = group_policy::collect_all;
    event go;
    try {
        co_await with_task_group(options, [&](task_group& group) -> task<> {
            life const body(w, me.id());
            auto waiter = [&](int n) -> task<> {
                life const here(w, me.id());
                w.moment();
                co_await go.wait();
                w.moment();
                if (n == 3)
                    throw std::invalid_argument("three");
                int const got = co_await work(w, here.id(), n);
                static_cast<void>(got);
            };
            auto first = co_await group.spawn_when_ready(waiter, 1);
            auto second = co_await group.spawn_when_ready(waiter, 2);
            w.moment();
            go.set();
            auto third = co_await group.spawn_when_ready(waiter, 3);
            w.moment();
            auto fourth = co_await group.spawn_when_ready(waiter, 4);
            fourth.cancel();
            co_await first.wait();
            w.moment();
            auto const end = co_await as_outcome(second);
            static_cast<void>(end);
            co_await third.wait();
            w.moment();
        });
    } catch (exception_group const&) {
        w.moment();
    }
}

task<> callbacks(world& w) {
    life const me(w);
    std::optional<completion<int>> first;
    std::optional<completion<int>> second;
    co_await with_task_group([&](task_group& group) -> task<> {
        life const body(w, me.id());
        group.spawn([&]() -> task<> {
            life const here(w, me.id());
            co_await sleep_for(1ms);
            w.moment();
            if (first)
                (*first)(1);
            co_await sleep_for(1ms);
            w.moment();
            if (second)
                second.reset();
        });
        int const got =
            co_await suspend_cancellable<int>([&](completion<int> done) {
                first.emplace(std::move(done));
                return [] {}; // the completion finds nobody then
            });
        w.moment();
        static_cast<void>(got);
        bool dropped = false;
        try {
            int const never =
                co_await suspend_cancellable<int>([&](completion<int> done) {
                    second.emplace(std::move(done));
                    return [&] {
                        if (second)
                            second->stopped();
                        return abort_result::pending;
                    };
                });
            static_cast<void>(never);
        } catch (operation_abandoned const&) {
            dropped = true;
        }
        w.moment();
        if (!dropped)
            w.problem(" an abandoned callback gave a value;");
        w.moment();
    });
}

task<> softly(world& w) {
    life const me(w);
    co_await with_task_group([&](task_group& group) -> task<> {
        life const body(w, me.id());
        group.spawn([&]() -> task<> {
            life const here(w, me.id());
            auto const end = co_await soft_cancellable(work(w, here.id(), 9));
            w.moment();
            static_cast<void>(end);
            co_await checkpoint_if_cancelled();
            w.moment();
        });
        co_await cancel_shielded_checkpoint();
        w.moment();
        co_await sleep_for(2ms);
        w.moment();
        group.scope().cancel_soft(2ms);
        co_await sleep_for(1ms);
        w.moment();
    });
    w.moment();
}

task<> asio_timers(world& w) {
    life const me(w);
    co_await with_task_group([&](task_group& group) -> task<> {
        life const body(w, me.id());
        auto one = [&](int parent) -> task<> {
            life const here(w, parent);
            asio::steady_timer timer(w.io(), 0ms);
            w.moment();
            co_await timer.async_wait(use_task);
            w.moment();
        };
        group.spawn(one, me.id());
        group.spawn([&]() -> task<> {
            life const here(w, me.id());
            asio::steady_timer timer(w.io(), 1h);
            auto const end = co_await move_on_after(
                1ms, [&]() -> task<> { co_await timer.async_wait(use_task); });
            w.moment();
            static_cast<void>(end);
        });
        co_await race(one(body.id()), one(body.id()));
        w.moment();
        auto foreign = []() -> asio::awaitable<int> {
            auto const executor = co_await asio::this_coro::executor;
            asio::steady_timer timer(executor, 0ms);
            co_await timer.async_wait(asio::use_awaitable);
            co_await asio::post(executor, asio::use_awaitable);
            co_return 7;
        };
        int const seven = co_await foreign();
        w.moment();
        if (seven != 7)
            w.problem(" the foreign value is wrong;");
    });
    w.moment();
}

task<> ping_pong(world& w) {
    using asio::ip::tcp;
    life const me(w);
    tcp::acceptor acceptor(w.io(),
                           tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    co_await with_task_group([&](task_group& group) -> task<> {
        life const body(w, me.id());
        group.spawn([&]() -> task<> {
            life const here(w, me.id());
            tcp::socket peer = co_await acceptor.async_accept(use_task);
            w.moment();
            std::array<char, 4> buffer{};
            for (int i = 0; i < 2; ++i) {
                co_await asio::async_read(peer, asio::buffer(buffer), use_task);
                w.moment();
                co_await asio::async_write(peer, asio::buffer(buffer),
                                           use_task);
                w.moment();
            }
        });
        tcp::socket socket(w.io());
        w.moment();
        co_await socket.async_connect(acceptor.local_endpoint(), use_task);
        w.moment();
        std::array<char, 4> buffer{'p', 'i', 'n', 'g'};
        for (int i = 0; i < 2; ++i) {
            co_await asio::async_write(socket, asio::buffer(buffer), use_task);
            w.moment();
            co_await fail_after(
                1h, asio::async_read(socket, asio::buffer(buffer), use_task));
            w.moment();
        }
    });
    w.moment();
}

// ------------------------------------------------------------------ the driver

using scenario = task<> (*)(world&);

struct counts {
    std::size_t moments;
    std::size_t steps;
    std::string problems;
};

counts run_once(scenario play, how kind, std::size_t at) {
    std::ptrdiff_t const before = detail::frame_pool::live();
    counts seen{};
    auto io = std::make_unique<asio::io_context>(1);
    world w(*io, kind, at);
    virtual_clock clock;
    detail::loop& home = detail::loop_service::acquire(io->get_executor());
    home.set_clock(&clock);
    home.on_unhandled_error([&](std::exception_ptr error, char const*) {
        if (kind == how::nothing) // else stopped legs may have failed before
            w.problem((" unhandled: " + detail::what_of(error) + ";").c_str());
    });
    bool ended = false;
    auto main = [&]() -> task<> {
        co_await with_cancel_scope(w.scope(),
                                   [&]() -> task<> { co_await play(w); });
    };
    co_spawn(*io, main, [&](std::exception_ptr error) {
        ended = true;
        if (error && kind == how::nothing)
            w.problem((" failed: " + format_error(error) + ";").c_str());
    });
    while (!ended) {
        if (seen.steps == at && kind == how::abandon)
            break;
        if (seen.steps == at && kind == how::cancel_outside)
            w.scope().cancel("outside");
        ++seen.steps;
        if (io->stopped())
            io->restart();
        if (io->poll_one() != 0)
            continue;
        if (home.operations_in_flight() != 0) {
            io->restart();
            if (io->run_one_for(1ms) != 0)
                continue;
        }
        if (!home.timers().empty()) {
            clock.jump_to(home.timers().earliest());
            asio::post(*io, [&home] { home.enter([] {}); });
        } else if (home.operations_in_flight() == 0 || seen.steps > 5000) {
            seen.problems += " stuck;";
            break;
        }
    }
    home.release();
    io.reset();
    seen.problems += w.verdict();
    if (detail::frame_pool::live() != before)
        seen.problems += " memory is lost;";
    seen.moments = w.moments();
    return seen;
}

void everywhere(scenario play) {
    counts const whole = run_once(play, how::nothing, 0);
    REQUIRE(whole.problems == "");
    REQUIRE(whole.moments > 4);
    for (how const kind :
         {how::cancel, how::cancel_at_exit, how::cancel_later,
          how::cancel_softly, how::fail, how::cancel_outside, how::abandon}) {
        std::size_t const last =
            kind < how::cancel_outside ? whole.moments : whole.steps;
        for (std::size_t at = 1; at <= last; ++at) {
            counts const seen = run_once(play, kind, at);
            if (!seen.problems.empty()) {
                CAPTURE(static_cast<int>(kind), at);
                CHECK(seen.problems == "");
            }
        }
    }
}

} // namespace

TEST_CASE("everywhere: a fan-out with retries") {
    everywhere(&fan_out_with_retries);
}
TEST_CASE("everywhere: services started by handshake") {
    everywhere(&start_services);
}
TEST_CASE("everywhere: a pipeline through a semaphore") {
    everywhere(&semaphore_pipeline);
}
TEST_CASE("everywhere: nested deadlines with awaiting cleanup") {
    everywhere(&deadlines_with_cleanup);
}
TEST_CASE("everywhere: combinators inside a group") {
    everywhere(&combinators);
}
TEST_CASE("everywhere: a tree of groups and when_all") {
    everywhere(&deep_tree);
}
TEST_CASE("everywhere: shields switched on and off") {
    everywhere(&shields);
}
TEST_CASE("everywhere: a bounded group and its handles") {
    everywhere(&bounded_group);
}
TEST_CASE("everywhere: callbacks that are called or dropped or aborted") {
    everywhere(&callbacks);
}
TEST_CASE("everywhere: soft cancels") {
    everywhere(&softly);
}
TEST_CASE("everywhere: timers and coroutines of Asio") {
    everywhere(&asio_timers);
}
TEST_CASE("everywhere: ping-pong over a socket") {
    everywhere(&ping_pong);
}
