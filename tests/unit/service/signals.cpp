// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// Real signals, raised in this process: the receiver, the runner, exit codes.
#include "service_test.hpp"

#include <csignal>
#include <optional>
#include <stdexcept>

namespace {

using namespace service_test;

int previous_calls = 0;
void previous_handler(int) {
    ++previous_calls;
}

using handler = void (*)(int);

// What is installed now, which a look must not change.
handler installed(int number) {
    struct sigaction now{};
    ::sigaction(number, nullptr, &now);
    return now.sa_handler;
}

// A handler of the program, for the time of a case.
class own_handler {
public:
    explicit own_handler(int number, handler with = &previous_handler)
        : number_(number), before_(std::signal(number, with)) {
        previous_calls = 0;
    }
    own_handler(own_handler const&) = delete;
    own_handler& operator=(own_handler const&) = delete;
    ~own_handler() { std::signal(number_, before_); }

private:
    int number_;
    handler before_;
};

// Catch2 handles them itself, which a runner respects.
struct usual_handlers {
    own_handler interrupt{SIGINT, SIG_DFL};
    own_handler terminate{SIGTERM, SIG_DFL};
};

TETHER_TEST_CASE("RU14 a signal that comes again before it is fetched counts "
                 "once") {
    signal_receiver signals({SIGUSR1, SIGUSR1});
    for (int i = 0; i < 3; ++i)
        std::raise(SIGUSR1);
    int const first = co_await signals.wait();
    CHECK(first == SIGUSR1);
    co_await sleep_for(1s);
    CHECK(signals.try_next() == std::nullopt);
    std::raise(SIGUSR1);
    int const again = co_await signals.wait();
    CHECK(again == SIGUSR1);
}

TETHER_TEST_CASE("RU14 the handler from before is back, also after a "
                 "constructor that throws") {
    own_handler const own(SIGUSR1);
    CHECK_THROWS_AS(signal_receiver({SIGUSR1, SIGKILL}),
                    boost::system::system_error);
    CHECK(installed(SIGUSR1) == &previous_handler);
    {
        std::optional<signal_receiver> first(std::in_place,
                                             std::initializer_list{SIGUSR1});
        signal_receiver const second({SIGUSR1});
        first.reset();
        CHECK(installed(SIGUSR1) != &previous_handler);
    }
    CHECK(installed(SIGUSR1) == &previous_handler);
    co_return;
}

TETHER_TEST_CASE("RU15 a signal that nobody fetched is raised again for the "
                 "handler from before") {
    own_handler const own(SIGUSR2);
    {
        signal_receiver signals({SIGUSR2});
        std::raise(SIGUSR2);
        co_await sleep_for(1s);
        CHECK(previous_calls == 0);
    }
    CHECK(previous_calls == 1);
}

TETHER_TEST_CASE("RU16 an empty set and a second wait are errors with a "
                 "sentence") {
    CHECK_THROWS_WITH(signal_receiver(std::initializer_list<int>{}),
                      contains_text("the set of signals is empty"));
    signal_receiver signals({SIGUSR1});
    auto const second = [&]() -> task<> {
        int const number = co_await signals.wait();
        FAIL("it got " << number);
    };
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(eager, [&]() -> task<> {
            int const number = co_await signals.wait();
            CHECK(number == SIGUSR1);
        });
        auto const end = co_await as_outcome(second());
        CHECK_THROWS_WITH(end.value(), contains_text("two tasks wait at one"));
        std::raise(SIGUSR1);
    });
}

TETHER_TEST_CASE("RU17 two different signals are both delivered, however often "
                 "one of them comes") {
    signal_receiver signals({SIGUSR1, SIGUSR2});
    for (int i = 0; i < 200; ++i)
        std::raise(SIGUSR1);
    std::raise(SIGUSR2);
    std::vector<int> got;
    while (got.size() < 2)
        got.push_back(co_await signals.wait());
    CHECK(got == std::vector<int>{SIGUSR1, SIGUSR2});
}

