// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// Pools of connections, in virtual time.
#include "pool_test.hpp"
#include "support/death.hpp"
#include "unit/sync/sync_test.hpp"

#include <tether/task/co_spawn.hpp>
#include <tether/testing/cancel_sweep.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <vector>

using namespace tether_test;

using pool_type = connection_pool<session>;

TETHER_TEST_CASE("RE12 at most max connections exist, and leases are given in "
                 "the order of arrival") {
    fake_server server;
    server.close_time = 50ms;
    connection_pool pool(opener(server), {.max = 2});
    std::vector<int> order;
    co_await with(pool, [&](pool_type&) -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            for (int i = 0; i != 7; ++i)
                group.spawn([&, i]() -> task<> {
                    auto lease = co_await pool.acquire();
                    order.push_back(i);
                    co_await lease->ask();
                    if (i % 3 == 0)
                        lease.discard(); // its close takes a while
                });
            co_await checkpoint();
            CHECK(pool.statistics().waiting == 5);
            co_return;
        });
        CHECK(pool.in_use() == 0);
    });
    CHECK(order == std::vector<int>{0, 1, 2, 3, 4, 5, 6});
    CHECK(server.most == 2);
    CHECK(server.open == 0);
    CHECK(server.closed == server.made);
    CHECK(pool.statistics().discarded == 3);
}

TETHER_TEST_CASE("RE12 the connection of a lease that was given back cannot be "
                 "used") {
    fake_server server;
    connection_pool pool(opener(server), {.max = 1});
    co_await with(pool, [&](pool_type&) -> task<> {
        auto lease = co_await pool.acquire();
        lease.release();
        CHECK_THROWS_WITH(*lease, contains_text("has given its connection"));
        CHECK_THROWS_AS(lease->ask(), std::logic_error);
        CHECK(pool.in_use() == 0);
    });
}

TETHER_TEST_CASE("RE12 a lease gives back synchronously, and the connection is "
                 "lent again") {
    fake_server server;
    connection_pool pool(opener(server), {.max = 1});
    co_await with(pool, [&](pool_type&) -> task<> {
        {
            auto lease = co_await pool.acquire();
            CHECK(pool.in_use() == 1);
        }
        CHECK(pool.in_use() == 0);
        CHECK(pool.statistics().idle == 1);
        int const number =
            co_await pool.with([](session& s) { return s.ask(); });
        CHECK(number == 1);
    });
    CHECK(server.made == 1);
    CHECK(pool.statistics().reused == 1);
}

TETHER_TEST_CASE("RE12 a cancelled acquire keeps no place, waiting or "
                 "opening") {
    fake_server server;
    server.open_time = 100ms;
    connection_pool pool(opener(server), {.max = 1});
    co_await with(pool, [&](pool_type&) -> task<> {
        auto const opening = co_await move_on_after(50ms, pool.acquire());
        CHECK_FALSE(opening);
        auto lease = co_await pool.acquire();
        auto const waiting = co_await move_on_after(50ms, pool.acquire());
        CHECK_FALSE(waiting);
        lease.release();
        auto const third = co_await pool.acquire();
        CHECK(pool.in_use() == 1);
    });
    CHECK(server.made == 1);
}

TETHER_TEST_CASE("RE13 an exchange that a stop or an error interrupts costs "
                 "the connection") {
    fake_server server;
    connection_pool pool(opener(server), {.max = 1});
    co_await with(pool, [&](pool_type&) -> task<> {
        auto const in_time = co_await move_on_after(
            5ms, pool.with([](session& s) { return s.ask(); }));
        CHECK_FALSE(in_time);
        int const second =
            co_await pool.with([](session& s) { return s.ask(); });
        CHECK(second == 2);
        auto const failing = [&]() -> task<> {
            co_await pool.with([](session&) -> task<> {
                throw std::runtime_error("half a reply");
                co_return;
            });
        };
        auto const text = co_await failure_of(failing);
        CHECK(text == "half a reply");
        int const third =
            co_await pool.with([](session& s) { return s.ask(); });
        CHECK(third == 3);
    });
    CHECK(pool.statistics().discarded == 2);
    CHECK(server.closed == 3);
}

