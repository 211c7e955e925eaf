// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// A pool of real connections to a server on this machine that answers each line
// with a line.
#include "support/test_case.hpp"

#include <tether/resilience.hpp>
#include <tether/scope/deadline.hpp>
#include <tether/scope/task_group.hpp>
#include <tether/scope/with_task_group.hpp>
#include <tether/task/use_task.hpp>
#include <tether/testing/cancel_sweep.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>

#include <array>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using namespace tether;
using namespace tether_test;

namespace {

// One line, without its end; system_error when there is none any more.
task<std::string> read_line(tcp::socket& socket, std::string& rest) {
    for (;;) {
        if (auto const end = rest.find('\n'); end != std::string::npos) {
            std::string line = rest.substr(0, end);
            rest.erase(0, end + 1);
            co_return line;
        }
        std::array<char, 256> block;
        std::size_t const n =
            co_await socket.async_read_some(asio::buffer(block), use_task);
        rest.append(block.data(), n);
    }
}
task<> write_line(tcp::socket& socket, std::string line) {
    line += '\n';
    co_await asio::async_write(socket, asio::buffer(line), use_task);
}

struct server_state {
    std::vector<std::string> rows; // committed
    std::minstd_rand random{1};
};

// ECHO text, BEGIN, INSERT row, COMMIT, ROLLBACK. A connection that ends rolls
// back what it has begun.
task<> serve_client(server_state& state, tcp::socket socket) {
    std::string rest;
    std::vector<std::string> staged;
    for (;;) {
        std::string line;
        try {
            line = co_await read_line(socket, rest);
        } catch (boost::system::system_error const&) {
            co_return;
        }
        std::string reply = "ok";
        if (line.starts_with("ECHO "))
            reply = line.substr(5);
        else if (line.starts_with("INSERT "))
            staged.push_back(line.substr(7));
        else if (line == "COMMIT")
            state.rows.insert(state.rows.end(), staged.begin(), staged.end());
        if (line == "COMMIT" || line == "ROLLBACK")
            staged.clear();
        co_await sleep_for(std::chrono::microseconds(state.random() % 300));
        try {
            co_await write_line(socket, std::move(reply));
        } catch (boost::system::system_error const&) {
            co_return;
        }
    }
}

task<> serve(server_state& state, tcp::acceptor& acceptor) {
    co_await with_task_group([&](task_group& group) -> task<> {
        for (;;) {
            tcp::socket socket = co_await acceptor.async_accept(use_task);
            group.spawn(serve_client, std::ref(state), std::move(socket));
        }
    });
}

struct client_count {
    int now = 0;
    int most = 0;
};

class client {
public:
    client(tcp::socket socket, client_count& count)
        : socket_(std::move(socket)), count_(&count) {
        count.most = std::max(count.most, ++count.now);
    }
    client(client&& other) noexcept
        : socket_(std::move(other.socket_)),
          count_(std::exchange(other.count_, nullptr)) {}
    ~client() {
        if (count_)
            --count_->now;
    }

    task<std::string> ask(std::string line) {
        in_exchange_ = true;
        co_await write_line(socket_, std::move(line));
        std::string reply = co_await read_line(socket_, rest_);
        in_exchange_ = false;
        co_return reply;
    }
    bool in_exchange() const noexcept { return in_exchange_; }
    task<> begin() { return order("BEGIN"); }
    task<> commit() { return order("COMMIT"); }
    task<> rollback() { return order("ROLLBACK"); }
    task<> insert(std::string row) { return order("INSERT " + row); }

private:
    task<> order(std::string line) {
        std::string const reply = co_await ask(std::move(line));
        if (reply != "ok")
            throw std::runtime_error("another reply: " + reply);
    }

    tcp::socket socket_;
    client_count* count_;
    std::string rest_;
    bool in_exchange_ = false;
};

using pool_type = connection_pool<client>;

// Runs `body(pool)` with a pool of four clients of a server.
template<class Body>
task<> with_server(server_state& state, client_count& count, Body& body) {
    tcp::acceptor acceptor(this_task::executor(),
                           tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    auto const address = acceptor.local_endpoint();
    pool_type pool(
        [&]() -> task<client> {
            tcp::socket socket(this_task::executor());
            co_await socket.async_connect(address, use_task);
            co_return client(std::move(socket), count);
        },
        {.max = 4});
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(serve, std::ref(state), std::ref(acceptor));
        co_await with(pool, body);
        CHECK(pool.in_use() == 0);
        group.cancel();
    });
    CHECK(count.now == 0);
    CHECK(count.most <= 4);
}

} // namespace

