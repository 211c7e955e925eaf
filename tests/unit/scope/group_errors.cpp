// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What is an error of a group and what is not? Single cancels, forged stops,
/// awaited failures, forced exits.
#include "unit/scope/group_test.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>
#include <optional>
#include <vector>

namespace {

using namespace tether_test;

struct detailed_error : std::runtime_error {
    explicit detailed_error(int n)
        : std::runtime_error("detailed"), number(n) {}
    int number;
};

// Runs `fn` as main with a sink for errors that nobody can receive.
template<class F>
std::vector<std::string> unhandled_of(F fn) {
    std::vector<std::string> seen;
    virtual_clock clock;
    boost::asio::io_context io(1);
    using body = detail::body_for<F>;
    detail::run_body(io, body(std::in_place, fn), std::source_location{}, true,
                     &clock, [&](std::exception_ptr error, char const*) {
                         seen.push_back(text_of(error));
                     });
    return seen;
}

} // namespace

TETHER_TEST_CASE("TG31 a child cancelled by its handle neither fails the group "
                 "nor disturbs its siblings") {
    event_log log;
    task_status status = task_status::pending;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto victim = group.spawn(works, std::ref(log), 9s, "victim");
        group.spawn(works, std::ref(log), 2s, "other");
        co_await sleep_for(1s);
        victim.cancel();
        co_await victim.wait();
        status = victim.status();
        log("body");
    });
    CHECK(status == task_status::cancelled);
    CHECK(log.text() == "victim-gone body other-done other-gone");
}

TETHER_TEST_CASE("TG32 a thrown cancelled_error is an ordinary error") {
    auto scene = [&]() -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn([]() -> task<> { throw cancelled_error(); });
            co_await sleep_forever();
        });
    };
    auto from_handle = [&]() -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            auto victim =
                group.spawn([]() -> task<> { co_await sleep_forever(); });
            group.spawn([&]() -> task<> {
                co_await sleep_for(1s);
                victim.cancel();
                co_await victim;
            });
            co_await sleep_forever();
        });
    };
    exception_group const forged = co_await group_of(scene());
    CHECK(forged.size() == 1);
    CHECK(forged.contains<cancelled_error>());
    exception_group const awaited = co_await group_of(from_handle());
    CHECK(awaited.size() == 1);
    CHECK(awaited.contains<cancelled_error>());
}

TETHER_TEST_CASE("TG33 an error thrown because of a cancel is kept") {
    auto scene = [&]() -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            auto victim = group.spawn(fails_when_stopped, "cleanup failed");
            co_await sleep_for(1s);
            victim.cancel();
        });
    };
    std::string const end = co_await ending_of(scene());
    CHECK(end == "[cleanup failed]");
}

TETHER_TEST_CASE("TG34 under fail_fast a body that awaits a failing child is "
                 "stopped and the error reported once") {
    bool caught = false;
    bool after = false;
    auto scene = [&](bool late) -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            auto child = group.spawn(fails, 1s, "child");
            if (late) // the group is cancelled before the await
                co_await shielded(sleep_for(2s));
            try {
                co_await child;
            } catch (...) {
                caught = true;
            }
            after = true;
        });
    };
    std::string const waiting = co_await ending_of(scene(false));
    std::string const late = co_await ending_of(scene(true));
    CHECK(waiting == "[child]");
    CHECK(late == "[child]");
    CHECK_FALSE(caught);
    CHECK_FALSE(after);
}

TETHER_TEST_CASE("TG34 under collect_all awaiting a failed child throws "
                 "task_failed without a second leaf") {
    std::string seen;
    auto scene = [&](bool rethrow) -> task<> {
        co_await with_task_group(
            {.policy = collect_all}, [&](task_group& group) -> task<> {
                auto child = group.spawn(fails, 1s, "child");
                if (rethrow)
                    co_await child;
                try {
                    co_await child;
                } catch (task_failed const& e) {
                    seen = text_of(e.cause());
                }
            });
    };
    std::string const caught = co_await ending_of(scene(false));
    CHECK(caught == "[child]");
    CHECK(seen == "child");
    std::string const escaped = co_await ending_of(scene(true));
    CHECK(escaped == "[child]");
}

