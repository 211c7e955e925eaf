// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
#include "combine_test.hpp"

#include <tether/sync/semaphore.hpp>

#include <algorithm>
#include <list>
#include <ranges>
#include <sstream>

using namespace tether;
using namespace tether_test;

namespace {

// Counts how many run at a time.
struct gauge {
    int now = 0;
    int peak = 0;
    int runs = 0;

    task<int> run(int v, ms after) {
        peak = std::max(peak, ++now);
        ++runs;
        co_await sleep_for(after);
        --now;
        co_return v;
    }
};

// An input range of move-only elements that counts how far it was read.
class feed {
public:
    feed(int size, int& pulled) : size_(size), pulled_(&pulled) {}

    class iterator {
    public:
        using iterator_concept = std::input_iterator_tag;
        using difference_type = std::ptrdiff_t;
        using value_type = std::unique_ptr<int>;

        explicit iterator(feed& from) : from_(&from) {}
        iterator(iterator&&) = default;
        iterator& operator=(iterator&&) = default;
        std::unique_ptr<int> operator*() const {
            ++*from_->pulled_;
            return std::make_unique<int>(from_->at_);
        }
        iterator& operator++() {
            ++from_->at_;
            return *this;
        }
        void operator++(int) { ++*this; }
        bool operator==(std::default_sentinel_t) const {
            return from_->at_ == from_->size_;
        }

    private:
        feed* from_;
    };
    iterator begin() { return iterator(*this); }
    std::default_sentinel_t end() const { return {}; }

private:
    int size_;
    int* pulled_;
    int at_ = 0;
};

} // namespace

TETHER_TEST_CASE("SE11 a semaphore bounds the tasks at work, map_concurrent "
                 "those that exist") {
    constexpr int urls = 1000;
    gauge working;
    std::size_t most = 0;
    semaphore slots(10);
    co_await with_task_group([&](task_group& group) -> task<> {
        auto const fetch = [&](int i) -> task<> {
            permit const slot = co_await slots.acquire();
            most = (std::max)(most, group.size());
            co_await working.run(i, ms(1));
        };
        for (int i = 0; i != urls; ++i)
            group.spawn(fetch, i);
        co_return;
    });
    CHECK(working.peak == 10);
    CHECK(most == urls); // most of them wait in line

    // Their frames exist while they are there.
    gauge bounded;
    auto const before = detail::frame_pool::live();
    std::ptrdiff_t live = 0;
    auto const fetch = [&](int i) -> task<int> {
        live = (std::max)(live, detail::frame_pool::live() - before);
        co_return co_await bounded.run(i, ms(1));
    };
    auto const all =
        co_await map_concurrent(std::views::iota(0, urls), 10, fetch);
    CHECK(all.size() == urls);
    CHECK(bounded.peak == 10);
    CHECK(live <= 50);
}

TETHER_TEST_CASE("TG49 map_concurrent has at most n live children and keeps "
                 "the order") {
    gauge g;
    std::vector<int> input(50);
    for (int i = 0; i != 50; ++i)
        input[static_cast<std::size_t>(i)] = i;
    auto body = [&](int i) { return g.run(i * 2, ms(1 + (i * 7) % 5)); };
    auto out = co_await map_concurrent(input, 4, body);
    REQUIRE(out.size() == 50);
    for (int i = 0; i != 50; ++i)
        CHECK(out[static_cast<std::size_t>(i)] == i * 2);
    CHECK(g.peak == 4);
    CHECK(g.runs == 50);
}

TETHER_TEST_CASE("TG49 5000 elements and 10 at a time: the peak is 10 and the "
                 "memory is that of 10") {
    gauge g;
    std::ptrdiff_t const before = detail::frame_pool::live();
    std::ptrdiff_t most = 0;
    auto body = [&](int i) -> task<> {
        most = std::max(most, detail::frame_pool::live() - before);
        co_await g.run(i, 10ms);
    };
    stopwatch watch;
    co_await for_each_concurrent(std::views::iota(0, 5000), 10, body);
    CHECK(g.peak == 10);
    CHECK(g.runs == 5000);
    CHECK(watch.elapsed() == 5000ms);
    CHECK(most <= 40);
}

TETHER_TEST_CASE("TG49 the range is not read on after the first failure") {
    int pulled = 0;
    event_log log;
    auto body = [&](std::unique_ptr<int> i) -> task<int> {
        int const v = *i;
        stop_note stopped(log, std::to_string(v) + "!");
        co_await sleep_for(ms(10 - v));
        if (v == 3)
            throw std::runtime_error("three");
        co_return v;
    };
    auto const errors =
        co_await errors_of(map_concurrent(feed(100, pulled), 4, body));
    CHECK(errors == strings{"leg 3: three *"});
    CHECK(pulled == 4);
    CHECK(log.lines().size() == 4);
}