TETHER_TEST_CASE("RU18 two receivers of a signal both get it") {
    signal_receiver first({SIGUSR1});
    signal_receiver second({SIGUSR1});
    std::raise(SIGUSR1);
    int const a = co_await first.wait();
    int const b = co_await second.wait();
    CHECK(a == SIGUSR1);
    CHECK(b == SIGUSR1);
}

TETHER_TEST_CASE("RU19 a cancelled wait loses no signal") {
    signal_receiver signals({SIGUSR1});
    auto const nothing = co_await move_on_after(1s, signals.wait());
    CHECK(nothing == std::nullopt);
    bool const ended =
        co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
            std::raise(SIGUSR1);
            scope.cancel();
            co_await signals.wait();
        });
    CHECK_FALSE(ended);
    int const number = co_await signals.wait();
    CHECK(number == SIGUSR1);
}

run_options with_signals() {
    run_options options;
    options.interrupt = true;
    options.terminate = true;
    return options;
}

TEST_CASE("RU12 SIGINT cancels the main task, run throws interrupted after its "
          "cleanup") {
    usual_handlers const usual;
    runner app(with_signals());
    std::string log;
    auto const main = [&]() -> task<> {
        co_await async_try([&]() -> task<> {
            std::raise(SIGINT);
            co_await sleep_forever();
        }).finally([&]() -> task<> {
            co_await sleep_for(1ms);
            log += "clean";
        });
    };
    try {
        app.run(main);
        FAIL("it returned");
    } catch (interrupted const& e) {
        CHECK(e.signal_number() == SIGINT);
        CHECK(e.reason().kind == cancel_kind::signal);
        CHECK(e.reason().text == "SIGINT");
    }
    CHECK(log == "clean");
    CHECK(app.run([]() -> task<int> { co_return 1; }) == 1);
}

TEST_CASE("RU12 a main task that returns all the same gives its value") {
    usual_handlers const usual;
    runner app(with_signals());
    int const code = app.run([]() -> task<int> {
        std::raise(SIGINT);
        while (!this_task::cancel_requested())
            co_await shielded(checkpoint());
        co_return 7;
    });
    CHECK(code == 7);
}

TEST_CASE("RU12 the second SIGINT ends the run at once") {
    usual_handlers const usual;
    runner app(with_signals());
    event_log unwound;
    CHECK_THROWS_AS(app.run([&]() -> task<> {
        exit_note const note(unwound, "main");
        co_await async_try([]() -> task<> {
            std::raise(SIGINT);
            co_await sleep_forever();
        }).finally([]() -> task<> {
            std::raise(SIGINT);
            co_await sleep_forever();
        });
    }),
                    forced_exit);
    CHECK(unwound.text() == "main");
}

TEST_CASE("RU13 SIGINT is handled during the run alone, and not where the "
          "program has a handler") {
    usual_handlers const usual;
    runner app(with_signals());
    handler const before = installed(SIGINT);
    app.run([&]() -> task<> {
        CHECK(installed(SIGINT) != before);
        co_return;
    });
    CHECK(installed(SIGINT) == before);
    own_handler const own(SIGINT);
    app.run([]() -> task<> {
        std::raise(SIGINT);
        co_await sleep_for(1ms);
    });
    CHECK(previous_calls == 1);
}

TEST_CASE("RU34 the exit code tells how the main task ended") {
    usual_handlers const usual;
    CHECK(run_main([]() -> task<> { co_return; }) == 0);
    CHECK(run_main([]() -> task<int> { co_return 3; }) == 3);
    auto const ended_by = [](int number) -> task<> {
        std::raise(number);
        co_await sleep_forever();
    };
    CHECK(run_main(ended_by, SIGINT) == 130);
    CHECK(run_main(ended_by, SIGTERM) == 143);
    CHECK(exit_code_of(std::make_exception_ptr(std::runtime_error("x"))) == 1);
}

} // namespace
