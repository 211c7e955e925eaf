// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
#include "combine_test.hpp"

#include <tether/sync.hpp>

#include <optional>
#include <random>
#include <ranges>

using namespace tether;
using namespace tether_test;

namespace {

constexpr int depth = 100'000;
constexpr int width = TETHER_SANITIZED ? 100'000 : 1'000'000;

task<int> nest(int levels, ms at_the_end) {
    if (levels == 0) {
        if (at_the_end != 0ms)
            co_await sleep_for(at_the_end);
        co_return 0;
    }
    auto all = co_await when_all(nest(levels - 1, at_the_end));
    co_return std::get<0>(all) + 1;
}
task<int> race_deeply(int levels) {
    if (levels == 0) {
        co_await sleep_forever();
        co_return 0;
    }
    co_return co_await race(race_deeply(levels - 1));
}
// A binary tree of legs: 2^levels leaves.
task<int> tree(int levels, int& live, int& peak) {
    if (levels == 0) {
        peak = std::max(peak, ++live);
        --live;
        co_return 1;
    }
    auto all = co_await when_all(tree(levels - 1, live, peak),
                                 tree(levels - 1, live, peak));
    co_return std::get<0>(all) + std::get<1>(all);
}

} // namespace

TETHER_TEST_CASE("when_all nests 100 000 deep, with and without a wait at the "
                 "end") {
    int levels = co_await nest(depth, 0ms);
    CHECK(levels == depth);
    levels = co_await nest(depth, 1ms);
    CHECK(levels == depth);
}

TETHER_TEST_CASE("a stop goes through 100 000 nested combinators") {
    bool const ended = co_await move_on_after(
        1ms, [&]() -> task<> { co_await race_deeply(depth); });
    CHECK_FALSE(ended);
    auto deep = co_await move_on_after(1ms, nest(depth, 9ms));
    CHECK_FALSE(deep.has_value());
}

TEST_CASE("100 000 nested combinators are destroyed with their io_context") {
    std::ptrdiff_t const before = detail::frame_pool::live();
    {
        boost::asio::io_context io(1);
        struct done {
            void operator()(detail::root_result<int>&&) {}
        };
        auto fn = []() -> task<int> { return race_deeply(depth); };
        using body = detail::body_for<decltype(fn)>;
        detail::loop& l = detail::loop_service::acquire(io.get_executor());
        auto* root =
            new detail::root<body, done>(body(std::in_place, fn), done{}, {});
        l.enter([&] { root->start(l); });
        l.release();
        CHECK(detail::frame_pool::live() - before > depth);
    }
    CHECK(detail::frame_pool::live() == before);
}

TETHER_TEST_CASE("a wide tree is never held whole") {
    int live = 0;
    int peak = 0;
    std::ptrdiff_t const before = detail::frame_pool::live();
    std::ptrdiff_t most = 0;
    int const leaves = co_await tree(14, live, peak);
    CHECK(leaves == 1 << 14);
    auto leg = [&](int i) -> task<int> {
        most = std::max(most, detail::frame_pool::live() - before);
        co_return i & 1;
    };
    auto legs = std::views::iota(0, width) | std::views::transform(leg);
    auto ones = co_await when_all(legs);
    CHECK(ones.size() == static_cast<std::size_t>(width));
    CHECK(most < 100);
}

TETHER_TEST_CASE("a very wide when_all of waiting legs") {
    auto legs = std::views::iota(0, width / 10) |
                std::views::transform([](int i) { return value(i, 1ms); });
    auto all = co_await when_all(legs);
    CHECK(all.size() == static_cast<std::size_t>(width / 10));
    CHECK(all.back() == width / 10 - 1);
    bool const ended = co_await move_on_after(1ms, [&]() -> task<> {
        auto forever =
            std::views::iota(0, width / 10) |
            std::views::transform([](int) { return sleep_forever(); });
        co_await when_all(forever);
    });
    CHECK_FALSE(ended);
}

namespace {

// Three legs with three waits each; the cancel comes at every point of them.
task<> three_waits(int& steps, int& done, cancel_scope*& scope, int cancel_at,
                   int& live) {
    counted const alive(live, 0);
    for (int i = 0; i != 3; ++i) {
        if (steps++ == cancel_at)
            scope->cancel();
        co_await sleep_for(1ms);
    }
    ++done;
}

} // namespace

TETHER_TEST_CASE("a cancel at each await of three legs stops all of them and "
                 "leaves nothing behind") {
    for (int at = 0; at != 10; ++at) {
        CAPTURE(at);
        int steps = 0;
        int done = 0;
        int live = 0;
        bool after = false;
        cancel_scope* scope = nullptr;
        bool const ended =
            co_await with_cancel_scope([&](cancel_scope& inner) -> task<> {
                scope = &inner;
                co_await when_all(three_waits(steps, done, scope, at, live),
                                  three_waits(steps, done, scope, at, live),
                                  three_waits(steps, done, scope, at, live));
                after = true;
            });
        CHECK(live == 0);
        CHECK(ended == (at == 9)); // the tenth point is never reached
        CHECK(after == ended);
        CHECK(done == (ended ? 3 : 0));
        CHECK(steps >= at);
    }
}

