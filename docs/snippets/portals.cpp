// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// The code of docs/threads.md about portals, loops and futures.
#include "support/test_case.hpp"

#include <tether/scope/with_task_group.hpp>
#include <tether/task/co_spawn.hpp>
#include <tether/thread/cancellable_read.hpp>
#include <tether/thread/detail/file_descriptor.hpp>
#include <tether/thread/from_future.hpp>
#include <tether/thread/loop_pool.hpp>
#include <tether/thread/portal_guard.hpp>
#include <tether/thread/portal_thread.hpp>
#include <tether/thread/run_on.hpp>
#include <tether/thread/spawn_on.hpp>
#include <tether/thread/to_thread.hpp>
#include <tether/thread/with_blocking_portal.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/use_future.hpp>

#include <array>
#include <atomic>
#include <functional>
#include <future>
#include <string>
#include <thread>
#include <utility>

#include <unistd.h>

using namespace tether;
namespace asio = boost::asio;

namespace {

// A library that calls back on a thread of its own.
class legacy_server {
public:
    using handler = std::function<std::string(std::string)>;

    explicit legacy_server(handler on_request)
        : thread_([this, on_request = std::move(on_request)] {
              last_ = on_request("ping");
          }) {}
    ~legacy_server() {
        if (thread_.joinable())
            thread_.join();
    }
    std::string last_answer() {
        thread_.join();
        return last_;
    }

private:
    std::string last_;
    std::thread thread_;
};

task<std::string> answer(std::string request) {
    co_await checkpoint();
    co_return request + "!";
}

// [portal]
task<std::string> serve_legacy() {
    auto body = [](blocking_portal& portal) -> task<std::string> {
        legacy_server server([portal](std::string request) {
            std::string text = portal.call(answer, std::move(request));
            portal.stop(); // one is enough
            return text;
        });
        co_await portal.wait_stopped();
        co_return server.last_answer();
    };
    co_return co_await with_blocking_portal(body);
}
// [portal]

task<int> count_users() {
    co_await checkpoint();
    co_return 3;
}
task<> follow(start_signal<int> started) {
    started(17);
    co_await sleep_forever();
}

class connection {
public:
    explicit connection(std::string& log) : log_(&log) {}
    task<> open() {
        *log_ += "open ";
        co_return;
    }
    task<int> query(int n) {
        co_await checkpoint();
        co_return 2 * n;
    }
    task<> close() {
        *log_ += "closed";
        co_return;
    }

private:
    std::string* log_;
};

// [portal-thread]
int without_a_loop(std::string& log) {
    portal_thread loop;
    blocking_portal const& portal = loop.portal();

    int const users = portal.call(count_users); // blocks for the result

    portal_future<int> later = portal.spawn(count_users); // does not
    int const again = later.get();

    auto feed = portal.start<int>(follow); // blocks until it is ready
    int const position = feed.value;
    feed.future.cancel();

    portal_guard database(portal, [&] { return connection(log); });
    int const rows = database.call(&connection::query, 4);
    database.close();
    return users + again + position + rows;
} // what still runs is cancelled and waited for
// [portal-thread]

task<> index_part(std::atomic<int>& done) {
    co_await checkpoint();
    ++done;
}

// [loops]
task<> index_everything(loop_pool& loops, std::atomic<int>& done) {
    co_await with_task_group([&](task_group& group) -> task<> {
        spawn_on(group, loops, index_part, std::ref(done)); // on the one loop
        spawn_on(group, loops, index_part, std::ref(done)); // on the other
        co_return;
    }); // ends when both have ended, with the errors of both
    co_await run_on(loops[0], index_part, std::ref(done));
}
// [loops]

// [future]
task<int> read_future(std::future<int> later) {
    co_return co_await from_future(std::move(later));
}
// [future]

// [use-future]
std::future<int> as_future(asio::io_context& io) {
    return tether::co_spawn(io, count_users, asio::use_future);
}
// [use-future]

// [read]
task<std::string> read_on_a_thread(int device) {
    co_return co_await to_thread([device] {
        std::array<char, 256> text;
        std::size_t const n =
            from_thread::cancellable_read(device, asio::buffer(text));
        return std::string(text.data(), n);
    });
}
// [read]

} // namespace

TEST_CASE("threads.md, from plain threads") {
    CHECK(run(serve_legacy) == "ping!");
    std::string log;
    CHECK(without_a_loop(log) == 3 + 3 + 17 + 8);
    CHECK(log == "open closed");
}

TEST_CASE("threads.md, several loops") {
    loop_pool loops(2);
    std::atomic<int> done = 0;
    run(index_everything, std::ref(loops), std::ref(done));
    CHECK(done == 3);
}

TEST_CASE("threads.md, futures and blocking reads") {
    std::promise<int> promise;
    std::thread fulfils([&] { promise.set_value(4); });
    CHECK(run(read_future, promise.get_future()) == 4);
    fulfils.join();
    asio::io_context io;
    std::future<int> value = as_future(io);
    io.run();
    CHECK(value.get() == 3);
    auto pipe = detail::make_pipe("a pipe of a test");
    CHECK(::write(pipe.write.get(), "abc", 3) == 3);
    CHECK(run(read_on_a_thread, pipe.read.get()) == "abc");
}
