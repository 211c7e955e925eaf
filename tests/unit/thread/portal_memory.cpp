// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What becomes of a call through a portal when memory is refused, on the
/// thread or on the loop? Whoever waits is told, and the portal goes on.
#include "portal_test.hpp"

#include <tether/thread/run_on.hpp>

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace {

// How many allocations of this thread until one is refused; 0 is none.
thread_local long until_refusal = 0;

void may_refuse() {
    if (until_refusal != 0 && --until_refusal == 0)
        throw std::bad_alloc();
}

} // namespace

// That of the kit asks the hooks of a loop, and a plain thread has none. Never
// inlined, or g++ takes the free() of what `new` gave for an error.
[[gnu::noinline]] void* operator new(std::size_t size) {
    may_refuse();
    if (void* const block = std::malloc(size ? size : 1))
        return block;
    throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t size,
                                     std::nothrow_t const&) noexcept {
    try {
        return ::operator new(size);
    } catch (std::bad_alloc const&) {
        return nullptr;
    }
}
// Where Asio has its memory from.
extern "C" [[gnu::noinline]] void* aligned_alloc(std::size_t alignment,
                                                 std::size_t size) noexcept {
    void* block = nullptr;
    try {
        may_refuse();
    } catch (std::bad_alloc const&) {
        return nullptr;
    }
    return ::posix_memalign(&block, alignment, size) == 0 ? block : nullptr;
}
[[gnu::noinline]] void operator delete(void* block) noexcept {
    std::free(block);
}
[[gnu::noinline]] void operator delete(void* block, std::size_t) noexcept {
    std::free(block);
}

namespace {

using namespace tether;
using namespace tether_test;

// What the pool has in store may be refused as well.
struct refusing final : tether::detail::test_hooks {
    void may_throw(tether::detail::fault what, std::size_t size) override {
        test_hooks::may_throw(what, size);
        may_refuse();
    }
};

// One allocation of this thread is refused, the nth from now on.
class refusal {
public:
    explicit refusal(long nth) noexcept { until_refusal = nth; }
    refusal(refusal const&) = delete;
    refusal& operator=(refusal const&) = delete;
    ~refusal() { until_refusal = 0; }
};

// The one that holds the portal open, and the one that counts.
constexpr std::size_t idle_tasks = 2;

// A portal into a loop whose allocations can be refused.
class poor_loop {
public:
    poor_loop() : loop_(told_.sink()) {
        executor_ = loop_.portal().call([this] {
            tether::detail::running_loop()->set_hooks(&hooks_);
            return this_task::executor();
        });
    }
    poor_loop(poor_loop const&) = delete;
    poor_loop& operator=(poor_loop const&) = delete;
    ~poor_loop() {
        refuse(0);
        portal().call([] { // nothing of what was refused is left
            tether::detail::loop& l = *tether::detail::running_loop();
            CHECK(l.live_tasks() == idle_tasks);
            l.set_hooks(nullptr);
        });
    }

    blocking_portal const& portal() const { return loop_.portal(); }
    std::string told() { return told_.all(); }

