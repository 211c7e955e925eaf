// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
#include "generator_test.hpp"

#include <tether/task/co_spawn.hpp>
#include <tether/task/runner.hpp>
#include <tether/testing/run_test.hpp>

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <vector>

using namespace tether;
using namespace tether_test;

namespace {

constexpr auto cleanup = "open a locals gone closing a ok closed a";

async_generator<int> two_kept(event_log& log, bool fail) {
    auto& outer = co_await tether::keep(slow_resource(log, "a"));
    auto& inner = co_await tether::keep(slow_resource(log, "b"));
    outer.fails = inner.fails = fail;
    co_yield 1;
    throw std::runtime_error("the body");
}

async_generator<int> steps_itself(event_log& log, async_generator<int>*& self) {
    struct closer {
        task<> close() {
            try {
                co_await next(*self);
                log("stepped");
            } catch (std::logic_error const& e) {
                log(e.what());
            }
        }
        event_log& log;
        async_generator<int>*& self;
        closer(event_log& l, async_generator<int>*& s) : log(l), self(s) {}
    };
    co_await tether::keep(closer(log, self));
    co_yield 1;
}

// A scope that is opened without a verb, as an exit stack may do.
async_generator<int> yields_in_scope(bool cancel = false) {
    detail::operation_scope scope(detail::scope_kind::cancel_scope);
    struct opened {
        explicit opened(detail::operation_scope& s) : scope(s) {
            scope.open(detail::running_record());
        }
        ~opened() { scope.close(); }
        detail::operation_scope& scope;
    };
    co_yield 0;
    {
        opened const now(scope);
        co_await sleep_for(1ms);
        if (cancel)
            scope.home->cancel(scope, scope.note, cancel_kind::explicit_request,
                               {}, {});
        co_yield 1;
    }
}

// What a runner says at its end about `left`, and what leaves run().
std::string report_of(std::optional<async_generator<int>>& left,
                      std::function<task<>()> body) {
    std::string text;
    virtual_clock clock;
    tether::runner app(run_options{.clock = &clock});
    app.on_unhandled_error([&](std::exception_ptr error, char const* what) {
        try {
            std::rethrow_exception(error);
        } catch (std::logic_error const& e) {
            text = std::string(what) + ": " + e.what();
        }
    });
    app.run(body);
    app.close();
    left.reset();
    return text;
}

} // namespace

TETHER_TEST_CASE("GE05 consume closes the generator before the next statement, "
                 "however its body is left") {
    event_log returned;
    int const sum =
        co_await consume(kept_numbers(returned), [](auto& gen) -> task<int> {
            int all = 0;
            while (auto i = co_await next(gen)) {
                if (*i == 1)
                    continue;
                all += *i;
                if (*i == 3)
                    break;
            }
            co_return all;
        });
    returned("next statement");
    CHECK(sum == 5);
    CHECK(returned.text() == cleanup + std::string(" next statement"));

    event_log thrown;
    std::string text;
    try {
        co_await consume(kept_numbers(thrown), [](auto& gen) -> task<> {
            co_await next(gen);
            throw std::runtime_error("enough");
        });
    } catch (std::runtime_error const& e) {
        text = e.what();
    }
    thrown("next statement");
    CHECK(text == "enough");
    CHECK(thrown.text() == "open a locals gone closing a failed closed a next "
                           "statement");

    event_log stopped;
    co_await move_on_after(10ms, [&]() -> task<> {
        auto gen = kept_numbers(stopped);
        co_await consume(gen, [](auto& all) -> task<> {
            co_await next(all);
            co_await sleep_forever();
        });
    });
    stopped("next statement");
    CHECK(stopped.text() == "open a locals gone closing a stopped closed a "
                            "next statement");
}

TETHER_TEST_CASE("GE05 for_each closes the generator when its function throws "
                 "or is stopped") {
    event_log log;
    std::vector<int> seen;
    try {
        co_await for_each(kept_numbers(log), [&](int i) -> task<> {
            co_await sleep_for(1ms);
            seen.push_back(i);
            if (i == 2)
                throw std::runtime_error("enough");
        });
    } catch (std::runtime_error const&) {
        log("caught");
    }
    CHECK(seen == std::vector<int>{0, 1, 2});
    CHECK(log.text() == "open a locals gone closing a failed closed a caught");
    int sum = 0;
    co_await for_each(numbers(4), [&](int const& i) { sum += i; });
    CHECK(sum == 6);
}

TETHER_TEST_CASE("GE05 what a generator keeps is closed in reverse, and no "
                 "error is lost") {
    event_log log;
    auto gen = two_kept(log, true);
    co_await next(gen);
    std::vector<std::string> errors;
    try {
        co_await next(gen);
    } catch (exception_group const& e) {
        for (auto const& error : e.exceptions()) {
            try {
                std::rethrow_exception(error);
            } catch (std::exception const& one) {
                errors.emplace_back(one.what());
            }
        }
    }
    CHECK(errors ==
          std::vector<std::string>{"the body", "close of b", "close of a"});
    CHECK(log.text() == "open a open b closing b failed closed b closing a "
                        "failed closed a");
}

