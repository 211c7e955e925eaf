// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Do groups, deadlines, shields and cleanup stand every stop, every fault and
/// every order?
#include "everywhere.hpp"

#include <exception>
#include <functional>
#include <optional>
#include <string>
#if __has_include(<stop_token>)
#include <stop_token>
#endif
#include <utility>

namespace {

using namespace tether_test;

task<> child(world& w, life& parent, int n) {
    int const got = co_await work(w, parent, n);
    static_cast<void>(got);
}

task<> spawned(world& w) {
    life me(w);
    co_await with_task_group([&](task_group& group) -> task<> {
        for (int i = 0; i < 3; ++i)
            group.spawn(child, std::ref(w), std::ref(me), i);
        group.spawn(eager, child, std::ref(w), std::ref(me), 1);
        co_await group.wait_idle();
        auto handle = group.spawn(work, std::ref(w), std::ref(me), 1);
        int const got = co_await handle;
        require(got == 1, "a handle gives the value");
    });
}

task<> bounded(world& w) {
    life me(w);
    task_group_options options;
    options.max_children = 2;
    co_await with_task_group(options, [&](task_group& group) -> task<> {
        for (int i = 0; i < 4; ++i) {
            auto const h = co_await group.spawn_when_ready(child, std::ref(w),
                                                           std::ref(me), i % 2);
        }
        static_cast<void>(group.try_spawn(child, std::ref(w), std::ref(me), 1));
    });
}

task<> service(start_signal<int> started, world& w, life& parent) {
    life me(w, &parent);
    co_await sleep_for(1ms);
    co_await with_task_group([&](task_group& inner) -> task<> {
        inner.spawn(child, std::ref(w), std::ref(me), 2);
        started(7);
        co_await sleep_for(2ms);
    });
}

task<> started(world& w) {
    life me(w);
    co_await with_task_group([&](task_group& group) -> task<> {
        int const one =
            co_await group.start<int>(service, std::ref(w), std::ref(me));
        auto const two = co_await move_on_after(
            1ms, group.start<int>(service, std::ref(w), std::ref(me)));
        static_cast<void>(two);
        require(one == 7, "start gives what the child signalled");
    });
}

// Usable as long as the others; they use it in their cleanup.
task<> serving(world& w, life& parent, int& users) {
    life me(w, &parent);
    auto last = [&]() -> task<> {
        require(users == 0, "a service outlives those who use it");
        co_await sleep_for(1ms);
    };
    co_await async_try([]() -> task<> {
        co_await sleep_forever();
    }).on_cancel(last);
}

task<> using_service(world& w, life& parent, int& users) {
    life me(w, &parent);
    ++users;
    auto last = [&]() -> task<> {
        co_await sleep_for(1ms);
        --users;
    };
    auto some = [&]() -> task<int> { return work(w, me, 2); };
    int const got = co_await async_try(some).finally(last);
    static_cast<void>(got);
}

task<> services(world& w) {
    for (bool const ordered : {false, true}) {
        life me(w);
        int users = 0;
        task_group_options options;
        options.ordered_shutdown = ordered;
        co_await with_task_group(options, [&](task_group& group) -> task<> {
            for (int i = 0; i < 2; ++i)
                group.spawn(as_service, serving, std::ref(w), std::ref(me),
                            std::ref(users));
            int const one = co_await group.start<int>(
                as_service, service, std::ref(w), std::ref(me));
            require(one == 7, "start gives what the service signalled");
            group.spawn(as_main, using_service, std::ref(w), std::ref(me),
                        std::ref(users));
            co_await using_service(w, me, users);
        });
    }
}

task_local<int> const depth(0);

task<> bindings(world& w) {
    life me(w);
    co_await with_task_local(depth, 1, [&]() -> task<> {
        life here(w, &me);
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn(depth.bound(2), [&]() -> task<> {
                int const got = co_await work(w, here, depth.get());
                require(got == 2 && depth.get() == 2, "the child's binding");
            });
            int const got = co_await work(w, here, depth.get());
            require(got == 1 && depth.get() == 1, "the binding of the body");
        });
    });
    require(depth.get() == 0, "the binding is over");
}

task<> failing_group(world& w) {
    life me(w);
    try {
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn(child, std::ref(w), std::ref(me), 5);
            group.spawn(failing, std::ref(w), std::ref(me), 1);
            group.spawn(failing, std::ref(w), std::ref(me), 1);
            co_await sleep_for(9ms);
        });
    } catch (exception_group const&) { // one or two, by the order
    }
}

