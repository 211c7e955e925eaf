// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
#include "generator_test.hpp"

#include <tether/core/errors.hpp>
#include <tether/stream/adaptors/background.hpp>
#include <tether/stream/adaptors/pacing.hpp>
#include <tether/stream/collect.hpp>

#include <chrono>
#include <vector>

using namespace tether;
using namespace tether_test;

namespace {

using ints = std::vector<int>;

// Waits before each element the time that its digit says, in milliseconds.
async_generator<int> paced(char const* gaps) {
    for (int i = 0; gaps[i]; ++i) {
        co_await sleep_for(std::chrono::milliseconds(gaps[i] - '0'));
        co_yield i;
    }
}
async_generator<int> failing(int n) {
    for (int i = 0; i < n; ++i)
        co_yield i;
    co_await sleep_for(3ms);
    throw std::runtime_error("upstream");
}

async_generator<int> with_session() {
    co_await tether::keep(lost_session());
    for (int i = 0;; ++i) {
        co_await sleep_for(1ms);
        co_yield i;
    }
}

// Runs `use` in a group; its own errors come out bare.
template<class F>
task<std::string> in_group(F& use) {
    std::string text = "none";
    co_await with_task_group([&](task_group& group) -> task<> {
        try {
            co_await use(group);
        } catch (cancelled_error const&) {
            text = "cancelled";
        } catch (std::exception const& e) {
            text = e.what();
        }
    });
    co_return text;
}

} // namespace

TETHER_TEST_CASE("GE17 buffer makes its elements ahead, merge interleaves in "
                 "the order of time") {
    ints made;
    auto use = [&](task_group& group) -> task<> {
        auto source = [&]() -> async_generator<int> {
            for (int i = 0; i < 9; ++i) {
                made.push_back(i);
                co_yield i;
            }
        };
        auto ahead = source() | buffer(group, 2);
        co_await consume(ahead, [&](auto& all) -> task<> {
            CHECK(made.empty()); // lazy
            auto one = co_await next(all);
            CHECK(*one == 0);
            co_await sleep_for(1ms);
            CHECK(made.size() == 4); // given, two in the buffer, one waits
        });
        auto merged =
            co_await collect(merge(group, paced("33"), paced("19"), paced("")));
        CHECK(merged == ints{0, 0, 1, 1}); // at 1, 3, 6 and 10 ms
    };
    std::string const text = co_await in_group(use);
    CHECK(text == "none");
}

TETHER_TEST_CASE("GE17 adaptors of pace: debounce, sample, window, chunk with "
                 "a bound in time") {
    auto use = [&](task_group& group) -> task<> {
        // At 1, 2, 8, 9 and 18 ms.
        auto quiet = co_await collect(paced("11619") | debounce(group, 5ms));
        CHECK(quiet == ints{1, 3, 4});
        auto sampled = co_await collect(paced("116191") | sample(group, 5ms));
        CHECK(sampled == ints{1, 3}); // what came after 15 ms is cut off
        auto windows = co_await collect(paced("11619") | window(group, 5ms));
        CHECK(windows == std::vector<ints>{{0, 1}, {2, 3}, {}, {4}});
        auto parts = co_await collect(paced("11619") | chunk(group, 2, 5ms));
        CHECK(parts == std::vector<ints>{{0, 1}, {2, 3}, {4}});
        auto late = co_await collect(paced("1811") | chunk(group, 3, 5ms));
        CHECK(late == std::vector<ints>{{0}, {1, 2, 3}});
    };
    std::string const text = co_await in_group(use);
    CHECK(text == "none");
}

TETHER_TEST_CASE("GE18 what an adaptor of pace holds back is dropped with an "
                 "error") {
    ints quiet;
    auto hold_back = [&](task_group& group) -> task<> {
        co_await for_each(failing(3) | debounce(group, 5ms),
                          [&](int i) { quiet.push_back(i); });
    };
    std::string text = co_await in_group(hold_back);
    CHECK(text == "upstream");
    CHECK(quiet.empty());

    std::vector<ints> parts;
    auto gather = [&](task_group& group) -> task<> {
        co_await for_each(failing(3) | chunk(group, 2, 5ms),
                          [&](ints const& part) { parts.push_back(part); });
    };
    text = co_await in_group(gather);
    CHECK(text == "upstream");
    CHECK(parts == std::vector<ints>{{0, 1}});
}

TETHER_TEST_CASE(
    "GE18 an error of a generator that runs ahead comes bare after "
    "its elements, and stops those merged with it") {
    ints got;
    auto use = [&](task_group& group) -> task<> {
        co_await for_each(failing(3) | buffer(group, 8),
                          [&](int i) { got.push_back(i); });
    };
    std::string text = co_await in_group(use);
    CHECK(text == "upstream");
    CHECK(got == ints{0, 1, 2});

    event_log log;
    auto merging = [&](task_group& group) -> task<> {
        co_await collect(merge(group, kept_numbers(log), failing(1)));
    };
    text = co_await in_group(merging);
    CHECK(text == "upstream");
    CHECK(log.lines().back() == "closed a");
}

TETHER_TEST_CASE("GE18 a generator that runs ahead is closed when its consumer "
                 "leaves, and stopped with its group") {
    event_log left;
    auto leave = [&](task_group& group) -> task<> {
        auto one = co_await first(kept_numbers(left) | buffer(group, 1));
        CHECK(*one == 0);
        left("next statement");
    };
    std::string text = co_await in_group(leave);
    CHECK(text == "none");
    CHECK(left.text() == "open a locals gone closing a stopped closed a next "
                         "statement");

    event_log stopped;
    co_await move_on_after(3500us, [&]() -> task<> {
        auto use = [&](task_group& group) -> task<> {
            exit_note const note(stopped, "consumer gone");
            co_await collect(kept_numbers(stopped) | buffer(group, 1));
        };
        co_await in_group(use);
    });
    CHECK(stopped.lines().back() == "consumer gone");
    CHECK(stopped.lines()[3] == "closed a");

    // A consumer elsewhere does not take what it got for all there is.
    std::string cut = "none";
    event_log ended;
    auto outside = [&](task_group& outer) -> task<> {
        co_await with_cancellable_task_group([&](task_group& group) -> task<> {
            auto shielded_use = [&]() -> task<> {
                auto gen = kept_numbers(ended) | buffer(group, 1);
                co_await next(gen);
                group.cancel();
                try {
                    co_await collect(std::move(gen));
                } catch (cancelled_error const&) {
                    cut = "cancelled";
                }
            };
            co_await shielded(shielded_use);
        });
        static_cast<void>(outer);
    };
    text = co_await in_group(outside);
    CHECK(cut == "cancelled");
}

TETHER_TEST_CASE("GE05 what breaks in the close of a source is told, although "
                 "nobody receives its elements any more") {
    auto one = [](auto& all) -> task<> { co_await next(all); };
    auto by_buffer = [&](task_group& group) -> task<> {
        co_await consume(with_session() | buffer(group, 2), one);
    };
    auto by_merge = [&](task_group& group) -> task<> {
        co_await consume(merge(group, with_session(), numbers(3)), one);
    };
    auto text_of = [](auto& use) -> task<std::string> {
        std::string text = "none";
        try {
            co_await with_task_group(use);
        } catch (exception_group const& error) {
            text = format_error(error);
        }
        co_return text;
    };
    std::string const buffered = co_await text_of(by_buffer);
    CHECK_THAT(buffered, contains_text("the session is gone"));
    std::string const merged = co_await text_of(by_merge);
    CHECK_THAT(merged, contains_text("the session is gone"));
}
