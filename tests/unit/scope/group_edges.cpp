// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What happens at the edges where other libraries broke: ends inside walks,
/// signals around cancels, spawns from odd places?
#include "unit/scope/group_test.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <memory>
#include <optional>
#include <vector>

namespace {

using namespace tether_test;

// Calls `fn` when it is destroyed.
template<class F>
class at_exit {
public:
    explicit at_exit(F fn) : fn_(std::move(fn)) {}
    at_exit(at_exit const&) = delete;
    at_exit& operator=(at_exit const&) = delete;
    ~at_exit() { fn_(); }

private:
    F fn_;
};

} // namespace

TETHER_TEST_CASE("a child that ends in the walk that cancels all children "
                 "leaves its neighbours linked") {
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        std::vector<task_handle<void>> handles;
        for (int i = 0; i != 5; ++i)
            handles.push_back(
                group.spawn(works, std::ref(log), 1s, std::to_string(i)));
        co_await checkpoint();
        // The destructor of 1 cancels its neighbours, whose turn comes next.
        group.spawn([&]() -> task<> {
            at_exit const neighbours([&] {
                handles[0].cancel();
                handles[2].cancel();
            });
            co_await sleep_forever();
        });
        co_await checkpoint();
        handles[1].cancel();
        group.cancel();
        co_await shielded(sleep_for(1s));
        CHECK(group.size() == 0);
    });
    CHECK(log.text() == "1-gone 0-gone 2-gone 3-gone 4-gone");
}

TETHER_TEST_CASE("cancel in the turn of the signal: the child is moved first "
                 "or not at all") {
    for (bool const cancel_first : {false, true}) {
        event_log log;
        co_await with_task_group([&](task_group& group) -> task<> {
            bool const finished =
                co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
                    co_await group.start([&](start_signal<> started) -> task<> {
                        exit_note const gone(log, "child-gone");
                        co_await sleep_for(1s);
                        if (cancel_first)
                            scope.cancel();
                        started();
                        if (!cancel_first)
                            scope.cancel();
                        co_await sleep_for(1s);
                        log("child-done");
                    });
                    log("started");
                });
            log(finished ? "finished" : "stopped");
        });
        if (cancel_first)
            CHECK(log.text() == "child-gone stopped");
        else
            CHECK(log.text() == "started finished child-done child-gone");
    }
}

TETHER_TEST_CASE("start into a cancelled group gives its value and the child "
                 "stops at its next checkpoint") {
    event_log log;
    co_await with_task_group([&](task_group& outer) -> task<> {
        task_group* inner = nullptr;
        outer.spawn([&]() -> task<> {
            int const n = co_await inner->start<int>(
                [&](start_signal<int> started) -> task<> {
                    started(3);
                    co_await sleep_for(1s);
                    log("never");
                });
            log(std::to_string(n));
        });
        co_await with_task_group([&](task_group& group) -> task<> {
            inner = &group;
            group.cancel();
            co_await shielded(sleep_for(1s));
        });
    });
    CHECK(log.text() == "3");
}

TETHER_TEST_CASE("a signal may be destroyed unused and outlive its use") {
    std::optional<start_signal<int>> kept;
    co_await with_task_group([&](task_group& group) -> task<> {
        int const n =
            co_await group.start<int>([&](start_signal<int> started) -> task<> {
                kept = started;
                started(1);
                co_return;
            });
        CHECK(n == 1);
        bool thrown = false;
        try {
            co_await group.start([](start_signal<>) -> task<> { co_return; });
        } catch (child_exited_without_started const&) {
            thrown = true;
        }
        CHECK(thrown);
    });
    kept.reset();
}

TETHER_TEST_CASE("the parent goes on only after the locals of the last child "
                 "are gone") {
    int alive = 0;
    struct counted {
        explicit counted(int& n) : n_(&n) { ++*n_; }
        counted(counted const& o) : n_(o.n_) { ++*n_; }
        ~counted() { --*n_; }
        counted& operator=(counted const&) = delete;
        int* n_;
    };
    auto child = [](counted c, int depth, auto self) -> task<> {
        counted const local(c);
        co_await sleep_for(1ms);
        if (depth != 0)
            co_await self(c, depth - 1, self);
    };
    for (int i = 0; i != 10; ++i) {
        co_await with_task_group([&](task_group& group) -> task<> {
            for (int k = 0; k != 10; ++k)
                group.spawn(child, counted(alive), k, child);
            co_await sleep_for(3ms);
            CHECK(alive > 0);
        });
        CHECK(alive == 0);
    }
}

