// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Do many threads get what is theirs from one loop? And a resource that they
/// hold open there?
#include "portal_test.hpp"

#include <algorithm>
#include <array>

using namespace tether;
using namespace tether_test;

namespace {

constexpr int threads = 8;

// Runs `fn(number)` on threads at the same time.
template<class F>
void on_threads(F fn) {
    std::vector<std::thread> all;
    for (int i = 0; i != threads; ++i)
        all.emplace_back([&fn, i] { fn(i); });
    for (std::thread& t : all)
        t.join();
}

// A resource that notes what happens to it.
class noted {
public:
    explicit noted(std::string& log, bool fails_to_close = false)
        : log_(&log), fails_to_close_(fails_to_close) {}

    task<> open() {
        co_await checkpoint();
        *log_ += "open ";
    }
    task<> use() {
        *log_ += "use ";
        co_await sleep_for(std::chrono::milliseconds(1));
        *log_ += "used ";
    }
    task<> close(exit_reason const& why) {
        co_await checkpoint();
        *log_ += why.stopped() ? "stopped " : "close ";
        if (fails_to_close_)
            throw std::out_of_range("close");
    }

private:
    std::string* log_;
    bool fails_to_close_;
};

} // namespace

TEST_CASE("TH15 eight threads each get their own values, errors and stops") {
    portal_thread const loop;
    blocking_portal const& portal = loop.portal();
    constexpr int rounds = 150;
    int sum = 0; // on the loop alone
    std::array<std::atomic<int>, threads> wrong{};
    on_threads([&](int const me) {
        for (int i = 0; i != rounds; ++i) {
            int const mine = me * rounds + i;
            auto body = [&sum](int n) -> task<int> {
                ++sum;
                co_await checkpoint();
                if (n % 3 == 1)
                    throw std::runtime_error(std::to_string(n));
                if (n % 3 == 2)
                    co_await sleep_forever();
                co_return n;
            };
            std::string got;
            try {
                if (mine % 3 == 2) {
                    auto later = portal.spawn(body, mine);
                    later.cancel();
                    got = std::to_string(later.get());
                } else {
                    got = std::to_string(portal.call(body, mine));
                }
            } catch (cancelled_error const&) {
                got = mine % 3 == 2 ? std::to_string(mine) : "a stop";
            } catch (std::runtime_error const& e) {
                got = mine % 3 == 1 ? e.what() : "an error";
            }
            if (got != std::to_string(mine))
                ++wrong[static_cast<std::size_t>(me)];
        }
    });
    for (auto const& n : wrong)
        CHECK(n == 0);
    CHECK(sum == threads * rounds);
}

TEST_CASE("TH17 threads that call while the portal is stopped: what was let in "
          "has begun, and everybody is told") {
    for (int round = 0; round != 20; ++round) {
        portal_thread loop;
        blocking_portal const portal = loop.portal();
        int begun = 0; // on the loop alone
        std::atomic<int> values = 0;
        std::atomic<int> stops = 0;
        std::atomic<int> refused = 0;
        portal_stop const how =
            round % 2 == 0 ? portal_stop::wait : portal_stop::cancel_remaining;
        on_threads([&](int const me) {
            for (;;) {
                try {
                    portal.call([&begun]() -> task<> {
                        ++begun;
                        co_await checkpoint();
                    });
                    if (++values > 40 + me)
                        portal.stop(how);
                } catch (cancelled_error const&) {
                    ++stops;
                } catch (run_finished const&) {
                    ++refused;
                    return;
                }
            }
        });
        loop.join();
        CHECK(begun == values + stops);
        CHECK(refused == threads);
        if (how == portal_stop::wait)
            CHECK(stops == 0);
    }
}

TEST_CASE("TH15 a context that goes while threads call: nobody waits for "
          "ever") {
    for (int round = 0; round != 10; ++round) {
        std::atomic<int> told = 0;
        blocking_portal portal;
        std::vector<std::thread> all;
        {
            far_loop far;
            gate open;
            tether::co_spawn(
                far.executor(),
                [&]() -> task<> {
                    co_await with_blocking_portal(
                        [&](blocking_portal& opened) -> task<> {
                            portal = opened;
                            open.open();
                            co_await sleep_forever();
                        });
                },
                [](std::exception_ptr) {});
            open.wait();
            std::atomic<int> calls = 0;
            for (int i = 0; i != threads; ++i)
                all.emplace_back([&told, &calls, portal] {
                    try {
                        for (;;) {
                            portal.call([] { return checkpoint(); });
                            ++calls;
                        }
                    } catch (run_finished const&) {
                        ++told;
                    }
                });
            while (calls < 50)
                std::this_thread::yield();
            far.destroy();
            for (std::thread& t : all)
                t.join();
        }
        CHECK(told == threads);
    }
}

