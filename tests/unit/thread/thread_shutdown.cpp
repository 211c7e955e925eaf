// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What happens to threads and to those that wait for them when the context is
/// destroyed?
#include "unit/thread/thread_test.hpp"

#include <tether/core/asio.hpp>
#include <tether/scope/shielded.hpp>
#include <tether/task/co_spawn.hpp>
#include <tether/thread/from_thread.hpp>
#include <tether/thread/worker_threads.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>

namespace {

using namespace tether_test;

// Ends when it is told to, which must not come before the context goes.
void patient(gate& begun, event_log& log) {
    begun.pass();
    while (!from_thread::cancel_requested())
        std::this_thread::yield();
    log("thread");
}

// Says that its thread has ended, and takes its time: who does not join is
// past it by then.
class last_words {
public:
    explicit last_words(std::atomic<int>& ended) : ended_(ended) {}
    last_words(last_words const&) = delete;
    last_words& operator=(last_words const&) = delete;
    ~last_words() {
        for (int i = 0; i != 1000; ++i)
            std::this_thread::yield();
        ++ended_;
    }

private:
    std::atomic<int>& ended_;
};

task<> waits(gate& begun, event_log& log) {
    exit_note const outer(log, "outer");
    auto const inner = [&]() -> task<> {
        exit_note const gone(log, "inner");
        co_await to_thread(patient, std::ref(begun), std::ref(log));
        log("resumed");
    };
    co_await inner();
}

} // namespace

TEST_CASE("TH19 a context that is destroyed waits for the function, then "
          "destroys the frames, and resumes nothing") {
    for (bool const stop : {false, true}) {
        event_log log;
        gate begun;
        begun.open();
        {
            asio::io_context io;
            tether::co_spawn(io, waits(begun, log), asio::detached);
            while (begun.arrived() == 0)
                io.poll_one();
            if (stop)
                io.stop();
            log("destroyed");
        }
        CHECK(log.text() == "destroyed thread inner outer");
    }
}

TEST_CASE("TH19 the same inside of a shield, on strands, and with many at a "
          "time") {
    event_log log;
    gate begun;
    begun.open();
    std::atomic<int> ended{0};
    int frames = 0;
    {
        asio::thread_pool pool(2);
        for (int i = 0; i != 20; ++i)
            tether::co_spawn(
                asio::make_strand(pool),
                [&]() -> task<> {
                    struct frame {
                        int& count;
                        ~frame() { ++count; }
                    } const here{frames};
                    auto const body = [&]() -> task<> {
                        co_await to_thread([&] {
                            begun.pass();
                            while (!from_thread::cancel_requested())
                                std::this_thread::yield();
                            ++ended;
                        });
                    };
                    co_await shielded(body);
                },
                asio::detached);
        while (begun.arrived() != 20)
            std::this_thread::yield();
        pool.stop();
        pool.join();
        CHECK(ended == 0);
    }
    CHECK(ended == 20);
    CHECK(frames == 20);
}

TEST_CASE("TH11 a thread whose request is served when the context goes gets "
          "run_finished, after the frames are gone") {
    event_log log;
    gate begun;
    begun.open();
    {
        asio::io_context io;
        tether::co_spawn(
            io,
            [&]() -> task<> {
                exit_note const host(log, "host");
                co_await to_thread([&] {
                    try {
                        from_thread::run([&]() -> task<> {
                            exit_note const frame(log, "frame");
                            begun.pass();
                            co_await sleep_forever();
                        });
                    } catch (run_finished const&) {
                        log("finished");
                    }
                    try {
                        from_thread::run([] {});
                    } catch (run_finished const&) {
                        log("again");
                    }
                });
            },
            asio::detached);
        while (begun.arrived() == 0)
            io.poll_one();
    }
    CHECK(log.text() == "frame finished again host");
}

TEST_CASE("TH19 nested calls end from the innermost outwards when the context "
          "goes") {
    event_log log;
    gate begun;
    begun.open();
    {
        asio::io_context io;
        tether::co_spawn(
            io,
            [&]() -> task<> {
                exit_note const host(log, "host");
                co_await to_thread([&] {
                    try {
                        from_thread::run(waits, std::ref(begun), std::ref(log));
                    } catch (run_finished const&) {
                        log("finished");
                    }
                });
            },
            asio::detached);
        while (begun.arrived() == 0)
            io.poll_one();
    }
    CHECK(log.text() == "thread inner outer finished host");
}

TEST_CASE("TH19 a context does not wait for a thread that may be abandoned") {
    auto const hold = std::make_shared<gate>();
    event_log log;
    {
        asio::io_context io;
        tether::co_spawn(
            io,
            [&]() -> task<> {
                exit_note const host(log, "host");
                co_await to_thread(
                    abandon_on_cancel,
                    [](std::shared_ptr<gate> g) {
                        g->pass();
                        try {
                            from_thread::run([] {});
                        } catch (run_finished const&) {
                        }
                        throw std::runtime_error("nobody hears of it");
                    },
                    hold);
            },
            asio::detached);
        while (hold->arrived() == 0)
            io.poll_one();
    }
    CHECK(log.text() == "host");
    hold->open();
    while (hold.use_count() != 1)
        std::this_thread::yield();
}

TEST_CASE("TH19 the end of a run joins its threads: idle ones, which would "
          "stay for ever, and those that have expired") {
    using duration = std::chrono::steady_clock::duration;
    for (duration const idle : {duration::max(), duration::zero()}) {
        std::atomic<int> ended{0};
        run([&]() -> task<> {
            worker_threads::set_idle_time(idle);
            co_await to_thread(
                [&] { thread_local last_words const here(ended); });
            if (idle == duration::zero())
                co_await until(
                    [] { return worker_threads::statistics().threads == 0; });
        });
        CHECK(ended == 1);
    }
}
