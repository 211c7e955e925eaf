// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// What the language, several threads and Asio's rules demand of tasks that wait
// for operations.

#include "unit/asio/asio_test.hpp"

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include <array>
#include <atomic>
#include <cerrno>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

using namespace tether_test;
using tether::cancel_scope;

namespace {

// An operation of an object on an executor of its own, which records where and
// how it is asked to stop.
class remote_operation {
public:
    explicit remote_operation(asio::any_io_executor on) : on_(std::move(on)) {}

    auto async_run() {
        return asio::async_initiate<tether::use_task_t const,
                                    void(boost::system::error_code)>(
            initiation{this}, use_task);
    }

    std::function<void()> asked;
    asio::cancellation_type_t ends_at = asio::cancellation_type::terminal;
    std::vector<asio::cancellation_type_t> types;
    std::atomic<int> started{0};

private:
    struct initiation {
        remote_operation* self;

        asio::any_io_executor get_executor() const { return self->on_; }
        template<class Handler>
        void operator()(Handler&& handler) const {
            ++self->started;
            auto slot = asio::get_associated_cancellation_slot(handler);
            auto kept = std::make_shared<std::decay_t<Handler>>(
                std::forward<Handler>(handler));
            slot.assign([s = self, kept](asio::cancellation_type_t type) {
                s->types.push_back(type);
                if ((type & s->ends_at) == asio::cancellation_type::none)
                    return;
                // What runs elsewhere is asked to stop there.
                asio::post(s->on_, [s, kept] {
                    if (s->asked)
                        s->asked();
                    asio::post(kept->get_executor(), [kept] {
                        std::move (*kept)(asio::error::operation_aborted);
                    });
                });
            });
        }
    };

    asio::any_io_executor on_;
};

// Its initiation posts the handler, and then throws.
auto posts_and_throws(asio::any_io_executor const& on) {
    auto initiation = [on](auto handler) {
        asio::post(on, [h = std::move(handler)]() mutable {
            auto const home = h.get_executor();
            asio::post(home,
                       [last = std::move(h)]() mutable { std::move(last)(7); });
        });
        throw std::runtime_error("after posting");
    };
    return asio::async_initiate<tether::use_task_t const, void(int)>(initiation,
                                                                     use_task);
}

thread_local int marked_by = 0;

// Asks its scope to stop whenever it is copied or moved.
class cancels_on_copy {
public:
    explicit cancels_on_copy(cancel_scope& scope) : scope_(&scope) {}
    cancels_on_copy(cancels_on_copy const& other) : scope_(other.scope_) {
        scope_->cancel("while a result was made");
    }
    cancels_on_copy& operator=(cancels_on_copy const&) = delete;
    ~cancels_on_copy() = default;
    int value = 5;

private:
    cancel_scope* scope_;
};

template<class... Ts>
constexpr bool destructors_never_throw =
    (std::is_nothrow_destructible_v<Ts> && ...);
// Those that g++ 12 would destroy twice in a co_await expression.
template<class T>
constexpr bool may_stand_in_an_await =
    std::is_trivially_destructible_v<T> || !std::is_aggregate_v<T>;

} // namespace

TETHER_ASIO_CASE("AI22 what runs on another executor is asked to stop there, "
                 "and the child ends at home") {
    asio::thread_pool pool(1);
    remote_operation op(pool.get_executor());
    auto const home = std::this_thread::get_id();
    auto const executor = tether::this_task::executor();
    std::thread::id asked_on;
    std::thread::id ended_on;
    int ended_at_cancel = 0;
    bool marked = false;
    op.asked = [&] { asked_on = std::this_thread::get_id(); };
    co_await tether::with_task_group([&](task_group& group) -> task<> {
        auto child = [&]() -> task<> {
            CHECK(tether::this_task::executor() == executor);
            struct at_end {
                std::thread::id& where;
                ~at_end() { where = std::this_thread::get_id(); }
            } const note{ended_on};
            co_await op.async_run();
        };
        auto handle = group.spawn(child);
        co_await tether::checkpoint();
        group.cancel();
        // The mark is set now, the end comes from the other executor.
        marked = handle.status() == tether::task_status::cancelling;
        ended_at_cancel = ended_on == std::thread::id() ? 0 : 1;
    });
    CHECK(marked);
    CHECK(ended_at_cancel == 0);
    CHECK(ended_on == home);
    CHECK(asked_on != home);
    CHECK(asked_on != std::thread::id());
    // The mark is read before an operation is initiated.
    int const before = op.started;
    co_await tether::with_cancel_scope([&](cancel_scope& scope) -> task<> {
        scope.cancel();
        co_await op.async_run();
    });
    CHECK(op.started == before);
}

