// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// A limiter of calls per second that waits under its lock is right, if slow:
// what a timer is late is lost each time. Move the wait out of the lock, so
// that "others need not wait for the sleeper", and all of them go at once.
// `rate_limiter` has no lock; a burst of two makes up for late timers.
#include <tether/tether.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <ratio>
#include <vector>

using namespace std::chrono_literals;
using tether::task, tether::task_group;
using duration = std::chrono::steady_clock::duration;
using time_point = std::chrono::steady_clock::time_point;

constexpr duration interval = 5ms;

// [under]
class waits_under_its_lock {
public:
    task<> acquire() {
        auto const held = co_await lock_.lock();
        duration const wait = interval - (tether::this_task::now() - last_);
        if (wait > 0s)
            co_await tether::sleep_for(wait);
        last_ = tether::this_task::now();
    }

private:
    tether::mutex lock_;
    time_point last_{};
};
// [under]

// [outside]
class waits_outside_of_it {
public:
    task<> acquire() {
        duration wait{};
        {
            auto const held = co_await lock_.lock();
            time_point const now = tether::this_task::now();
            wait = interval - (now - last_);
            last_ = now;
        }
        if (wait > 0s)
            co_await tether::sleep_for(wait); // so do all the others
    }

private:
    tether::mutex lock_;
    time_point last_{};
};
// [outside]

// Time that passes only when everybody waits for it. A timer is up to `most`
// late, always in the same way.
class simulated_clock final : public tether::clock_source {
public:
    explicit simulated_clock(duration most) : most_(most) {}
    time_point now() const noexcept override { return now_; }
    bool advances_by_itself() const noexcept override { return false; }
    bool jump_to(time_point due) noexcept override {
        chance_ = chance_ * 1103515245 + 12345;
        now_ = due + most_ * (chance_ / 65536 % 256) / 255;
        return true;
    }

private:
    time_point now_{1h};
    duration most_;
    std::uint32_t chance_ = 1;
};

// Forty tasks that come at the same time and call once each.
template<class Limiter>
std::vector<time_point> calls(Limiter& limiter, duration late) {
    std::vector<time_point> at;
    auto const caller = [&]() -> task<> {
        co_await limiter.acquire();
        at.push_back(tether::this_task::now());
    };
    simulated_clock clock(late);
    tether::runner app(tether::run_options{.clock = &clock});
    app.run([&]() -> task<> {
        co_await tether::with_task_group([&](task_group& group) -> task<> {
            for (int i = 0; i != 40; ++i)
                group.spawn(caller);
            co_return;
        });
    });
    return at;
}

void print_rate(std::vector<time_point> const& at) {
    duration least = at.back() - at.front();
    double const seconds = std::chrono::duration<double>(least).count();
    for (std::size_t i = 1; i != at.size(); ++i)
        least = std::min(least, at[i] - at[i - 1]);
    std::printf("%9.1f/s %6.3f ms",
                static_cast<double>(at.size() - 1) / seconds,
                std::chrono::duration<double, std::milli>(least).count());
}

// What `make` makes, twice: without and with late timers.
template<class Make>
void measure(char const* name, Make make) {
    std::printf("%-22s", name);
    for (duration const late : {duration(0), duration(250us)}) {
        auto limiter = make();
        print_rate(calls(limiter, late));
    }
    std::printf("\n");
}

int main() {
    using tether::rate_limiter, tether::per_second, tether::burst;
    std::printf("%-22s%21s%21s\n%33s%10s%11s%10s\n", "200 calls per second",
                "timers on time", "timers 0.25 ms late", "rate", "least gap",
                "rate", "least gap");
    measure("waits under its lock", [] { return waits_under_its_lock(); });
    measure("waits outside of it", [] { return waits_outside_of_it(); });
    measure("rate_limiter", [] { return rate_limiter(per_second(200)); });
    measure("  with a burst of two",
            [] { return rate_limiter(per_second(200), burst{2, 1}); });
}
