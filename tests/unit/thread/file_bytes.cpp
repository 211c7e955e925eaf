// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Do reads and writes give and take the right bytes, and where does the
/// position stand?
#include "file_test.hpp"

#include <tether/scope/task_group.hpp>
#include <tether/scope/with_task_group.hpp>

#include <array>
#include <cstdint>
#include <string>

namespace {

using namespace tether_test;
constexpr file_flags both = file_flags::read | fresh;

std::string noise(std::size_t size) {
    std::string all(size, ' ');
    std::uint32_t x = 1;
    for (char& c : all) {
        x = x * 1664525U + 1013904223U;
        c = static_cast<char>(x >> 24U);
    }
    return all;
}

} // namespace

TETHER_TEST_CASE("what was written is read again, at the position and at "
                 "offsets") {
    temporary_directory const here;
    std::string const text = "0123456789";
    auto const use = [&](file_type& f) -> task<> {
        co_await f.write(asio::buffer(text));
        CHECK(f.position() == 10);
        auto const size = co_await f.size();
        CHECK(size == 10);
        co_await f.write_at(4, asio::buffer("ab", 2));
        CHECK(f.position() == 10);
        f.seek(3);
        std::array<char, 4> some{};
        auto n = co_await f.read_some(asio::buffer(some));
        CHECK(std::string(some.data(), n) == "3ab6");
        CHECK(f.position() == 7);
        n = co_await f.read_some_at(8, asio::buffer(some));
        CHECK(std::string(some.data(), n) == "89");
        CHECK(f.position() == 7);
        auto const rest = co_await f.read();
        CHECK(rest == "789");
        n = co_await f.read_some(asio::buffer(some));
        CHECK(n == 0);
        auto const nothing = co_await f.read();
        CHECK(nothing == "");
        f.seek(2);
        auto const three = co_await f.read(3);
        CHECK(three == "23a");
        CHECK(f.position() == 5);
    };
    co_await with(file_type(here / "a", both), use);
}

TETHER_TEST_CASE("a file of several pieces comes back whole") {
    temporary_directory const here;
    for (std::size_t const size :
         {std::size_t{0}, std::size_t{1} << 16U, (std::size_t{1} << 16U) + 1,
          (std::size_t{1} << 20U) + (std::size_t{1} << 16U),
          (std::size_t{5} << 20U) + 7}) {
        std::string const all = noise(size);
        auto const use = [&](file_type& f) -> task<> {
            co_await f.write(asio::buffer(all));
            CHECK(f.position() == size);
            f.seek(0);
            bool const same = co_await f.read() == all;
            CHECK(same);
        };
        co_await with(file_type(here / "a", both), use);
    }
}

TETHER_TEST_CASE("a file without a size, as in /proc, is read to its end") {
    auto const read = [](file_type& f) -> task<std::string> {
        auto const size = co_await f.size();
        CHECK(size == 0);
        co_return co_await f.read();
    };
    auto const text = co_await with(file_type("/proc/self/status"), read);
    CHECK_THAT(text, contains_text("VmPeak:"));
}

TETHER_TEST_CASE("append writes at the end, wherever that is, and leaves the "
                 "position") {
    temporary_directory const here;
    std::string const path = here / "a";
    put_content(path, "first ");
    auto const use = [&](file_type& f) -> task<> {
        co_await f.write(asio::buffer("second ", 7));
        put_content(path, "other ");
        co_await f.write(asio::buffer("third", 5));
        CHECK(f.position() == 0);
        auto const all = co_await f.read();
        CHECK(all == "other third");
        auto const at = [&] { return f.write_at(0, asio::buffer("x", 1)); };
        auto const text = co_await failure_of(at);
        CHECK_THAT(text, contains_text("was opened with append"));
    };
    co_await with(file_type(path, file_flags::append | file_flags::read), use);
}

TETHER_TEST_CASE("offsets beyond 2 GiB, in a file that is mostly a hole") {
    temporary_directory const here;
    std::uint64_t const far = (std::uint64_t{5} << 30U) + 3;
    auto const use = [&](file_type& f) -> task<> {
        co_await f.write_at(far, asio::buffer("end", 3));
        auto const size = co_await f.size();
        CHECK(size == far + 3);
        f.seek(far - 1);
        auto const tail = co_await f.read();
        CHECK(tail == std::string("\0end", 4));
        CHECK(f.position() == far + 3);
        co_await f.resize(far + 1);
        f.seek(far);
        auto const less = co_await f.read();
        CHECK(less == "e");
    };
    co_await with(file_type(here / "a", both), use);
}

TETHER_TEST_CASE("resize cuts and lengthens; what is synced stays readable") {
    temporary_directory const here;
    std::string const path = here / "a";
    auto const use = [&](file_type& f) -> task<> {
        co_await f.write(asio::buffer("0123456789", 10));
        co_await f.resize(4);
        co_await f.resize(6);
        co_await f.sync_data();
        co_await f.sync_all();
        CHECK(f.position() == 10);
    };
    co_await with(file_type(path, fresh), use);
    CHECK(content_of(path) == std::string("0123\0\0", 6));
}

TETHER_TEST_CASE("ten thousand small reads, and no descriptor more") {
    temporary_directory const here;
    std::string const path = here / "a";
    std::string const all = noise(10'000 * 4);
    put_content(path, all);
    std::string seen;
    auto const use = [&](file_type& f) -> task<> {
        std::array<char, 4> some{};
        while (auto const n = co_await f.read_some(asio::buffer(some)))
            seen.append(some.data(), n);
        CHECK(here.open() == 1);
    };
    co_await with(file_type(path), use);
    CHECK((seen == all));
    CHECK(here.open() == 0);
}

TETHER_TEST_CASE("operations at offsets overlap, two at the position are "
                 "refused") {
    temporary_directory const here;
    std::string const path = here / "a";
    std::string const all = noise(1000);
    put_content(path, all);
    auto const use = [&](file_type& f) -> task<> {
        std::string seen(1000, ' ');
        auto const part = [&](std::size_t at) -> task<> {
            co_await f.read_some_at(at, asio::buffer(&seen[at], 100));
        };
        int busy = 0;
        auto const read = [&]() -> task<> {
            try {
                co_await f.read(10);
            } catch (busy_resource const&) {
                ++busy;
            }
        };
        co_await with_task_group([&](task_group& group) -> task<> {
            for (std::size_t at = 0; at != 1000; at += 100)
                group.spawn(part, at);
            group.spawn(read);
            group.spawn(read);
            co_return;
        });
        CHECK(seen == all);
        CHECK(busy == 1);
        CHECK(f.position() == 10);
    };
    co_await with(file_type(path), use);
}
