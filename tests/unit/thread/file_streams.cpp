// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Do lines and chunks come whole and in order, and where does the position
/// stand when a consumer leaves?
#include "file_test.hpp"

#include <tether/stream/adaptors.hpp>
#include <tether/stream/collect.hpp>
#include <tether/stream/for_each.hpp>
#include <tether/stream/next.hpp>

#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace tether_test;
using lines_type = std::vector<std::string>;

task<> check_lines(std::string text, lines_type const& expected) {
    temporary_directory const here;
    std::string const path = here / "a";
    put_content(path, text);
    auto const all = [](file_type& f) { return collect(f.lines()); };
    lines_type const lines = co_await with(file_type(path), all);
    CHECK((lines == expected));
}

} // namespace

TETHER_TEST_CASE("lines end with a newline or with the file") {
    lines_type const none;
    lines_type const empty{""};
    lines_type const one{"a"};
    lines_type const three{"a", "", "b"};
    co_await check_lines("", none);
    co_await check_lines("\n", empty);
    co_await check_lines("a", one);
    co_await check_lines("a\n", one);
    co_await check_lines("a\n\nb", three);
    co_await check_lines("a\n\nb\n", three);
}

TETHER_TEST_CASE("lines that cross the pieces of reading stay whole") {
    lines_type expected;
    std::string text;
    for (std::size_t i = 0; text.size() < 400'000; ++i) {
        expected.emplace_back(i * 7919 % 70'001,
                              static_cast<char>('a' + i % 26));
        text += expected.back() + '\n';
    }
    co_await check_lines(text, expected);
}

TETHER_TEST_CASE("a line that is too long is an error, wherever it ends") {
    temporary_directory const here;
    std::string const path = here / "a";
    put_content(path, "short\n" + std::string(100, 'x') + "\nend\n");
    auto const use = [](file_type& f) -> task<> {
        auto lines = f.lines(99);
        auto const first = co_await next(lines);
        CHECK(*first == "short");
        auto const second = [&]() -> task<> { co_await next(lines); };
        auto const text = co_await failure_of(second);
        CHECK_THAT(text, contains_text("is longer than 99 bytes"));
        CHECK(f.position() == 6);
        f.seek(0);
        auto const fitting = co_await count(f.lines(100));
        CHECK(fitting == 3);
    };
    co_await with(file_type(path), use);
    put_content(path, std::string(200'000, 'x'));
    auto const endless = [](file_type& f) -> task<> {
        auto const read = [&]() -> task<> { co_await count(f.lines(100'000)); };
        auto const text = co_await failure_of(read);
        CHECK_THAT(text, contains_text("is longer than 100000 bytes"));
    };
    co_await with(file_type(path), endless);
}

TETHER_TEST_CASE("whoever leaves early finds the position behind the last "
                 "line") {
    temporary_directory const here;
    std::string const path = here / "a";
    put_content(path, "header\nfirst\nsecond\nthird");
    auto const use = [](file_type& f) -> task<> {
        auto const header = co_await collect(f.lines() | take(1));
        CHECK(header == lines_type{"header"});
        CHECK(f.position() == 7);
        auto const five = co_await f.read(5);
        CHECK(five == "first");
        auto const rest = co_await collect(f.lines());
        lines_type const expected{"", "second", "third"};
        CHECK(rest == expected);
        CHECK(f.position() == 25);
    };
    co_await with(file_type(path), use);
}

TETHER_TEST_CASE("chunks are full but for the last one") {
    temporary_directory const here;
    std::string const path = here / "a";
    put_content(path, "0123456789");
    auto const use = [](file_type& f) -> task<> {
        auto const all = co_await collect(f.chunks(4));
        lines_type const expected{"0123", "4567", "89"};
        CHECK(all == expected);
        f.seek(2);
        auto const exact = co_await collect(f.chunks(8));
        CHECK(exact == lines_type{"23456789"});
        f.seek(0);
        auto chunks = f.chunks(3);
        co_await next(chunks);
        CHECK(f.position() == 3);
        f.seek(9); // it goes on behind its own last chunk
        auto const second = co_await next(chunks);
        CHECK(*second == "345");
    };
    co_await with(file_type(path), use);
}

TETHER_TEST_CASE("a generator that outlives the close is told") {
    temporary_directory const here;
    std::string const path = here / "a";
    put_content(path, "a\n");
    file_type file(path);
    co_await file.open();
    auto chunks = file.chunks();
    co_await file.close();
    bool closed = false;
    try {
        co_await next(chunks);
    } catch (closed_resource const&) {
        closed = true;
    }
    CHECK(closed);
}

TETHER_TEST_CASE("an error in the middle of the lines comes out of the step") {
    temporary_directory const here;
    put_content(here / "a", "a");
    auto const use = [](file_type& f) -> task<> {
        auto const read = [&]() -> task<> { co_await count(f.lines()); };
        int const code = co_await code_of(read);
        CHECK(code == EBADF);
    };
    co_await with(file_type(here / "a", file_flags::write), use);
}
