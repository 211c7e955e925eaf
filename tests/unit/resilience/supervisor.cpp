// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// Who is restarted, when, and when that ends; and where dead letters lie.
#include "support/test_case.hpp"

#include <tether/core/exception_group.hpp>
#include <tether/resilience/dead_letters.hpp>
#include <tether/resilience/supervisor.hpp>
#include <tether/scope/async_try.hpp>
#include <tether/scope/deadline.hpp>
#include <tether/scope/with_task_group.hpp>

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

using namespace tether;
using namespace tether_test;

namespace {

// Children that note their start and their end with the time.
class stage {
public:
    // Fails after `life`, for the first `failures` times, then stays.
    auto child(std::string name, std::chrono::milliseconds life,
               int failures = 0) {
        return [this, name, life, failures]() mutable -> task<> {
            return play(name, life, failures-- > 0);
        };
    }
    std::string text() const { return log_.text(); }
    void forget() { log_ = {}; }

private:
    task<> play(std::string name, std::chrono::milliseconds life, bool fails) {
        note("+" + name);
        exit_note const gone(log_, "-" + name);
        if (!fails)
            co_await sleep_forever();
        co_await sleep_for(life);
        throw std::runtime_error(name + " failed");
    }
    void note(std::string what) {
        log_(what + std::to_string(watch_.elapsed().count()));
    }

    event_log log_;
    stopwatch watch_;
};

// Three children of which b fails once after 10 ms, for 100 ms.
task<std::string> one_failure(restart_strategy strategy) {
    stage s;
    supervisor sup({.strategy = strategy});
    sup.add("a", s.child("a", 0ms));
    sup.add("b", s.child("b", 10ms, 1));
    sup.add("c", s.child("c", 0ms));
    static_cast<void>(co_await move_on_after(100ms, sup.run()));
    CHECK(sup.restarts() == 1);
    std::string const all = s.text();
    co_return all.substr(0, all.rfind('+') + 4);
}

} // namespace

TETHER_TEST_CASE("LI26 a strategy says who is restarted, and stops those in "
                 "the opposite order") {
    auto one = co_await one_failure(restart_strategy::one_for_one);
    CHECK(one == "+a0 +b0 +c0 -b +b10");
    auto all = co_await one_failure(restart_strategy::one_for_all);
    CHECK(all == "+a0 +b0 +c0 -b -c -a +a10 +b10 +c10");
    auto rest = co_await one_failure(restart_strategy::rest_for_one);
    CHECK(rest == "+a0 +b0 +c0 -b -c +b10 +c10");
}

TETHER_TEST_CASE("LI26 more restarts than allowed stop the others and are "
                 "thrown as a group") {
    stage s;
    supervisor sup({.name = "feeds", .max_restarts = 3, .within = 1s});
    sup.add("steady", s.child("s", 0ms));
    sup.add("flapping", s.child("f", 10ms, 9));
    stopwatch const watch;
    std::string what;
    std::size_t members = 0;
    try {
        co_await sup.run();
    } catch (supervisor_failed const& e) {
        what = e.what();
        members = e.size();
        CHECK((*e.begin()).task_name() == "flapping");
    }
    CHECK(what == "supervisor 'feeds': more than 3 restarts in 1 s (4 "
                  "sub-exceptions)");
    CHECK(members == 4);
    CHECK(watch.elapsed() == 40ms);
    CHECK(s.text() == "+s0 +f0 -f +f10 -f +f20 -f +f30 -f -s");
}

TETHER_TEST_CASE("LI26 restarts that are far apart are not counted together") {
    stage s;
    supervisor sup({.max_restarts = 1, .within = 1s});
    sup.add("a", s.child("a", 1s, 5));
    bool const ended = co_await move_on_after(10s, sup.run());
    CHECK(!ended);
    CHECK(sup.restarts() == 5);
}

TETHER_TEST_CASE("LI26 a pause before a restart grows, and holds up nobody "
                 "else") {
    stage s;
    supervisor sup({.max_restarts = 9,
                    .within = 10s,
                    .backoff = backoff::exponential(100ms, 2.0)});
    sup.add("a", s.child("a", 0ms, 3));
    sup.add("b", s.child("b", 50ms, 1));
    static_cast<void>(co_await move_on_after(5s, sup.run()));
    CHECK(s.text() == "+a0 -a +b0 -b +a100 -a +b150 +a300 -a +a700 -b -a");
}