TEST_CASE("TH15 a guard opens a resource on the loop, and closes it behind "
          "those who use it") {
    std::string log;
    portal_thread const loop;
    blocking_portal const& portal = loop.portal();
    portal_guard guard(portal, [&] { return noted(log); });
    CHECK(log == "open ");
    gate used;
    std::thread other([&] {
        guard.call([&](noted& resource) -> task<> {
            used.open();
            co_await resource.use();
        });
    });
    used.wait();
    guard.close();
    other.join();
    CHECK(log == "open use used close ");
    CHECK_THROWS_AS(guard.call([](noted&) {}), run_finished);
    CHECK_THROWS_AS(guard.close(), invalid_state);
}

TEST_CASE("TH15 errors of a guard's resource, and a guard that nobody closes") {
    std::string log;
    told_errors told;
    {
        portal_thread loop(told.sink());
        blocking_portal const& portal = loop.portal();
        auto refuses = []() -> noted { throw std::out_of_range("open"); };
        CHECK_THROWS_AS(portal_guard(portal, refuses), std::out_of_range);
        auto fails = [&] { return noted(log, true); };
        portal_guard first(portal, fails);
        CHECK_THROWS_AS(first.close(), std::out_of_range);
        CHECK(told.all().empty());
        first = portal_guard(portal, fails);
        noted lives_longer(log);
        {
            portal_guard const dropped(
                portal, [&]() -> noted& { return lives_longer; });
            dropped.call(&noted::use);
            portal_guard const fails_unheard(portal, fails);
        }
        portal.stop(portal_stop::cancel_remaining);
        loop.join();
        CHECK_THROWS_AS(first.close(), std::out_of_range);
    }
    // All but the last one, which was open when the portal was stopped.
    std::size_t closed = 0;
    for (auto at = log.find("close "); at != log.npos;
         at = log.find("close ", at + 1))
        ++closed;
    CHECK(closed == 3);
    CHECK_THAT(log, contains_text("stopped "));
    CHECK_THAT(told.all(), contains_text(": close; ")); // before or after
}

TEST_CASE("TH15 a portal_thread refuses to be joined by a loop") {
    portal_thread loop;
    CHECK_THROWS_AS(loop.portal().call([&] { loop.join(); }), std::logic_error);
    run([&]() -> task<> {
        CHECK_THROWS_AS(loop.join(), std::logic_error);
        co_return;
    });
    loop.join();
}

TEST_CASE("TH15 max_children of a portal refuses what is too much, and lets in "
          "what comes when there is room") {
    std::vector<std::string> refused;
    int got = 0;
    run([&]() -> task<> {
        auto body = [&](blocking_portal& portal) -> task<> {
            std::thread other([&] {
                auto first = portal.spawn([] { return sleep_forever(); });
                auto refuse = [&](auto ask) {
                    refused.push_back(text_thrown_by<std::logic_error>(ask));
                };
                refuse([&] { portal.call([] {}); });
                refuse([&] { portal.spawn([] {}).get(); });
                first.cancel();
                first.wait();
                // It takes two: what waits for the signal, and the function.
                auto started = [](start_signal<void> s) -> task<> {
                    s();
                    co_return;
                };
                refuse([&] { portal.start(started); });
                got = portal.call([] { return 5; });
                portal.stop();
            });
            co_await portal.wait_stopped();
            other.join();
        };
        task_group_options const small{.name = "small", .max_children = 1};
        co_await with_blocking_portal(small, body);
    });
    CHECK(refused.size() == 3);
    for (std::string const& text : refused)
        CHECK(text == "task group 'small' has its 1 children already: call "
                      "again when one has ended, or give the group more "
                      "max_children");
    CHECK(got == 5);
}