TEST_CASE("TG34 under supervise awaiting a failed child throws task_failed") {
    std::string seen;
    auto const unhandled = unhandled_of([&]() -> task<> {
        co_await with_task_group(
            {.policy = supervise}, [&](task_group& group) -> task<> {
                auto child = group.spawn(fails, 1s, "child");
                try {
                    co_await child;
                } catch (task_failed const& e) {
                    seen = text_of(e.cause());
                }
            });
    });
    CHECK(seen == "child");
    CHECK(unhandled == std::vector<std::string>{"child"});
}

TETHER_TEST_CASE("TG35 forced_exit escapes bare after all have joined") {
    event_log log;
    for (group_policy const policy : {fail_fast, collect_all, supervise}) {
        int signal = 0;
        try {
            co_await with_task_group(
                {.policy = policy}, [&](task_group& group) -> task<> {
                    group.spawn(works, std::ref(log), 9s, "other");
                    group.spawn([]() -> task<> {
                        co_await sleep_for(1s);
                        throw forced_exit(2);
                    });
                    co_await sleep_forever();
                });
        } catch (forced_exit const& e) {
            signal = e.signal_number();
            log("caught");
        }
        CHECK(signal == 2);
    }
    CHECK(log.text() == "other-gone caught other-gone caught other-gone "
                        "caught");
}

TETHER_TEST_CASE("TG35 forced_exit passes bare through nested groups") {
    bool bare = false;
    auto inner = []() -> task<> {
        co_await with_task_group([](task_group& group) -> task<> {
            group.spawn([]() -> task<> { throw forced_exit(15); });
            co_return;
        });
    };
    try {
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn(inner);
            co_await sleep_forever();
        });
    } catch (forced_exit const&) {
        bare = true;
    }
    CHECK(bare);
}

TEST_CASE("TG35 the errors beside a forced exit go to the error sink") {
    int exits = 0;
    auto const unhandled = unhandled_of([&]() -> task<> {
        try {
            co_await with_task_group([&](task_group& group) -> task<> {
                group.spawn(fails_when_stopped, "beside");
                co_await sleep_for(1s);
                throw forced_exit(2);
            });
        } catch (forced_exit const&) {
            ++exits;
        }
    });
    CHECK(exits == 1);
    CHECK(unhandled == std::vector<std::string>{"beside"});
}

TETHER_TEST_CASE("TG36 an error keeps its dynamic type, its state and its "
                 "identity") {
    std::exception_ptr const thrown =
        std::make_exception_ptr(detailed_error(42));
    auto scene = [&]() -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn([&]() -> task<> {
                std::rethrow_exception(thrown);
                co_return;
            });
            co_return;
        });
    };
    exception_group const group = co_await group_of(scene());
    CHECK((group.begin()->error() == thrown));
    auto const* error = group.first<detailed_error>();
    CHECK(error);
    if (error)
        CHECK(error->number == 42);
}

TEST_CASE("TG38 an error that the group does not throw reaches the sink once") {
    bool other_done = false;
    auto const unhandled = unhandled_of([&]() -> task<> {
        co_await with_task_group({.policy = supervise},
                                 [&](task_group& group) -> task<> {
                                     group.spawn(fails, 1s, "a");
                                     group.spawn(fails, 2s, "b");
                                     group.spawn([&]() -> task<> {
                                         co_await sleep_for(3s);
                                         other_done = true;
                                     });
                                     co_return;
                                 });
    });
    CHECK(other_done);
    CHECK(unhandled == std::vector<std::string>{"a", "b"});
}

TEST_CASE("TG38 without a sink the error leaves run") {
    std::string seen;
    try {
        virtual_clock clock;
        boost::asio::io_context io(1);
        auto fn = []() -> task<> {
            co_await with_task_group({.policy = supervise},
                                     [](task_group& group) -> task<> {
                                         group.spawn(fails, 1s, "lost?");
                                         co_return;
                                     });
        };
        using body = detail::body_for<decltype(fn)>;
        detail::run_body(io, body(std::in_place, fn), std::source_location{},
                         true, &clock);
    } catch (std::exception const& e) {
        seen = e.what();
    }
    CHECK(seen == "lost?");
}