TETHER_TEST_CASE("forced_exit leaves bare when the legs have joined") {
    event_log log;
    bool bare = false;
    auto leave = []() -> task<int> {
        co_await sleep_for(1ms);
        throw forced_exit(2);
    };
    try {
        co_await when_all(leave(), logged(log, "b", 9ms));
    } catch (forced_exit const&) {
        bare = true;
        CHECK(log.text() == "b!");
    }
    CHECK(bare);
    bare = false;
    try {
        co_await any_success(leave(), value(1, 9ms));
    } catch (forced_exit const&) {
        bare = true;
    }
    CHECK(bare);
}

// ---- random legs against a plain model

namespace {

enum class fate { value, error };

struct plan {
    fate how;
    int at; // distinct times, so that the model needs no ties
};

task<int> leg_of(plan p, int& live) {
    counted const alive(live, 0);
    if (p.at != 0)
        co_await sleep_for(ms(p.at));
    if (p.how == fate::error)
        throw std::runtime_error(std::to_string(p.at));
    co_return p.at;
}

struct verdict {
    std::vector<int> values;
    std::vector<int> errors;
    bool stopped = false;
    int at = 0;

    bool operator==(verdict const&) const = default;
};

enum class verb { all, settled, race, any, quorum };

// What must come out, from the times alone. `stop` is when a deadline passes.
verdict model(verb v, std::vector<plan> const& legs, int stop, int wanted) {
    std::vector<std::size_t> order(legs.size());
    for (std::size_t i = 0; i != order.size(); ++i)
        order[i] = i;
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return legs[a].at < legs[b].at;
    });
    verdict out;
    std::vector<std::size_t> good;
    std::vector<int> bad;
    bool decided = v == verb::quorum && wanted == 0;
    for (std::size_t const i : order) {
        if (decided)
            break;
        if (legs[i].at >= stop && legs[i].at != 0) {
            out.stopped = true;
            break;
        }
        out.at = legs[i].at;
        bool const failed = legs[i].how == fate::error;
        if (failed)
            bad.push_back(legs[i].at);
        else
            good.push_back(i);
        switch (v) {
        case verb::all:
            decided = failed;
            break;
        case verb::settled:
            break;
        case verb::race:
            decided = true;
            break;
        case verb::any:
        case verb::quorum:
            decided =
                good.size() == static_cast<std::size_t>(wanted) ||
                legs.size() - bad.size() < static_cast<std::size_t>(wanted);
            break;
        }
    }
    if (out.stopped) {
        out.at = stop;
        return out;
    }
    std::sort(good.begin(), good.end());
    bool const throws =
        v == verb::settled
            ? false
            : (v == verb::all || v == verb::race
                   ? !bad.empty()
                   : good.size() < static_cast<std::size_t>(wanted));
    if (throws || v == verb::settled)
        out.errors = bad;
    if (!throws)
        for (std::size_t const i : good)
            out.values.push_back(legs[i].at);
    return out;
}

task<> do_verb(verb v, std::vector<task<int>> legs, int wanted, verdict& out) {
    try {
        switch (v) {
        case verb::all:
            out.values = co_await when_all(std::move(legs));
            break;
        case verb::settled: {
            auto settled = co_await when_all_settled(std::move(legs));
            for (auto& o : settled) {
                if (o.has_error()) {
                    try {
                        static_cast<void>(o.value());
                    } catch (std::exception const& e) {
                        out.errors.push_back(std::stoi(e.what()));
                    }
                } else {
                    out.values.push_back(o.value());
                }
            }
            std::sort(out.errors.begin(), out.errors.end());
            break;
        }
        case verb::race: {
            int const won = co_await race(std::move(legs));
            out.values.push_back(won);
            break;
        }
        case verb::any: {
            int const won = co_await any_success(std::move(legs));
            out.values.push_back(won);
            break;
        }
        case verb::quorum:
            out.values = co_await quorum(static_cast<std::size_t>(wanted),
                                         std::move(legs));
            break;
        }
    } catch (exception_group const& group) {
        for (auto const& member : group) {
            try {
                std::rethrow_exception(member.error());
            } catch (std::exception const& e) {
                out.errors.push_back(std::stoi(e.what()));
            }
        }
    } catch (std::runtime_error const& e) {
        out.errors.push_back(std::stoi(e.what()));
    }
}

} // namespace

TETHER_TEST_CASE("random legs end as the model says") {
    unhandled_log losers;
    for (unsigned seed = 1; seed != 1500; ++seed) {
        std::mt19937 random(seed);
        auto const pick = [&](int below) {
            return static_cast<int>(random() % static_cast<unsigned>(below));
        };
        auto const v = static_cast<verb>(pick(5));
        int const count = 1 + pick(6);
        std::vector<plan> legs;
        for (int i = 0; i != count; ++i)
            legs.push_back({pick(3) == 0 ? fate::error : fate::value,
                            10 * (1 + pick(50)) + i});
        int const stop = pick(3) == 0 ? 10 * pick(50) + 9 : 1000;
        int const wanted = v == verb::quorum ? pick(count + 1) : 1;
        int live = 0;
        verdict out;
        stopwatch watch;
        std::vector<task<int>> tasks;
        for (plan const p : legs)
            tasks.push_back(leg_of(p, live));
        bool const ended = co_await move_on_after(ms(stop), [&]() {
            return do_verb(v, std::move(tasks), wanted, out);
        });
        out.stopped = !ended;
        out.at = static_cast<int>(watch.elapsed().count());
        verdict const expected = model(v, legs, stop, wanted);
        CAPTURE(seed, static_cast<int>(v), count, stop, wanted, out.at,
                expected.at, out.stopped, out.values, expected.values,
                out.errors, expected.errors);
        CHECK(out == expected);
        CHECK(live == 0);
    }
}
