// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

#include "core_test.hpp"
#include "support/catch.hpp"

#include <tether/core/errors.hpp>
#include <tether/core/outcome.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

using namespace core_test;
using tether::cancel_kind;
using tether::cancel_reason;
using tether::outcome;

static_assert(!std::is_copy_constructible_v<outcome<int>>);
static_assert(std::is_nothrow_move_constructible_v<outcome<std::string>>);
static_assert(
    std::is_same_v<decltype(std::declval<outcome<int>>().value()), int>);
static_assert(
    std::is_same_v<decltype(std::declval<outcome<int&>>().value()), int&>);

namespace {

// A loop that only listens for reports.
struct listener : tether::detail::loop_base {
    listener() {
        report = [](loop_base* self, std::exception_ptr error,
                    char const*) noexcept {
            static_cast<listener*>(self)->heard.push_back(error);
        };
        tether::detail::current_loop = this;
    }
    listener(listener const&) = delete;
    ~listener() { tether::detail::current_loop = nullptr; }

    std::vector<std::exception_ptr> heard;
};

struct immovable {
    explicit immovable(int n) : number(n) {}
    immovable(immovable const&) = delete;
    int number;
};

outcome<int> failed() {
    return outcome<int>::from_error(runtime("boom"));
}
outcome<int> cancelled() {
    return outcome<int>::from_cancelled(
        cancel_reason(cancel_kind::deadline, "late"));
}

} // namespace

TEST_CASE("an outcome is exactly one of value, error and cancelled") {
    auto const value = outcome<int>::from_value(3);
    CHECK(value.has_value());
    CHECK(value);
    CHECK_FALSE(value.has_error());
    CHECK_FALSE(value.is_cancelled());
    CHECK(value.value() == 3);
    CHECK(*value == 3);

    auto const error = failed();
    CHECK_FALSE(error);
    CHECK(error.has_error());
    CHECK_FALSE(error.is_cancelled());
    CHECK(tether::detail::what_of(error.error()) == "boom");

    auto const stopped = cancelled();
    CHECK_FALSE(stopped);
    CHECK_FALSE(stopped.has_error());
    CHECK(stopped.is_cancelled());
    CHECK(stopped.reason().text == "late");
    CHECK_THROWS_AS(outcome<int>::from_error(nullptr), std::invalid_argument);
}

TEST_CASE("value() throws the error itself, or cancelled_error") {
    CHECK_THROWS_WITH(failed().value(), "boom");
    CHECK_THROWS_AS(*failed(), std::runtime_error);
    try {
        (void)cancelled().value();
        FAIL("no exception");
    } catch (tether::cancelled_error const& e) {
        CHECK(e.reason().kind == cancel_kind::deadline);
    }
    CHECK_THROWS_AS(outcome<int>::from_value(1).error(), tether::invalid_state);
    CHECK_THROWS_AS(cancelled().error(), tether::invalid_state);
    auto const quiet = failed();
    CHECK_THROWS_AS(quiet.reason(), tether::invalid_state);
    quiet.ignore();
}

TEST_CASE("void, references, move-only and immovable values") {
    auto const done = outcome<void>::from_value();
    CHECK(done.has_value());
    CHECK_NOTHROW(done.value());
    CHECK_THROWS_WITH(outcome<void>::from_error(runtime("x")).value(), "x");

    int target = 1;
    auto const ref = outcome<int&>::from_value(target);
    ref.value() = 7;
    CHECK(target == 7);
    CHECK(&*ref == &target);

    auto owner =
        outcome<std::unique_ptr<int>>::from_value(std::make_unique<int>(5));
    std::unique_ptr<int> const taken = std::move(owner).value();
    CHECK(*taken == 5);

    auto const fixed = outcome<immovable>::from_value(9);
    CHECK(fixed->number == 9);
}

TEST_CASE("value_or, transform and and_then") {
    CHECK(outcome<int>::from_value(3).value_or(9) == 3);
    CHECK(failed().value_or(9) == 9);
    CHECK(cancelled().value_or(9) == 9);

    CHECK(outcome<int>::from_value(3)
              .transform([](int i) { return std::to_string(i); })
              .value() == "3");
    CHECK(outcome<void>::from_value().transform([] { return 1; }).value() == 1);
    CHECK(outcome<int>::from_value(3).transform([](int) {}).has_value());
    auto const passed = failed().transform([](int i) { return i; });
    CHECK(passed.has_error());
    CHECK(cancelled().transform([](int) {}).is_cancelled());

    auto const half = [](int i) {
        return i % 2 ? failed() : outcome<int>::from_value(i / 2);
    };
    CHECK(outcome<int>::from_value(4).and_then(half).value() == 2);
    auto const odd = outcome<int>::from_value(3).and_then(half);
    CHECK(odd.has_error());
}

TEST_CASE("TG38 an error that nobody looks at is reported once") {
    listener loop;
    std::exception_ptr const error = runtime("lost");
    {
        auto first = outcome<int>::from_error(error);
        CHECK_FALSE(first.has_value()); // asking is not looking
        CHECK_FALSE(first.is_cancelled());
        auto const second = std::move(first);
        CHECK(loop.heard.empty());
    }
    REQUIRE(loop.heard.size() == 1);
    CHECK(loop.heard[0] == error);
}

TEST_CASE("TG38 an error that somebody looks at is not reported") {
    listener loop;
    {
        CHECK(failed().has_error());
    }
    {
        CHECK(failed().error());
    }
    {
        CHECK_THROWS(failed().value());
    }
    {
        CHECK(failed().value_or(1) == 1);
    }
    {
        failed().ignore();
    }
    {
        CHECK(failed().transform([](int i) { return i; }).has_error());
    }
    {
        (void)outcome<int>::from_value(1);
    }
    {
        (void)cancelled();
    }
    CHECK(loop.heard.empty());
}

TEST_CASE("TG38 an error that is passed on or assigned over is not lost") {
    listener loop;
    {
        auto const unseen = failed().transform([](int i) { return i; });
        CHECK(loop.heard.empty());
    }
    CHECK(loop.heard.size() == 1);
    {
        auto target = failed();
        target = outcome<int>::from_value(1);
        CHECK(loop.heard.size() == 2);
        CHECK(target.value() == 1);
        target = failed();
    }
    CHECK(loop.heard.size() == 3);
}

TEST_CASE("TG38 outside a loop an unread error goes nowhere, quietly") {
    REQUIRE(tether::detail::current_loop == nullptr);
    std::weak_ptr<int> alive;
    {
        struct tracked : std::runtime_error {
            explicit tracked(std::shared_ptr<int> p)
                : std::runtime_error("t"), held(std::move(p)) {}
            std::shared_ptr<int> held;
        };
        auto held = std::make_shared<int>(1);
        alive = held;
        auto const unread = outcome<int>::from_error(ptr(tracked(held)));
        held.reset();
        CHECK_FALSE(alive.expired());
    }
    CHECK(alive.expired());
}
