// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// What is tried again, when, and what is thrown at the end, in virtual time.
#include "support/test_case.hpp"

#include <tether/resilience/backoff.hpp>
#include <tether/resilience/retry.hpp>
#include <tether/resilience/retry_budget.hpp>
#include <tether/scope/cancel_scope.hpp>
#include <tether/scope/deadline.hpp>
#include <tether/scope/with_cancel_scope.hpp>

#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

using namespace tether;
using namespace tether_test;

namespace {

using times = std::vector<long>;

struct refused : std::runtime_error {
    refused() : std::runtime_error("refused") {}
};
struct throttled : std::runtime_error, retry_hint {
    explicit throttled(std::chrono::milliseconds wait)
        : std::runtime_error("throttled"), retry_hint(wait) {}
};

std::exception_ptr group_of(std::exception_ptr a, std::exception_ptr b) {
    std::vector<std::exception_ptr> both{std::move(a), std::move(b)};
    return std::make_exception_ptr(exception_group("both", std::move(both)));
}

// Throws the errors one after the other, then gives 7.
class script {
public:
    explicit script(std::vector<std::exception_ptr> errors)
        : errors_(std::move(errors)) {}
    script(std::size_t n, std::exception_ptr error) : errors_(n, error) {}

    task<int> operator()() {
        began.push_back(static_cast<long>(watch_.elapsed().count()));
        std::size_t const turn = began.size() - 1;
        co_await checkpoint();
        if (turn < errors_.size())
            std::rethrow_exception(errors_[turn]);
        co_return 7;
    }

    times began;

private:
    std::vector<std::exception_ptr> errors_;
    stopwatch watch_;
};

auto const refusal = std::make_exception_ptr(refused());

template<class Op>
task<std::exception_ptr> error_of(Op op) {
    std::exception_ptr error;
    try {
        static_cast<void>(co_await std::move(op));
    } catch (...) {
        error = std::current_exception();
    }
    co_return error;
}

template<class E>
E const* as(std::exception_ptr const& error) {
    return error ? tether::detail::exception_as<E>(
                       error, tether::detail::as_std_exception(error))
                 : nullptr;
}

} // namespace

TEST_CASE("LI11 pauses grow to the longest, and no number is too large") {
    auto const b = backoff::exponential(100ms, 2.0, 500ms);
    CHECK(b.before(1) == 100ms);
    CHECK(b.before(2) == 200ms);
    CHECK(b.before(3) == 400ms);
    CHECK(b.before(4) == 500ms);
    CHECK(b.before((std::numeric_limits<std::size_t>::max)()) == 500ms);
    CHECK(backoff::exponential(1h).before(200) == (backoff::duration::max)());
    CHECK(backoff::constant(3ms).before(9) == 3ms);
    CHECK(backoff::none().before(9) == 0ms);
    CHECK_THROWS_AS(backoff::constant(-1ms), std::invalid_argument);
    CHECK_THROWS_AS(backoff::exponential(1ms, 0.5), std::invalid_argument);
}

TEST_CASE("LI11 a jitter stays in its bounds, and a seed repeats it") {
    jitter_source a(42);
    jitter_source b(42);
    jitter_source c(43);
    bool differs = false;
    for (int i = 0; i != 100; ++i) {
        auto const full = a.apply(jitter::full, 1s);
        CHECK(full >= 0s);
        CHECK(full < 1s);
        CHECK(full == b.apply(jitter::full, 1s));
        differs = differs || full != c.apply(jitter::full, 1s);
        auto const equal = a.apply(jitter::equal, 1s);
        CHECK(equal >= 500ms);
        CHECK(equal < 1s);
        static_cast<void>(b.apply(jitter::equal, 1s));
    }
    CHECK(differs);
    CHECK(a.apply(jitter::none, 1s) == 1s);
}

TETHER_TEST_CASE("LI11 attempts are counted and wait as the backoff says") {
    script work(4, refusal);
    std::vector<std::size_t> failed;
    int const got =
        co_await retry({.max_attempts = 5,
                        .backoff = backoff::exponential(100ms, 2.0, 500ms)},
                       work)
            .on_retry(
                [&](retry_notice const& n) { failed.push_back(n.attempt); });
    CHECK(got == 7);
    CHECK(work.began == times{0, 100, 300, 700, 1200});
    CHECK(failed == std::vector<std::size_t>{1, 2, 3, 4});

    std::vector<std::size_t> numbers;
    co_await retry({}, [&](std::size_t n) -> task<> {
        numbers.push_back(n);
        if (n < 3)
            throw refused();
        co_return;
    });
    CHECK(numbers == std::vector<std::size_t>{1, 2, 3});

    // The same seed, the same pauses.
    times began[2];
    for (auto& kept : began) {
        script jittered(3, refusal);
        co_await retry({.max_attempts = 4,
                        .backoff = backoff::constant(1s),
                        .jitter = jitter::full,
                        .seed = 5},
                       jittered);
        kept = jittered.began;
    }
    CHECK(began[0] == began[1]);
}

TETHER_TEST_CASE("LI11 it gives up before a pause that would pass the "
                 "deadline") {
    stopwatch const watch;
    script work(9, refusal);
    retry_policy policy{.max_attempts = 9, .backoff = backoff::constant(100ms)};
    auto error = co_await error_of(fail_after(
        250ms, [&]() -> task<int> { co_return co_await retry(policy, work); }));
    REQUIRE(as<retry_failed>(error));
    CHECK(as<retry_failed>(error)->why() == retry_end::deadline);
    CHECK(watch.elapsed() == 200ms); // at once, not at 250
    policy.total = 200ms; // an attempt that would begin with it is too late
    script again(9, refusal);
    error = co_await error_of(retry(policy, again));
    CHECK(again.began == times{0, 100});
    CHECK(std::string(as<retry_failed>(error)->what()) ==
          "gave up after attempt 2, no time is left for another one (2 "
          "sub-exceptions)");
}

