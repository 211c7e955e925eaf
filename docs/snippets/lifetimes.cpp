// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// The code of docs/lifetimes.md. The unsafe halves are compiled; the
// first is run under AddressSanitizer, in a process of its own.
#include "support/death.hpp"
#include "support/test_case.hpp"

#include <tether/scope.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#include <cstdlib>
#include <sanitizer/common_interface_defs.h>
#endif

using namespace tether;
using namespace tether_test;
using namespace std::chrono_literals;

namespace {

// [parameters-unsafe]
task<char> last_of_view(std::string_view text) {
    co_await checkpoint();
    co_return text.back(); // of what? the string may be gone
}

[[maybe_unused]] task<char> later() {
    return last_of_view(std::string(100, 'x')); // gone at the semicolon
}
// [parameters-unsafe]

// [parameters-safe]
task<char> last_of(std::string text) { // a copy in the frame
    co_await checkpoint();
    co_return text.back();
}
// [parameters-safe]

// [awaited-at-once]
task<std::string> both() {
    char const a = co_await last_of(std::string(100, 'x'));
    // Safe as well: the temporary lives until the whole expression is done.
    char const b = co_await last_of_view(std::string(10, 'y'));
    co_return std::string{a, b};
}
// [awaited-at-once]

// [lambda-unsafe]
[[maybe_unused]] task<int> captured_wrong(int x) {
    auto add = [x](int y) -> task<int> {
        co_await checkpoint();
        co_return x + y; // x lives in the closure, not in the frame
    };
    return add(1); // the closure dies here, the task lives on
}
// [lambda-unsafe]

// [lambda-safe]
task<int> as_parameter(int x) {
    auto add = [](int a, int b) -> task<int> { // no captures: all in the frame
        co_await checkpoint();
        co_return a + b;
    };
    return add(x, 1);
}

task<int> awaited_where_it_lives(int x) {
    auto add = [x](int y) -> task<int> {
        co_await checkpoint();
        co_return x + y;
    };
    co_return co_await add(1); // `add` lives until the await is over
}
// [lambda-safe]

// [spawn]
task<> spawn_copies(std::vector<std::string>& seen) {
    co_await with_task_group([&](task_group& group) -> task<> {
        for (int i = 0; i < 3; ++i) {
            std::string name = "worker " + std::to_string(i);
            // The closure moves into the child and lives until that ends.
            group.spawn([&seen, name]() -> task<> {
                co_await sleep_for(1s);
                seen.push_back(name);
            });
        } // `name` and `i` are gone, the children run on
        co_return;
    });
}
// [spawn]

// [spawn-unsafe]
[[maybe_unused]] task<> spawn_reference() {
    co_await with_task_group([](task_group& group) -> task<> {
        int local = 1;
        group.spawn([&]() -> task<> { // wrong: the body ends before the child
            co_await sleep_for(1s);
            local += 1;
        });
        co_return; // `local` is gone, the child still runs
    });
}
// [spawn-unsafe]

// [spawn-safe]
task<int> spawn_outer_reference() {
    int shared = 1; // outlives the group
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            co_await sleep_for(1s);
            shared += 1;
        });
        co_return;
    });
    co_return shared;
}
// [spawn-safe]

task<> append(std::string& to, std::string what) {
    co_await checkpoint();
    to += what;
}

// [ref]
task<std::string> spawn_with_ref() {
    std::string text = "a";
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(append, std::ref(text), "b"); // std::ref: no copy of text
        co_return;
    });
    co_return text;
}
// [ref]

// [named-body]
task<std::size_t> named_body(std::string name) {
    auto body = [name]() -> task<std::size_t> {
        co_await checkpoint();
        co_return name.size();
    };
    co_return co_await fail_after(1s, body); // the name, not the closure itself
}

task<std::size_t> by_reference(std::string name) {
    co_return co_await fail_after(1s, [&]() -> task<std::size_t> {
        co_await checkpoint();
        co_return name.size();
    });
}
// [named-body]

// [branch]
task<int> choose(bool first) {
    if (first) // not: co_await (first ? as_parameter(1) : as_parameter(2))
        co_return co_await as_parameter(1);
    co_return co_await as_parameter(2);
}
// [branch]

} // namespace

TETHER_TEST_CASE("docs/lifetimes.md: the safe halves") {
    auto const last = co_await both();
    CHECK(last == "xy");
    auto const a = co_await as_parameter(2);
    CHECK(a == 3);
    auto const b = co_await awaited_where_it_lives(4);
    CHECK(b == 5);
    std::vector<std::string> seen;
    co_await spawn_copies(seen);
    CHECK(seen == std::vector<std::string>{"worker 0", "worker 1", "worker 2"});
    auto const shared = co_await spawn_outer_reference();
    CHECK(shared == 2);
    auto const text = co_await spawn_with_ref();
    CHECK(text == "ab");
    auto const named_size = co_await named_body("abc");
    CHECK(named_size == 3);
    auto const reference_size = co_await by_reference("abcd");
    CHECK(reference_size == 4);
    auto const chosen = co_await choose(false);
    CHECK(chosen == 3);
}

// Without a sanitizer the use of what is gone may go unnoticed.
#if defined(__SANITIZE_ADDRESS__)
TEST_CASE("CX25 AddressSanitizer reports the parameter that dangles") {
    auto const text = last_words([] {
        __sanitizer_set_death_callback(std::abort);
        run_virtual(later);
    });
    CHECK_THAT(text, contains_text("heap-use-after-free"));
}
#endif
