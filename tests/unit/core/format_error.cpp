// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

#include "core_test.hpp"
#include "support/catch.hpp"

#include <tether/core/errors.hpp>
#include <tether/core/format_error.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <source_location>
#include <stdexcept>
#include <string>
#include <vector>

using namespace core_test;
using namespace std::chrono_literals;
using tether::exception_group;
using tether::format_error;
using member_init = exception_group::member_init;

namespace {

std::string place(std::source_location where) {
    return std::string(where.file_name()) + ":" + std::to_string(where.line());
}

std::size_t lines(std::string const& text) {
    std::size_t count = 1;
    for (char const c : text)
        count += c == '\n';
    return count;
}

// Its cause can be set to anything, itself included.
struct linked : std::runtime_error, std::nested_exception {
    using std::runtime_error::runtime_error;
    void set_cause_to_current() {
        static_cast<std::nested_exception&>(*this) = std::nested_exception();
    }
    void clear_cause() { static_cast<std::nested_exception&>(*this) = none; }
    std::nested_exception none; // made while nothing is being handled
};

struct silent : std::exception {
    char const* what() const noexcept override { return nullptr; }
};

} // namespace

TEST_CASE("EG27 a tree with indices, task names, spawn sites and causes") {
    auto const where = std::source_location::current();
    std::exception_ptr const nested = thrown_by([] {
        try {
            throw std::logic_error("connection refused");
        } catch (...) {
            std::throw_with_nested(std::runtime_error("no orders"));
        }
    });
    exception_group const inner(
        "prefs", {member_init(ptr(std::out_of_range("x")), "", where),
                  member_init(runtime("y"))});
    exception_group const g =
        exception_group("load", {member_init(nested, "orders", where, true),
                                 member_init(ptr(inner), "prefs")})
            .with_context(ptr(tether::timeout_error("page", 5s)))
            .with_note("user 7");
    CHECK(format_error(g) ==
          "tether::exception_group: load (2 sub-exceptions)\n"
          "  [0] task 'orders' spawned at " +
              place(where) +
              ", failed first:\n"
              "      std::runtime_error: no orders\n"
              "      caused by std::logic_error: connection refused\n"
              "  [1] task 'prefs':\n"
              "      tether::exception_group: prefs (2 sub-exceptions)\n"
              "      [0] spawned at " +
              place(where) +
              ":\n"
              "          std::out_of_range: x\n"
              "      [1] std::runtime_error: y\n"
              "  context: tether::timeout_error: deadline 5 s of 'page' "
              "exceeded\n"
              "  note: user 7");
    CHECK(format_error(ptr(g)) == format_error(g));
    CHECK(format_error(runtime("bare")) == "std::runtime_error: bare");
}

TEST_CASE("EG27 the cause kept beside a member and that of task_failed") {
    member_init translated(runtime("new"));
    translated.cause = logic("old");
    CHECK(format_error(exception_group("g", std::vector{translated})) ==
          "tether::exception_group: g (1 sub-exception)\n"
          "  [0] std::runtime_error: new\n"
          "      caused by std::logic_error: old");
    CHECK(format_error(ptr(tether::task_failed(logic("old"), "kid"))) ==
          "tether::task_failed: awaited task failed (task 'kid'): old\n"
          "  caused by std::logic_error: old");
}

TEST_CASE("EG28 a wide group is cut and the rest is counted") {
    std::vector<std::exception_ptr> errors(17, runtime("a"));
    std::string const text = format_error(exception_group("g", errors));
    CHECK(lines(text) == 1 + 15 + 1);
    CHECK(text.ends_with("[14] std::runtime_error: a\n"
                         "  ... and 2 more exceptions"));
    errors.pop_back();
    CHECK(format_error(exception_group("g", errors))
              .ends_with("... and 1 more exception"));
    errors.pop_back();
    CHECK(lines(format_error(exception_group("g", errors))) == 16);
    CHECK(format_error(exception_group("g", errors), {.width = 2, .depth = 1})
              .ends_with("... and 13 more exceptions"));
}

TEST_CASE("EG28 a deep tree is cut at ten levels") {
    std::string const text = format_error(nested(100'000));
    CHECK(lines(text) == 1 + 10 + 1);
    CHECK(text.ends_with("      ... and 1 more exception"));
    CHECK(format_error(nested(1), {.width = 15, .depth = 1}) ==
          "tether::exception_group: level (1 sub-exception)\n"
          "  [0] tether::exception_group: bottom (2 sub-exceptions)\n"
          "      ... and 2 more exceptions");
    CHECK(format_error(nested(1), {.width = 15, .depth = 2})
              .ends_with("[1] std::logic_error: right"));
}

TEST_CASE("EG29 errors that are no std::exception, or say nothing, or badly") {
    struct unknown {};
    CHECK(format_error(ptr(42)) == "int: 42");
    CHECK(format_error(ptr<char const*>("oh")) == "char const*: oh");
    CHECK(format_error(ptr(std::string("oh\n"))) == "std::string: oh");
    CHECK_THAT(format_error(ptr(unknown{})),
               tether_test::contains_text("unknown"));
    CHECK(format_error(ptr(tether::forced_exit(2))) ==
          "tether::forced_exit: forced exit: interrupted twice");
    CHECK_THAT(format_error(ptr(silent())),
               tether_test::contains_text("silent: (null)"));
    CHECK(format_error(std::exception_ptr()) == "no error");
    static_assert(noexcept(format_error(std::exception_ptr())));
}

TEST_CASE("EG29 line breaks keep the indentation, control bytes are shown") {
    exception_group const g("g\nh", {member_init(runtime("a\r\nb\n\n")),
                                     member_init(runtime("\x1b[2J\x7f\ttab"))});
    CHECK(format_error(g) == "tether::exception_group: g\n"
                             "  h (2 sub-exceptions)\n"
                             "  [0] std::runtime_error: a\n"
                             "      b\n"
                             "  [1] std::runtime_error: \\x1b[2J\\x7f\ttab");
}

TEST_CASE("EG30 a cycle of causes is shown once") {
    std::exception_ptr const self = ptr(linked("self"));
    std::string text;
    try {
        std::rethrow_exception(self);
    } catch (linked& e) {
        e.set_cause_to_current();
        text = format_error(e);
        e.clear_cause(); // or the cycle would leak
    }
    CHECK(lines(text) == 2);
    CHECK(text.ends_with("caused by (anonymous namespace)::linked: self "
                         "(shown above)"));
}

TEST_CASE("EG30 a long chain of causes is cut") {
    std::exception_ptr error = runtime("root");
    for (int i = 0; i < 100; ++i) {
        error = thrown_by([&] {
            try {
                std::rethrow_exception(error);
            } catch (...) {
                std::throw_with_nested(std::runtime_error("level"));
            }
        });
    }
    std::string const text = format_error(error);
    CHECK(lines(text) == 1 + 10 + 1);
    CHECK(text.ends_with("  ... and further causes"));
}

TEST_CASE("EG05 a tree far wider and deeper than the limits is formatted") {
    std::exception_ptr error = nested(50'000);
    for (int i = 0; i < 3; ++i)
        error = group_ptr("wide", std::vector(40, error));
    std::string const text = format_error(error, {.width = 3, .depth = 4});
    // 1 top, then 3, 9 and 27 groups; each of the 27 shows one member that is
    // cut, and each wide group counts what it does not show.
    CHECK(lines(text) == 1 + 3 + 9 + 27 + 27 + 27 + 1 + 3 + 9);
}
