// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
#include "sync_test.hpp"

#include <tether/core/errors.hpp>
#include <tether/sync/parking_lot.hpp>

#include <memory>
#include <stdexcept>
#include <type_traits>

using namespace tether;
using namespace tether_test;

static_assert(!std::is_copy_constructible_v<parking_lot>);
static_assert(std::is_trivially_copyable_v<parking_lot_statistics>);

namespace {

constinit parking_lot static_lot;

task<> parker(parking_lot& lot, std::string name, event_log& log) {
    bool broken = false;
    try {
        co_await lot.park();
    } catch (broken_resource const&) {
        broken = true;
    }
    log(broken ? name + "!" : name);
}

void park_all(task_group& group, parking_lot& lot, event_log& log,
              std::initializer_list<char const*> names) {
    for (auto const* name : names)
        group.spawn(parker, std::ref(lot), std::string(name), std::ref(log));
}

// PL05: a counter of tokens as a user would write it. The token goes straight
// to the first waiter; what that one does not use goes on to the next.
class user_semaphore {
public:
    explicit user_semaphore(int tokens) : tokens_(tokens) {}

    class token {
    public:
        explicit token(user_semaphore& s) noexcept : s_(&s) {}
        token(token&& other) noexcept : s_(std::exchange(other.s_, nullptr)) {}
        token& operator=(token&&) = delete;
        ~token() {
            if (s_)
                s_->release();
        }

    private:
        user_semaphore* s_;
    };

    task<token> acquire() {
        if (tokens_ != 0)
            --tokens_;
        else
            co_await lot_.park(); // whoever lets us go leaves us its token
        co_return token(*this);
    }
    int free() const noexcept { return tokens_; }

private:
    void release() {
        if (lot_.unpark() == 0)
            ++tokens_;
    }

    parking_lot lot_;
    int tokens_;
};

} // namespace

TETHER_TEST_CASE("PL01 tasks leave in the order in which they came, as many as "
                 "are let go") {
    parking_lot lot;
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        park_all(group, lot, log, {"a", "b", "c", "d", "e"});
        co_await checkpoint();
        CHECK(lot.statistics().parked == 5);
        CHECK(lot.unpark() == 1);
        CHECK(lot.unpark(0) == 0);
        CHECK(lot.unpark(2) == 2);
        co_await checkpoint();
        CHECK(log.text() == "a b c");
        CHECK(lot.unpark_all() == 2);
        CHECK(lot.unpark_all() == 0);
        CHECK(lot.unpark(7) == 0);
    });
    CHECK(log.text() == "a b c d e");
}

TETHER_TEST_CASE("PL02 a cancel takes out that task and no other") {
    parking_lot lot;
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        park_all(group, lot, log, {"a"});
        auto b =
            group.spawn(parker, std::ref(lot), std::string("b"), std::ref(log));
        park_all(group, lot, log, {"c"});
        co_await checkpoint();
        b.cancel();
        CHECK(lot.statistics().parked == 2);
        CHECK(lot.unpark(2) == 2);
    });
    CHECK(log.text() == "a c");
}

TETHER_TEST_CASE("PL03 repark moves tasks to another lot and keeps their "
                 "order") {
    parking_lot from;
    parking_lot to;
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        park_all(group, from, log, {"a", "b", "c", "d"});
        auto e = group.spawn(parker, std::ref(from), std::string("e"),
                             std::ref(log));
        park_all(group, to, log, {"x"});
        co_await checkpoint();
        CHECK(from.repark(to, 2) == 2);
        CHECK(from.statistics().parked == 3);
        CHECK(to.statistics().parked == 3);
        CHECK(from.repark(to) == 3);
        CHECK(from.statistics().parked == 0);
        e.cancel(); // leaves the lot in which it is now
        CHECK(to.statistics().parked == 5);
        CHECK_THROWS_AS(to.repark(to), std::invalid_argument);
        CHECK(to.unpark_all() == 5);
    });
    CHECK(log.text() == "x a b c d");
}

TETHER_TEST_CASE("PL04 a broken lot wakes all with an error, and parking "
                 "fails") {
    parking_lot lot;
    parking_lot other;
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        park_all(group, lot, log, {"a", "b"});
        park_all(group, other, log, {"x"});
        co_await checkpoint();
        lot.break_lot();
        CHECK(lot.statistics().broken);
        CHECK(lot.statistics().parked == 0);
        CHECK_THROWS_AS(other.repark(lot), broken_resource);
        CHECK(other.statistics().parked == 1);
        other.unpark();
        co_await parker(lot, "late", log);
    });
    CHECK(log.text() == "late! a! b! x");
}

TETHER_TEST_CASE("PL04 the end of the task to which it is tied breaks a lot") {
    parking_lot lot;
    parking_lot untied;
    event_log log;
    std::string text;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(named("keeper"), [&]() -> task<> {
            lot.tie_to_this_task();
            untied.tie_to_this_task();
            CHECK(lot.statistics().owner == "keeper");
            CHECK_THROWS_AS(lot.tie_to_this_task(), std::logic_error);
            co_await checkpoint();
            CHECK(lot.statistics().parked == 1);
            untied.untie();
        });
        group.spawn([&]() -> task<> {
            try {
                co_await lot.park();
            } catch (broken_resource const& e) {
                text = e.what();
            }
        });
        co_await checkpoint();
        CHECK_THROWS_AS(lot.untie(), std::logic_error); // not ours
        CHECK_THROWS_AS(static_lot.untie(), std::logic_error);
    });
    CHECK_THAT(text, contains_text("the parking lot is broken: task 'keeper' "
                                   "ended"));
    CHECK(lot.statistics().broken);
    CHECK(lot.statistics().owner.empty());
    CHECK_FALSE(untied.statistics().broken);
    co_await parker(lot, "late", log);
    CHECK(log.text() == "late!");
}

TEST_CASE("PL04 a lot that goes before the task to which it is tied says "
          "nothing") {
    run_virtual([]() -> task<> {
        auto lot = std::make_unique<parking_lot>();
        lot->tie_to_this_task();
        lot.reset();
        co_return;
    });
    CHECK_THROWS_WITH(static_lot.tie_to_this_task(),
                      contains_text("called outside of a task"));
}

TETHER_TEST_CASE("PL05 a primitive built on a lot loses no token to a cancel") {
    user_semaphore s(1);
    event_log log;
    auto user = [&](std::string name) -> task<> {
        auto const held = co_await s.acquire();
        log(name);
        co_await checkpoint();
    };
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(user, std::string("a"));
        auto b = group.spawn(user, std::string("b"));
        auto c = group.spawn(user, std::string("c"));
        group.spawn(user, std::string("d"));
        co_await checkpoint();
        b.cancel(); // while it is parked
        co_await checkpoint();
        co_await checkpoint();
        CHECK(log.text() == "a c");
        c.cancel(); // it has the token
    });
    CHECK(log.text() == "a c d");
    CHECK(s.free() == 1);
}
