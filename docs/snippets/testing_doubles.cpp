// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// The code of docs/testing-doubles.md, run in virtual time.
#include "support/catch.hpp"

#include <tether/scope.hpp>
#include <tether/sync/semaphore.hpp>
#include <tether/task.hpp>
#include <tether/testing/async_mock.hpp>
#include <tether/testing/conformance_lock.hpp>
#include <tether/testing/group_matcher.hpp>
#include <tether/testing/memory_listener.hpp>
#include <tether/testing/memory_stream.hpp>
#include <tether/testing/mock_resource.hpp>
#include <tether/testing/run_test.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

namespace asio = boost::asio;
using namespace tether;
using namespace tether::testing;
using namespace std::chrono_literals;

namespace {

// The code under test.
task<int> patient(std::function<task<int>(std::string)> fetch,
                  std::string url) {
    for (int attempt = 0; attempt != 2; ++attempt) {
        try {
            co_return co_await fetch(url);
        } catch (std::runtime_error const&) {
        }
        co_await sleep_for(1min);
    }
    co_return co_await fetch(url);
}

task<std::string> ask(memory_stream& server) {
    std::string const question = "how many?";
    co_await asio::async_write(server, asio::buffer(question), use_task);
    std::string answer(2, '?');
    co_await asio::async_read(server, asio::buffer(answer), use_task);
    co_return answer;
}

// [mock]
task<> retries_until_it_works() {
    async_mock<task<int>(std::string)> fetch("fetch");
    fetch.script(error(std::runtime_error("reset")), // the first call
                 delay(10s), error(std::runtime_error("timeout")),
                 value(42)); // the third one
    int const got = co_await patient(std::ref(fetch), "example.org");
    CHECK(got == 42);
    fetch.assert_awaited(3);
    fetch.assert_awaited_with("example.org");
}
// [mock]

// [resource]
task<> closes_what_it_opened() {
    resource_log log;
    mock_resource db("db", &log);
    mock_resource cache("cache", &log);
    cache.on_open(hang());
    co_await move_on_after(
        1s, with(db, cache, [](auto&, auto&) -> task<> { co_return; }));
    CHECK(log == resource_log{"open db", "close db"});
}
// [resource]

// [stream]
task<> a_server_that_dies() {
    memory_link_options line;
    line.latency = 80ms;
    auto [client, server] = make_memory_pair(this_task::executor(), line);
    server.inject(reset_at(1)); // after the first byte that it sends
    std::string const half = "42";
    co_await asio::async_write(server, asio::buffer(half, 1), use_task);
    boost::system::error_code code;
    try {
        co_await ask(client);
    } catch (boost::system::system_error const& e) {
        code = e.code();
    }
    CHECK(code == asio::error::connection_reset);
}
// [stream]

// [listener]
task<> a_server_without_a_port() {
    memory_listener listener(this_task::executor());
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            memory_stream peer = co_await listener.async_accept(use_task);
            std::string const answer = "42";
            co_await asio::async_write(peer, asio::buffer(answer), use_task);
        });
        memory_stream client = co_await listener.async_connect(use_task);
        std::string const answer = co_await ask(client);
        CHECK(answer == "42");
    });
}
// [listener]

task<> load(std::string what) {
    co_await checkpoint();
    throw std::runtime_error("no " + what);
}

// [group]
task<> fails_with_both() {
    std::exception_ptr error;
    try {
        co_await with_task_group({.policy = collect_all},
                                 [](task_group& group) -> task<> {
                                     group.spawn(named("reader"), load, "book");
                                     group.spawn(named("writer"), load, "pen");
                                     co_return;
                                 });
    } catch (...) {
        error = std::current_exception();
    }
    auto const match = matches(
        error, group_of(leaf<std::runtime_error>("pen").from_task("writer"),
                        leaf<std::runtime_error>("book")));
    INFO(match.explanation);
    CHECK(match.matched);
}
// [group]

// [conformance]
task<> my_lock_is_a_lock() {
    auto const rules =
        lock_conformance([] { return std::make_unique<semaphore>(1); },
                         [](semaphore& lock) { return lock.acquire(); },
                         [](semaphore& lock) { return lock.try_acquire(); });
    co_await rules.run_all(); // test_failure names the broken ones
}
// [conformance]

} // namespace

TEST_CASE("docs/testing-doubles.md: what the page shows") {
    run_test(retries_until_it_works);
    run_test(closes_what_it_opened);
    run_test(a_server_that_dies);
    run_test(a_server_without_a_port);
    run_test(fails_with_both);
    run_test(my_lock_is_a_lock);
}