TETHER_TEST_CASE("RE13 between exchanges a stop leaves the connection whole; "
                 "one that was reached directly is doubted") {
    fake_server server;
    connection_pool pool(opener(server), {.max = 1});
    auto const idle_in_lease = [&](bool reached) -> task<> {
        auto lease = co_await pool.acquire();
        co_await lease.exchange([](session& s) { return s.ask(); });
        if (reached)
            co_await lease->ask();
        co_await sleep_forever();
    };
    co_await with(pool, [&](pool_type&) -> task<> {
        co_await move_on_after(1s, idle_in_lease(false));
        CHECK(pool.statistics().discarded == 0);
        co_await move_on_after(1s, idle_in_lease(true));
        CHECK(pool.statistics().discarded == 1);
    });
    CHECK(server.made == 1);
}

TETHER_TEST_CASE("RE13 an interrupted connection takes no further exchange, "
                 "and one exchange at a time") {
    fake_server server;
    connection_pool pool(opener(server), {.max = 1});
    co_await with(pool, [&](pool_type&) -> task<> {
        auto lease = co_await pool.acquire();
        auto const ask = [&]() -> task<> {
            co_await lease.exchange([](session& s) { return s.ask(); });
        };
        auto const nested = [&]() -> task<> {
            co_await lease.exchange([&](session&) { return ask(); });
        };
        auto const busy = co_await failure_of(nested);
        CHECK_THAT(busy, contains_text("is in use since "));
        CHECK(lease.interrupted());
        auto const broken = co_await failure_of(ask);
        CHECK_THAT(broken, contains_text("was interrupted"));
    });
    CHECK(pool.statistics().discarded == 1);
}

TETHER_TEST_CASE("RE14 a closed pool refuses, wakes those who wait, and waits "
                 "for what is out") {
    fake_server server;
    connection_pool pool(opener(server), {.max = 1, .name = "db"});
    std::string refused;
    std::string woken;
    stopwatch const watch;
    co_await with_task_group([&](task_group& group) -> task<> {
        co_await with(pool, [&](pool_type&) -> task<> {
            group.spawn([&]() -> task<> {
                auto const lease = co_await pool.acquire();
                co_await sleep_for(3s);
            });
            group.spawn([&]() -> task<> {
                auto const wait = [&]() -> task<> {
                    auto const lease = co_await pool.acquire();
                };
                woken = co_await failure_of(wait);
                CHECK(watch.elapsed() == 1s);
                refused = co_await failure_of(wait);
            });
            co_await sleep_for(1s);
        });
        CHECK(watch.elapsed() == 3001ms + 1ms); // opened, closed
    });
    CHECK(woken == "connection_pool 'db' is closed");
    CHECK(refused == woken);
    CHECK(server.open == 0);
}

TETHER_TEST_CASE("RE14 a lease that does not come back in the grace is an "
                 "error, and its connection is destroyed later") {
    fake_server server;
    connection_pool pool(opener(server), {.max = 2, .close_grace = 2s});
    co_await with_task_group([&](task_group& group) -> task<> {
        auto const use = [&]() -> task<> {
            co_await with(pool, [&](pool_type&) -> task<> {
                group.spawn([&]() -> task<> {
                    auto const lease = co_await pool.acquire();
                    co_await sleep_for(1h);
                });
                co_await pool.with([](session& s) { return s.ask(); });
            });
        };
        auto const text = co_await failure_of(use);
        CHECK_THAT(text, contains_text("1 leases were not given back within "
                                       "the grace of 2 s"));
        CHECK(server.open == 1);
    });
    CHECK(server.open == 0);
    CHECK(pool.in_use() == 0);
}

TETHER_TEST_CASE("RE14 a connection that is opened after the pool has given up "
                 "waiting is destroyed") {
    fake_server server;
    server.open_time = 1h;
    connection_pool pool(opener(server), {.max = 2, .close_grace = 2s});
    std::string late;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto const use = [&]() -> task<> {
            co_await with(pool, [&](pool_type&) -> task<> {
                group.spawn([&]() -> task<> {
                    auto const wait = [&]() -> task<> {
                        auto const lease = co_await pool.acquire();
                    };
                    late = co_await failure_of(wait);
                });
                co_await sleep_for(1s);
            });
        };
        auto const text = co_await failure_of(use);
        CHECK_THAT(text, contains_text("not given back within the grace"));
    });
    CHECK(late == "connection_pool is closed");
    CHECK(server.made == 1);
    CHECK(server.open == 0);
    CHECK(pool.in_use() == 0);
}

