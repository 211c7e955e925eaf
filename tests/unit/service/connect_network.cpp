// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// connect_tcp where addresses swallow what is sent to them: in a network of its
// own, which a child process makes so that no other test is disturbed.
#include "service_test.hpp"

#include "support/child_process.hpp"

#include <tether/scope/deadline.hpp>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#if defined(__linux__)
#include <sched.h>
#include <unistd.h>

namespace {

using namespace service_test;
using boost::asio::ip::make_address;
using boost::asio::ip::tcp;

constexpr int not_permitted = 77;

[[noreturn]] void skip(std::string const& what) {
    std::printf("%s: %s\n", what.c_str(), std::strerror(errno));
    std::fflush(stdout);
    std::_Exit(not_permitted);
}

void write_to(char const* path, std::string const& text) {
    std::ofstream file(path);
    file << text << std::flush;
    if (!file)
        skip(path);
}

// Two addresses that are routed to the loopback interface and are not there:
// what arrives for them is dropped, and nobody says so.
void enter_own_network() {
    auto const user = std::to_string(::getuid());
    auto const group = std::to_string(::getgid());
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
        skip("unshare(CLONE_NEWUSER | CLONE_NEWNET)");
    write_to("/proc/self/setgroups", "deny");
    write_to("/proc/self/uid_map", "0 " + user + " 1");
    write_to("/proc/self/gid_map", "0 " + group + " 1");
    ::setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
    for (char const* const order :
         {"ip link set lo up", "ip addr add 192.0.2.2/32 dev lo",
          "ip route add 192.0.2.1/32 dev lo",
          "ip -6 addr add 2001:db8::2/128 dev lo nodad",
          "ip -6 route add 2001:db8::1/128 dev lo"})
        if (std::system(order) != 0)
            skip(order);
}

tcp::endpoint at(char const* address, unsigned short port = 80) {
    return {make_address(address), port};
}

class wall_watch {
public:
    std::chrono::steady_clock::duration elapsed() const {
        return std::chrono::steady_clock::now() - begin_;
    }

private:
    std::chrono::steady_clock::time_point begin_ =
        std::chrono::steady_clock::now();
};

std::size_t open_files() {
    auto const all = std::filesystem::directory_iterator("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

task<tcp::socket> connected(tcp::endpoint first, tcp::endpoint second,
                            std::chrono::steady_clock::duration delay) {
    connect_options options;
    options.attempt_delay = delay;
    std::vector<tcp::endpoint> const both{first, second};
    co_return co_await connect_tcp(both, options);
}

// The system would give up after two minutes.
task<> gets_past_a_black_hole(tcp::endpoint hole, tcp::endpoint server) {
    auto const before = open_files();
    wall_watch const watch;
    tcp::socket const got = co_await connected(hole, server, 50ms);
    CHECK(got.remote_endpoint() == server);
    CHECK(watch.elapsed() >= 50ms);
    CHECK(watch.elapsed() < 30s);
    CHECK(open_files() == before + 1); // the other attempt is closed
}

TEST_CASE("connect_tcp in a network of its own", "[.network]") {
    enter_own_network();
    auto const hole4 = at("192.0.2.1");
    auto const hole6 = at("2001:db8::1");
    tether::run([&]() -> task<> {
        auto const acceptor4 = listen_tcp(at("127.0.0.1", 0));
        auto const acceptor6 = listen_tcp(at("::1", 0));
        auto const server4 = acceptor4.local_endpoint();
        auto const server6 = acceptor6.local_endpoint();
        co_await gets_past_a_black_hole(hole6, server4);
        co_await gets_past_a_black_hole(hole4, server6);

        // One that answers is not held up by what comes behind it.
        tcp::socket const first = co_await connected(server6, hole4, 1h);
        CHECK(first.remote_endpoint() == server6);

        // One that fails does not wait for the delay.
        auto const refuses = at("2001:db8::2", 1);
        tcp::socket const next = co_await connected(refuses, server4, 1h);
        CHECK(next.remote_endpoint() == server4);

        // Where nobody answers a deadline ends it, and closes all attempts.
        auto const before = open_files();
        auto const got =
            co_await move_on_after(200ms, connected(hole6, hole4, 10ms));
        CHECK_FALSE(got);
        CHECK(open_files() == before);
    });
}

TEST_CASE("an address that swallows what is sent to it does not hold up "
          "connect_tcp, whatever its family") {
    auto const end = tether_test::run_program(
        std::filesystem::read_symlink("/proc/self/exe").string(),
        {"[.network]"});
    if (end.code == not_permitted) {
        WARN("skipped, there is no network of its own: " << end.out << end.err);
        return;
    }
    INFO(end.out << end.err);
    CHECK(end.code == 0);
}

} // namespace
#endif