TETHER_TEST_CASE("LI26 chance shortens the pauses, the same way for the same "
                 "seed") {
    auto const pauses = [](jitter how,
                           std::uint64_t seed) -> task<std::vector<long>> {
        std::vector<long> starts;
        supervisor sup({.max_restarts = 20,
                        .within = 1h,
                        .backoff = backoff::constant(1s),
                        .jitter = how,
                        .seed = seed});
        stopwatch const watch;
        sup.add("a", [&]() -> task<> {
            starts.push_back(static_cast<long>(watch.elapsed().count()));
            if (starts.size() != 20)
                throw std::runtime_error("again");
            sup.stop();
            co_await sleep_forever();
        });
        co_await sup.run();
        for (std::size_t i = 19; i != 0; --i)
            starts[i] -= starts[i - 1];
        co_return starts;
    };
    auto const once = co_await pauses(jitter::equal, 1);
    auto const same = co_await pauses(jitter::equal, 1);
    auto const other = co_await pauses(jitter::equal, 2);
    CHECK(once.size() == 20);
    CHECK(once == same);
    CHECK(once != other);
    auto const spread = std::minmax_element(once.begin() + 1, once.end());
    CHECK(*spread.first >= 500);
    CHECK(*spread.second <= 1000);
    CHECK(*spread.second - *spread.first > 200);
    auto const plain = co_await pauses(jitter::none, 1);
    CHECK(std::count(plain.begin(), plain.end(), 1000) == 19);
}

TETHER_TEST_CASE("LI26 a permanent child is restarted in any case, a "
                 "transient one after an error, a temporary one never") {
    int permanent = 0;
    int transient = 0;
    int temporary = 0;
    event_log told;
    supervisor sup;
    sup.on_failure([&](child_failure const& f) {
        told(std::string(f.child) + (f.restarts ? "+" : "-"));
    });
    sup.add("p", [&]() -> task<> {
        if (++permanent == 2)
            co_await sleep_for(1s);
        if (permanent == 3)
            sup.stop();
    });
    sup.add(
        "t",
        [&]() -> task<> {
            co_await checkpoint();
            if (++transient == 1)
                throw std::runtime_error("once");
        },
        restart::transient);
    sup.add(
        "n",
        [&]() -> task<> {
            ++temporary;
            throw std::runtime_error("never again");
            co_return;
        },
        restart::temporary);
    co_await sup.run();
    CHECK(permanent == 3);
    CHECK(transient == 2);
    CHECK(temporary == 1);
    CHECK(sup.size() == 2);
    CHECK(told.text() == "p+ n- t+ p+");

    supervisor done; // with nobody left it ends by itself
    done.add("t", []() -> task<> { co_return; }, restart::transient);
    co_await done.run();
}

TETHER_TEST_CASE("LI26 a stop or a cancel ends all children, and it can run "
                 "again") {
    stage s;
    supervisor sup;
    sup.add("a", s.child("a", 0ms));
    sup.add("b", s.child("b", 0ms));
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() { return sup.run(); });
        co_await sleep_for(10ms);
        sup.add("c", s.child("c", 0ms));
        bool refused = false;
        try {
            co_await sup.run();
        } catch (invalid_state const&) {
            refused = true;
        }
        CHECK(refused);
        co_await sleep_for(10ms);
        sup.stop();
    });
    CHECK(s.text() == "+a0 +b0 +c10 -c -b -a");
    s.forget();
    bool const ended = co_await move_on_after(10ms, sup.run());
    CHECK(!ended);
    CHECK(s.text().substr(0, 14) == "+a20 +b20 +c20");
}

TETHER_TEST_CASE("LI26 the errors of an end are kept beside those of the "
                 "restarts") {
    supervisor sup({.max_restarts = 0});
    sup.add("late", []() -> task<> {
        co_await async_try([]() -> task<> {
            co_await sleep_forever();
        }).finally([]() -> task<> {
            throw std::runtime_error("while stopped");
            co_return;
        });
    });
    sup.add("first", []() -> task<> {
        throw std::runtime_error("first");
        co_return;
    });
    std::string names;
    try {
        co_await sup.run();
    } catch (supervisor_failed const& e) {
        for (auto const m : e)
            names += std::string(m.task_name()) + " ";
    }
    CHECK(names == "first late ");
}

TETHER_TEST_CASE("dead letters keep the latest items with their errors") {
    std::vector<int> forgotten;
    dead_letters<int> letters(
        2, [&](dead_letter<int>&& l) { forgotten.push_back(l.item); });
    auto const error = std::make_exception_ptr(std::runtime_error("no"));
    for (int i = 1; i != 4; ++i)
        letters.add(i, error, 5);
    CHECK(letters.size() == 2);
    CHECK(letters.forgotten() == 1);
    CHECK(forgotten == std::vector<int>{1});
    auto first = co_await letters.receive();
    REQUIRE(first);
    CHECK(first->item == 2);
    CHECK(first->attempts == 5);
    CHECK(first->error == error);
    auto second = letters.try_receive();
    CHECK(second->item == 3);
    CHECK(letters.size() == 0);
}
