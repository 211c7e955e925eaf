// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// What an abort function of suspend_cancellable may do with its completion, and
// what ends the program.

#include "support/death.hpp"
#include "unit/asio/asio_test.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

using namespace tether_test;
using tether::abort_result;
using tether::completion;
using tether::suspend_cancellable;

namespace {

// One callback; `on_abort` is called with the completion that is kept.
struct device {
    using kept = std::optional<completion<int>>;

    explicit device(std::function<abort_result(kept&)> what)
        : on_abort(std::move(what)) {}
    auto read() {
        auto start = [this](completion<int> c) {
            done.emplace(std::move(c));
            return [this] {
                ++aborts;
                return on_abort(done);
            };
        };
        return suspend_cancellable<int>(start);
    }

    std::function<abort_result(kept&)> on_abort;
    kept done;
    int aborts = 0;
};

// Waits for the device and is cancelled there; says what became of the wait.
task<std::string> cancel_a_read(device& d) {
    std::string end = "stopped";
    auto const body = [&]() -> task<> {
        try {
            int const value = co_await d.read();
            end = std::to_string(value);
        } catch (...) {
            end = "error";
        }
        co_await tether::checkpoint();
        end += " and no stop";
    };
    bool const ended = co_await tether::move_on_after(1s, body);
    CHECK_FALSE(ended);
    co_return end;
}

void cancel_or_die(std::function<abort_result(device::kept&)> on_abort) {
    run_virtual([&]() -> task<> {
        device d(on_abort);
        std::string const end = co_await cancel_a_read(d);
        std::fputs(end.c_str(), stderr);
    });
}

} // namespace

TETHER_TEST_CASE("CA09 an abort function that drops the completion has "
                 "answered done") {
    device drops([](device::kept& done) {
        done.reset();
        return abort_result::done;
    });
    std::string const dropped = co_await cancel_a_read(drops);
    CHECK(dropped == "stopped");
    CHECK(drops.aborts == 1);

    // As it is written without an answer: [&] { kept.reset(); }
    std::optional<completion<void>> kept;
    auto const start = [&](completion<void> done) {
        kept.emplace(std::move(done));
        return [&] { kept.reset(); };
    };
    bool const ended =
        co_await tether::move_on_after(1s, suspend_cancellable(start));
    CHECK_FALSE(ended);
    CHECK_FALSE(kept.has_value());

    device pending([](device::kept& done) {
        done.reset();
        return abort_result::pending;
    });
    std::string const still = co_await cancel_a_read(pending);
    CHECK(still == "stopped");
}

TETHER_TEST_CASE("CA09 an abort function that calls stopped() has answered "
                 "done") {
    for (auto const answer : {abort_result::done, abort_result::pending}) {
        device d([answer](device::kept& done) {
            CHECK(done->stopped());
            return answer;
        });
        std::string const end = co_await cancel_a_read(d);
        CHECK(end == "stopped");
        CHECK(d.aborts == 1);
    }
}

TETHER_TEST_CASE("CA10 an abort function that finds the value there delivers "
                 "it and answers pending") {
    device d([](device::kept& done) {
        CHECK((*done)(7));
        return abort_result::pending;
    });
    std::string const end = co_await cancel_a_read(d);
    CHECK(end == "7");
}

TETHER_TEST_CASE("CA09 an abort function may hand the completion to a thread "
                 "that drops it") {
    device d([](device::kept& done) {
        std::thread([other = std::move(*done).remote()]() mutable {
            auto const dropped = std::move(other);
        }).join();
        return abort_result::pending;
    });
    std::string const end = co_await cancel_a_read(d);
    CHECK(end == "stopped");
}

TEST_CASE("CA11 abort is noexcept in the library") {
    STATIC_REQUIRE(noexcept(std::declval<tether::wait&>().abort()));
}

TEST_CASE("CA11 an abort function that throws ends the program and names the "
          "await") {
    std::string const words = last_words([] {
        cancel_or_die([](device::kept&) -> abort_result {
            throw std::runtime_error("no abort");
        });
    });
    CHECK_THAT(words, contains_text("the abort function of a "
                                    "suspend_cancellable threw"));
    CHECK_THAT(words, contains_text("abort_function.cpp:"));
}

TEST_CASE("CA11 an abort function that answers done for a value it delivered "
          "ends the program") {
    std::string const words = last_words([] {
        cancel_or_die([](device::kept& done) {
            (*done)(7);
            return abort_result::done;
        });
    });
    CHECK_THAT(words, contains_text("answered done for an operation that it "
                                    "had completed"));
    CHECK_THAT(words, contains_text("abort_function.cpp:"));
}

TEST_CASE("CA11 completing twice ends the program and names the await") {
    std::string const words = last_words([] {
        run_virtual([]() -> task<> {
            auto const twice = [](completion<int> done) {
                done(1);
                done(2);
            };
            co_await suspend_cancellable<int>(twice);
        });
    });
    CHECK_THAT(words, contains_text("a completion of suspend_cancellable was "
                                    "called twice"));
    CHECK_THAT(words, contains_text("abort_function.cpp:"));
}
