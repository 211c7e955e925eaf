// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// connect_tcp: the order of addresses, and addresses that do not answer.
#include "service_test.hpp"

#include <stdexcept>

namespace {

using namespace service_test;
using boost::asio::ip::make_address;
using boost::asio::ip::tcp;

tcp::endpoint at(char const* address, unsigned short port = 80) {
    return {make_address(address), port};
}

TEST_CASE("the families of addresses take turns, beginning with the first") {
    auto const six = [](char const* a) { return at(a); };
    std::vector<tcp::endpoint> const mixed{
        six("2001:db8::1"), six("2001:db8::2"), six("2001:db8::3"),
        at("192.0.2.1"), at("192.0.2.2")};
    std::vector<tcp::endpoint> const wanted{mixed[0], mixed[3], mixed[1],
                                            mixed[4], mixed[2]};
    CHECK(interleave_families(mixed) == wanted);
    std::vector<tcp::endpoint> const one_family{mixed[3], mixed[4]};
    CHECK(interleave_families(one_family) == one_family);
    CHECK(interleave_families({}).empty());
}

// A port of loopback where nobody listens, held for the test.
class closed_port {
public:
    closed_port() : held_(this_task::executor(), at("127.0.0.1", 0)) {}
    tcp::endpoint endpoint() const { return held_.local_endpoint(); }

private:
    tcp::socket held_; // bound, not listening
};

TEST_CASE("when nobody answers all errors are kept, each with its endpoint") {
    tether::run([]() -> task<> {
        closed_port const first;
        closed_port const second;
        auto const ends = {first.endpoint(), second.endpoint()};
        auto const end =
            co_await as_outcome(connect_tcp(std::vector<tcp::endpoint>(ends)));
        std::string const text = format_error(end.error());
        for (tcp::endpoint const& e : ends)
            CHECK_THAT(text, contains_text("cannot connect to 127.0.0.1:" +
                                           std::to_string(e.port())));
    });
}

TEST_CASE("an address that does not answer does not hold up the next one, and "
          "its attempt is closed") {
    tether::run([]() -> task<> {
        // A backlog that is full: later attempts get no answer at all.
        auto full = listen_tcp(at("127.0.0.1", 0), 0);
        tcp::socket fills(this_task::executor());
        co_await fills.async_connect(full.local_endpoint(), use_task);
        auto open = listen_tcp(at("127.0.0.1", 0));
        auto const ends = {full.local_endpoint(), open.local_endpoint()};
        connect_options options;
        options.attempt_delay = 1ms;
        tcp::socket const got =
            co_await connect_tcp(std::vector<tcp::endpoint>(ends), options);
        CHECK(got.remote_endpoint() == open.local_endpoint());
    });
}

TEST_CASE("connect_tcp finds a host by its name, and names one it does not "
          "find") {
    tether::run([]() -> task<> {
        auto acceptor = listen_tcp(at("127.0.0.1", 0));
        unsigned short const port = acceptor.local_endpoint().port();
        tcp::socket const got = co_await connect_tcp("127.0.0.1", port);
        CHECK(got.remote_endpoint().port() == port);
        auto const none = co_await as_outcome(connect_tcp("not a host", port));
        CHECK_THROWS_WITH(none.value(),
                          contains_text("cannot resolve not a host:"));
    });
}

TEST_CASE("an empty list and a delay that is not positive are refused") {
    CHECK_THROWS_WITH(connect_tcp(std::vector<tcp::endpoint>()),
                      contains_text("list of endpoints is empty"));
    connect_options options;
    options.attempt_delay = 0s;
    CHECK_THROWS_WITH(connect_tcp("localhost", 80, options),
                      contains_text("attempt_delay is not positive: 0 ns"));
}

} // namespace
