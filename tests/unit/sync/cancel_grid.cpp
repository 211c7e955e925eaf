// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Where can a waiter be when the cancel comes, and is anything lost then? Each
/// primitive at each moment: the grid is written once, a primitive is a row.
#include "sync_rows.hpp"

#include <array>
#include <functional>
#include <string>
#include <vector>

using namespace tether;
using namespace tether_test;

namespace {

enum class moment {
    before,      // spawned, has not run
    head,        // first in the queue
    middle,      //
    tail,        //
    handed_over, // let go, has not run
    releasing,   // out of the queue, not unwound, and then comes the release
};
constexpr std::array moments{moment::before,      moment::head,
                             moment::middle,      moment::tail,
                             moment::handed_over, moment::releasing};

task<> cancel_at(row& r, moment when) {
    co_await r.prepare();
    co_await with_task_group([&](task_group& group) -> task<> {
        std::vector<task_handle<void>> handles;
        for (int i = 0; i != 3; ++i) {
            handles.push_back(
                group.spawn([&r](std::string name) { return r.wait(name); },
                            std::to_string(i)));
        }
        if (when == moment::before)
            handles[1].cancel();
        co_await checkpoint();
        CHECK(r.waiting() == (when == moment::before ? 2 : 3));
        switch (when) {
        case moment::before:
            break;
        case moment::head:
        case moment::releasing:
            handles[0].cancel();
            break;
        case moment::middle:
            handles[1].cancel();
            break;
        case moment::tail:
            handles[2].cancel();
            break;
        case moment::handed_over:
            co_await r.release();
            handles[0].cancel();
            break;
        }
        if (when != moment::handed_over) {
            CHECK(r.waiting() == 2); // at once, not when it unwinds
            if (when != moment::releasing)
                co_await sleep_for(1ms);
            co_await r.release();
        }
        co_await sleep_for(1ms);
        CHECK(r.waiting() == 0);
    });
    CHECK(r.at_rest());
}

} // namespace

TEST_CASE("a cancel at any moment loses nothing and keeps the order of the "
          "others") {
    for (auto const make_row : rows) {
        for (moment const when : moments) {
            auto const r = make_row();
            INFO(r->name() << ", moment " << static_cast<int>(when));
            run_virtual(cancel_at, std::ref(*r), when);
            switch (when) {
            case moment::before:
            case moment::middle:
                CHECK(r->got.text() == "0 2");
                CHECK(r->ended.text() == "0 2");
                break;
            case moment::head:
            case moment::releasing:
                CHECK(r->got.text() == "1 2");
                CHECK(r->ended.text() == "1 2");
                break;
            case moment::tail:
                CHECK(r->got.text() == "0 1");
                CHECK(r->ended.text() == "0 1");
                break;
            case moment::handed_over: // succeeds, and stops right after
                CHECK(r->got.text() == "0 1 2");
                CHECK(r->ended.text() == "1 2");
                break;
            }
        }
    }
}
