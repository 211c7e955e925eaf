// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
#include "sync_test.hpp"

#include <tether/combine/when_all.hpp>
#include <tether/sync/capacity_limiter.hpp>
#include <tether/sync/detail/borrower_set.hpp>
#include <tether/sync/event.hpp>

#include <memory>
#include <random>
#include <stdexcept>
#include <type_traits>
#include <vector>

using namespace tether;
using namespace tether_test;

static_assert(!std::is_copy_constructible_v<borrowed_token>);
static_assert(std::is_nothrow_move_constructible_v<borrowed_token>);
static_assert(!std::is_move_constructible_v<capacity_limiter>);
static_assert(std::is_trivially_copyable_v<capacity_limiter_statistics>);

namespace {

constinit capacity_limiter static_limiter(1);

task<> taker(capacity_limiter& l, std::string name, event_log& log) {
    borrowed_token const held = co_await l.acquire();
    log(name);
}
task<> holder(capacity_limiter& l, std::string name, event_log& log,
              event& done) {
    borrowed_token const held = co_await l.acquire();
    log(name);
    co_await done.wait();
}

} // namespace

TETHER_TEST_CASE("SE06 a borrower has one token at a time") {
    capacity_limiter l(3);
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(named("greedy"), [&]() -> task<> {
            borrowed_token held = co_await l.acquire();
            std::string text;
            try {
                borrowed_token const second = co_await l.acquire();
            } catch (std::logic_error const& e) {
                text = e.what();
            }
            CHECK(text == "capacity_limiter: task 'greedy' has a token "
                          "already, or waits for one");
            CHECK_THROWS_AS(l.try_acquire(), std::logic_error);
            CHECK(l.statistics().borrowed == 1);
            held.release();
            CHECK_THROWS_AS(held.release(), std::logic_error);
            borrowed_token const again = co_await l.acquire();
            CHECK(again.valid());
        });
        co_return;
    });
    CHECK(l.statistics().borrowed == 0);
}

TETHER_TEST_CASE("SE06 a token is given back by its borrower alone") {
    capacity_limiter l(1);
    borrowed_token held = co_await l.acquire();
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(named("thief"), [&]() -> task<> {
            std::string text;
            try {
                held.release();
            } catch (std::logic_error const& e) {
                text = e.what();
            }
            CHECK_THAT(text, contains_text("borrowed_token::release: "));
            CHECK_THAT(text, contains_text("task 'thief' gave it back"));
            co_return;
        });
        co_return;
    });
    CHECK(held.valid());
    CHECK(l.statistics().borrowed == 1);
}

TETHER_TEST_CASE("SE06 a leg leaves its token to the task that awaits it; what "
                 "a spawned task leaves belongs to nobody") {
    capacity_limiter l(3);
    {
        auto both = co_await when_all(l.acquire(), l.acquire());
        CHECK(l.statistics().borrowed == 2);
        CHECK_THROWS_AS(l.try_acquire(), std::logic_error);
    }
    CHECK(l.statistics().borrowed == 0);
    std::unique_ptr<borrowed_token> left;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            borrowed_token t = co_await l.acquire();
            left = std::make_unique<borrowed_token>(std::move(t));
        });
        co_return;
    });
    CHECK(l.statistics().borrowed == 1);
    borrowed_token const mine = co_await l.acquire();
    left.reset();
    CHECK(l.statistics().borrowed == 1);
}

TETHER_TEST_CASE("SE07 a token is borrowed for an object") {
    capacity_limiter l(2);
    int first = 0;
    int second = 0;
    {
        borrowed_token const a = co_await l.acquire_for(&first);
        borrowed_token const b = co_await l.acquire_for(&second);
        CHECK(l.lends_to(&first));
        CHECK(l.statistics().borrowed == 2);
        std::string text;
        try {
            borrowed_token const again = co_await l.acquire_for(&first);
        } catch (std::logic_error const& e) {
            text = e.what();
        }
        CHECK_THAT(text, contains_text("the object has a token already"));
        CHECK_FALSE(l.try_acquire().has_value());
    }
    CHECK_FALSE(l.lends_to(&first));
    CHECK_THROWS_AS(l.acquire_for(nullptr), std::invalid_argument);
    CHECK_THROWS_AS(l.try_acquire_for(nullptr), std::invalid_argument);
    // Any task may give such a token back.
    auto given = l.try_acquire_for(&first);
    REQUIRE(given);
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            given->release();
            co_return;
        });
        co_return;
    });
    CHECK(l.statistics().borrowed == 0);
}

