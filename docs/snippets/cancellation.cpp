// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// The code of docs/cancellation.md, run in virtual time.
#include "support/test_case.hpp"

#include <tether/combine/when_all.hpp>
#include <tether/core/errors.hpp>
#include <tether/scope.hpp>
#include <tether/sync/resettable_event.hpp>

#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

using namespace tether;
using namespace std::chrono_literals;

namespace {

std::vector<std::string> said;

void say(std::string text) {
    said.push_back(std::move(text));
}

std::string take() {
    std::string all;
    for (auto const& s : said)
        all += all.empty() ? s : "; " + s;
    said.clear();
    return all;
}

struct page {
    std::string text;
};

task<page> fetch(std::string url) {
    co_await sleep_for(3s);
    co_return page{"content of " + url};
}

// [scope]
task<> show(std::function<void()>& on_abort_button) {
    std::optional<page> const got =
        co_await with_cancel_scope([&](cancel_scope& scope) -> task<page> {
            on_abort_button = [&] { scope.cancel("user aborted"); };
            co_return co_await fetch("example.org");
        });
    say(got ? got->text : "aborted");
}
// [scope]

// [timeouts]
task<page> with_fallback(std::string url) {
    std::optional<page> got = co_await move_on_after(200ms, fetch(url));
    co_return got ? std::move(*got) : page{"cached copy"};
}

task<page> or_fail(std::string url) {
    co_return co_await fail_after(5s, "fetch page", fetch(url));
}
// [timeouts]

// [computation]
task<long> sum(std::vector<long> const& numbers) {
    long total = 0;
    for (long const n : numbers) {
        total += n;
        co_await checkpoint_if_cancelled();
    }
    co_return total;
}
// [computation]

task<> close_connection() {
    co_await sleep_for(100ms);
    say("closed");
}
task<> save_progress() {
    co_await sleep_for(100ms);
    say("saved");
}

// [on-cancel]
task<> long_running_job() {
    co_await async_try([]() -> task<> { co_await sleep_for(1h); })
        .on_cancel([](cancel_reason const& why) -> task<> {
            say(std::string("stopped: ") + to_string(why.kind));
            co_await save_progress();
        })
        .finally([]() -> task<> { co_await close_connection(); });
}
// [on-cancel]

// [swallow]
task<> cannot_swallow() {
    try {
        co_await sleep_for(1h);
    } catch (...) {
        say("never printed by a stop");
    }
    say("nor this");
}
// [swallow]

task<> write_rows() {
    co_await sleep_for(2s);
    say("rows written");
}

// [shield]
task<> save_checkpoint() {
    co_await shielded(write_rows(), {.grace = 5s});
    say("durable");        // runs: leaving a shield is no checkpoint
    co_await checkpoint(); // here the pending stop is delivered
    say("not reached");
}
// [shield]

// [resource]
struct connection {
    task<> open() {
        co_await sleep_for(10ms);
        say("open");
    }
    task<> close(exit_reason const& why) {
        co_await sleep_for(10ms);
        say(why.succeeded() ? "close" : "close after a stop or an error");
    }
};

task<> use_connection() {
    connection c;
    co_await with(c, [&](connection&) -> task<> { co_await sleep_for(1h); });
}
// [resource]

// [soft]
task<> answer_requests(int& answered) {
    for (;;) {
        // Waiting for the next request ends when a soft cancel comes...
        bool const request = co_await soft_cancellable(sleep_for(1s));
        if (!request)
            co_return;
        // ... answering one does not.
        co_await sleep_for(300ms);
        ++answered;
    }
}

task<> serve_until_told(int& answered) {
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(answer_requests, std::ref(answered));
        co_await sleep_for(1200ms);
        group.scope().cancel_soft(10s, "restart"); // hard after ten seconds
    });
}
// [soft]

// [raw-guard]
struct raw_guard {
    int exceptions = std::uncaught_exceptions();
    ~raw_guard() {
        // Wrong: a stop is no exception, so a stopped task commits.
        say(std::uncaught_exceptions() > exceptions ? "rollback" : "commit");
    }
};
// [raw-guard]

// [guard]
struct guard {
    scope_outcome how{};
    ~guard() { say(how.succeeded() ? "commit" : "rollback"); }
};
// [guard]

template<class Guard>
task<> transfer() {
    Guard const g;
    co_await sleep_for(1h);
}

// [remote]
task<> cancellable_from_a_thread(std::thread& keyboard) {
    bool const finished =
        co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
            keyboard = std::thread([handle = scope.remote_cancel()] {
                handle.cancel("escape was pressed");
            });
            co_await sleep_forever();
        });
    say(finished ? "finished" : "cancelled");
}
// [remote]

