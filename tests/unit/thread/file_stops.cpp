// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What do stops and failures leave of a file? No open descriptor, no byte that
/// is counted and not delivered, or delivered and not counted.
#include "file_test.hpp"
#include "support/sweeps.hpp"

#include <tether/scope/task_group.hpp>
#include <tether/scope/task_handle.hpp>
#include <tether/scope/with_task_group.hpp>
#include <tether/stream/next.hpp>
#include <tether/task/co_spawn.hpp>
#include <tether/testing/conformance_resource.hpp>
#include <tether/testing/fault_sweep.hpp>
#include <tether/thread/worker_threads.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <thread>
#include <type_traits>

namespace {

using namespace tether_test;

// What a body of a sweep has seen, and what the file has counted.
struct ledger {
    std::string read;
    std::uint64_t read_to = 0;
    std::uint64_t written_to = 0;
};

// Keeps the books when the frame is destroyed, too.
class entry {
public:
    entry(file_type const& file, std::uint64_t& to) : file_(file), to_(to) {}
    entry(entry const&) = delete;
    entry& operator=(entry const&) = delete;
    ~entry() { to_ = file_.position(); }

private:
    file_type const& file_;
    std::uint64_t& to_;
};

} // namespace

TETHER_TEST_CASE("RE06 the rules of resources hold for a file") {
    temporary_directory const here;
    std::string const path = here / "a";
    put_content(path, "text");
    auto const suite = tether::testing::resource_conformance(
        [&] { return std::make_unique<file_type>(path); },
        [&] { return here.open(); });
    co_await suite.run_all();
    CHECK(here.open() == 0);
}

TETHER_TEST_CASE("CA06 what was read before the stop is delivered") {
    temporary_directory const here;
    std::string const path = here / "a";
    put_content(path, "0123456789");
    std::size_t n = 0;
    bool went_on = false;
    auto const use = [&](file_type& f) -> task<> {
        std::array<char, 4> some{};
        co_await with_task_group([&](task_group& group) -> task<> {
            auto reading = group.spawn([&]() -> task<> {
                n = co_await f.read_some(asio::buffer(some));
                co_await f.read_some(asio::buffer(some));
                went_on = true;
            });
            co_await checkpoint(); // it has begun
            bool const in_thread = std::is_same_v<file_type, async_file>;
            while (in_thread && worker_threads::statistics().idle == 0)
                std::this_thread::yield(); // and is done, unheard
            reading.cancel();
            CHECK(n == 0);
        });
        CHECK(f.position() == n);
        CHECK_FALSE(went_on);
        if (std::is_same_v<file_type, async_file>)
            CHECK(n == 4);
        co_return;
    };
    co_await with(file_type(path), use);
}

TEST_CASE("RE06 a stop at each checkpoint leaves no descriptor, and bytes and "
          "position agree") {
    temporary_directory const here;
    std::string const text((1U << 20U) + 10, 'x'); // two pieces
    std::string const source = here / "source";
    std::string const target = here / "target";
    put_content(source, text.substr(0, 100));
    ledger books;
    auto const body = [&]() -> task<> {
        books = {};
        put_content(target, "");
        auto const copy = [&](file_type& from, file_type& to) -> task<> {
            entry const read(from, books.read_to);
            entry const written(to, books.written_to);
            std::array<char, 40> some{};
            while (auto const n = co_await from.read_some(asio::buffer(some)))
                books.read.append(some.data(), n);
            co_await to.write(asio::buffer(text));
            co_await to.sync_data();
        };
        co_await with(file_type(source), file_type(target, fresh), copy);
    };
    auto const kept = [&] {
        std::string const put = content_of(target);
        return here.open() == 0 && books.read_to == books.read.size() &&
               books.written_to == put.size() && text.starts_with(put);
    };
    sweep_all_stops(body, kept, 10);
}

TEST_CASE("a stop inside of read() or lines() leaves the position where it "
          "was, or behind what was given") {
    temporary_directory const here;
    std::string const path = here / "a";
    put_content(path, "a\n" + std::string(70'000, 'b') + "\nc\n" +
                          std::string(90'000, 'd') + "\n");
    std::size_t given = 0;
    std::uint64_t position = 0;
    auto const by_line = [&]() -> task<> {
        given = 0;
        position = 0;
        auto const use = [&](file_type& f) -> task<> {
            entry const at(f, position);
            auto lines = f.lines();
            while (auto const line = co_await next(lines))
                given += line->size() + 1;
        };
        co_await with(file_type(path), use);
    };
    auto const whole = [&]() -> task<> {
        given = 0;
        position = 0;
        auto const use = [&](file_type& f) -> task<> {
            entry const at(f, position);
            auto const all = co_await f.read();
            given = all.size();
        };
        co_await with(file_type(path), use);
    };
    auto const kept = [&] { return here.open() == 0 && position == given; };
    sweep_all_stops(by_line, kept, 5);
    sweep_all_stops(whole, kept, 4);
}

TEST_CASE("a failure of anything leaves no descriptor") {
    temporary_directory const here;
    std::string const path = here / "a";
    auto const body = [&]() -> task<> {
        auto const use = [](file_type& f) -> task<> {
            co_await f.write(asio::buffer("one\ntwo\n", 8));
            f.seek(0);
            auto lines = f.lines();
            while (co_await next(lines)) {
            }
            co_await f.resize(0);
        };
        co_await with(file_type(path, fresh | file_flags::read), use);
    };
    auto const report =
        tether::testing::fault_sweep(body, [&] { return here.open() == 0; });
    CHECK(report.points > 5);
}

TETHER_TEST_CASE("close waits for operations under way, and refuses new ones "
                 "meanwhile") {
    temporary_directory const here;
    std::string const path = here / "a";
    put_content(path, "text");
    file_type file(path);
    co_await file.open();
    std::string seen;
    std::string refused;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> { seen = co_await file.read(); });
        group.spawn([&]() -> task<> { co_await file.close(); });
        group.spawn([&]() -> task<> {
            auto const size = [&]() -> task<> { co_await file.size(); };
            refused = co_await failure_of(size);
        });
        co_return;
    });
    CHECK(seen == "text");
    CHECK_THAT(refused, contains_text("size of " + path + ", which is closed"));
    CHECK(here.open() == 0);
}

TEST_CASE("a file that is open when its context goes is closed") {
    temporary_directory const here;
    std::string const path = here / "a";
    put_content(path, "text");
    {
        asio::io_context context;
        auto const forever = [&]() -> task<> {
            co_await with(file_type(path), [](file_type& f) -> task<> {
                co_await f.size();
                co_await sleep_forever();
            });
        };
        tether::co_spawn(context.get_executor(), forever, asio::detached);
        while (here.open() == 0)
            context.run_one();
        context.run_for(std::chrono::milliseconds(20));
        CHECK(here.open() == 1);
    }
    CHECK(here.open() == 0);
}
