// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// Resources and callbacks on an async_exit_stack.
#include "cancel_test.hpp"

using namespace tether_test;

namespace {

class file {
public:
    file(event_log& log, std::string name, bool fails = false,
         std::chrono::milliseconds needs = 1ms)
        : log_(&log), name_(std::move(name)), needs_(needs), fails_(fails) {}
    file(file&&) = default;

    task<> open() {
        if (name_ == "missing")
            throw std::runtime_error("open");
        co_await sleep_for(1ms);
        (*log_)("open:" + name_);
    }
    task<> close(exit_reason const& why) {
        co_await sleep_for(needs_);
        (*log_)((why.succeeded() ? "close:"
                 : why.failed()  ? "fail:"
                                 : "stop:") +
                name_);
        if (fails_)
            throw std::runtime_error("close " + name_);
    }
    std::string const& name() const { return name_; }

private:
    event_log* log_;
    std::string name_;
    std::chrono::milliseconds needs_;
    bool fails_;
};

scoped_resource<int> number(event_log& log) {
    int value = 7;
    co_yield value;
    log("number");
}

std::vector<std::string> texts_of(std::exception_ptr const& error) {
    std::vector<std::string> texts;
    try {
        std::rethrow_exception(error);
    } catch (exception_group const& group) {
        for (auto const& leaf : group.leaves())
            texts.push_back(text_of<std::runtime_error>(leaf.error()));
    } catch (std::runtime_error const& alone) {
        texts.push_back(std::string("alone: ") + alone.what());
    }
    return texts;
}

} // namespace

TETHER_TEST_CASE("RE08 resources and callbacks are closed in the reverse of "
                 "their order") {
    event_log log;
    async_exit_stack stack;
    file outside(log, "c");
    int const got = co_await with(stack, [&](async_exit_stack& s) -> task<int> {
        CHECK(&s == &stack);
        file& a = co_await stack.enter(file(log, "a"));
        CHECK(a.name() == "a");
        stack.push([&] { log("plain"); });
        stack.push([&](exit_reason const& why) -> task<> {
            co_await sleep_for(1s);
            log(why.succeeded() ? "async" : "?");
        });
        file& c = co_await stack.enter(std::ref(outside));
        CHECK(&c == &outside);
        int& n = co_await stack.enter(number(log));
        CHECK(stack.size() == 5);
        log("body");
        co_return n;
    });
    CHECK(got == 7);
    CHECK(stack.size() == 0);
    CHECK(log.text() ==
          "open:a open:c body number close:c async plain close:a");
}

TETHER_TEST_CASE("RE07 when one cannot be opened, those before are closed") {
    event_log log;
    async_exit_stack stack;
    auto const failing = [&]() -> task<> {
        co_await with(stack, [&](async_exit_stack&) -> task<> {
            co_await stack.enter(file(log, "a"));
            co_await stack.enter(file(log, "b"));
            co_await stack.enter(file(log, "missing"));
            log("unreachable");
        });
    };
    auto const error = co_await error_of(failing);
    CHECK(text_of<std::runtime_error>(error) == "open");
    CHECK(log.text() == "open:a open:b fail:b fail:a");
}

TETHER_TEST_CASE("RE08 an error of one keeps no other from being closed, and "
                 "none is suppressed") {
    event_log log;
    async_exit_stack stack;
    auto const failing = [&]() -> task<> {
        co_await with(stack, [&](async_exit_stack&) -> task<> {
            co_await stack.enter(file(log, "a"));
            co_await stack.enter(file(log, "b", true));
            co_await stack.enter(file(log, "c", true));
            co_await stack.enter(file(log, "d"));
        });
    };
    auto const both = co_await error_of(failing);
    CHECK(texts_of(both) == std::vector<std::string>{"close c", "close b"});
    CHECK(log.text() ==
          "open:a open:b open:c open:d close:d close:c fail:b fail:a");
    auto const body = [&]() -> task<> {
        co_await with(stack, [&](async_exit_stack&) -> task<> {
            co_await stack.enter(file(log, "e", true));
            throw std::runtime_error("body");
        });
    };
    auto const with_body = co_await error_of(body);
    CHECK(texts_of(with_body) == std::vector<std::string>{"body", "close e"});
}

