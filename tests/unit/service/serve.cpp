// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// serve_tcp: over memory in virtual time, over loopback, and as a program that
// gets signals and runs out of descriptors.
#include "service_test.hpp"

#include "support/child_process.hpp"

#include <tether/testing/memory_listener.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>

#include <sys/resource.h>

namespace {

using namespace service_test;
using boost::asio::ip::tcp;
using boost::system::error_code;
using boost::system::system_error;
using tether::detail::accept_backoff;
using tether::detail::accept_verdict;
using tether::detail::judge_accept;
using tether_test::child_process;

tcp::endpoint loopback(unsigned short port = 0) {
    return {boost::asio::ip::address_v4::loopback(), port};
}

TEST_CASE("a lost connection, a lack of descriptors and a broken acceptor are "
          "told apart") {
    namespace errc = boost::system::errc;
    auto const judge = [](errc::errc_t e) {
        return judge_accept(errc::make_error_code(e));
    };
    CHECK(judge(errc::connection_aborted) == accept_verdict::again);
    CHECK(judge(errc::too_many_files_open) == accept_verdict::wait);
    CHECK(judge(errc::too_many_files_open_in_system) == accept_verdict::wait);
    CHECK(judge(errc::no_buffer_space) == accept_verdict::wait);
    CHECK(judge(errc::bad_file_descriptor) == accept_verdict::fatal);
    accept_backoff pause(5ms, 18ms);
    CHECK(pause.next() == 5ms);
    CHECK(pause.next() == 10ms);
    CHECK(pause.next() == 18ms);
    CHECK(pause.next() == 18ms);
    pause.succeeded();
    CHECK(pause.next() == 5ms);
}

TETHER_TEST_CASE("a port in use is an error that names the endpoint, and "
                 "options without sense are refused") {
    auto const first = listen_tcp(loopback());
    auto const taken = first.local_endpoint();
    CHECK_THROWS_WITH(listen_tcp(taken),
                      contains_text("cannot listen on 127.0.0.1:" +
                                    std::to_string(taken.port())));
    auto const handler = [](tcp::socket) -> task<> { co_return; };
    CHECK_THROWS_WITH(serve_tcp(loopback(), handler, {.max_connections = 0}),
                      contains_text("max_connections is 0"));
    CHECK_THROWS_AS(serve_tcp(loopback(), handler, {.min_pause = 0s}),
                    std::invalid_argument);
    CHECK_THROWS_AS(serve_tcp(loopback(), handler, {.max_pause = 1ns}),
                    std::invalid_argument);
    co_return;
}

// Fails as often as it is told before it accepts.
class faulty_listener {
public:
    faulty_listener(testing::memory_listener& to, std::vector<error_code> fails)
        : to_(&to), fails_(std::move(fails)) {}
    template<class Token>
    auto async_accept(Token&& token) {
        if (!fails_.empty()) {
            error_code const next = fails_.front();
            fails_.erase(fails_.begin());
            throw system_error(next);
        }
        return to_->async_accept(std::forward<Token>(token));
    }
    void close(error_code& error) { to_->close(error); }

private:
    testing::memory_listener* to_;
    std::vector<error_code> fails_;
};

TETHER_TEST_CASE("RU22 a soft cancel refuses later connections, ends idle ones "
                 "and lets the others finish") {
    testing::memory_listener listener(this_task::executor());
    event_log ended;
    serve_statistics did;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            int number = 0;
            did = co_await serve_tcp(
                faulty_listener(listener, {}),
                [&](testing::memory_listener::stream_type) -> task<> {
                    if (++number == 1) {
                        co_await soft_cancellable(sleep_forever());
                        ended("idle");
                    } else {
                        co_await sleep_for(5s);
                        ended("busy");
                    }
                });
            ended("served");
        });
        auto const idle = co_await listener.async_connect(use_task);
        auto const busy = co_await listener.async_connect(use_task);
        co_await sleep_for(1s);
        group.scope().cancel_soft(1h);
        co_await sleep_for(1s);
        CHECK(ended.text() == "idle");
        auto const late = [&]() -> task<> {
            auto const none = co_await listener.async_connect(use_task);
        };
        auto const refused = co_await as_outcome(late());
        CHECK_THROWS_AS(refused.value(), system_error);
    });
    CHECK(ended.text() == "idle busy served");
    CHECK(did.accepted == 2);
}