TEST_CASE("GE06 a generator that is destroyed while it keeps something "
          "destroys its locals and is reported") {
    event_log log;
    std::optional<async_generator<int>> left;
    std::string const text = report_of(left, [&]() -> task<> {
        {
            auto gen = kept_numbers(log).named("kept");
            co_await next(gen);
        }
        log("after");
        co_await checkpoint();
    });
    CHECK(log.text() == "open a locals gone after");
    CHECK(text.find("an async_generator \"kept\" of ") != text.npos);
    CHECK(text.find("generator_test.hpp:") != text.npos);
    CHECK(text.find("destroyed without co_await close()") != text.npos);
}

TETHER_TEST_CASE("GE08 nothing of the body runs in a close, and a step inside "
                 "of it is an error") {
    event_log log;
    async_generator<int>* self = nullptr;
    auto gen = steps_itself(log, self);
    self = &gen;
    co_await next(gen);
    co_await gen.close();
    CHECK(log.lines().size() == 1);
    CHECK(log.text().find("it is being closed") != std::string::npos);
}

TETHER_TEST_CASE("GE09 a stop during next ends the generator first, with its "
                 "cleanup, then the consumer") {
    event_log log;
    auto gen = kept_numbers(log);
    co_await move_on_after(3500us, [&]() -> task<> {
        exit_note const consumer(log, "consumer gone");
        while (co_await next(gen))
            log("got");
        log("went on");
    });
    CHECK(log.text() == "open a got got locals gone closing a stopped closed a "
                        "consumer gone");
    CHECK(gen.finished());
    auto later = co_await next(gen);
    CHECK_FALSE(later.has_value());
}

TETHER_TEST_CASE("GE10 CA45 a co_yield inside of a cancel scope that the "
                 "generator has opened is an error that names it") {
    auto gen = yields_in_scope();
    auto first = co_await next(gen);
    CHECK(*first == 0);
    std::string text;
    try {
        co_await next(gen);
    } catch (std::logic_error const& e) {
        text = e.what();
    }
    CHECK(text.find("co_yield inside of a scope") == 0);
    CHECK(text.find("generator_close.cpp:") != text.npos);
    // A scope of the consumer is none of the generator's.
    auto inside = numbers(2);
    co_await fail_after(1s, [&]() -> task<> { co_await next(inside); });
    auto second = co_await next(inside);
    CHECK(*second == 1);
}

TETHER_TEST_CASE("CA45 a cancelled scope of a generator stops nobody who takes "
                 "its elements") {
    auto gen = yields_in_scope(true);
    co_await next(gen);
    bool refused = false;
    try {
        co_await next(gen);
    } catch (std::logic_error const&) {
        refused = true;
    }
    CHECK(refused);
    co_await checkpoint(); // not under that scope
    CHECK_FALSE(this_task::cancel_requested());
    auto const end = co_await next(gen);
    CHECK_FALSE(end.has_value());
}

TEST_CASE("RU06 run reports the generators that are open after all tasks have "
          "ended") {
    std::optional<async_generator<int>> left;
    auto leave = [&]() -> task<> {
        left.emplace(numbers(5).named("left over"));
        co_await next(*left);
    };
    std::string text;
    try {
        tether::run(leave);
    } catch (std::logic_error const& e) {
        text = e.what();
    }
    CHECK(text.find("not closed at the end of the run: an async_generator "
                    "\"left over\" of ") == 0);
    CHECK(text.find("generator_test.hpp:") != text.npos);
    left.reset();

    text = report_of(left, leave); // at the close of a runner, to its sink
    CHECK(text.find("at the end of a run: not closed") == 0);

    // An error of main says more, and what has ended is not open.
    CHECK_THROWS_AS(tether::run([&]() -> task<> {
                        co_await leave();
                        throw std::out_of_range("main");
                    }),
                    std::out_of_range);
    left.reset();
    tether::run([&]() -> task<> {
        left.emplace(numbers(1));
        co_await next(*left);
        co_await next(*left);
    });
    CHECK(left->finished());
}

TEST_CASE("TE10 a test fails that leaves a generator open") {
    std::optional<async_generator<int>> left;
    std::string text;
    try {
        testing::run_test([&]() -> task<> {
            left.emplace(numbers(5).named("left over"));
            co_await next(*left);
        });
    } catch (testing::test_failure const& e) {
        text = e.what();
    }
    left.reset();
    CHECK(text.find("not closed at the end of the test: an async_generator "
                    "\"left over\"") != text.npos);
}

TEST_CASE("RU26 a generator in the middle of a step goes with its context, and "
          "nothing of it is awaited") {
    event_log log;
    {
        boost::asio::io_context io(1);
        tether::co_spawn(
            io,
            [&]() -> task<> {
                co_await consume(kept_numbers(log), [](auto& gen) -> task<> {
                    co_await next(gen);
                    co_await sleep_forever();
                });
            },
            [](auto&&...) {});
        for (int i = 0; i < 100 && log.lines().empty(); ++i)
            io.run_one();
    }
    CHECK(log.text() == "open a locals gone");
}