TETHER_TEST_CASE("RE08 after a stop each entry has a grace of its own") {
    event_log log;
    async_exit_stack stack;
    stopwatch const watch;
    bool const whole = co_await move_on_after(1s, [&]() -> task<> {
        co_await with(stack, [&](async_exit_stack&) -> task<> {
            co_await stack.enter(file(log, "a"));
            co_await stack.enter(file(log, "hangs", false, 3600s));
            co_await stack.enter(file(log, "c"));
            co_await sleep_forever();
        });
    });
    CHECK_FALSE(whole);
    CHECK(log.text() == "open:a open:hangs open:c stop:c stop:a");
    CHECK(watch.elapsed() < 30s);
}

TETHER_TEST_CASE("RE05 RE08 an error of one comes out although one above ran "
                 "out of its grace") {
    event_log log;
    async_exit_stack stack;
    auto const work = [&]() -> task<> {
        co_await move_on_after(1s, [&]() -> task<> {
            co_await with(stack, [&](async_exit_stack&) -> task<> {
                co_await stack.enter(file(log, "a", true));
                co_await stack.enter(file(log, "hangs", false, 3600s));
                co_await sleep_forever();
            });
        });
    };
    auto const error = co_await error_of(work);
    CHECK(texts_of(error) == std::vector<std::string>{"alone: close a"});
    CHECK(log.text() == "open:a open:hangs stop:a");
}

TETHER_TEST_CASE("RE08 close() closes early, and once") {
    event_log log;
    async_exit_stack stack;
    co_await with(stack, [&](async_exit_stack&) -> task<> {
        co_await stack.enter(file(log, "a"));
        co_await stack.enter(file(log, "b"));
        co_await stack.close();
        log("body");
        co_await stack.enter(file(log, "c"));
    });
    CHECK(log.text() == "open:a open:b close:b close:a body open:c close:c");
}

TETHER_TEST_CASE("RE08 pop_all_into moves what was acquired to another stack") {
    event_log log;
    async_exit_stack outer;
    auto const acquire = [&]() -> task<> {
        async_exit_stack inner;
        co_await with(inner, [&](async_exit_stack&) -> task<> {
            co_await inner.enter(file(log, "b"));
            co_await inner.enter(file(log, "c"));
            inner.pop_all_into(outer);
            CHECK(inner.size() == 0);
        });
        log("acquired");
    };
    co_await with(outer, [&](async_exit_stack&) -> task<> {
        co_await outer.enter(file(log, "a"));
        co_await acquire();
        CHECK(outer.size() == 3);
    });
    CHECK(log.text() == "open:a open:b open:c acquired close:c close:b "
                        "close:a");
}

TETHER_TEST_CASE("RE09 a stack belongs to the task and the scope that opened "
                 "it") {
    event_log log;
    async_exit_stack stack;
    CHECK_THROWS_WITH(stack.push([] {}),
                      contains_text("outside of with(stack, body)"));
    co_await with(stack, [&](async_exit_stack&) -> task<> {
        auto const from_child = [&]() -> task<> {
            co_await with_task_group([&](task_group& group) -> task<> {
                group.spawn(
                    [&]() -> task<> { co_await stack.enter(file(log, "a")); });
                co_return;
            });
        };
        auto const error = co_await error_of(from_child);
        std::string text;
        try {
            std::rethrow_exception(error);
        } catch (exception_group const& group) {
            for (auto const& leaf : group.leaves())
                text = text_of<std::logic_error>(leaf.error());
        }
        CHECK(contains(text, "by another task"));
        // A deadline around the opening alone is well nested.
        co_await fail_after(1s, stack.enter(file(log, "b")));
    });
    CHECK(log.text() == "open:b close:b");
}

TETHER_TEST_CASE("RE11 a stack is open once at a time, and filled while it is "
                 "open") {
    async_exit_stack stack;
    std::string late;
    auto const nested = [&]() -> task<> {
        co_await with(stack, [&](async_exit_stack&) -> task<> {
            stack.push([&] {
                try {
                    stack.push([] {});
                } catch (std::logic_error const& e) {
                    late = e.what();
                }
            });
            co_await with(stack,
                          [](async_exit_stack&) -> task<> { co_return; });
        });
    };
    auto const error = co_await error_of(nested);
    CHECK(contains(text_of<std::logic_error>(error), "that is open"));
    CHECK(contains(late, "closes its entries"));
    co_await with(stack, [](async_exit_stack&) -> task<> { co_return; });
}

TETHER_TEST_CASE("RE08 a stack of many entries needs no deep call stack") {
    async_exit_stack stack;
    int closed = 0;
    co_await with(stack, [&](async_exit_stack&) -> task<> {
        for (int i = 0; i != 10'000; ++i)
            stack.push([&] { ++closed; });
        co_return;
    });
    CHECK(closed == 10'000);
}