TETHER_TEST_CASE("RE15 a connection that cannot be opened costs no place") {
    fake_server server;
    server.failing = 5;
    connection_pool pool(opener(server), {.max = 1});
    int failed = 0;
    co_await with(pool, [&](pool_type&) -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            for (int i = 0; i != 6; ++i)
                group.spawn([&]() -> task<> {
                    auto const use = [&]() -> task<> {
                        co_await pool.with([](session& s) { return s.ask(); });
                    };
                    auto const text = co_await failure_of(use);
                    failed += text == "cannot connect" ? 1 : 0;
                });
            co_return;
        });
    });
    CHECK(failed == 5);
    CHECK(server.made == 1);
    CHECK(pool.statistics().open_failures == 5);
}

TETHER_TEST_CASE(
    "RE16 idle and old connections are closed while nobody looks") {
    fake_server server;
    connection_pool pool(opener(server),
                         {.max = 3, .idle_ttl = 10s, .max_lifetime = 25s});
    co_await with(pool, [&](pool_type&) -> task<> {
        {
            auto const first = co_await pool.acquire();
            auto const second = co_await pool.acquire();
        }
        CHECK(pool.statistics().idle == 2);
        co_await sleep_for(9s);
        int const number =
            co_await pool.with([](session& s) { return s.ask(); });
        co_await sleep_for(5s);
        CHECK(server.open == 1); // the other one was idle for ten seconds
        for (int i = 0; i != 2; ++i) {
            int const again =
                co_await pool.with([](session& s) { return s.ask(); });
            CHECK(again == number);
            co_await sleep_for(5s);
        }
        co_await sleep_for(3s);
        CHECK(server.open == 0); // 25 seconds old
    });
    CHECK(pool.statistics().expired == 2);
    CHECK(server.closed == 2);
}

TETHER_TEST_CASE("RE16 a connection that fails its check is closed before "
                 "another takes its place") {
    fake_server server;
    server.close_time = 20ms;
    connection_pool pool(opener(server), {.max = 1});
    bool healthy = true;
    pool.check_with([&](session&) -> task<bool> {
        co_await sleep_for(1ms);
        if (!healthy)
            throw std::runtime_error("no pong");
        co_return true;
    });
    auto const ask = [](session& s) { return s.ask(); };
    co_await with(pool, [&](pool_type&) -> task<> {
        int const first = co_await pool.with(ask);
        int const same = co_await pool.with(ask);
        CHECK(first == same);
        healthy = false;
        int const other = co_await pool.with(ask);
        CHECK(other == 2);
        // Whoever is stopped meanwhile leaves the place to others.
        auto const stopped = co_await move_on_after(10ms, pool.with(ask));
        CHECK_FALSE(stopped);
        int const last = co_await pool.with(ask);
        CHECK(last == 3);
    });
    CHECK(server.most == 1);
    CHECK(pool.statistics().check_failures == 2);
    CHECK(pool.statistics().opened == 3);
    CHECK(pool.statistics().reused == 1);
}

TETHER_TEST_CASE("RE16 a close that hangs or fails holds nothing up for ever") {
    fake_server server;
    connection_pool pool(opener(server), {.max = 1, .close_timeout = 2s});
    bool throws = false;
    pool.close_with([&](session&) -> task<> {
        if (throws)
            throw std::runtime_error("close");
        co_await sleep_forever();
    });
    stopwatch const watch;
    co_await with(pool, [&](pool_type&) -> task<> {
        auto lease = co_await pool.acquire();
        lease.discard();
        auto const next = co_await pool.acquire();
        CHECK(watch.elapsed() == 2002ms);
        throws = true;
    });
    CHECK(pool.statistics().close_failures == 2);
    CHECK(server.open == 0);
}

TETHER_TEST_CASE("RE11 a pool lends inside of its with, once at a time") {
    fake_server server;
    connection_pool pool(opener(server));
    auto const acquire = [&]() -> task<> {
        auto const lease = co_await pool.acquire();
    };
    auto const before = co_await failure_of(acquire);
    CHECK_THAT(before, contains_text("outside of with(pool, body)"));
    auto const nested = [&]() -> task<> {
        co_await with(pool, [&](pool_type&) -> task<> {
            co_await with(pool, [](pool_type&) -> task<> { co_return; });
        });
    };
    auto const twice = co_await failure_of(nested);
    CHECK_THAT(twice, contains_text("that is open"));
    // Its errors come bare, and it can be used again.
    int const value = co_await with(pool, [&](pool_type&) -> task<int> {
        co_return co_await pool.with([](session& s) { return s.ask(); });
    });
    CHECK(value == 1);
    CHECK_THROWS_AS(pool_type(opener(server), {.max = 0}),
                    std::invalid_argument);
}