task<> collecting_group(world& w) {
    life me(w);
    task_group_options options;
    options.policy = group_policy::collect_all;
    try {
        co_await with_task_group(options, [&](task_group& group) -> task<> {
            group.spawn(failing, std::ref(w), std::ref(me), 1);
            group.spawn(child, std::ref(w), std::ref(me), 2);
            auto bad = group.spawn(failing, std::ref(w), std::ref(me), 2);
            auto const end = co_await as_outcome(bad);
            require(end.error() != nullptr, "a failed child");
        });
    } catch (exception_group const&) {
    }
}

task<> supervised_group(world& w) {
    life me(w);
    task_group_options options;
    options.policy = group_policy::supervise;
    co_await with_task_group(options, [&](task_group& group) -> task<> {
        group.spawn(failing, std::ref(w), std::ref(me), 1);
        group.spawn(child, std::ref(w), std::ref(me), 2);
        co_await sleep_for(1ms);
    });
    auto const reported = testing::this_test::take_unhandled_errors();
    require(reported.size() <= 1, "the error of a supervised child");
}

task<> handled_group(world& w) {
    life me(w);
    auto const in_group = [&]() -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn(failing, std::ref(w), std::ref(me), 1);
            co_await sleep_for(2ms);
        });
    };
    co_await tether::try_group(in_group).on<std::runtime_error>(
        [](exception_group const&) {});
}

task<> deadlines(world& w) {
    life me(w);
    for (auto const limit : {1ms, 3ms}) {
        auto const got = co_await move_on_after(limit, work(w, me, 2));
        static_cast<void>(got);
        try {
            int const value = co_await fail_after(2ms, [&]() -> task<int> {
                auto const inner =
                    co_await move_on_after(limit, work(w, me, 1));
                co_return inner.value_or(0);
            });
            static_cast<void>(value);
        } catch (timeout_error const&) {
        }
    }
}

task<> scopes(world& w) {
    life me(w);
    auto const got =
        co_await with_cancel_scope([&](cancel_scope& scope) -> task<int> {
            co_await with_task_group([&](task_group& group) -> task<> {
                group.spawn(child, std::ref(w), std::ref(me), 9);
                co_await sleep_for(2ms);
                scope.cancel();
            });
            co_await checkpoint();
            co_return 1;
        });
    require(!got, "a cancelled scope gives nothing");
}

// Cancels of a group by a child, and of a child by its handle.
task<> cancellable(world& w) {
    life me(w);
    auto const got = co_await with_cancellable_task_group(
        [&](task_group& group) -> task<int> {
            auto one = group.spawn(work, std::ref(w), std::ref(me), 9);
            group.spawn([&]() -> task<> {
                life const here(w, &me);
                auto const held = co_await w.permits.acquire();
                co_await sleep_for(2ms);
                group.cancel();
            });
            co_await sleep_for(1ms);
            one.cancel();
            auto const end = co_await as_outcome(one);
            require(end.is_cancelled(), "a cancelled handle");
            co_await sleep_for(5ms);
            co_return 1;
        });
    static_cast<void>(got); // a value when the child that cancels was stopped
}

// A deadline that moves, and a shield that is put up and taken down inside.
task<> moving(world& w) {
    life me(w);
    auto const start = this_task::now();
    auto const got = co_await move_on_at(
        start + 20ms, [&](cancel_scope& scope) -> task<int> {
            int const first = co_await work(w, me, 1);
            scope.shield(true);
            co_await child(w, me, 1);
            scope.shield(false);
            scope.reschedule(start + 4ms);
            int const late = co_await work(w, me, 9);
            co_return first + late;
        });
    require(!got, "a deadline that was moved to an earlier time");
    try {
        int const value = co_await fail_at(start + 1ms, work(w, me, 2));
        static_cast<void>(value);
    } catch (timeout_error const&) {
    }
}

task<> shields(world& w) {
    life me(w);
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            int const got = co_await shielded(work(w, me, 2), {3ms});
            static_cast<void>(got);
            co_await checkpoint();
        });
        co_await sleep_for(1ms);
        group.cancel();
    });
}

task<> cleanup(world& w) {
    life me(w);
    auto main = [&]() -> task<int> { return work(w, me, 2); };
    auto undo = [&]() -> task<> { return child(w, me, 1); };
    auto last = [&]() -> task<> { return child(w, me, 0); };
    auto const got = co_await move_on_after(1ms, [&]() -> task<int> {
        int const value =
            co_await async_try(main).on_cancel(undo).finally(last).grace({5ms});
        co_return value;
    });
    static_cast<void>(got);
}

task<> softly(world& w) {
    life me(w);
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            auto const end = co_await soft_cancellable(work(w, me, 9));
            static_cast<void>(end);
            co_await checkpoint_if_cancelled();
        });
        co_await sleep_for(1ms);
        group.scope().cancel_soft(1ms);
    });
}

task<> watched(world& w) {
    life me(w);
    shield_watch const watch(1ms, [](std::string const&) {});
    co_await shields(w);
    int const got = co_await shielded(work(w, me, 3), {5ms});
    static_cast<void>(got);
}

