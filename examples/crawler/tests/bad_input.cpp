// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

#include "crawler_program.hpp"
#include "support/catch.hpp"
#include "temporary_file.hpp"
#include "test_server.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

using crawler_test::page_with_links;
using crawler_test::run_crawler;
using crawler_test::temporary_file;
using crawler_test::test_server;
using tether::task;
using tether_test::contains_text;

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

// One line on stderr that says `what`, nothing on stdout, exit code 2.
void check_refused(std::vector<std::string> const& arguments,
                   std::string const& what) {
    auto const end = run_crawler(arguments);
    CAPTURE(arguments);
    CHECK(end.code == 2);
    CHECK(end.out.empty());
    CHECK(std::count(end.err.begin(), end.err.end(), '\n') == 1);
    CHECK(end.err.starts_with("crawler: "));
    CHECK_THAT(end.err, contains_text(what));
}

std::string local_url(tcp::acceptor const& acceptor) {
    return "http://127.0.0.1:" +
           std::to_string(acceptor.local_endpoint().port()) + "/";
}

// Says hello in another protocol to everyone who connects.
class other_protocol {
public:
    explicit other_protocol(std::string greeting)
        : thread_([this, greeting = std::move(greeting)] {
              for (;;) {
                  tcp::socket client = acceptor_.accept();
                  if (stop_)
                      return;
                  boost::system::error_code ignored;
                  asio::write(client, asio::buffer(greeting), ignored);
                  // Reads the request, lest closing resets the connection.
                  char some[512];
                  client.shutdown(tcp::socket::shutdown_send, ignored);
                  while (!ignored)
                      client.read_some(asio::buffer(some), ignored);
              }
          }) {}
    ~other_protocol() {
        stop_ = true;
        tcp::socket last(context_);
        last.connect(acceptor_.local_endpoint());
        last.close();
        thread_.join();
    }
    std::string url() const { return local_url(acceptor_); }

private:
    asio::io_context context_;
    tcp::acceptor acceptor_{context_, {asio::ip::address_v4::loopback(), 0}};
    std::atomic<bool> stop_ = false;
    std::thread thread_;
};

} // namespace

TEST_CASE("exit 2: options that make no sense") {
    check_refused({"--concurrency", "-1"}, "'-1'");
    check_refused({"--concurrency", "many"}, "'many'");
    check_refused({"--rate", "fast"}, "'fast'");
    check_refused({"--timeout", "-2"}, "'-2'");
    check_refused({"--deadline", "soon"}, "'soon'");
    check_refused({"--retries=-1"}, "'-1'");
    check_refused({"--max-pages", "0"}, "'0'");
    check_refused({"--grace", "-0.5"}, "'-0.5'");
    check_refused({"--seed", "x"}, "'x'");
    check_refused({"--unknown"}, "--unknown");
    check_refused({"--out"}, "--out");
    check_refused({"http://a/", "http://b/"}, "one URL");
}

TEST_CASE("exit 2: a malformed URL") {
    check_refused({"nonsense"}, "'nonsense'");
    check_refused({"ftp://host/"}, "'ftp://host/'");
    check_refused({"http://host:99999/"}, "99999");
    check_refused({""}, "''");
}

TEST_CASE("exit 2: an unknown host") {
    check_refused({"http://no-such-host.invalid/"},
                  "unknown host 'no-such-host.invalid'");
}

TEST_CASE("exit 2: a refused connection, results of before stay") {
    asio::io_context context;
    tcp::acceptor silent(context); // bound, so that the port stays ours
    silent.open(tcp::v4());
    silent.bind({asio::ip::address_v4::loopback(), 0});
    temporary_file const file("{\"url\":\"of an earlier crawl\"}\n");
    check_refused({local_url(silent), "--retries", "1", "--out", file.path()},
                  "Connection refused");
    CHECK(file.text().starts_with("{\"url\":\"of an earlier crawl\"}\n"));
}

TEST_CASE("exit 2: a port that does not speak HTTP") {
    other_protocol const secure_shell("SSH-2.0-OpenSSH_9.2\r\n");
    check_refused({secure_shell.url()}, "does not speak HTTP");
    other_protocol const mute("");
    check_refused({mute.url(), "--retries", "0"}, "without an answer");
}

TEST_CASE("exit 2: a redirect loop") {
    test_server const server([](web::exchange& open) -> task<> {
        char const* const other = open.received().target() == "/" ? "/b" : "/";
        co_await open.reply(web::make_redirect(other));
    });
    check_refused({server.url()}, "redirect loop: " + server.url());
}

TEST_CASE("exit 2: an output file that cannot be written") {
    check_refused({"--out", "/no/such/directory/file"},
                  "cannot write to '/no/such/directory/file': No such file");
    test_server const server([](web::exchange& open) -> task<> {
        co_await open.reply(page_with_links());
    });
    check_refused({server.url(), "--out", "/dev/full"},
                  "cannot write to '/dev/full': No space left");
}