TETHER_TEST_CASE("TG49 an input range of move-only elements is read when there "
                 "is room") {
    int pulled = 0;
    int most_ahead = 0;
    int done = 0;
    auto body = [&](std::unique_ptr<int> i) -> task<std::unique_ptr<int>> {
        most_ahead = std::max(most_ahead, pulled - done);
        co_await sleep_for(1ms);
        ++done;
        co_return i;
    };
    auto out = co_await map_concurrent(feed(9, pulled), 3, body);
    CHECK(pulled == 9);
    CHECK(most_ahead == 3);
    REQUIRE(out.size() == 9);
    for (int i = 0; i != 9; ++i)
        CHECK(*out[static_cast<std::size_t>(i)] == i);

    std::istringstream text("1 2 3");
    auto plus = [](int i) -> task<int> {
        co_await checkpoint();
        co_return i + 1;
    };
    auto read =
        co_await map_concurrent(std::views::istream<int>(text), 2, plus);
    CHECK(read == std::vector{2, 3, 4});
}

TETHER_TEST_CASE("TG49 elements of a container come by reference, those of one "
                 "that was given away as rvalues") {
    std::list<std::string> names{"a", "b"};
    auto append = [](std::string& name) -> task<> {
        co_await checkpoint();
        name += "!";
    };
    co_await for_each_concurrent(names, 2, append);
    CHECK(names == std::list<std::string>{"a!", "b!"});
    auto take = [](std::string&& name) -> task<std::string> {
        co_await checkpoint();
        co_return std::move(name);
    };
    auto taken = co_await map_concurrent(std::move(names), 2, take);
    CHECK(taken == strings{"a!", "b!"});
    // A reference to an element that was made for the leg lives as long as it.
    auto made = std::views::iota(0, 3) | std::views::transform([](int i) {
                    return std::string(40, static_cast<char>('a' + i));
                });
    auto first = [](std::string const& s) -> task<char> {
        co_await sleep_for(1ms);
        co_return s[39];
    };
    auto letters = co_await map_concurrent(made, 3, first);
    CHECK(letters == std::vector{'a', 'b', 'c'});
}

TETHER_TEST_CASE("TG49 an empty range, a limit of one, a limit of zero") {
    gauge g;
    auto body = [&](int i) { return g.run(i, 1ms); };
    auto none = co_await map_concurrent(std::vector<int>(), 3, body);
    CHECK(none.empty());
    stopwatch watch;
    auto one = co_await map_concurrent(std::views::iota(0, 5), 1, body);
    CHECK(one.size() == 5);
    CHECK(g.peak == 1);
    CHECK(watch.elapsed() == 5ms);
    CHECK_THROWS_AS(map_concurrent(std::views::iota(0, 5), 0, body),
                    std::invalid_argument);
    auto nothing = [](int) -> task<> { co_return; };
    CHECK_THROWS_WITH(for_each_concurrent(std::views::iota(0, 5), 0, nothing),
                      contains_text("for_each_concurrent: the limit is 0"));
}

TETHER_TEST_CASE("TG49 what the range or the function itself throws is an "
                 "error like one of the children") {
    event_log log;
    auto bad = std::views::iota(0, 9) | std::views::transform([](int i) {
                   if (i == 2)
                       throw std::runtime_error("range");
                   return i;
               });
    auto body = [&](int i) { return logged(log, std::to_string(i), 5ms); };
    auto errors = co_await errors_of(map_concurrent(bad, 5, body));
    CHECK(errors == strings{"leg 2: range *"});
    CHECK(log.text() == "0! 1!");
    auto throws = [&](int i) -> task<int> {
        if (i == 1)
            throw std::runtime_error("call");
        return value(i, 5ms);
    };
    errors =
        co_await errors_of(map_concurrent(std::views::iota(0, 3), 3, throws));
    CHECK(errors == strings{"leg 1: call *"});
}

TETHER_TEST_CASE("TG49 a stopped map passes the stop on and delivers nothing") {
    std::vector<int> undelivered;
    auto take = [&](int v) { undelivered.push_back(v); };
    gauge g;
    auto body = [&](int i) { return g.run(i, 2ms); };
    bool const ended = co_await move_on_after(5ms, [&]() -> task<> {
        co_await map_concurrent(std::views::iota(0, 100), 2, body)
            .on_undelivered(take);
    });
    CHECK_FALSE(ended);
    CHECK(undelivered == std::vector{0, 1, 2, 3});
    CHECK(g.runs == 6);
}

TETHER_TEST_CASE("TG49 a leg that ends at once makes room in the same turn") {
    int runs = 0;
    auto body = [&](int i) -> task<int> {
        ++runs;
        co_return i;
    };
    auto out = co_await map_concurrent(std::views::iota(0, 100000), 2, body);
    CHECK(runs == 100000);
    CHECK(out.back() == 99999);
}

TETHER_TEST_CASE("the function of a map runs in the name of the task that "
                 "awaits the map") {
    int asked = 0;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(named("mapper"), [&]() -> task<> {
            auto body = [&](int i) -> task<int> {
                asked += this_task::name() == "mapper" ? 1 : 0;
                return i == 0 ? value(i, 1ms) : at_once(i);
            };
            auto take = [&](int) {
                static_cast<void>(this_task::cancel_requested());
            };
            auto out = co_await map_concurrent(std::views::iota(0, 6), 2, body)
                           .on_undelivered(take);
            CHECK(out.size() == 6);
        });
        co_return;
    });
    CHECK(asked == 6);
}