    // On the loop from now on. Whether what was asked before was refused.
    bool refuse(long nth) {
        bool was_refused = false;
        gate done;
        asio::post(executor_, [&] {
            was_refused = until_refusal == 0;
            until_refusal = nth;
            done.open();
        });
        done.wait();
        return was_refused;
    }

private:
    told_errors told_;
    refusing hooks_;
    portal_thread loop_;
    asio::any_io_executor executor_;
};

// Longer than what a string holds by itself.
std::string long_text() {
    return "a value that cannot be had without memory";
}
task<std::string> long_after(tally const&) {
    co_await checkpoint();
    co_return long_text();
}

// The ways to ask, with what is to be had.
std::string calls(blocking_portal const& portal, int& alive) {
    return portal.call(long_after, tally(alive));
}
std::string spawns(blocking_portal const& portal, int& alive) {
    return portal.spawn(long_after, tally(alive)).get();
}
std::string starts(blocking_portal const& portal, int& alive) {
    auto begun = portal.start<std::string>(
        [](start_signal<std::string> started, tally const&) -> task<> {
            co_await checkpoint();
            started(long_text());
            co_await checkpoint();
        },
        tally(alive));
    begun.future.get();
    return begun.value;
}
std::string cancelled(portal_future<>& never) {
    never.cancel();
    try {
        never.get();
    } catch (cancelled_error const&) {
        return long_text();
    }
    return "not cancelled";
}
std::string cancels(blocking_portal const& portal, int& alive) {
    auto never = portal.spawn(
        [](tally const&) -> task<> { co_await sleep_forever(); }, tally(alive));
    return cancelled(never);
}
std::string holds_open(blocking_portal const& portal, int& alive) {
    struct resource {
        task<> open() { return checkpoint_task(); }
        task<> close() { return checkpoint_task(); }
        static task<> checkpoint_task() { co_await checkpoint(); }
        tally one;
    };
    portal_guard guard(portal, [&] { return resource{tally(alive)}; });
    std::string const value = guard.call([](resource&) { return long_text(); });
    guard.close();
    return value;
}

std::string sends_away(blocking_portal const& portal, int& alive) {
    std::atomic<bool> begun = false;
    auto const away = [&]() -> task<> {
        begun = true;
        co_await sleep_forever();
    };
    auto never = portal.spawn(
        [&](tally const&) -> task<> {
            co_await run_on(this_task::executor(), away);
        },
        tally(alive));
    while (!begun && !never.done())
        std::this_thread::yield();
    return cancelled(never);
}

std::string stops(blocking_portal const& portal, int& alive) {
    auto opened = portal.start<blocking_portal>(
        [](start_signal<blocking_portal> started) -> task<> {
            auto body = [&](blocking_portal& inside) -> task<> {
                started(inside);
                co_await inside.wait_stopped();
            };
            co_await with_blocking_portal(body);
        });
    portal_future<> never;
    {
        struct at_end {
            ~at_end() { portal.stop(portal_stop::cancel_remaining); }
            blocking_portal const& portal;
        } const ends{opened.value};
        never = opened.value.spawn(
            [](tally const&) -> task<> { co_await sleep_forever(); },
            tally(alive));
    }
    opened.future.get();
    try {
        never.get();
    } catch (cancelled_error const&) {
        return long_text();
    }
    return "not cancelled";
}

using way = std::string (*)(blocking_portal const&, int&);
constexpr way ways[] = {calls, spawns,     starts,    cancels,
                        stops, sends_away, holds_open};

// Asks with one allocation refused, of the loop or of this thread; whether it
// came to that.
bool refused_at(long nth, bool on_loop, way ask, poor_loop& loop) {
    int alive = 0;
    bool refused = false;
    std::string got = long_text();
    if (on_loop)
        loop.refuse(nth);
    try {
        refusal const here(on_loop ? 0 : nth);
        got = ask(loop.portal(), alive);
        refused = until_refusal == 0;
    } catch (std::bad_alloc const&) {
        refused = true;
    } catch (exception_group const& errors) { // of a portal inside
        refused = errors.size() == 1;
    }
    if (on_loop)
        refused = loop.refuse(0);
    CHECK(got == long_text());
    // A future that was let go of leaves its task to the portal.
    loop.portal().call([] {
        return until([&l = *tether::detail::running_loop()] {
            return l.live_tasks() == idle_tasks;
        });
    });
    CHECK(alive == 0);
    CHECK(ask(loop.portal(), alive) == long_text());
    return refused;
}

void refuse_everywhere(bool on_loop) {
    for (way const ask : ways) {
        poor_loop loop;
        int alive = 0;
        ask(loop.portal(), alive);
        long points = 0;
        while (refused_at(points + 1, on_loop, ask, loop))
            ++points;
        CHECK(points > 0);
        CHECK(loop.told() == "");
    }
}

} // namespace

TEST_CASE("TH15 memory that is refused to the thread is an error of its call, "
          "and the portal goes on") {
    refuse_everywhere(false);
}

TEST_CASE("TH15 memory that is refused to the loop is an error of the call "
          "that needed it, and the portal goes on") {
    refuse_everywhere(true);
}

TEST_CASE("RU33 a timer for which there is no memory comes all the same") {
    bool refused = true;
    for (long nth = 1; refused; ++nth) {
        poor_loop loop; // whose timer nobody has used
        loop.refuse(nth);
        int alive = 0;
        try {
            loop.portal().call(
                [mine = tally(alive)] { return sleep_for(1ms); });
        } catch (std::bad_alloc const&) {
        }
        refused = loop.refuse(0);
        CHECK(alive == 0);
        CHECK(nth < 100);
    }
}

TEST_CASE("TH16 TH17 to drop a future, to cancel and to stop needs no memory") {
    poor_loop loop;
    auto const fails = []() -> task<> {
        throw std::runtime_error("unread");
        co_return;
    };
    std::optional<portal_future<>> dropped(loop.portal().spawn(fails));
    dropped->wait();
    auto never = loop.portal().spawn([] { return sleep_forever(); });
    portal_thread ends;
    auto too = ends.portal().spawn([] { return sleep_forever(); });
    {
        refusal const all(1);
        dropped.reset();
        never.cancel();
        never.wait();
        ends.stop(portal_stop::cancel_remaining);
        ends.join();
        CHECK(until_refusal == 1);
    }
    CHECK_THROWS_AS(never.get(), cancelled_error);
    CHECK_THROWS_AS(too.get(), cancelled_error);
    loop.portal().call([] {});
    CHECK(loop.told() == "a portal_future was destroyed unread: unread; ");
}