TEST_CASE("RE14 a context that goes down destroys the connections and closes "
          "none") {
    fake_server server;
    auto const frames = tether::detail::frame_pool::live();
    {
        connection_pool pool(
            [&]() -> task<session> { co_return session(server); }, {.max = 2});
        boost::asio::io_context io(1);
        auto const lend = [&]() -> task<> {
            auto const lease = co_await pool.acquire();
            co_await sleep_forever();
        };
        auto const body = [&]() -> task<> {
            co_await with(pool, [&](pool_type&) -> task<> {
                co_await with_task_group([&](task_group& group) -> task<> {
                    for (int i = 0; i != 4; ++i)
                        group.spawn(lend);
                    co_return;
                });
            });
        };
        tether::co_spawn(io.get_executor(), body, boost::asio::detached);
        io.poll();
        CHECK(pool.statistics().leased == 2);
        CHECK(pool.statistics().waiting == 2);
    }
    CHECK(server.made == 2);
    CHECK(server.open == 0);
    CHECK(server.closed == 0);
    auto const left = tether::detail::frame_pool::live() - frames;
    CHECK(left == 0);
}

TEST_CASE("RE14 closing a pool on another loop says so and terminates") {
    auto const words = [](bool waited_for) {
        return last_words([waited_for] {
            run_virtual([waited_for]() -> task<> {
                fake_server server;
                connection_pool pool(opener(server), {.max = 1});
                co_await with(pool, [&](pool_type&) -> task<> {
                    auto const lease = co_await pool.acquire();
                    co_await with_task_group([&](task_group& group) -> task<> {
                        if (waited_for)
                            group.spawn([&]() -> task<> {
                                auto const next = co_await pool.acquire();
                            });
                        co_await checkpoint();
                        other_loop second;
                        second.start([&]() -> task<> {
                            pool.close();
                            co_return;
                        });
                    });
                });
            });
        });
    };
    for (bool const waited_for : {false, true}) {
        std::string const text = words(waited_for);
        CHECK_THAT(text, contains_text("a connection_pool was closed on "
                                       "another loop than that of the pool"));
    }
}

TEST_CASE("RE13 stopped anywhere, a pool loses no connection and no place") {
    fake_server server;
    std::size_t left = 0;
    auto const work = [&]() -> task<> {
        server = fake_server();
        connection_pool pool(opener(server), {.max = 2, .idle_ttl = 1s});
        pool.check_with([](session& s) -> task<bool> {
            int const number = co_await s.ask();
            co_return number != 2;
        });
        struct note {
            pool_type& pool;
            std::size_t& left;
            ~note() { left = pool.in_use(); }
        } const at_end{pool, left};
        co_await with(pool, [&](pool_type&) -> task<> {
            co_await with_task_group([&](task_group& group) -> task<> {
                for (int i = 0; i != 4; ++i)
                    group.spawn([&]() -> task<> {
                        co_await pool.with([](session& s) { return s.ask(); });
                    });
                co_return;
            });
            co_await sleep_for(1500ms);
            co_await pool.with([](session& s) { return s.ask(); });
        });
    };
    auto const whole = [&] {
        return server.open == 0 && server.most <= 2 && left == 0 &&
               server.closed == server.made;
    };
    testing::cancel_sweep(work, whole);
    testing::cancel_sweep(work, whole,
                          {.moment = testing::stop_moment::waiting});
}

TEST_CASE("RE12 a lease that is given back or moved while an exchange with it "
          "goes on terminates") {
    auto const words_at = [](auto end) {
        return last_words([end] {
            run_virtual([end]() -> task<> {
                fake_server server;
                connection_pool pool(opener(server), {.max = 1});
                co_await with(pool, [&](pool_type&) -> task<> {
                    auto lease = co_await pool.acquire();
                    co_await with_task_group([&](task_group& group) -> task<> {
                        group.spawn([&]() -> task<> {
                            co_await lease.exchange(
                                [](session& s) { return s.ask(); });
                        });
                        co_await sleep_for(1ms);
                        end(lease);
                    });
                });
            });
        });
    };
    using lease_type = connection_lease<session>;
    for (std::string const& text :
         {words_at([](lease_type& l) { l.discard(); }),
          words_at([](lease_type& l) { lease_type const gone(std::move(l)); })})
        CHECK_THAT(text, contains_text("while an exchange with it goes on"));
}
