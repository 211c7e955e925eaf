// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// The shield of a group's own scope: who catches when it is switched while a
// stop is on its way. And who tells of a shield that does not let go.
#include "cancel_test.hpp"

#include <stdexcept>
#include <string>
#include <vector>

using namespace tether_test;

namespace {

// Switches the shield of a group off while its owner is destroyed.
struct unshields {
    task_group* group;
    explicit unshields(task_group& g) : group(&g) {}
    unshields(unshields const&) = delete;
    unshields& operator=(unshields const&) = delete;
    ~unshields() { group->scope().shield(false); }
};

// A shielded group in a cancelled scope, cancelled by itself; `fill` puts
// somebody inside who takes the shield down. What was logged.
template<class F>
task<std::string> unshield_in(F fill) {
    event_log log;
    cancel_scope outer;
    co_await with_cancel_scope(outer, [&]() -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            group.scope().shield(true);
            outer.cancel();
            co_await fill(group);
        });
        log("caught by the group,");
        co_await checkpoint();
        log("unreachable");
    });
    log(outer.cancelled_caught() ? "then by outer" : "lost");
    co_return log.text();
}

constexpr char const* in_turn = "caught by the group, then by outer";

} // namespace

TETHER_TEST_CASE("SH05 unshielding a group while its body is stopped does not "
                 "change who catches") {
    auto const fill = [](task_group& group) -> task<> {
        unshields const late(group);
        group.cancel();
        co_await checkpoint();
    };
    std::string const text = co_await unshield_in(fill);
    CHECK(text == in_turn);
}

TETHER_TEST_CASE("SH05 unshielding a group while a child of it is stopped does "
                 "not change who catches") {
    auto const fill = [](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            unshields const late(group);
            co_await sleep_forever();
        });
        co_await checkpoint();
        group.cancel(); // the body ends by itself
    };
    std::string const text = co_await unshield_in(fill);
    CHECK(text == in_turn);
}

TETHER_TEST_CASE("SH05 unshielding a group after a child was stopped, while "
                 "another still ends, does not change who catches") {
    auto const fill = [](task_group& group) -> task<> {
        group.spawn([]() -> task<> { co_await sleep_forever(); });
        group.spawn([&]() -> task<> {
            co_await shielded([&]() -> task<> {
                co_await sleep_for(1s);
                group.scope().shield(false);
            });
        });
        co_await checkpoint();
        group.cancel();
    };
    std::string const text = co_await unshield_in(fill);
    CHECK(text == in_turn);
}

TETHER_TEST_CASE("SH04 unshielding a group before its cancel lets the outer "
                 "one win") {
    auto const fill = [](task_group& group) -> task<> {
        group.scope().shield(false);
        group.cancel();
        co_await checkpoint();
    };
    std::string const text = co_await unshield_in(fill);
    CHECK(text == "then by outer");
}

TETHER_TEST_CASE("SH14 a shield that holds a cancel off longer than the limit "
                 "is reported, again and again") {
    std::vector<std::string> reports;
    shield_watch const watch(
        5s, [&](std::string const& text) { reports.push_back(text); });
    auto const saves = []() -> task<> {
        co_await shielded([]() -> task<> { co_await sleep_for(13s); },
                          {.grace = 30s});
    };
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(named("saver"), saves);
        co_await sleep_for(1s); // holding without a cancel is no matter
        group.cancel("user left");
    });
    REQUIRE(reports.size() == 2);
    CHECK_THAT(reports.at(0), contains_text("a shield of task 'saver' holds a "
                                            "cancel off for 5 s"));
    CHECK_THAT(reports.at(0), contains_text("user left"));
    CHECK_THAT(reports.at(0), contains_text("shield_group.cpp:"));
    CHECK_THAT(reports.at(1), contains_text("for 10 s"));
}

TETHER_TEST_CASE("SH14 short shields are not reported, nor after the watch has "
                 "gone") {
    int reports = 0;
    auto const round = [&](auto time) -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn([&]() -> task<> {
                co_await shielded(
                    [&]() -> task<> { co_await sleep_for(time); });
            });
            co_await checkpoint();
            group.cancel();
        });
    };
    {
        shield_watch const watch(5s, [&](std::string const&) { ++reports; });
        co_await round(4s);
        co_await round(4s);
    }
    co_await round(9s);
    CHECK(reports == 0);
}

TETHER_TEST_CASE("SH14 a watch refuses a limit of nothing; several watch one "
                 "loop") {
    int early = 0;
    int late = 0;
    CHECK_THROWS_AS(shield_watch(0s, [](std::string const&) {}),
                    std::invalid_argument);
    CHECK_THROWS_AS(shield_watch(-1s, [](std::string const&) {}),
                    std::invalid_argument);
    shield_watch const first(2s, [&](std::string const&) { ++early; });
    shield_watch const second(3s, [&](std::string const&) { ++late; });
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([]() -> task<> {
            co_await shielded([]() -> task<> { co_await sleep_for(7s); });
        });
        co_await checkpoint();
        group.cancel();
    });
    CHECK(early == 3);
    CHECK(late == 2);
}
