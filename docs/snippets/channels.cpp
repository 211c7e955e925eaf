// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// The code of docs/channels.md.
#include "support/test_case.hpp"

#include <tether/scope.hpp>
#include <tether/stream.hpp>
#include <tether/sync.hpp>

#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace tether;
using namespace std::chrono_literals;

namespace {

// [pipeline]
task<> produce(sender<int> out) {
    for (int i = 0; i < 10; ++i)
        co_await out.send(i); // waits while the channel is full
} // the sender dies with the task, and with the last one the channel ends

task<> square(receiver<int> in, sender<int> out) {
    while (auto item = co_await in.receive()) // empty at the end
        co_await out.send(*item * *item);
}

task<int> pipeline() {
    auto [numbers_in, numbers_out] = channel<int>(4);
    auto [squares_in, squares_out] = channel<int>(4);
    int sum = 0;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(produce, std::move(numbers_in));
        group.spawn(square, numbers_out.clone(), squares_in.clone());
        group.spawn(square, std::move(numbers_out), std::move(squares_in));
        while (auto item = co_await squares_out.receive())
            sum += *item;
    });
    co_return sum;
}
// [pipeline]

// [cancelled-send]
task<bool> offer(sender<std::string>& out, std::string& text) {
    // Moved from if it was sent, and only then.
    auto sent = co_await move_on_after(
        1s, [&]() -> task<> { co_await out.send(std::move(text)); });
    co_return static_cast<bool>(sent);
}
// [cancelled-send]

// [undelivered]
task<std::vector<std::string>> keep_the_rest() {
    std::vector<std::string> rest;
    auto [in, out] = channel<std::string>(
        8, {}, [&](std::string&& text) { rest.push_back(std::move(text)); });
    co_await in.send("a");
    co_await in.send("b");
    out.close(); // nobody will receive them
    co_return rest;
}
// [undelivered]

// [overflow]
task<int> latest_only() {
    auto [in, out] = channel<int>(1, {.on_full = overflow::drop_oldest});
    for (int i = 0; i < 100; ++i)
        co_await in.send(i); // never waits
    auto item = co_await out.receive();
    co_return *item;
}
// [overflow]

// [error]
task<> read_lines(sender<std::string> out) {
    std::exception_ptr error;
    try {
        co_await out.send("first");
        throw std::runtime_error("the disk is gone");
    } catch (std::runtime_error const&) {
        error = std::current_exception();
    }
    out.close(error); // receivers get it in place of the end
}
// [error]

// [select]
task<std::string> next_event(receiver<std::string>& lines, event& stop) {
    auto first = co_await select(lines.receive(), stop.wait(), sleep_for(5s));
    switch (first.index()) {
    case 0:
        co_return std::get<0>(first).value_or("end of the lines");
    case 1:
        co_return "stop";
    default:
        co_return "nothing for 5 s";
    }
}
// [select]

// [work-queue]
task<std::size_t> crawl() {
    work_queue<int> depths(100);
    co_await with_task_group([&](task_group& group) -> task<> {
        for (int i = 0; i < 3; ++i)
            group.spawn([&]() -> task<> {
                while (auto item = co_await depths.get()) {
                    co_await sleep_for(1ms);
                    if (**item < 3) {
                        co_await depths.put(**item + 1);
                        co_await depths.put(**item + 1);
                    }
                } // here the item is acknowledged: done, or failed by an error
            });
        co_await depths.put(0);
        co_await depths.join(); // all are done, also those put in meanwhile
        depths.shutdown();      // the workers come to the end
    });
    co_return depths.statistics().done;
}
// [work-queue]

// [broadcast]
task<std::size_t> prices() {
    broadcast<int> source;
    auto archive = source.subscribe(100); // a send waits for it when it is full
    auto screen = source.subscribe(1, lag_policy::drop_oldest);
    for (int i = 0; i < 10; ++i)
        co_await source.send(i);
    auto shown = co_await screen.receive(); // the last one
    if (*shown != 9)
        co_return 0;
    co_return screen.missed(); // and it knows of the others
}
// [broadcast]

// [watch]
enum class state { starting, ready, failed };

task<bool> wait_for_service(watch<state>& service) {
    auto const settled = [](state s) { return s != state::starting; };
    auto found = co_await service.wait_until(settled);
    co_return found == state::ready;
}
// [watch]

// [threads]
task<int> sum_from_thread() {
    shared_channel<int> numbers(16);
    std::thread worker([numbers]() mutable {
        for (int i = 1; i <= 100; ++i)
            if (!numbers.send_blocking(std::move(i)))
                break;
        numbers.close();
    });
    int sum = 0;
    while (auto item = co_await numbers.receive()) // blocks no loop
        sum += *item;
    worker.join();
    co_return sum;
}
// [threads]

} // namespace

TETHER_TEST_CASE("docs/channels.md: what the code there says") {
    auto const sum = co_await pipeline();
    CHECK(sum == 285);

    auto [in, out] = channel<std::string>();
    std::string text = "kept";
    auto const sent = co_await offer(in, text);
    CHECK_FALSE(sent);
    CHECK(text == "kept"); // NOLINT: that is the point

    auto const rest = co_await keep_the_rest();
    CHECK(rest == std::vector<std::string>{"a", "b"});
    auto const latest = co_await latest_only();
    CHECK(latest == 99);

    auto [lines_in, lines] = channel<std::string>(1);
    std::string error;
    co_await read_lines(std::move(lines_in));
    auto line = co_await lines.receive();
    CHECK(line == "first");
    try {
        (void)co_await lines.receive();
    } catch (std::runtime_error const& e) {
        error = e.what();
    }
    CHECK(error == "the disk is gone");
}

TETHER_TEST_CASE("docs/channels.md: select, queues, broadcasts and watches") {
    auto [in, lines] = channel<std::string>(1);
    event stop;
    auto what = co_await next_event(lines, stop);
    CHECK(what == "nothing for 5 s");
    co_await in.send("a line");
    stop.set();
    what = co_await next_event(lines, stop);
    CHECK(what == "a line");
    what = co_await next_event(lines, stop);
    CHECK(what == "stop");

    auto const done = co_await crawl();
    CHECK(done == 15);
    auto const missed = co_await prices();
    CHECK(missed == 9);
    watch<state> service(state::starting);
    bool ready = false;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(
            [&]() -> task<> { ready = co_await wait_for_service(service); });
        co_await checkpoint();
        service.set(state::ready);
        service.set(state::failed); // too late
    });
    CHECK(ready);
}

TEST_CASE("docs/channels.md: channels between threads") {
    CHECK(tether::run(sum_from_thread) == 5050);
}