TETHER_TEST_CASE("LI12 a cancelled_error is never retried, whatever the "
                 "predicate says") {
    auto const always = [](std::exception_ptr const&) { return true; };
    auto const cancelled = std::make_exception_ptr(cancelled_error());
    script bare(1, cancelled);
    auto error = co_await error_of(retry({}, bare).when(always));
    CHECK(as<cancelled_error>(error));
    CHECK(bare.began.size() == 1);
    script grouped(1, group_of(refusal, cancelled));
    error = co_await error_of(retry({}, grouped).when(always));
    CHECK(as<exception_group>(error));
    CHECK(!as<retry_failed>(error));
    CHECK(grouped.began.size() == 1);
}

TETHER_TEST_CASE("LI12 a stop ends the attempt and the pause at once") {
    stopwatch const watch;
    int calls = 0;
    auto const stuck = [&]() -> task<> {
        ++calls;
        co_await sleep_for(1h);
    };
    bool done = co_await move_on_after(10ms, retry({}, stuck));
    CHECK(!done);
    CHECK(calls == 1);
    script work(2, refusal);
    done = co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
        retry_policy const policy{.backoff = backoff::constant(1h)};
        co_await retry(policy, work).on_retry([&](retry_notice const&) {
            scope.cancel();
        });
    });
    CHECK(!done);
    CHECK(work.began.size() == 1);
    CHECK(watch.elapsed() == 10ms);
}

TETHER_TEST_CASE("LI12 a timeout is retried if the predicate says so and time "
                 "is left") {
    int calls = 0;
    auto const slow = [&] {
        ++calls;
        return fail_after(100ms, sleep_forever());
    };
    auto error = co_await error_of(retry({}, slow));
    CHECK(as<timeout_error>(error));
    CHECK(calls == 1);
    error = co_await error_of(fail_after(250ms, [&]() -> task<> {
        co_await retry({.max_attempts = 9}, slow).on<timeout_error>();
    }));
    CHECK(calls == 4); // the third of this call is cut off by the outer one
    CHECK(as<timeout_error>(error));
}

TETHER_TEST_CASE("LI13 a group is retried when all its leaves are retryable") {
    auto const bug = std::make_exception_ptr(std::logic_error("bug"));
    auto const nested = group_of(refusal, group_of(refusal, refusal));
    script good(2, nested);
    int const got = co_await retry({}, good);
    CHECK(got == 7);
    script bad({nested, group_of(refusal, group_of(bug, refusal))});
    auto const error = co_await error_of(retry({}, bad));
    CHECK(as<exception_group>(error)->contains<std::logic_error>());
    CHECK(!as<retry_failed>(error));
    CHECK(bad.began.size() == 2);
}

TETHER_TEST_CASE("LI14 the error at the end has those of all attempts") {
    script work({refusal, group_of(refusal, refusal), refusal});
    auto error = co_await error_of(retry({}, work));
    auto const* failed = as<retry_failed>(error);
    REQUIRE(failed);
    CHECK(failed->attempts() == 3);
    CHECK(failed->why() == retry_end::attempts);
    CHECK(failed->size() == 3);
    CHECK(failed->count<refused>() == 4);
    CHECK((*failed->begin()).task_name() == "attempt 1");

    script many(20, refusal);
    error = co_await error_of(
        retry({.max_attempts = 20, .errors = retry_errors::last}, many));
    failed = as<retry_failed>(error);
    REQUIRE(failed->size() == 1);
    auto const last = *failed->begin();
    CHECK(last.task_name() == "attempt 20");
    REQUIRE(last.notes().size() == 15);
    CHECK(last.notes().front() == "attempt 5: refused");
    CHECK(last.notes().back() == "attempt 19: refused");
}

TETHER_TEST_CASE("LI15 a hint overrides the backoff, the longest of a group "
                 "counts") {
    auto hint = [](auto d) { return std::make_exception_ptr(throttled(d)); };
    script work({hint(3s), group_of(hint(1s), hint(2s)), refusal});
    int const got = co_await retry(
        {.max_attempts = 4, .backoff = backoff::constant(10ms)}, work);
    CHECK(got == 7);
    CHECK(work.began == times{0, 3000, 5000, 5010});
}

TETHER_TEST_CASE("LI15 callers share a budget of retries, which fills up "
                 "again") {
    retry_budget budget({.capacity = 2, .per_call = 0, .per_second = 1});
    retry_policy const policy{.max_attempts = 9, .budget = &budget};
    script first(1, refusal);
    co_await retry(policy, first);
    script second(9, refusal);
    auto const error = co_await error_of(retry(policy, second));
    CHECK(as<retry_failed>(error)->why() == retry_end::budget);
    CHECK(second.began.size() == 2);
    co_await sleep_for(1s);
    script third(1, refusal);
    co_await retry(policy, third);
    CHECK(third.began.size() == 2);

    retry_budget tenth; // one retry for ten calls, once the start is used up
    auto const now = this_task::now();
    int saved = 0;
    while (tenth.try_take(now))
        ++saved;
    for (int i = 0; i != 10; ++i)
        tenth.note_call(now);
    CHECK(saved == 10);
    CHECK(tenth.try_take(now));
    CHECK(!tenth.try_take(now));
}
