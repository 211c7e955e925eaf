// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What do the policies of a group change, and what not?
#include "unit/scope/group_test.hpp"

#include <boost/asio/io_context.hpp>

#include <vector>

namespace {

using namespace tether_test;

enum class happening { child_fails, child_cancelled, body_fails, outer_cancel };

struct cell {
    std::string end;      // of the group: "ok", "stopped", or its errors
    std::string other;    // of the other child: "done" or "gone"
    std::string sink;     // errors that went to the sink
    long long ended = -1; // virtual seconds
};

// A group with a child that something happens to at 1 s, another child that
// needs 3 s, and a body that needs 2 s.
cell run_cell(group_policy policy, child_cancel on_cancel, happening what) {
    cell out;
    bool after = false;
    auto fn = [&]() -> task<> {
        stopwatch const watch;
        auto scene = [&]() -> task<> {
            auto body = [&](task_group& group) -> task<> {
                auto first = group.spawn([&]() -> task<> {
                    co_await sleep_for(1s);
                    if (what == happening::child_fails)
                        throw std::runtime_error("child");
                    co_await sleep_for(1s);
                });
                group.spawn([&]() -> task<> {
                    co_await sleep_for(3s);
                    out.other = "done";
                });
                co_await sleep_for(1s);
                if (what == happening::child_cancelled)
                    first.cancel();
                if (what == happening::body_fails)
                    throw std::runtime_error("body");
                co_await sleep_for(1s);
            };
            co_await with_task_group(
                {.policy = policy, .on_child_cancel = on_cancel}, body);
        };
        auto limited = [&]() -> task<> {
            if (what == happening::outer_cancel) {
                bool const in_time =
                    co_await move_on_after(1s, [&] { return scene(); });
                if (!in_time)
                    out.end = "stopped";
            } else {
                out.end = co_await ending_of(scene());
            }
        };
        co_await limited();
        out.ended =
            std::chrono::duration_cast<std::chrono::seconds>(watch.elapsed())
                .count();
        after = true;
    };
    virtual_clock clock;
    boost::asio::io_context io(1);
    using body = detail::body_for<decltype(fn)>;
    detail::run_body(io, body(std::in_place, fn), std::source_location{}, true,
                     &clock, [&](std::exception_ptr error, char const*) {
                         out.sink += text_of(error);
                     });
    if (out.other.empty())
        out.other = "gone";
    CHECK(after);
    return out;
}

} // namespace

TEST_CASE("TG55 collect_all cancels nobody and throws all errors at the end") {
    cell const c =
        run_cell(collect_all, child_cancel::ignore, happening::child_fails);
    CHECK(c.end == "[child]");
    CHECK(c.other == "done");
    CHECK(c.ended == 3);
    CHECK(c.sink.empty());
}

TEST_CASE("TG56 supervise sends child errors to the sink; the body's error "
          "still cancels all") {
    cell const child =
        run_cell(supervise, child_cancel::ignore, happening::child_fails);
    CHECK(child.end == "ok");
    CHECK(child.other == "done");
    CHECK(child.sink == "child");
    cell const body =
        run_cell(supervise, child_cancel::ignore, happening::body_fails);
    CHECK(body.end == "[body]");
    CHECK(body.other == "gone");
    CHECK(body.ended == 1);
    cell const outer =
        run_cell(supervise, child_cancel::ignore, happening::outer_cancel);
    CHECK(outer.end == "stopped");
    CHECK(outer.other == "gone");
}

TEST_CASE("TG57 on_child_cancel decides about cancelled children, apart from "
          "the policy") {
    for (group_policy const policy : {fail_fast, collect_all, supervise}) {
        cell const ignored =
            run_cell(policy, child_cancel::ignore, happening::child_cancelled);
        CHECK(ignored.end == "ok");
        CHECK(ignored.other == "done");
        CHECK(ignored.sink.empty());
    }
    cell const fast =
        run_cell(fail_fast, child_cancel::fail, happening::child_cancelled);
    CHECK(fast.end == "[cancelled]");
    CHECK(fast.other == "gone");
    cell const all =
        run_cell(collect_all, child_cancel::fail, happening::child_cancelled);
    CHECK(all.end == "[cancelled]");
    CHECK(all.other == "done");
    cell const supervised =
        run_cell(supervise, child_cancel::fail, happening::child_cancelled);
    CHECK(supervised.end == "ok");
    CHECK(supervised.other == "done");
    CHECK(supervised.sink == "cancelled");
}

// Row 9 of the feature table: three policies, two ways to see a cancelled
// child, four events.
TEST_CASE("every policy with every event ends as the table says") {
    for (group_policy const policy : {fail_fast, collect_all, supervise}) {
        for (child_cancel const how :
             {child_cancel::ignore, child_cancel::fail}) {
            for (happening const what :
                 {happening::child_fails, happening::child_cancelled,
                  happening::body_fails, happening::outer_cancel}) {
                cell const c = run_cell(policy, how, what);
                bool const child_error = what == happening::child_fails ||
                                         (what == happening::child_cancelled &&
                                          how == child_cancel::fail);
                std::string const error =
                    what == happening::child_fails ? "child" : "cancelled";
                bool const all_end = what == happening::body_fails ||
                                     what == happening::outer_cancel ||
                                     (child_error && policy == fail_fast);
                INFO("policy " << static_cast<int>(policy) << " on_cancel "
                               << static_cast<int>(how) << " event "
                               << static_cast<int>(what));
                CHECK(c.other == (all_end ? "gone" : "done"));
                CHECK(c.ended == (all_end ? 1 : 3));
                if (what == happening::outer_cancel)
                    CHECK(c.end == "stopped");
                else if (what == happening::body_fails)
                    CHECK(c.end == "[body]");
                else if (child_error && policy != supervise)
                    CHECK(c.end == "[" + error + "]");
                else
                    CHECK(c.end == "ok");
                CHECK(c.sink ==
                      (child_error && policy == supervise ? error : ""));
            }
        }
    }
}