// [reason]
task<> explain(cancel_scope& scope) {
    bool const finished = co_await with_cancel_scope(scope, [&]() -> task<> {
        scope.cancel("disk is full");
        co_await checkpoint();
    });
    if (!finished)
        say(scope.reason().text);
}
// [reason]

// Lines on their way to where they are said.
class queue_of_lines {
public:
    void push(std::string line) {
        lines_.push_back(std::move(line));
        news_.set();
    }
    task<> write() {
        for (;;) {
            co_await news_.wait();
            news_.clear();
            for (auto& line : lines_)
                say(std::move(line));
            lines_.clear();
        }
    }

private:
    std::vector<std::string> lines_;
    resettable_event news_;
};

task<> write_lines(queue_of_lines& log) {
    co_await log.write();
}

// [services]
task<> take_orders(queue_of_lines& log) {
    auto goodbye = [&]() -> task<> {
        co_await sleep_for(1s);
        log.push("orders saved"); // the writer is still there
    };
    auto orders = []() -> task<> { co_await sleep_forever(); };
    co_await async_try(orders).on_cancel(goodbye);
}

task<> shop(queue_of_lines& log) {
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(as_service, write_lines, std::ref(log));
        group.spawn(take_orders, std::ref(log));
        co_await sleep_for(8h);
        group.cancel("the shop closes");
    });
}
// [services]

// [task-local]
task_local<std::string> const request("no request");

task<> query(std::string table) {
    co_await sleep_for(1ms);
    say(request.get() + " reads " + table);
}

task<> answer(std::string id) {
    co_await with_task_local(request, id, [&]() -> task<> {
        co_await when_all(query("users"), query("orders"));
    });
}
// [task-local]

// [task-local-spawn]
task<> in_background(task_group& group) {
    group.spawn(request.bound(request.get() + "/audit"), query, "audit");
    co_return;
}
// [task-local-spawn]

} // namespace

TETHER_TEST_CASE("docs/cancellation.md: scope") {
    std::function<void()> button;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(show, std::ref(button));
        co_await sleep_for(1s);
        button();
    });
    CHECK(take() == "aborted");
    co_await show(button);
    CHECK(take() == "content of example.org");
}

TETHER_TEST_CASE("docs/cancellation.md: timeouts") {
    auto const quick = co_await with_fallback("a");
    CHECK(quick.text == "cached copy");
    auto const whole = co_await or_fail("b");
    CHECK(whole.text == "content of b");
}

TETHER_TEST_CASE("docs/cancellation.md: a computation") {
    std::vector<long> const numbers(1000, 2);
    auto const total = co_await sum(numbers);
    CHECK(total == 2000);
    auto const none =
        co_await with_cancel_scope([&](cancel_scope& scope) -> task<long> {
            scope.cancel();
            co_return co_await sum(numbers);
        });
    CHECK_FALSE(none.has_value());
}

TETHER_TEST_CASE("docs/cancellation.md: cleanup, shields and swallowing") {
    bool whole = co_await move_on_after(1s, long_running_job());
    CHECK_FALSE(whole);
    CHECK(take() == "stopped: deadline; saved; closed");
    whole = co_await move_on_after(1s, cannot_swallow());
    CHECK_FALSE(whole);
    CHECK(take().empty());
    whole = co_await move_on_after(1s, save_checkpoint());
    CHECK_FALSE(whole);
    CHECK(take() == "rows written; durable");
    whole = co_await move_on_after(1s, use_connection());
    CHECK_FALSE(whole);
    CHECK(take() == "open; close after a stop or an error");
}

TETHER_TEST_CASE("docs/cancellation.md: soft cancel") {
    int answered = 0;
    tether_test::stopwatch const watch;
    co_await serve_until_told(answered);
    CHECK(answered == 1);
    CHECK(watch.elapsed() == 1300ms);
}

TETHER_TEST_CASE("docs/cancellation.md: services") {
    queue_of_lines log;
    co_await shop(log);
    CHECK(take() == "orders saved");
}

TETHER_TEST_CASE("docs/cancellation.md: guards") {
    bool whole = co_await move_on_after(1s, transfer<raw_guard>());
    CHECK_FALSE(whole);
    CHECK(take() == "commit"); // the trap the page warns of
    whole = co_await move_on_after(1s, transfer<guard>());
    CHECK_FALSE(whole);
    CHECK(take() == "rollback");
}

TETHER_TEST_CASE("docs/cancellation.md: other threads and reasons") {
    std::thread keyboard;
    co_await cancellable_from_a_thread(keyboard);
    keyboard.join();
    CHECK(take() == "cancelled");
    cancel_scope scope;
    co_await explain(scope);
    CHECK(take() == "disk is full");
}

TETHER_TEST_CASE("docs/task-locals.md") {
    co_await answer("r1");
    CHECK(take() == "r1 reads users; r1 reads orders");
    co_await with_task_group(in_background);
    CHECK(take() == "no request/audit reads audit");
}
