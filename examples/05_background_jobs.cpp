// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// Background jobs that belong to the application: a few at a time, tried
// again when they fail, and done when the program ends. What cannot be done is
// not lost: it lies with the dead letters.
#include <tether/tether.hpp>

#include <cstddef>
#include <cstdio>
#include <exception>
#include <functional>
#include <stdexcept>

using namespace std::chrono_literals;
using tether::task, tether::task_group;

struct job {
    int id;
    int failures; // before it succeeds
};

task<> run_job(job const& j, std::size_t attempt) {
    co_await tether::sleep_for(1ms);
    if (attempt <= static_cast<std::size_t>(j.failures))
        throw std::runtime_error("the printer is on fire");
}

task<> worker(tether::work_queue<job>& jobs,
              tether::dead_letters<job>& letters) {
    tether::retry_policy const policy{
        .max_attempts = 3, .backoff = tether::backoff::exponential(1ms)};
    while (auto item = co_await jobs.get()) {
        try {
            co_await tether::retry(policy, [&](std::size_t attempt) {
                return run_job(**item, attempt);
            });
            item->done();
        } catch (tether::retry_failed const& e) {
            letters.add(**item, std::current_exception(), e.attempts());
            item->failed();
        }
    }
}

task<> async_main() {
    tether::dead_letters<job> letters(100);
    tether::work_queue<job> jobs(8);
    co_await tether::with_task_group([&](task_group& app) -> task<> {
        for (int i = 0; i != 3; ++i)
            app.spawn(worker, std::ref(jobs), std::ref(letters));
        for (int id = 1; id != 21; ++id)
            co_await jobs.put(job{id, id % 10 == 7 ? 9 : id % 3});
        co_await jobs.join(); // drained: each is done or has failed
        jobs.shutdown();
    });
    auto const end = jobs.statistics();
    std::printf("%zu done, %zu failed\n", end.done, end.failed);
    while (auto letter = letters.try_receive())
        std::printf("job %d after %zu attempts: %s\n", letter->item.id,
                    letter->attempts,
                    letter->error ? "the printer is on fire" : "no error");
}

int main() {
    tether::run(async_main);
}
