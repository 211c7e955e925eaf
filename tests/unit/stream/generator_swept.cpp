// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// A stop at every checkpoint of generators, adaptors and their consumers, in
// whatever order they run: what was opened is closed.
#include "generator_test.hpp"

#include <tether/stream/adaptors/background.hpp>
#include <tether/stream/adaptors/elements.hpp>
#include <tether/stream/as_channel.hpp>

#include <tether/testing/cancel_sweep.hpp>
#include <tether/testing/explore.hpp>

using namespace tether;
using namespace tether_test;

namespace {

class pipelines {
public:
    task<> run() {
        opened_ = closed_ = 0;
        auto odd = [](int i) { return i % 2 != 0; };
        co_await consume(source(4) | filter(odd), [](auto& all) -> task<> {
            while (auto i = co_await next(all))
                co_await checkpoint();
        });
        co_await with_task_group([&](task_group& group) -> task<> {
            auto ahead = source(4) | buffer(group, 1);
            co_await consume(ahead, [](auto& all) -> task<> {
                co_await next(all);
                co_await next(all);
            });
        });
        auto body = [](element_receiver<int> all) -> task<> {
            while (auto i = co_await all.receive())
                if (*i == 2)
                    break;
        };
        co_await as_channel(source(4), body);
    }
    bool balanced() const noexcept { return opened_ == closed_; }

private:
    class counted {
    public:
        explicit counted(pipelines& of) noexcept : of_(&of) {}
        task<> open() {
            co_await checkpoint();
            ++of_->opened_;
        }
        task<> close() {
            co_await checkpoint();
            ++of_->closed_;
        }

    private:
        pipelines* of_;
    };

    async_generator<int> source(int n) {
        co_await tether::keep(counted(*this));
        for (int i = 0; i < n; ++i) {
            co_await checkpoint();
            co_yield i;
        }
    }

    int opened_ = 0;
    int closed_ = 0;
};

} // namespace

TEST_CASE("GE05 no stop at any checkpoint of generators leaves open what they "
          "keep") {
    using namespace tether::testing;
    pipelines program;
    auto const body = [&]() -> task<> { return program.run(); };
    auto const kept = [&] { return program.balanced(); };
    for (stop_moment const when : {stop_moment::entry, stop_moment::waiting}) {
        for (stop_target const whom : {stop_target::root, stop_target::task}) {
            cancel_sweep_options options;
            options.moment = when;
            options.target = whom;
            auto const report = cancel_sweep(body, kept, options);
            CHECK(report.points > 10);
        }
    }
}

TEST_CASE("GE14 no order of producers, consumers and stops leaves open what "
          "generators keep") {
    using namespace tether::testing;
    pipelines program;
    auto const body = [&]() -> task<> { return program.run(); };
    auto const kept = [&] { return program.balanced(); };
    for (bool const stops : {false, true}) {
        explore_options options;
        options.stops = stops;
        auto const report = explore(seeds{200}, body, kept, options);
        CHECK(report.runs >= 1);
    }
}