TETHER_TEST_CASE("errors of accept are survived, those of handlers stay alone, "
                 "and the limit of connections holds") {
    namespace errc = boost::system::errc;
    testing::memory_listener listener(this_task::executor());
    std::vector<std::string> errors;
    std::size_t at_a_time = 0;
    std::size_t most = 0;
    int number = 0;
    serve_statistics did;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            std::vector<error_code> fails{
                errc::make_error_code(errc::connection_aborted),
                errc::make_error_code(errc::too_many_files_open),
                errc::make_error_code(errc::no_buffer_space)};
            did = co_await serve_tcp(
                faulty_listener(listener, std::move(fails)),
                [&](testing::memory_listener::stream_type) -> task<> {
                    most = std::max(most, ++at_a_time);
                    int const mine = ++number;
                    co_await sleep_for(1s);
                    --at_a_time;
                    if (mine == 2)
                        throw std::runtime_error("second");
                    if (mine == 3)
                        throw system_error(boost::asio::error::eof);
                },
                {.max_connections = 2},
                [&](std::exception_ptr e) {
                    errors.push_back(tether::detail::what_of(e));
                });
        });
        std::vector<testing::memory_listener::stream_type> clients;
        for (int i = 0; i != 5; ++i)
            clients.push_back(co_await listener.async_connect(use_task));
        co_await sleep_for(10s);
        group.scope().cancel_soft(1h);
    });
    CHECK(did.accepted == 5);
    CHECK(did.retried == 3);
    CHECK(did.failed == 1);
    CHECK(did.disconnected == 1);
    CHECK(most == 2);
    CHECK(errors == std::vector<std::string>{"second"});
}

// Reads a byte, answers it when `answer` says so.
task<> echo(tcp::socket socket) {
    char byte = 0;
    co_await boost::asio::async_read(socket, boost::asio::buffer(&byte, 1),
                                     use_task);
    co_await boost::asio::async_write(socket, boost::asio::buffer(&byte, 1),
                                      use_task);
}

task<tcp::socket> connected(unsigned short port) {
    tcp::socket socket(this_task::executor());
    co_await socket.async_connect(loopback(port), use_task);
    co_return std::move(socket);
}

TEST_CASE("ten thousand clients that come and go leave nothing behind") {
    serve_statistics did;
    tether::run([&]() -> task<> {
        auto acceptor = listen_tcp(loopback());
        auto const port = acceptor.local_endpoint().port();
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn([&]() -> task<> {
                did = co_await serve_tcp(std::move(acceptor), echo,
                                         {.max_connections = 50});
            });
            co_await with_task_group([&](task_group& clients) -> task<> {
                for (int line = 0; line != 20; ++line)
                    clients.spawn([port]() -> task<> {
                        for (int i = 0; i != 500; ++i) {
                            tcp::socket socket = co_await connected(port);
                            if (i % 2 != 0) // gone with a reset
                                socket.set_option(
                                    boost::asio::socket_base::linger(true, 0));
                        }
                    });
                co_return;
            });
            // What waits in the backlog came before this one.
            tcp::socket last = co_await connected(port);
            char byte = 'x';
            co_await boost::asio::async_write(
                last, boost::asio::buffer(&byte, 1), use_task);
            co_await boost::asio::async_read(
                last, boost::asio::buffer(&byte, 1), use_task);
            group.scope().cancel_soft(1h);
        });
    });
    CHECK(did.accepted + did.retried >= 5001);
    CHECK(did.accepted <= 10001);
    CHECK(did.failed == 0);
    CHECK(did.disconnected == did.accepted - 1);
}

// --- the server as a program of its own: a case of this one, which tells its
// port to the test and answers a byte when it got a second one.

unsigned short number_of(char const* variable) {
    char const* const text = std::getenv(variable);
    return static_cast<unsigned short>(text ? std::atoi(text) : 0);
}

int answered = 0;

task<> answer_later(tcp::socket socket) {
    char bytes[2];
    auto const idle = co_await soft_cancellable(boost::asio::async_read(
        socket, boost::asio::buffer(bytes, 1), use_task));
    if (!idle)
        co_return;
    co_await boost::asio::async_write(socket, boost::asio::buffer(bytes, 1),
                                      use_task);
    co_await boost::asio::async_read(socket, boost::asio::buffer(bytes, 1),
                                     use_task);
    co_await boost::asio::async_write(socket, boost::asio::buffer(bytes, 1),
                                      use_task);
    ++answered;
}

task<int> server_program() {
    shutdown_options options;
    options.grace = std::chrono::milliseconds(number_of("TETHER_GRACE_MS"));
    graceful_shutdown gs({SIGINT, SIGTERM}, options);
    auto acceptor = listen_tcp(loopback());
    tcp::socket control = co_await connected(number_of("TETHER_CONTROL"));
    auto const port = acceptor.local_endpoint().port();
    std::string greeting = std::to_string(port) + '\n';
    co_await boost::asio::async_write(control, boost::asio::buffer(greeting),
                                      use_task);
    if (unsigned short const files = number_of("TETHER_FILES")) {
        rlimit const limit{files, files};
        ::setrlimit(RLIMIT_NOFILE, &limit);
    }
    // A byte when the drain has begun.
    gs.add("tells", [&]() -> task<> {
        co_await soft_cancellable(sleep_forever());
        co_await boost::asio::async_write(control, boost::asio::buffer("d", 1),
                                          use_task);
    });
    gs.on_flush("cache", []() -> task<> {
        std::ofstream(std::getenv("TETHER_CACHE")) << answered << " answered";
        co_return;
    });
    int const code = co_await gs.run([&] {
        return [](tcp::acceptor a) -> task<> {
            auto const did = co_await serve_tcp(std::move(a), answer_later);
            static_cast<void>(did);
        }(std::move(acceptor));
    });
    co_return code;
}

