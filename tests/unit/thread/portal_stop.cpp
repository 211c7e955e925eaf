// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a portal end, and who is told? Whoever waits, on every way out.
#include "portal_test.hpp"

using namespace tether;
using namespace tether_test;

namespace {

// What a call came to.
template<class F>
std::string outcome_of(F&& call) {
    try {
        call();
    } catch (run_finished const&) {
        return "finished";
    } catch (cancelled_error const& e) {
        return std::string("cancelled ") + to_string(e.reason().kind);
    } catch (std::exception const& e) {
        return e.what();
    }
    return "value";
}

// A thread that calls through a portal, and says what came of it.
class caller {
public:
    template<class F>
    caller(blocking_portal portal, F fn)
        : thread_([this, fn, portal = std::move(portal)] {
              outcome_ = outcome_of([&] { portal.call(fn); });
          }) {}
    ~caller() {
        if (thread_.joinable())
            thread_.join();
    }
    std::string const& outcome() {
        thread_.join();
        return outcome_;
    }

private:
    std::string outcome_;
    std::thread thread_;
};

} // namespace

TEST_CASE("TH17 stop lets what runs end, and nobody in any more") {
    portal_thread loop;
    blocking_portal const portal = loop.portal();
    event go;
    auto later = portal.spawn([&]() -> task<int> {
        co_await go.wait();
        co_return 3;
    });
    auto second = portal.spawn([&]() -> task<> {
        co_await sleep_for(std::chrono::milliseconds(2));
        go.set();
    });
    portal.stop();
    CHECK(outcome_of([&] { portal.call([] {}); }) == "finished");
    CHECK(outcome_of([&] { portal.spawn([] {}); }) == "finished");
    portal.stop();
    loop.join();
    loop.join();
    CHECK(later.get() == 3);
    second.get();
    // What is asked after the end is asked of nobody.
    later.cancel();
    portal.stop(portal_stop::cancel_remaining);
    CHECK(outcome_of([&] { portal.call([] {}); }) == "finished");
    CHECK(outcome_of([&] { blocking_portal().call([] {}); }) == "finished");
    blocking_portal().stop();
}

TEST_CASE("TH17 stop can cancel what remains") {
    portal_thread loop;
    blocking_portal const portal = loop.portal();
    gate waits;
    caller blocked(portal, [&]() -> task<> {
        waits.open();
        co_await sleep_forever();
    });
    auto later = portal.spawn([] { return sleep_forever(); });
    waits.wait();
    portal.stop(); // first thoughts are patient ones
    portal.stop(portal_stop::cancel_remaining);
    loop.join();
    CHECK(blocked.outcome() == "cancelled explicit_request");
    CHECK(outcome_of([&] { later.get(); }) == "cancelled explicit_request");
}

TEST_CASE("TH17 a portal_thread that is destroyed cancels what remains, and "
          "waits for its cleanup") {
    bool cleaned = false;
    portal_future<> later;
    {
        portal_thread const loop;
        gate begun;
        later = loop.portal().spawn([&]() -> task<> {
            auto work = [&]() -> task<> {
                begun.open();
                co_await sleep_forever();
            };
            auto clean = [&]() -> task<> {
                co_await sleep_for(std::chrono::milliseconds(1));
                cleaned = true;
            };
            co_await async_try(work).finally(clean);
        });
        begun.wait();
    }
    CHECK(cleaned);
    CHECK(outcome_of([&] { later.get(); }) == "cancelled explicit_request");
}

TETHER_FAR_CASE("TH17 the end of the body is a stop; its value comes when "
                "everything has been joined") {
    blocking_portal kept;
    bool joined = false;
    auto body = [&](blocking_portal& portal) -> task<int> {
        kept = portal;
        auto const home = this_task::executor();
        CHECK_THROWS_AS(portal.call([] {}), std::logic_error);
        gate sent;
        std::thread other([&] {
            portal.spawn([&, home]() -> task<> {
                CHECK(this_task::executor() == home);
                co_await portal.wait_stopped();
                co_await sleep_for(std::chrono::milliseconds(1));
                joined = true;
            });
            sent.open();
        });
        sent.wait(); // on the loop, so that it has not begun
        other.join();
        co_return 5;
    };
    int const got = co_await with_blocking_portal(body);
    CHECK(got == 5);
    CHECK(joined);
    std::string late;
    std::thread([&] { late = outcome_of([&] { kept.call([] {}); }); }).join();
    CHECK(late == "finished");
}