TETHER_ASIO_CASE("CA32 a hard cancel emits terminal, once, and a soft one "
                 "nothing") {
    remote_operation op(tether::this_task::executor());
    bool emitted_softly = true;
    co_await tether::with_cancel_scope([&](cancel_scope& scope) -> task<> {
        co_await tether::with_task_group([&](task_group& group) -> task<> {
            group.spawn([&]() -> task<> { co_await op.async_run(); });
            co_await tether::checkpoint();
            scope.cancel_soft(1h);
            co_await tether::checkpoint();
            emitted_softly = !op.types.empty();
            scope.cancel();
            group.cancel();
        });
    });
    CHECK(!emitted_softly);
    REQUIRE(op.types.size() == 1);
    CHECK(op.types[0] == asio::cancellation_type::terminal);
}

TETHER_ASIO_CASE("CA32 an operation that is cancelled gently is asked first, "
                 "and broken off after the grace") {
    using kind = asio::cancellation_type;
    asio::thread_pool pool(1);
    std::array const executors{tether::this_task::executor(),
                               asio::any_io_executor(pool.get_executor())};
    for (auto const& on : executors) {
        for (bool const obeys : {true, false}) {
            remote_operation op(on);
            op.ends_at = obeys ? kind::total : kind::terminal;
            std::chrono::milliseconds const grace =
                obeys ? std::chrono::milliseconds(1h) : 1ms;
            bool const finished = co_await tether::move_on_after(
                1ms, tether::cancel_gently(op.async_run(), grace));
            CHECK(!finished);
            REQUIRE(op.types.size() == (obeys ? 1 : 2));
            CHECK(op.types[0] == (kind::total | kind::partial));
            if (!obeys)
                CHECK(op.types[1] == kind::terminal);
        }
    }
    CHECK_THROWS_AS(
        tether::cancel_gently(remote_operation(pool.get_executor()).async_run(),
                              -1ms),
        std::invalid_argument);
}

TETHER_ASIO_CASE("CX10 an initiation that throws after it has posted its "
                 "handler") {
    asio::thread_pool pool(1);
    std::array const executors{tether::this_task::executor(),
                               asio::any_io_executor(pool.get_executor())};
    for (auto const& on : executors) {
        for (int round = 0; round < 50; ++round) {
            std::string seen;
            try {
                int const got = co_await posts_and_throws(on);
                seen = std::to_string(got);
            } catch (std::runtime_error const& e) {
                seen = e.what();
            }
            REQUIRE(seen == "after posting");
        }
    }
}

TEST_CASE("CX19 loops of several threads and strands of a context that four "
          "threads run") {
    constexpr int rounds = 100;
    asio::io_context shared;
    std::atomic<int> wrong{0};
    auto tree = [&]() -> task<> {
        int count = 0; // without a lock: a tree has one executor
        co_await tether::with_task_group([&](task_group& group) -> task<> {
            auto child = [&]() -> task<> {
                for (int i = 0; i < rounds; ++i) {
                    ++count;
                    co_await tether::move_on_after(1us, tether::sleep_for(1us));
                    co_await asio::post(use_task);
                }
            };
            for (int c = 0; c < 3; ++c)
                group.spawn(child);
            co_return;
        });
        if (count != 3 * rounds)
            ++wrong;
    };
    for (int i = 0; i < 6; ++i)
        tether::co_spawn(asio::make_strand(shared), tree,
                         [&](std::exception_ptr e) { wrong += e ? 1 : 0; });
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] { shared.run(); });
    for (int i = 0; i < 2; ++i) // each with a loop of its own
        threads.emplace_back([&] { tether::run(tree); });
    for (auto& t : threads)
        t.join();
    CHECK(wrong == 0);
}

