// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Does write_file_atomically leave the old content or the new one, and nothing
/// else?
#include "file_test.hpp"
#include "support/sweeps.hpp"

#include <tether/scope/task_group.hpp>
#include <tether/scope/with_task_group.hpp>
#include <tether/testing/fault_sweep.hpp>
#include <tether/thread/write_file_atomically.hpp>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <string>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace tether_test;

task<> put(std::string path, std::string text) {
    co_await write_file_atomically(path, asio::buffer(text));
}

} // namespace

TETHER_TEST_CASE("a file is made, and replaced with its permissions kept") {
    temporary_directory const here;
    std::string const path = here / "state";
    mode_t const before = ::umask(022);
    co_await put(path, "first");
    ::umask(before);
    CHECK(content_of(path) == "first");
    struct ::stat about{};
    REQUIRE(::stat(path.c_str(), &about) == 0);
    CHECK((about.st_mode & 07777U) == 0644);
    REQUIRE(::chmod(path.c_str(), 0600) == 0);
    co_await put(path, std::string(3'000'000, 'x'));
    CHECK((content_of(path) == std::string(3'000'000, 'x')));
    REQUIRE(::stat(path.c_str(), &about) == 0);
    CHECK((about.st_mode & 07777U) == 0600);
    co_await put(path, "");
    CHECK(content_of(path) == "");
    CHECK(here.files() == 1);
    CHECK(here.open() == 0);
}

TETHER_TEST_CASE("a replacement that fails leaves the old file and nothing "
                 "beside it") {
    temporary_directory const here;
    std::string const path = here / "state";
    std::filesystem::create_directory(path);
    auto const rename = [&] { return put(path, "new"); };
    auto const text = co_await failure_of(rename);
    CHECK_THAT(text, contains_text("rename of " + path + "."));
    CHECK(here.files() == 1);
    std::string const nowhere = here / "no/state";
    auto const open = [&] { return put(nowhere, "new"); };
    int const code = co_await code_of(open);
    CHECK(code == ENOENT);
}

TETHER_TEST_CASE("names that a crash has left are no obstacle, nor is a "
                 "second writer") {
    temporary_directory const here;
    std::string const path = here / "state";
    std::string const left = path + '.' + std::to_string(::getpid());
    put_content(left + "-0.tmp", "left");
    put_content(left + "-1.tmp", "left");
    co_await with_task_group([&](task_group& group) -> task<> {
        for (char c : {'a', 'b', 'c'})
            group.spawn(put, path, std::string(100'000, c));
        co_return;
    });
    std::string const last = content_of(path);
    REQUIRE(last.size() == 100'000);
    CHECK((last == std::string(100'000, last[0])));
    CHECK(here.files() == 3);
}

TETHER_TEST_CASE("a bare name is in the working directory") {
    temporary_directory const here;
    auto const before = std::filesystem::current_path();
    std::filesystem::current_path(here.path());
    auto const write = [] { return put("state", "text"); };
    auto const failure = co_await failure_of(write);
    std::filesystem::current_path(before);
    CHECK(failure == "nothing");
    CHECK(content_of(here / "state") == "text");
}

TEST_CASE("CA06 a stop leaves the old content or the new one") {
    temporary_directory const here;
    std::string const path = here / "state";
    bool done = false;
    auto const body = [&]() -> task<> {
        done = false;
        put_content(path, "old");
        co_await put(path, "new");
        done = true;
        co_await checkpoint();
    };
    auto const kept = [&] {
        return here.files() == 1 && here.open() == 0 &&
               content_of(path) == (done ? "new" : "old");
    };
    sweep_all_stops(body, kept, 1);
    tether::testing::fault_sweep(body, kept);
}

// Of a process that is killed at any time, the file holds one of the texts
// that were written, whole; what it was about to write lies beside it.
TEST_CASE("a kill leaves the old content or the new one") {
    temporary_directory const here;
    std::string const path = here / "state";
    for (int round = 0; round != 20; ++round) {
        put_content(path, std::string(200'000, 'a'));
        int ready[2];
        REQUIRE(::pipe(ready) == 0);
        pid_t const child = ::fork();
        if (child == 0) {
            for (unsigned n = 0;; ++n) {
                std::string const text(200'000,
                                       static_cast<char>('a' + n % 26));
                tether::detail::replace_file(path, asio::buffer(text), 0600);
                if (n == 0)
                    static_cast<void>(::write(ready[1], "x", 1) == 1);
            }
        }
        char one = 0;
        REQUIRE(::read(ready[0], &one, 1) == 1);
        for (int spin = 0; spin != round * 1000; ++spin)
            ::getppid(); // another moment each time
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        ::close(ready[0]);
        ::close(ready[1]);
        std::string const text = content_of(path);
        REQUIRE(text.size() == 200'000);
        REQUIRE((text == std::string(200'000, text[0])));
    }
}
