// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Where do children run, and who may spawn them? Strands of a context with
/// four threads, and threads that have no business here.
#include "unit/scope/group_test.hpp"

#include <tether/task/detail/root.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

namespace {

using namespace tether_test;

// A root on `executor`; the future is ready when its last frame is gone.
template<class F>
std::future<void> start_root(boost::asio::any_io_executor executor, F fn) {
    struct done {
        std::shared_ptr<std::promise<void>> result;
        void operator()(detail::root_result<void>&& r) {
            if (r.error)
                result->set_exception(r.error);
            else
                result->set_value();
        }
    };
    auto result = std::make_shared<std::promise<void>>();
    std::future<void> future = result->get_future();
    boost::asio::post(executor, [executor, result, fn] {
        using body = detail::body_for<F>;
        detail::loop& l = detail::loop_service::acquire(executor);
        auto* root = new detail::root<body, done>(body(std::in_place, fn),
                                                  done{result}, {});
        l.enter([&] { root->start(l); });
        l.release();
    });
    return future;
}

} // namespace

TETHER_TEST_CASE("TG73 spawn from another thread is a checked error") {
    std::string text;
    std::size_t size = 99;
    co_await with_task_group(
        {.name = "mine"}, [&](task_group& group) -> task<> {
            std::thread([&] {
                try {
                    group.spawn([]() -> task<> { co_return; });
                } catch (std::logic_error const& e) {
                    text = e.what();
                }
            }).join();
            size = group.size();
            co_return;
        });
    CHECK_THAT(text, contains_text("mine"));
    CHECK_THAT(text, contains_text("another thread or executor"));
    CHECK(size == 0);
}

TEST_CASE("TG73 spawn from another strand of the same context is a checked "
          "error") {
    boost::asio::io_context io(1);
    auto one = boost::asio::make_strand(io);
    auto two = boost::asio::make_strand(io);
    std::string text;
    bool own_strand = false;
    task_group* open = nullptr;
    auto owner = start_root(one, [&]() -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            open = &group;
            co_await sleep_for(20ms);
        });
    });
    auto stranger = start_root(two, [&]() -> task<> {
        co_await sleep_for(5ms);
        try {
            open->spawn([]() -> task<> { co_return; });
        } catch (std::logic_error const& e) {
            text = e.what();
        }
    });
    // A plain handler on the group's own strand may spawn.
    boost::asio::post(one, [&] {
        boost::asio::post(one, [&] {
            open->spawn([&]() -> task<> {
                own_strand = true;
                co_return;
            });
        });
    });
    io.run();
    owner.get();
    stranger.get();
    CHECK_THAT(text, contains_text("another thread or executor"));
    CHECK(own_strand);
}

TEST_CASE("TG74 all children run on the strand of their group, four threads or "
          "not") {
    constexpr int groups = 8;
    constexpr int children = 50;
    boost::asio::thread_pool pool(4);
    std::vector<std::future<void>> ends;
    std::atomic<int> total{0};
    std::atomic<int> overlaps{0};
    for (int g = 0; g != groups; ++g) {
        auto strand = boost::asio::make_strand(pool);
        ends.push_back(start_root(strand, [&overlaps, &total]() -> task<> {
            int inside = 0; // no lock: the strand serialises
            int sum = 0;
            auto child = [&](int n) -> task<> {
                for (int i = 0; i != 20; ++i) {
                    if (++inside != 1)
                        ++overlaps;
                    sum += n;
                    --inside;
                    if (i % 5 == 0)
                        co_await sleep_for(std::chrono::microseconds(50));
                    else
                        co_await checkpoint();
                }
            };
            co_await with_task_group([&](task_group& group) -> task<> {
                for (int i = 0; i != children; ++i)
                    group.spawn(child, 1);
                co_return;
            });
            total += sum;
        }));
    }
    for (auto& end : ends)
        end.get();
    pool.join();
    CHECK(overlaps == 0);
    CHECK(total == groups * children * 20);
}

TEST_CASE("TG74 failures and cancels on strands of four threads keep every "
          "error") {
    boost::asio::thread_pool pool(4);
    std::vector<std::future<void>> ends;
    std::atomic<std::size_t> leaves{0};
    constexpr int groups = 40;
    for (int g = 0; g != groups; ++g) {
        auto strand = boost::asio::make_strand(pool);
        ends.push_back(start_root(strand, [&leaves]() -> task<> {
            auto scene = [&]() -> task<> {
                co_await with_task_group([&](task_group& group) -> task<> {
                    for (int i = 0; i != 10; ++i)
                        group.spawn(fails_when_stopped, "cleanup");
                    co_await sleep_for(1ms);
                    throw std::runtime_error("body");
                });
            };
            exception_group const group = co_await group_of(scene());
            leaves += group.size();
        }));
    }
    for (auto& end : ends)
        end.get();
    pool.join();
    CHECK(leaves == groups * 11);
}