TETHER_FAR_CASE("TH17 a body that fails ends the calls, and the group says "
                "why") {
    std::optional<caller> blocked;
    std::string text;
    auto body = [&](blocking_portal& portal) -> task<> {
        event waits;
        blocked.emplace(portal, [&]() -> task<> {
            waits.set();
            co_await sleep_forever();
        });
        co_await waits.wait();
        throw std::runtime_error("of the body");
    };
    try {
        co_await with_blocking_portal(body);
    } catch (exception_group const& errors) {
        text = errors.what();
    }
    CHECK_THAT(text, contains_text("portal"));
    CHECK(blocked->outcome() == "cancelled sibling_failed");
}

TETHER_FAR_CASE("TH17 a cancel from outside reaches the calls with its reason, "
                "and passes on") {
    std::optional<caller> blocked;
    std::optional<caller> later;
    auto scoped = [&](cancel_scope& scope) -> task<> {
        co_await with_blocking_portal([&](blocking_portal& portal) -> task<> {
            event begun;
            blocked.emplace(portal, [&]() -> task<> {
                begun.set();
                co_await sleep_forever();
            });
            co_await begun.wait();
            scope.cancel("enough");
            auto cleanup = [&]() -> task<> {
                // The portal is open as long as its body.
                event ran;
                later.emplace(portal, [&]() -> task<> {
                    ran.set();
                    co_await checkpoint();
                });
                co_await ran.wait();
            };
            auto work = []() -> task<> { co_await sleep_forever(); };
            co_await async_try(work).finally(cleanup);
        });
    };
    bool const by_itself = co_await with_cancel_scope(scoped);
    CHECK(!by_itself);
    CHECK(blocked->outcome() == "cancelled explicit_request");
    CHECK(later->outcome() == "cancelled explicit_request");
}

TEST_CASE("TH11 a context that is destroyed lets go of who waits, whether its "
          "function has begun or not") {
    blocking_portal portal;
    int alive = 0;
    std::optional<caller> running;
    std::optional<caller> queued;
    portal_future<int> later;
    {
        asio::io_context io(1);
        bool begun = false;
        tether::co_spawn(
            io,
            [&]() -> task<> {
                co_await with_blocking_portal(
                    [&](blocking_portal& opened) -> task<> {
                        portal = opened;
                        co_await sleep_forever();
                    });
            },
            [](std::exception_ptr) {});
        io.poll();
        running.emplace(portal, [&]() -> task<> {
            tally const frame(alive);
            begun = true;
            co_await sleep_forever();
        });
        while (!begun)
            io.run_one();
        later = portal.spawn([mine = tally(alive)]() -> task<int> {
            CHECK(false);
            co_return 1;
        });
        queued.emplace(portal, [] { CHECK(false); });
    }
    CHECK(running->outcome() == "finished");
    CHECK(queued->outcome() == "finished");
    CHECK(outcome_of([&] { later.get(); }) == "finished");
    later.cancel();
    CHECK(outcome_of([&] { portal.call([] {}); }) == "finished");
    CHECK(alive == 0);
}

TEST_CASE("TH15 a thread that may still call keeps the run going") {
    std::optional<caller> other;
    run([&]() -> task<> {
        event called;
        co_await with_blocking_portal([&](blocking_portal& portal) -> task<> {
            other.emplace(portal, [&] { called.set(); });
            co_await called.wait();
        });
    });
    CHECK(other->outcome() == "value");
}

TEST_CASE("TH15 when nobody can call any more, a call that waits in vain is a "
          "deadlock with the place of the call") {
    std::string tree;
    int const line = __LINE__ + 6;
    try {
        run([&]() -> task<> {
            auto body = [&](blocking_portal& portal) -> task<> {
                std::thread([&] {
                    // Dropped: a future could still cancel it.
                    portal.spawn([] { return sleep_forever(); });
                }).join();
                co_return;
            };
            co_await with_blocking_portal(body);
        });
    } catch (deadlock_error const& e) {
        tree = e.tree();
    }
    CHECK_THAT(tree, contains_text("portal_stop.cpp:" + std::to_string(line)));
}

TEST_CASE("TH11 the end of a run stops a portal that another root has opened") {
    std::optional<caller> blocked;
    run([&]() -> task<> {
        event begun;
        tether::co_spawn(
            this_task::executor(),
            [&]() -> task<> {
                co_await with_blocking_portal(
                    [&](blocking_portal& portal) -> task<> {
                        blocked.emplace(portal, [&]() -> task<> {
                            begun.set();
                            co_await sleep_forever();
                        });
                        co_await sleep_forever();
                    });
            },
            asio::detached);
        co_await begun.wait();
    });
    CHECK(blocked->outcome() == "cancelled shutdown");
}
