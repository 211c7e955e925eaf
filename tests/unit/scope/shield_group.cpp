// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// The shield of a group's own scope: who catches when it is switched while a
// stop is on its way.
#include "cancel_test.hpp"

#include <string>

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
