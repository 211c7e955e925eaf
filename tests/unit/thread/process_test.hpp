// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What do the tests of child processes share? This program as a child, and a
/// look at what a test leaves in the system.
#ifndef TETHER_TESTS_UNIT_THREAD_PROCESS_TEST_HPP
#define TETHER_TESTS_UNIT_THREAD_PROCESS_TEST_HPP

#include "support/test_case.hpp"

#include <tether/combine/when_all.hpp>
#include <tether/scope.hpp>
#include <tether/stream.hpp>
#include <tether/sync/event.hpp>
#include <tether/testing/advance.hpp>
#include <tether/testing/cancel_sweep.hpp>
#include <tether/testing/settle.hpp>
#include <tether/thread/process_pool.hpp>
#include <tether/thread/read_lines.hpp>
#include <tether/thread/run_process.hpp>
#include <tether/thread/worker_main.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

namespace process_test {

using namespace tether;
using namespace std::chrono_literals;
using boost::system::system_error;
using tether::testing::advance;
using tether::testing::settle;
using tether_test::contains_text;
using tether_test::event_log;
using tether_test::stopwatch;

// --- this program as a child: before main(), when a variable says so

// Much on both outputs before the input is read, as no shell does.
inline int flood() {
    std::string const line(1000, 'x');
    for (int i = 0; i != 300; ++i)
        for (std::FILE* to : {stdout, stderr})
            std::fprintf(to, "%s\n", line.c_str());
    std::fflush(stdout);
    std::size_t got = 0;
    while (std::getchar() != EOF)
        ++got;
    std::fprintf(stderr, "%zu", got);
    return 0;
}

inline std::string answer(std::string request) {
    std::printf("heard %zu bytes\n", request.size());
    std::fflush(stdout);
    if (request == "segv") {
        std::signal(SIGSEGV, SIG_DFL); // not to a sanitizer
        std::raise(SIGSEGV);
    }
    if (request == "exit")
        std::_Exit(7);
    if (request == "throw")
        throw std::runtime_error("the worker is sorry");
    if (request == "hang")
        for (;;)
            ::pause();
    if (request == "bequeath") { // the pipes, to one who only waits
        if (::fork() != 0)
            std::_Exit(7);
        char byte = 0;
        while (::read(3, &byte, 1) > 0) {
        }
        std::_Exit(0);
    }
    if (request == "last") { // all of its answer, then the end
        std::string const text(60'000, 'w');
        auto const header =
            tether::detail::frame_header{text.size(), false}.encoded();
        static_cast<void>(!::write(4, header.data(), header.size()));
        static_cast<void>(!::write(4, text.data(), text.size()));
        std::_Exit(7);
    }
    if (request == "read") // what is not for it
        return std::to_string(std::getchar());
    if (request == "pid")
        return std::to_string(::getpid());
    if (request == "flood")
        for (int i = 0; i != 200; ++i)
            std::fprintf(stderr, "%s\n", std::string(10000, 'y').c_str());
    if (request == "large")
        return std::string(5000, 'z');
    if (request == "twice") {
        auto const extra = tether::detail::frame_header{1, false}.encoded();
        // Where the frames go: the second descriptor that serve_frames made.
        static_cast<void>(!::write(4, extra.data(), extra.size()));
    }
    std::reverse(request.begin(), request.end());
    return request;
}

inline int child_main(std::string_view mode) {
    ::alarm(300); // also when the test is killed
    if (mode == "flood")
        return flood();
    if (mode == "worker")
        return serve_frames(&answer);
    if (mode == "stubborn") { // does not end with its input
        std::signal(SIGTERM, SIG_IGN);
        serve_frames(&answer);
        for (;;)
            ::pause();
    }
    return 99;
}

inline bool const is_a_child = [] {
    if (char const* const mode = std::getenv("TETHER_TEST_CHILD")) {
        int const code = child_main(mode);
        std::fflush(nullptr);
        std::_Exit(code);
    }
    return false;
}();

inline command this_program(std::string mode) {
    return command("/proc/self/exe").env("TETHER_TEST_CHILD", std::move(mode));
}
inline command shell(std::string script) {
    return command("/bin/sh", "-c", std::move(script));
}
// Says "ready" when it does not hear SIGTERM any more.
inline command deaf() {
    return shell("trap '' TERM; echo ready; exec sleep 100");
}

// --- what is left in the system

inline std::size_t open_descriptors() {
    namespace fs = std::filesystem;
    return static_cast<std::size_t>(std::distance(
        fs::directory_iterator("/proc/self/fd"), fs::directory_iterator()));
}
// Running ones and zombies.
inline bool has_children() {
    ::siginfo_t info{};
    return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 ||
           errno != ECHILD;
}
inline bool is_gone(::pid_t pid) {
    return ::kill(pid, 0) != 0 && errno == ESRCH;
}

// Checks at its end that no child and no descriptor is there that was not.
class nothing_left {
public:
    nothing_left() {
        // The context opens its own with the first descriptor it gets to know.
        if (tether::detail::running_loop())
            boost::asio::posix::stream_descriptor const first{
                this_task::executor()};
        descriptors_ = open_descriptors();
    }
    nothing_left(nothing_left const&) = delete;
    nothing_left& operator=(nothing_left const&) = delete;
    ~nothing_left() {
        CHECK_FALSE(has_children());
        CHECK(open_descriptors() == descriptors_);
    }

private:
    std::size_t descriptors_ = 0;
};

// A stop at each checkpoint, of all or of one task. How many there are depends
// on how fast children are.
template<class F>
void sweep_stops(F const& body, std::size_t least) {
    using namespace tether::testing;
    std::size_t const before = open_descriptors();
    auto const clean = [&] {
        return !has_children() && open_descriptors() == before;
    };
    for (auto const moment : {stop_moment::entry, stop_moment::waiting})
        for (auto const target : {stop_target::root, stop_target::task}) {
            cancel_sweep_options options;
            options.moment = moment;
            options.target = target;
            CHECK(cancel_sweep(body, clean, options).points >= least);
        }
}

// The next line, empty at the end; a generator may be asked on later.
inline task<std::string> line_of(async_generator<std::string>& lines) {
    std::optional<std::string> line = co_await next(lines);
    co_return line.value_or("");
}
// Until the child says so.
inline task<> until_ready(process& child) {
    auto body = [](auto& lines) -> task<> {
        std::string const line = co_await line_of(lines);
        CHECK(line == "ready");
    };
    co_await consume(read_lines(child.out()), body);
}

} // namespace process_test

#endif