// A guard that commits only what has succeeded.
struct unit_of_work {
    explicit unit_of_work(bool& kept) : committed(&kept) {}
    unit_of_work(unit_of_work const&) = delete;
    unit_of_work& operator=(unit_of_work const&) = delete;
    ~unit_of_work() {
        *committed = how.succeeded();
        if (how.succeeded() + how.failed() + how.stopped() != 1)
            std::terminate();
    }
    bool* committed;
    scope_outcome how{};
};

task<> outcomes(world& w) {
    life me(w);
    bool committed = false;
    bool finished = false;
    auto const got = co_await move_on_after(2ms, [&]() -> task<int> {
        unit_of_work const unit(committed);
        int const value = co_await work(w, me, 2);
        finished = true;
        co_return value;
    });
    require(committed == finished, "what has ended is committed, no more");
    require(committed == got.has_value(), "the caller sees what was committed");
}

// The handle is used after its scope has gone, too. Nobody sleeps: as long as
// another thread may use the handle, the clock does not jump.
task<> from_afar(world& w) {
    life me(w);
    event never;
    std::optional<cancel_handle> handle;
    auto const got =
        co_await with_cancel_scope([&](cancel_scope& scope) -> task<int> {
            handle.emplace(scope.remote_cancel());
            co_await with_task_group([&](task_group& group) -> task<> {
                group.spawn([&]() -> task<> {
                    life const here(w, &me);
                    auto const held = co_await w.permits.acquire();
                    co_await never.wait();
                });
                co_await checkpoint();
                handle->cancel();
                co_await never.wait();
            });
            co_return 1;
        });
    require(!got, "a scope cancelled through its handle gives nothing");
    require(!handle->cancel(), "there is nothing left to cancel");
    co_await checkpoint();
}

struct slot {
    world* w;
    std::optional<permit> held{};

    task<> open() {
        auto got = co_await w->permits.acquire();
        held = std::move(got);
    }
    task<> close() {
        co_await sleep_for(1ms);
        held.reset();
    }
};

task<> resources(world& w) {
    life me(w);
    slot one{&w};
    slot two{&w};
    auto body = [&](slot& a, slot& b) -> task<int> {
        life here(w, &me);
        require(a.held && b.held, "both are open");
        co_await sleep_for(1ms);
        co_return 3;
    };
    int const got = co_await with(one, two, body);
    require(got == 3 && !one.held && !two.held, "both are closed");
    int const again = co_await work(w, me, 0);
    static_cast<void>(again);
}

} // namespace

TEST_CASE("TE17 spawn, wait_idle and handles, swept") {
    everywhere(spawned);
}
TEST_CASE("TE17 spawn_when_ready and try_spawn, swept") {
    everywhere(bounded);
}
TEST_CASE("TE17 start, swept") {
    everywhere(started);
}
TEST_CASE("TE17 services, swept") {
    everywhere(services, 150);
}
TEST_CASE("TE17 task_local, swept") {
    everywhere(bindings, 100);
}
TEST_CASE("TE17 groups that fail, swept") {
    everywhere(failing_group);
    everywhere(collecting_group);
    everywhere(supervised_group, 200, false);
    everywhere(handled_group);
}
TEST_CASE("TE17 deadlines, swept") {
    everywhere(deadlines);
    everywhere(moving);
}
TEST_CASE("TE17 cancel scopes and shields, swept") {
    everywhere(scopes);
    everywhere(cancellable);
    everywhere(shields);
}
TEST_CASE("TE17 shield_watch, scope_outcome and cancel_handle, swept") {
    everywhere(watched);
    everywhere(outcomes);
    everywhere(from_afar);
}
TEST_CASE("TE17 async_try and soft cancels, swept") {
    everywhere(cleanup);
    everywhere(softly);
}
TEST_CASE("TE17 with, swept") {
    everywhere(resources);
}

#if defined(__cpp_lib_jthread)
TEST_CASE("CA40 a cancel reaches stop tokens also when memory has run out") {
    int told = 0;
    int asking = 0;
    auto child = [&]() -> task<> {
        auto const count = [&] { ++told; };
        std::stop_callback const callback(this_task::stop_token(), count);
        ++asking;
        co_await sleep_forever();
    };
    auto run = [&]() -> task<> {
        told = asking = 0;
        co_await with_task_group([&](task_group& group) -> task<> {
            for (int i = 0; i < 3; ++i)
                group.spawn(child);
            co_await checkpoint();
            group.scope().cancel_soft(1h);
            group.cancel(); // asks again before the first was heard
        });
    };
    auto const report =
        testing::fault_sweep(run, [&] { return told == asking; });
    CHECK(report.points > 3);
}
#endif
