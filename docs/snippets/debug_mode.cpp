// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// The code of docs/production.md about debug mode, run in virtual time.
#include "support/test_case.hpp"

#include <tether/task/runner.hpp>

#include <string>

using namespace tether;
using namespace std::chrono_literals;

namespace {

tether_test::event_log said;

void report(std::string const& text) {
    said(text);
}

task<> serve();

// [debug]
void serve_and_tell(run_options options) {
    options.debug = {.mode = debug_mode::on,
                     .slow_step = 20ms,
                     .blocked_step = 500ms,
                     .late_cancel = 10s};
    runner app(options);
    app.on_debug_report([](debug_report const& found) { report(found.text); });
    app.run(serve);
}
// [debug]

tether_test::virtual_clock* time_of_test = nullptr;

task<> serve() {
    time_of_test->jump(30ms); // busy
    co_return;
}

} // namespace

TEST_CASE("docs/production.md: debug mode") {
    tether_test::virtual_clock clock;
    time_of_test = &clock;
    run_options options;
    options.clock = &clock;
    serve_and_tell(options);
    CHECK(said.text() == "the first step of task 'main' took 30 ms");
}
