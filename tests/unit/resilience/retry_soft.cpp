// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// What a soft cancel does to a retry: nothing, or its end, as the policy says.
#include "support/test_case.hpp"

#include <tether/resilience/retry.hpp>
#include <tether/scope/cancel_scope.hpp>
#include <tether/scope/with_cancel_scope.hpp>
#include <tether/scope/with_task_group.hpp>

#include <stdexcept>
#include <vector>

using namespace tether;
using namespace tether_test;

namespace {

struct ending {
    std::vector<long> began;
    std::size_t attempts = 0; // of the error; 0: the third attempt succeeded
    retry_end why = retry_end::attempts;
};

// Two attempts that take 10 ms and fail, a third that succeeds; pauses of 1 s;
// a soft cancel at `asked`.
task<ending> retried(bool ends_softly, std::chrono::milliseconds asked) {
    ending end;
    stopwatch const watch;
    auto const attempt = [&](std::size_t number) -> task<> {
        end.began.push_back(static_cast<long>(watch.elapsed().count()));
        co_await sleep_for(10ms);
        if (number != 3)
            throw std::runtime_error("not yet");
    };
    retry_policy const policy{.backoff = backoff::constant(1s),
                              .ends_on_soft_cancel = ends_softly};
    cancel_scope scope;
    auto const work = [&](cancel_scope&) -> task<> {
        try {
            co_await retry(policy, attempt);
        } catch (retry_failed const& e) {
            end.attempts = e.attempts();
            end.why = e.why();
        }
    };
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            co_await sleep_for(asked);
            scope.cancel_soft(1h);
        });
        co_await with_cancel_scope(scope, work);
        group.cancel();
    });
    co_return end;
}

using times = std::vector<long>;

} // namespace

TETHER_TEST_CASE("LI12 a soft cancel lets a retry finish unless the policy "
                 "ends with it") {
    ending const finished = co_await retried(false, 500ms);
    CHECK(finished.attempts == 0);
    CHECK(finished.began == times{0, 1010, 2020});
}

TETHER_TEST_CASE("LI12 a soft cancel cuts the pause short: the attempts so far "
                 "are thrown at once") {
    stopwatch const watch;
    ending const end = co_await retried(true, 1500ms);
    CHECK(watch.elapsed() == 1500ms);
    CHECK(end.attempts == 2);
    CHECK(end.why == retry_end::soft_cancel);
    CHECK(end.began == times{0, 1010});
}

TETHER_TEST_CASE("LI12 an attempt that goes on when a soft cancel comes is "
                 "finished, and the last one") {
    stopwatch const watch;
    ending const failed = co_await retried(true, 5ms);
    CHECK(watch.elapsed() == 10ms);
    CHECK(failed.attempts == 1);
    CHECK(failed.why == retry_end::soft_cancel);
    ending const succeeded = co_await retried(true, 2025ms);
    CHECK(succeeded.attempts == 0);
}