TETHER_TEST_CASE("a callable that throws before it returns a task is a child "
                 "that failed") {
    event_log log;
    auto scene = [&]() -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn(works, std::ref(log), 9s, "sibling");
            co_await checkpoint();
            auto handle = group.spawn([]() -> task<> {
                auto never = []() -> task<> { co_return; };
                if (true)
                    throw std::runtime_error("synchronous");
                return never();
            });
            CHECK(handle.status() == task_status::failed);
            co_await sleep_forever();
        });
    };
    std::string const end = co_await ending_of(scene());
    CHECK(end == "[synchronous]");
    CHECK(log.text() == "sibling-gone");
    // The body itself.
    auto body = [](task_group&) -> task<> {
        throw std::runtime_error("coroutine body");
        co_return;
    };
    auto plain = [](task_group&) -> task<> {
        throw std::runtime_error("plain body");
    };
    auto first = [&]() -> task<> { co_await with_task_group(body); };
    auto second = [&]() -> task<> { co_await with_task_group(plain); };
    std::string const one = co_await ending_of(first());
    std::string const two = co_await ending_of(second());
    CHECK(one == "[coroutine body]");
    CHECK(two == "[plain body]");
}

TETHER_TEST_CASE("failures while a failure is handled all stand in the group, "
                 "in order") {
    auto scene = [&]() -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn(fails_when_stopped, "b");
            group.spawn(fails, 1s, "a");
            group.spawn(fails_when_stopped, "c");
            co_await fails_when_stopped("body");
        });
    };
    std::string const one = co_await ending_of(scene());
    std::string const two = co_await ending_of(scene());
    CHECK(one.substr(0, 2) == "[a");
    CHECK(one.size() == std::string("[a b c body]").size());
    CHECK(one == two);
}

TETHER_TEST_CASE("an outer cancel in the turn in which all finish takes no "
                 "result away") {
    int value = 0;
    bool after = false;
    co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
        value = co_await with_task_group([&](task_group& group) -> task<int> {
            auto last = group.spawn([&]() -> task<int> {
                co_await sleep_for(1s);
                scope.cancel();
                co_return 4;
            });
            co_await shielded(last.wait());
            co_return last.result();
        });
        after = true;
    });
    CHECK(value == 4);
    CHECK(after);
}

TETHER_TEST_CASE("locals of the body may go while children run; captures live "
                 "in the child") {
    std::string seen;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto text = std::make_unique<std::string>("a text of the body");
        group.spawn(
            [&seen](std::unique_ptr<std::string> mine) -> task<> {
                co_await sleep_for(1s);
                seen = *mine;
            },
            std::move(text));
        co_return;
    });
    CHECK(seen == "a text of the body");
}

TETHER_TEST_CASE("a destructor may spawn while its task is stopped") {
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            at_exit const late([&] {
                group.spawn([&]() -> task<> {
                    log("first-step");
                    co_await checkpoint();
                    log("never");
                });
                group.spawn(eager, works, std::ref(log), 1s, "eager");
            });
            co_await sleep_forever();
        });
        at_exit const body([&] { group.spawn(works, std::ref(log), 1s, "b"); });
        co_await sleep_for(1s);
        group.cancel();
        co_await sleep_forever();
    });
    CHECK(log.text() == "eager-gone b-gone first-step");
}

TETHER_TEST_CASE(
    "the destructor of the last child's argument may still spawn") {
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto late = [&] { group.spawn(works, std::ref(log), 1s, "late"); };
        auto shared =
            std::make_shared<at_exit<decltype(late)>>(std::move(late));
        group.spawn(
            [](std::shared_ptr<void>) -> task<> { co_await sleep_for(1s); },
            std::move(shared));
        co_await sleep_for(500ms);
        co_await group.wait_idle();
    });
    CHECK(log.text() == "late-done late-gone");
}

TETHER_TEST_CASE("a sibling may spawn while the group joins") {
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            for (int i = 0; i != 3; ++i) {
                co_await sleep_for(1s);
                group.spawn(works, std::ref(log), 500ms, std::to_string(i));
            }
        });
        co_return;
    });
    CHECK(log.text() == "0-done 0-gone 1-done 1-gone 2-done 2-gone");
}

TETHER_TEST_CASE("a handle of a finished child is awaited at once") {
    int value = 0;
    task_handle<int> kept;
    co_await with_task_group([&](task_group& group) -> task<> {
        kept = group.spawn([]() -> task<int> { co_return 3; });
        co_return;
    });
    value = co_await kept; // its group is gone
    co_await kept.wait();
    CHECK(value == 3);
}

TETHER_TEST_CASE("an eager child spawned from a plain handler has its task "
                 "around it") {
    std::string name;
    co_await with_task_group([&](task_group& group) -> task<> {
        boost::asio::post(this_task::executor(), [&] {
            group.spawn(eager, named("from-handler"), [&]() -> task<> {
                name = this_task::name();
                co_await sleep_for(1s);
            });
        });
        co_await checkpoint();
        co_await sleep_for(1s);
    });
    CHECK(name == "from-handler");
}
