// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// The suites for implementers, over what must pass them and over what must not.

#include "unit/testing/memory_test.hpp"

#include <tether/stream/channel.hpp>
#include <tether/sync/mutex.hpp>
#include <tether/sync/semaphore.hpp>
#include <tether/testing/conformance_channel.hpp>
#include <tether/testing/conformance_lock.hpp>
#include <tether/testing/conformance_resource.hpp>
#include <tether/testing/conformance_stream.hpp>
#include <tether/testing/lockstep_stream.hpp>
#include <tether/testing/mock_resource.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <utility>

using namespace tether_test;
using namespace std::chrono_literals;
using testing::channel_conformance;
using testing::lock_conformance;
using testing::memory_link_options;
using testing::resource_conformance;
using testing::stream_conformance;
using tether::semaphore;
using tether::this_task::executor;
using tcp = asio::ip::tcp;

namespace {

// Which rules the suite finds broken.
task<std::string> broken(testing::conformance_suite const& suite) {
    std::string names;
    for (auto const& rule : suite) {
        try {
            co_await suite.run(rule.name);
        } catch (testing::test_failure const&) {
            names += names.empty() ? rule.name : "; " + rule.name;
        }
    }
    co_return names;
}

struct tcp_pair {
    tcp::socket first;
    tcp::socket second;
};
task<tcp_pair> connected() {
    tcp::acceptor acceptor(executor(),
                           tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    tcp_pair made{tcp::socket(executor()), tcp::socket(executor())};
    made.first.connect(acceptor.local_endpoint());
    acceptor.accept(made.second);
    made.first.set_option(asio::socket_base::send_buffer_size(16 * 1024));
    made.second.set_option(asio::socket_base::receive_buffer_size(16 * 1024));
    co_return std::move(made);
}

// A lock without a queue: whoever comes first after a release gets it.
class unfair_lock {
public:
    class guard {
    public:
        explicit guard(unfair_lock& l) noexcept : lock_(&l) {}
        guard(guard&& other) noexcept
            : lock_(std::exchange(other.lock_, nullptr)) {}
        guard& operator=(guard&&) = delete;
        ~guard() {
            if (lock_)
                lock_->held_ = false;
        }

    private:
        unfair_lock* lock_;
    };
    std::optional<guard> try_acquire() {
        if (held_)
            return std::nullopt;
        held_ = true;
        return guard(*this);
    }
    task<guard> acquire() {
        while (held_)
            co_await tether::checkpoint();
        held_ = true;
        co_return guard(*this);
    }

private:
    bool held_ = false;
};

// Holds any number, and hands out what came last.
struct careless_channel {
    std::deque<int> items{};
    bool closed = false;
    task<std::optional<int>> receive() {
        while (items.empty() && !closed)
            co_await tether::checkpoint();
        if (items.empty())
            co_return std::nullopt;
        int const last = items.back();
        items.pop_back();
        co_return last;
    }
};

// Forgets to release when it is cancelled while it opens.
struct forgetful {
    int& live;
    task<> open() {
        ++live;
        co_await tether::checkpoint();
    }
    task<> close() {
        --live;
        co_return;
    }
};

} // namespace

TETHER_TEST_CASE("TE15 TE16 in-memory streams keep the rules of streams") {
    auto const perfect = stream_conformance(
        [] { return testing::make_memory_pair(executor()); });
    CHECK(perfect.size() == 13);
    co_await perfect.run_all();
    memory_link_options bad;
    bad.latency = 3ms;
    bad.bandwidth = 50'000'000;
    bad.buffer = 100;
    bad.max_write = 7;
    bad.max_read = 5;
    testing::stream_traits traits;
    traits.large = 5000;
    auto const slow = stream_conformance(
        [bad] { return testing::make_memory_pair(executor(), bad); }, traits);
    co_await slow.run_all();
}

TEST_CASE("TE15 TE16 sockets of the system keep the rules of streams") {
    tether::run([]() -> task<> {
        auto const suite = stream_conformance(&connected);
        co_await suite.run_all();
    });
}

TETHER_TEST_CASE("TE16 a suite finds what is wrong with a stream, by name") {
    auto const lockstep = stream_conformance(
        [] { return testing::make_lockstep_pair(executor()); });
    auto const needs_buffer = co_await broken(lockstep);
    CHECK_THAT(needs_buffer,
               contains_text("a read gives at least one byte and at most"));
    auto const corrupt = stream_conformance([] {
        auto pair = testing::make_memory_pair(executor());
        pair.first.inject(testing::corrupt_at(1));
        return pair;
    });
    auto const changed = co_await broken(corrupt);
    CHECK_THAT(changed, contains_text("bytes arrive unchanged"));
    CHECK(changed.find("half-close") == changed.npos);
    auto const cut = stream_conformance([] {
        auto pair = testing::make_memory_pair(executor());
        pair.first.inject(testing::stall_at(0));
        return pair;
    });
    std::string report;
    try {
        co_await cut.run("a read waits for a byte");
    } catch (testing::test_failure const& e) {
        report = e.what();
    }
    CHECK(report == "the rule 'a read waits for a byte' is broken: it hangs\n");
    bool unknown = false;
    try {
        co_await cut.run("no such rule");
    } catch (std::invalid_argument const&) {
        unknown = true;
    }
    CHECK(unknown);
}

TETHER_TEST_CASE("TE16 semaphore and mutex keep the rules of locks") {
    auto const permits =
        lock_conformance([] { return std::make_unique<semaphore>(1); },
                         [](semaphore& s) { return s.acquire(); },
                         [](semaphore& s) { return s.try_acquire(); });
    CHECK(permits.size() == 8);
    co_await permits.run_all();
    auto const mutexes =
        lock_conformance([] { return std::make_unique<tether::mutex>(); },
                         [](tether::mutex& m) { return m.lock(); },
                         [](tether::mutex& m) { return m.try_lock(); });
    co_await mutexes.run_all();
}

TETHER_TEST_CASE("TE16 a suite finds what is wrong with a lock") {
    auto const suite =
        lock_conformance([] { return std::make_unique<unfair_lock>(); },
                         [](unfair_lock& l) { return l.acquire(); },
                         [](unfair_lock& l) { return l.try_acquire(); });
    auto const names = co_await broken(suite);
    CHECK(names == "nobody overtakes a task that waits; acquiring is a "
                   "checkpoint, also when the lock is free");
}

TETHER_TEST_CASE("TE16 a channel keeps the rules of channels, with room and at "
                 "a rendezvous") {
    using both = std::pair<tether::sender<int>, tether::receiver<int>>;
    for (std::size_t const room : {0U, 1U, 3U}) {
        auto const suite = channel_conformance(
            [room] {
                return std::make_unique<both>(tether::channel<int>(room));
            },
            [](both& c, int item) { return c.first.send(std::as_const(item)); },
            [](both& c) { return c.second.receive(); },
            [](both& c) { c.first.close(); }, room);
        CHECK(suite.size() == 10);
        co_await suite.run_all();
    }
}

TETHER_TEST_CASE("TE16 a suite finds what is wrong with a channel") {
    auto const suite =
        channel_conformance([] { return std::make_unique<careless_channel>(); },
                            [](careless_channel& c, int item) -> task<> {
                                c.items.push_back(item);
                                co_return;
                            },
                            [](careless_channel& c) { return c.receive(); },
                            [](careless_channel& c) { c.closed = true; });
    auto const names = co_await broken(suite);
    CHECK(names == "items come out in the order in which they went in; a "
                   "sender waits while it is full; receivers are served in "
                   "the order in which they came; senders are served in the "
                   "order in which they came; a sender that is cancelled has "
                   "sent, or it has not; sending and receiving are "
                   "checkpoints, also without waiting; after the close comes "
                   "what is inside, then the end");
}

TETHER_TEST_CASE("TE16 resources keep their rules, or are found out") {
    testing::mock_resource shared("shared");
    struct one {
        testing::mock_resource& of;
        task<> open() {
            co_await tether::checkpoint();
            co_await tether::sleep_for(3ms);
            co_await of.open();
        }
        task<> close(tether::exit_reason const& why) {
            co_await tether::sleep_for(5ms);
            co_await of.close(why);
        }
    };
    auto const good =
        resource_conformance([&] { return std::make_unique<one>(shared); },
                             [&] { return shared.live(); });
    CHECK(good.size() == 4);
    co_await good.run_all();
    int live = 0;
    auto const bad = resource_conformance(
        [&] {
            live = 0;
            return std::make_unique<forgetful>(live);
        },
        [&] { return live; });
    auto const names = co_await broken(bad);
    CHECK(names == "it is closed, or was never opened, wherever a cancel hits");
}
