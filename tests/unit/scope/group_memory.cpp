// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What memory does a child take, and what of it stays when it has ended?
#include "unit/scope/group_test.hpp"

#include <tether/runtime/frame_pool.hpp>
#include <tether/runtime/test_hooks.hpp>
#include <tether/sync/event.hpp>
#include <tether/testing/detail/hooks_guard.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace {

using namespace tether_test;
using detail::frame_pool;

// Blocks asked for, and bytes.
struct memory_log : detail::test_hooks {
    void may_throw(detail::fault what, std::size_t size) override {
        detail::test_hooks::may_throw(what, size);
        if (what == detail::fault::frame) {
            ++blocks;
            bytes += size;
        }
    }
    std::size_t blocks = 0;
    std::size_t bytes = 0;
};
struct watched {
    explicit watched(memory_log& log) : guard(*detail::running_loop(), log) {}
    testing::detail::hooks_guard guard;
};

task<> fails_on(event& go) {
    co_await go.wait();
    throw std::runtime_error("failed");
}
task<> by_value(std::string text, event& go, std::string& out) {
    co_await go.wait();
    out += text;
}
task<> by_reference(std::string const& text, event& go, std::string& out) {
    co_await go.wait();
    out += text;
}
task<> by_view(std::string_view text, event& go, std::string& out) {
    co_await go.wait();
    out += text;
}

struct no_state {
    task<> operator()(std::unique_ptr<int> number, event& go,
                      std::string& out) const {
        co_await go.wait();
        out += std::to_string(*number);
    }
};

} // namespace

TETHER_TEST_CASE("CX08 a failing join keeps one block for each failed child "
                 "and asks for none") {
    constexpr std::size_t children = 50;
    memory_log log;
    watched const guard(log);
    std::ptrdiff_t const before = frame_pool::live();
    std::ptrdiff_t held = 0;
    std::size_t asked = 0;
    auto scene = [&]() -> task<> {
        event go;
        co_await with_task_group([&](task_group& group) -> task<> {
            for (std::size_t i = 0; i != children; ++i)
                group.spawn(fails_on, std::ref(go));
            co_await checkpoint();
            asked = log.blocks;
            go.set();
        });
    };
    std::ptrdiff_t frame = 0;
    auto outer = [&]() -> task<> {
        frame = frame_pool::live() - before;
        try {
            co_await scene();
        } catch (exception_group const& errors) {
            asked = log.blocks - asked;
            held = frame_pool::live() - before - frame;
            CHECK(errors.size() == children);
        }
    };
    co_await outer();
    CHECK(asked == 0);
    CHECK(held == static_cast<std::ptrdiff_t>(children));
    CHECK(frame_pool::live() == before);
}

TETHER_TEST_CASE("CX08 the error of a child belongs to its handle and to the "
                 "group, whichever goes first") {
    std::ptrdiff_t const before = frame_pool::live();
    for (bool const handle_first : {true, false}) {
        std::optional<task_handle<>> handle;
        std::optional<exception_group> errors;
        auto scene = [&]() -> task<> {
            co_await with_task_group([&](task_group& group) -> task<> {
                handle = group.spawn(named("worker"), fails, 1s, "failed");
                co_return;
            });
        };
        errors = co_await group_of(scene());
        if (handle_first)
            handle.reset();
        else
            errors.reset();
        if (handle) {
            CHECK(handle->status() == task_status::failed);
            CHECK(handle->name() == "worker");
            CHECK(text_of(handle->error()) == "failed");
        }
        if (errors) {
            CHECK(errors->begin()->task_name() == "worker");
            CHECK(text_of(errors->begin()->error()) == "failed");
        }
    }
    CHECK(frame_pool::live() == before);
}

TETHER_TEST_CASE("CX08 another thread lets go of the group while the handle "
                 "is in use") {
    std::ptrdiff_t const before = frame_pool::live();
    {
        std::optional<task_handle<>> handle;
        auto scene = [&]() -> task<> {
            co_await with_task_group([&](task_group& group) -> task<> {
                handle = group.spawn(named("worker"), fails, 1s, "failed");
                co_return;
            });
        };
        auto errors = co_await group_of(scene());
        std::thread elsewhere(
            [gone = std::move(errors)] { static_cast<void>(gone.size()); });
        CHECK(handle->name() == "worker");
        CHECK(text_of(handle->error()) == "failed");
        handle.reset();
        elsewhere.join();
    }
    CHECK(frame_pool::live() == before);
}

TETHER_TEST_CASE("CX08 under supervise the error stays for the handle alone") {
    std::ptrdiff_t const before = frame_pool::live();
    detail::loop& home = *detail::running_loop();
    int reported = 0;
    home.on_unhandled_error(
        [&](std::exception_ptr, char const*) { ++reported; });
    co_await with_task_group(
        {.policy = group_policy::supervise}, [&](task_group& group) -> task<> {
            auto const kept = group.spawn(fails, 1s, "kept");
            group.spawn(fails, 1s, "dropped");
            co_await sleep_for(2s);
            CHECK(text_of(kept.error()) == "kept");
        });
    home.on_unhandled_error(nullptr);
    CHECK(reported == 2);
    CHECK(frame_pool::live() == before);
}

TETHER_TEST_CASE("CX01 what a child may refer to lives as long as it does") {
    event go;
    std::string out;
    co_await with_task_group([&](task_group& group) -> task<> {
        std::string const text =
            "a string that is too long to be stored inside";
        group.spawn(by_value, text, std::ref(go), std::ref(out));
        group.spawn(by_reference, text, std::ref(go), std::ref(out));
        group.spawn(by_view, text, std::ref(go), std::ref(out));
        group.spawn(no_state(), std::make_unique<int>(42), std::ref(go),
                    std::ref(out));
        co_await checkpoint();
        CHECK(out.empty());
        go.set();
    });
    CHECK(out == "a string that is too long to be stored inside"
                 "a string that is too long to be stored inside"
                 "a string that is too long to be stored inside"
                 "42");
}

TEST_CASE("CX01 which bodies need not outlive the call of their function") {
    using function = task<> (*)(std::string, event&, int);
    using viewing = task<> (*)(std::string_view);
    using referring = task<> (*)(std::string const&);
    using wrapped = task<> (*)(std::reference_wrapper<event> const&);
    using event_ref = std::reference_wrapper<event>;
    auto capture = [value = 1](int) -> task<> {
        static_cast<void>(value);
        co_return;
    };
    auto any = [](auto) -> task<> { co_return; };
    auto plain = [](int) -> task<> { co_return; };
    using detail::body;
    CHECK_FALSE(body<function, std::string, event_ref, short>::outlives_call);
    CHECK_FALSE(body<decltype(plain), int>::outlives_call);
    CHECK_FALSE(body<no_state, std::unique_ptr<int>, event_ref,
                     std::reference_wrapper<std::string>>::outlives_call);
    CHECK_FALSE(body<task<>>::outlives_call);
    CHECK(body<viewing, std::string>::outlives_call);
    CHECK(body<referring, std::string>::outlives_call);
    CHECK(body<wrapped, event_ref>::outlives_call);
    CHECK(body<decltype(capture), int>::outlives_call);
    CHECK(body<decltype(any), int>::outlives_call);
}
