// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Which files can be opened, what is an error and what does it say?
#include "file_test.hpp"

#include <cerrno>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

using namespace tether_test;

// Opens it and does nothing with it.
task<> touch(std::string path, file_flags flags) {
    co_await with(file_type(std::move(path), flags), [](file_type&) -> task<> {
        co_return; // closed again
    });
}
task<> check_open(int expected, std::string path,
                  file_flags flags = file_flags::read) {
    auto const open = [&] { return touch(path, flags); };
    int const code = co_await code_of(open);
    CHECK(code == expected);
}

} // namespace

TETHER_TEST_CASE("a file is made, opened and emptied as the flags say") {
    temporary_directory const here;
    std::string const path = here / "a";
    using enum file_flags;
    co_await check_open(ENOENT, path);
    co_await check_open(ENOENT, path, write);
    co_await check_open(0, path, write | create | exclusive);
    co_await check_open(EEXIST, path, write | create | exclusive);
    put_content(path, "old");
    co_await check_open(0, path, read | write | create);
    CHECK(content_of(path) == "old");
    co_await check_open(0, path, write | truncate);
    CHECK(content_of(path) == "");
    CHECK(here.open() == 0);
}

TEST_CASE("flags that contradict each other are refused") {
    using enum file_flags;
    for (file_flags const wrong :
         {create, truncate | read, write | exclusive, create | truncate})
        CHECK_THROWS_AS(file_type("a", wrong), std::invalid_argument);
    CHECK_THROWS_WITH(file_type("a", truncate | read),
                      "file_flags: truncate needs write");
    std::string const cut("a\0b", 3);
    CHECK_THROWS_AS(file_type(cut), std::invalid_argument);
}

TETHER_TEST_CASE("an error names the file and what was done") {
    temporary_directory const here;
    std::string const path = here / "a";
    auto const open = [&] { return touch(path, file_flags::read); };
    auto const text = co_await failure_of(open);
    CHECK_THAT(text, contains_text("open of " + path + ": No such file"));
    put_content(path, "text");
    auto const write_it = [](file_type& f) -> task<> {
        co_await f.write(asio::buffer("x", 1));
    };
    auto const write = [&]() -> task<> {
        co_await with(file_type(path), write_it);
    };
    auto const refused = co_await failure_of(write);
    CHECK_THAT(refused, contains_text("write of " + path + ": Bad file"));
    CHECK(here.open() == 0);
}

TETHER_TEST_CASE("a directory, a pipe and a terminal are no files") {
    temporary_directory const here;
    std::string const pipe = here / "pipe";
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    co_await check_open(EISDIR, here.path());
    co_await check_open(ESPIPE, pipe); // and does not wait for a writer
    co_await check_open(ENXIO, pipe, file_flags::write);
    co_await check_open(ESPIPE, "/dev/ptmx", file_flags::read);
    CHECK(here.open() == 0);
}

TETHER_TEST_CASE("what may not be written is refused") {
    co_await check_open(EACCES, "/proc/sys/kernel/ostype",
                        file_flags::write); // also to root
    temporary_directory const here;
    std::string const path = here / "a";
    put_content(path, "text");
    REQUIRE(::chmod(path.c_str(), 0) == 0);
    int const expected = ::geteuid() == 0 ? 0 : EACCES;
    co_await check_open(expected, path);
}

TETHER_TEST_CASE("a full disk is an error of the write, and the position says "
                 "how far it came") {
    auto const fill = [](file_type& f) -> task<> {
        auto const write = [&] { return f.write(asio::buffer("text", 4)); };
        int const code = co_await code_of(write);
        CHECK(code == ENOSPC);
        CHECK(f.position() == 0);
    };
    co_await with(file_type("/dev/full", file_flags::write), fill);
}

TETHER_TEST_CASE("a descriptor is not inherited by a program that is executed, "
                 "and is an ordinary one otherwise") {
    temporary_directory const here;
    auto const look = [](file_type& f) -> task<> {
        CHECK((::fcntl(f.native_handle(), F_GETFD) & FD_CLOEXEC) != 0);
        CHECK((::fcntl(f.native_handle(), F_GETFL) & O_NONBLOCK) == 0);
        co_return;
    };
    co_await with(file_type(here / "a", fresh), look);
}

TETHER_TEST_CASE("permissions are for a new file, less the umask") {
    temporary_directory const here;
    std::string const path = here / "a";
    mode_t const before = ::umask(027);
    co_await touch(path, fresh);
    ::umask(before);
    struct ::stat about{};
    REQUIRE(::stat(path.c_str(), &about) == 0);
    CHECK((about.st_mode & 0777U) == 0640);
}

TETHER_TEST_CASE("a file is opened once, used while it is open, and moved only "
                 "before") {
    temporary_directory const here;
    file_type first(here / "a", fresh);
    auto const size = [&]() -> task<> { co_await first.size(); };
    auto const open = [&] { return first.open(); };
    auto const close = [&] { return first.close(); };
    auto const early = co_await failure_of(size);
    CHECK_THAT(early, contains_text("which is not open: use it inside of "
                                    "with(file, body)"));
    auto const unopened = co_await failure_of(close);
    CHECK_THAT(unopened, contains_text("close of "));
    co_await first.open();
    CHECK(first.is_open());
    auto const again = co_await failure_of(open);
    CHECK_THAT(again, contains_text("was opened before"));
    CHECK_THROWS_AS(file_type(std::move(first)), std::logic_error);
    co_await first.close();
    co_await first.close();
    CHECK(first.native_handle() == -1);
    bool refused = false;
    try {
        co_await size();
    } catch (closed_resource const&) {
        refused = true;
    }
    CHECK(refused);
    CHECK(here.open() == 0);
}