TEST_CASE("CX24 thread_local and errno may be others after an await when "
          "several threads run the context") {
    asio::io_context io;
    std::vector<int> marks;
    std::vector<int> errors;
    auto body = [&]() -> task<> {
        marks.push_back(marked_by);
        errno = EDOM;
        errors.push_back(errno);
        co_await asio::post(use_task);
        marks.push_back(marked_by);
        errors.push_back(errno);
    };
    tether::co_spawn(asio::make_strand(io), body, asio::detached);
    auto const run_until = [&](std::size_t count, int mark) {
        std::thread([&] {
            marked_by = mark;
            errno = 0;
            while (marks.size() < count)
                io.run_one();
        }).join();
    };
    run_until(1, 1);
    run_until(2, 2);
    CHECK(marks == std::vector<int>{1, 2});
    CHECK(errors == std::vector<int>{EDOM, 0});
    io.run();
}

TETHER_ASIO_CASE("CX26 a cancel while a result is copied does not take the "
                 "result away") {
    int got = 0;
    bool after = false;
    bool const whole =
        co_await tether::with_cancel_scope([&](cancel_scope& scope) -> task<> {
            auto makes = [&]() -> task<cancels_on_copy> {
                cancels_on_copy const made(scope);
                co_return made;
            };
            cancels_on_copy const result = co_await makes();
            got = result.value;
            CHECK(scope.cancel_called());
            co_await tether::checkpoint();
            after = true;
        });
    CHECK(!whole);
    CHECK(got == 5);
    CHECK(!after);
    // Nor do arguments: the child begins, and stops at its first checkpoint.
    int begun = 0;
    co_await tether::with_cancel_scope([&](cancel_scope& scope) -> task<> {
        co_await tether::with_task_group([&](task_group& group) -> task<> {
            cancels_on_copy const argument(scope);
            group.spawn(
                [&](cancels_on_copy const&) -> task<> {
                    ++begun;
                    co_await tether::checkpoint();
                    ++begun;
                },
                argument);
            co_return;
        });
    });
    CHECK(begun == 1);
}

TEST_CASE("CX05 no destructor of the library throws") {
    using namespace tether;
    STATIC_REQUIRE(
        destructors_never_throw<task<>, task<int>, task_handle<int>,
                                start_signal<void>, cancel_scope, task_group,
                                runner, exception_group, outcome<int>,
                                completion<int>, scope_outcome, cancel_reason>);
    STATIC_REQUIRE(
        destructors_never_throw<
            decltype(with_task_group(std::declval<task<> (*)(task_group&)>())),
            decltype(fail_after(1s, std::declval<task<>>())),
            decltype(shielded(std::declval<task<>>())),
            decltype(with_cancel_scope(
                std::declval<task<> (*)(cancel_scope&)>())),
            decltype(sleep_for(1s)), decltype(checkpoint()),
            decltype(posts_and_throws(
                std::declval<asio::any_io_executor const&>()))>);
}

TEST_CASE("CX18 options and awaitables may stand in a co_await expression of "
          "g++ 12") {
    using namespace tether;
    STATIC_REQUIRE(may_stand_in_an_await<task_group_options>);
    STATIC_REQUIRE(may_stand_in_an_await<shield_options>);
    STATIC_REQUIRE(may_stand_in_an_await<run_options>);
    STATIC_REQUIRE(may_stand_in_an_await<decltype(sleep_for(1s))>);
    STATIC_REQUIRE(may_stand_in_an_await<decltype(checkpoint())>);
    STATIC_REQUIRE(may_stand_in_an_await<decltype(fail_after(
                       1s, std::declval<task<>>()))>);
    STATIC_REQUIRE(may_stand_in_an_await<decltype(with_task_group(
                       std::declval<task<> (*)(task_group&)>()))>);
    STATIC_REQUIRE(may_stand_in_an_await<decltype(as_outcome(
                       std::declval<task<std::string>>()))>);
    STATIC_REQUIRE(may_stand_in_an_await<decltype(posts_and_throws(
                       std::declval<asio::any_io_executor const&>()))>);
}