TETHER_TEST_CASE("SE07 nobody waits twice for the same object") {
    capacity_limiter l(0);
    int object = 0;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto first = group.spawn([&]() -> task<> {
            borrowed_token const t = co_await l.acquire_for(&object);
        });
        co_await checkpoint();
        CHECK(l.lends_to(&object));
        CHECK_THROWS_AS(l.try_acquire_for(&object), std::logic_error);
        first.cancel();
        CHECK_FALSE(l.lends_to(&object));
    });
}

TETHER_TEST_CASE("SE08 more tokens wake those who wait, in their order") {
    capacity_limiter l(0);
    event done;
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        for (auto const* name : {"a", "b", "c", "d"})
            group.spawn(holder, std::ref(l), std::string(name), std::ref(log),
                        std::ref(done));
        co_await checkpoint();
        CHECK(l.statistics().waiting == 4);
        l.set_total(1);
        co_await checkpoint();
        CHECK(log.text() == "a");
        l.set_total(3);
        co_await checkpoint();
        CHECK(log.text() == "a b c");
        l.set_total(capacity_limiter::unlimited);
        co_await checkpoint();
        CHECK(log.text() == "a b c d");
        CHECK(l.statistics().borrowed == 4);
        done.set();
    });
    CHECK_THROWS_AS(l.set_total(-1), std::invalid_argument);
    CHECK_THROWS_AS(capacity_limiter(-1), std::invalid_argument);
    CHECK(static_limiter.statistics().total == 1);
}

TETHER_TEST_CASE("SE08 with fewer tokens than are out nobody gets one before "
                 "enough are back") {
    capacity_limiter l(3);
    event_log log;
    int object[3] = {};
    std::vector<borrowed_token> out;
    for (int& o : object)
        out.push_back(std::move(*l.try_acquire_for(&o)));
    co_await with_task_group([&](task_group& group) -> task<> {
        l.set_total(1);
        CHECK(l.statistics().borrowed == 3);
        group.spawn(taker, std::ref(l), std::string("a"), std::ref(log));
        co_await checkpoint();
        for (int left : {2, 1}) {
            CHECK(static_cast<int>(l.statistics().borrowed) == left + 1);
            out.pop_back();
            co_await checkpoint();
            CHECK(log.text().empty());
        }
        out.pop_back();
    });
    CHECK(log.text() == "a");
    CHECK(l.statistics().borrowed == 0);
}

TETHER_TEST_CASE("SE09 a cancelled borrower leaves nothing behind") {
    capacity_limiter l(1);
    event_log log;
    event done;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(holder, std::ref(l), std::string("h"), std::ref(log),
                    std::ref(done));
        co_await checkpoint();
        bool const got =
            co_await move_on_after(1s, l.scoped([]() -> task<> { co_return; }));
        CHECK_FALSE(got);
        CHECK(l.statistics().waiting == 0);
        done.set();
        co_await l.scoped([&]() -> task<> { // it may borrow again
            CHECK(l.statistics().borrowed == 1);
            co_return;
        });
    });
    CHECK(l.statistics().borrowed == 0);
}

TEST_CASE("the set of borrowers finds what is in it, and nothing else") {
    using tether::detail::borrower_node;
    using tether::detail::borrower_set;
    std::mt19937 random(7);
    borrower_set set;
    std::vector<std::unique_ptr<borrower_node>> in;
    std::vector<bool> present(512);
    for (int step = 0; step != 20000; ++step) {
        std::size_t const key = random() % 511 + 1;
        if (!present[key]) {
            in.push_back(std::make_unique<borrower_node>());
            in.back()->who.key = key;
            set.insert(*in.back());
        } else {
            std::size_t at = 0;
            while (in[at]->who.key != key)
                ++at;
            REQUIRE(set.find(key) == in[at].get());
            auto moved = std::make_unique<borrower_node>();
            borrower_set::move(*in[at], *moved);
            REQUIRE(set.find(key) == moved.get());
            set.erase(*moved);
            in.erase(in.begin() + static_cast<std::ptrdiff_t>(at));
        }
        present[key] = !present[key];
        std::size_t const any = random() % 511 + 1;
        REQUIRE((set.find(any) != nullptr) == present[any]);
    }
}