TEST_CASE("RE13 after a thousand timeouts at random points every reply belongs "
          "to its request and the pool is whole") {
    server_state state;
    client_count count;
    int replies = 0;
    int timeouts = 0;
    int mismatches = 0;
    std::minstd_rand random(7);
    auto const worker = [&](pool_type& pool, int name) -> task<> {
        for (int i = 0; i != 125; ++i) {
            std::string const text =
                std::to_string(name) + "-" + std::to_string(i);
            std::string reply;
            auto const exchange = [&]() -> task<> {
                reply = co_await pool.with(
                    [&](client& c) { return c.ask("ECHO " + text); });
            };
            auto const reached = [&]() -> task<> {
                auto lease = co_await pool.acquire();
                reply = co_await lease->ask("ECHO " + text);
            };
            std::chrono::microseconds const limit(random() % 900);
            bool in_time = false;
            if (i % 2 == 0)
                in_time = co_await move_on_after(limit, exchange);
            else
                in_time = co_await move_on_after(limit, reached);
            timeouts += in_time ? 0 : 1;
            replies += in_time ? 1 : 0;
            mismatches += in_time && reply != text ? 1 : 0;
        }
    };
    auto body = [&](pool_type& pool) -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            for (int name = 0; name != 8; ++name)
                group.spawn(worker, std::ref(pool), name);
            co_return;
        });
        // All four places are there.
        auto const a = co_await pool.acquire();
        auto const b = co_await pool.acquire();
        auto const c = co_await pool.acquire();
        auto const d = co_await pool.acquire();
        CHECK(pool.in_use() == 4);
    };
    tether::run([&] { return with_server(state, count, body); });
    CHECK(timeouts + replies == 1000);
    CHECK(mismatches == 0);
}

TEST_CASE("RE17 each transaction that gave a value is committed wholly, and no "
          "other, whenever a timeout comes") {
    server_state state;
    client_count count;
    std::set<std::string> values;
    std::minstd_rand random(11);
    auto const buy = [&](pool_type& pool, std::string name) -> task<> {
        std::string const done =
            co_await transaction(pool, [&](client& c) -> task<std::string> {
                co_await c.insert(name + "a");
                if (random() % 8 == 0)
                    throw std::runtime_error("sold out");
                co_await c.insert(name + "b");
                co_return name;
            });
        values.insert(done);
    };
    auto const customer = [&](pool_type& pool, int number) -> task<> {
        for (int i = 0; i != 40; ++i) {
            auto const attempt = [&]() -> task<> {
                return buy(pool,
                           std::to_string(number) + "-" + std::to_string(i));
            };
            std::chrono::microseconds const limit(random() % 4000);
            try {
                static_cast<void>(co_await move_on_after(limit, attempt));
            } catch (std::runtime_error const&) {
            }
        }
    };
    auto body = [&](pool_type& pool) -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            for (int number = 0; number != 5; ++number)
                group.spawn(customer, std::ref(pool), number);
            co_return;
        });
    };
    tether::run([&] { return with_server(state, count, body); });
    std::set<std::string> expected;
    for (auto const& value : values) {
        expected.insert(value + "a");
        expected.insert(value + "b");
    }
    std::set<std::string> const rows(state.rows.begin(), state.rows.end());
    CHECK(rows == expected);
    CHECK(rows.size() == state.rows.size());
}

TEST_CASE("RE12 stopped at any checkpoint, the pool and the server end with "
          "nothing open") {
    server_state state;
    client_count count;
    auto const work = [&]() -> task<> {
        state = server_state();
        auto body = [](pool_type& pool) -> task<> {
            co_await transaction(pool,
                                 [](client& c) { return c.insert("row"); });
            co_await pool.with([](client& c) { return c.ask("ECHO x"); });
        };
        co_await with_server(state, count, body);
    };
    testing::cancel_sweep_options options;
    options.test.real_time = true;
    options.errors_allowed = true; // the server is stopped, too
    testing::cancel_sweep(
        work, [&] { return count.now == 0 && state.rows.size() <= 1; },
        options);
}