TEST_CASE("a server", "[.server]") {
    std::_Exit(run_main(run_options{}, server_program));
}

// The test's end of it.
class server {
public:
    server(char const* grace_ms, char const* files = "0")
        : control_(listen_tcp(loopback())) {
        auto const control = control_.local_endpoint().port();
        cache_ = std::filesystem::temp_directory_path() /
                 ("tether-cache-" + std::to_string(control));
        ::setenv("TETHER_CONTROL", std::to_string(control).c_str(), 1);
        ::setenv("TETHER_CACHE", cache_.c_str(), 1);
        ::setenv("TETHER_GRACE_MS", grace_ms, 1);
        ::setenv("TETHER_FILES", files, 1);
        program_ = std::make_unique<child_process>(
            std::filesystem::read_symlink("/proc/self/exe").string(),
            std::vector<std::string>{"[.server]"});
    }
    task<> ready() {
        link_.emplace(co_await control_.async_accept(use_task));
        std::string line;
        char byte = 0;
        while (byte != '\n') {
            co_await boost::asio::async_read(
                *link_, boost::asio::buffer(&byte, 1), use_task);
            line += byte;
        }
        port = static_cast<unsigned short>(std::stoi(line));
    }
    void signal(int number) { program_->signal(number); }
    // The server has seen the signal.
    task<> draining() {
        char byte = 0;
        co_await boost::asio::async_read(*link_, boost::asio::buffer(&byte, 1),
                                         use_task);
    }
    int wait() { return program_->wait().code; }
    // What it has written at its end.
    std::string cache() const {
        std::string text;
        std::getline(std::ifstream(cache_), text);
        return text;
    }
    ~server() {
        std::error_code ignored;
        std::filesystem::remove(cache_, ignored);
    }
    unsigned short port = 0;

private:
    tcp::acceptor control_;
    std::optional<tcp::socket> link_;
    std::filesystem::path cache_;
    std::unique_ptr<child_process> program_;
};

// A byte there and back.
task<> exchange(tcp::socket& socket) {
    char byte = 'x';
    co_await boost::asio::async_write(socket, boost::asio::buffer(&byte, 1),
                                      use_task);
    co_await boost::asio::async_read(socket, boost::asio::buffer(&byte, 1),
                                     use_task);
}

TEST_CASE("RU20 a server that gets SIGTERM answers what is in flight, refuses "
          "what comes, writes its cache and ends with 0") {
    tether::run([]() -> task<> {
        server program("60000");
        co_await program.ready();
        std::vector<tcp::socket> clients;
        for (int i = 0; i != 5; ++i) {
            clients.push_back(co_await connected(program.port));
            co_await exchange(clients.back());
        }
        program.signal(SIGTERM);
        co_await program.draining();
        // The acceptor closes about now.
        auto const late = [&]() -> task<> {
            for (;;)
                tcp::socket const before = co_await connected(program.port);
        };
        auto const refused = co_await as_outcome(late());
        CHECK_THROWS_AS(refused.value(), system_error);
        for (tcp::socket& client : clients)
            co_await exchange(client);
        CHECK(program.wait() == 0);
        CHECK(program.cache() == "5 answered");
    });
}

TEST_CASE("RU21 a second SIGTERM ends a server with requests in flight") {
    tether::run([]() -> task<> {
        server program("60000");
        co_await program.ready();
        tcp::socket client = co_await connected(program.port);
        co_await exchange(client);
        program.signal(SIGTERM);
        co_await program.draining();
        program.signal(SIGTERM);
        CHECK(program.wait() == 143);
    });
}

TEST_CASE("RU20 a server whose grace is over ends with requests in flight") {
    tether::run([]() -> task<> {
        server program("50");
        co_await program.ready();
        tcp::socket client = co_await connected(program.port);
        co_await exchange(client);
        program.signal(SIGTERM);
        CHECK(program.wait() == 143);
    });
}

TEST_CASE("a server without descriptors waits until it has some") {
    tether::run([]() -> task<> {
        server program("60000", "24");
        co_await program.ready();
        std::vector<tcp::socket> clients;
        for (int i = 0; i != 40; ++i)
            clients.push_back(co_await connected(program.port));
        // The first ones are served; the last ones when those have gone.
        co_await exchange(clients.front());
        clients.erase(clients.begin(), clients.begin() + 30);
        for (tcp::socket& client : clients)
            co_await exchange(client);
        for (tcp::socket& client : clients)
            co_await exchange(client);
        program.signal(SIGTERM);
        CHECK(program.wait() == 0);
    });
}

} // namespace
