// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// The programs that docs/errors.md quotes, with the output that it shows.

#include "core_test.hpp"
#include "support/catch.hpp"

#include <tether/core.hpp>

#include <chrono>
#include <exception>
#include <source_location>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace core_test;
using namespace std::chrono_literals;
using namespace tether;

namespace app {

struct http_error : std::runtime_error {
    explicit http_error(int code)
        : std::runtime_error("status " + std::to_string(code)), status(code) {}
    int status;
};

} // namespace app

namespace {

using app::http_error;

void load_page();

std::string log_text;
void log(std::string const& text) {
    log_text += text + '\n';
}

void print_failure() {
    try {
        load_page();
    } catch (...) {
        log(format_error(std::current_exception()));
    }
}

void look(exception_group const& group) {
    for (exception_group::member member : group)
        log(std::string(member.task_name()) +
            (member.group() ? ", a group" : ""));
    log(std::to_string(group.count<http_error>()) + " http errors");
    if (auto const* error = group.first<http_error>())
        log("the first has status " + std::to_string(error->status));
}

// [clauses]
void handle_failure() {
    try {
        load_page();
    } catch (...) {
        handle_group(std::current_exception(),
                     on<http_error>([](exception_group const& errors) {
                         log("retry " +
                             std::to_string(errors.count<http_error>()));
                     }),
                     on<timeout_error>([] { return group_action::rethrow; }));
    }
}
// [clauses]

bool only_timeouts_left(exception_group const& group) {
    auto [http, rest] = group.split<http_error>();
    return rest && rest->subgroup<timeout_error>()->same_as(*rest);
}

// [collapse]
int status_of(exception_group const& group) {
    try {
        collapse(group).rethrow();
    } catch (http_error const& error) {
        return error.status;
    }
}
// [collapse]

// [derive]
struct batch_failed : derived_exception_group<batch_failed> {
    batch_failed(exception_group group, int number)
        : derived_exception_group(std::move(group)), batch(number) {}
    batch_failed derive(exception_group part) const {
        return batch_failed(std::move(part), batch);
    }
    int batch;
};
// [derive]

exception_group page_failure() {
    return group_in(thrown_by(load_page));
}

std::string logged(auto f) {
    log_text.clear();
    f();
    return std::exchange(log_text, {});
}

} // namespace

TEST_CASE("seed row 23: the guide's tree is printed as it says") {
    CHECK(logged(print_failure) ==
          R"(tether::exception_group: load page (3 sub-exceptions)
  [0] task 'orders' spawned at page.cpp:15, failed first:
      app::http_error: status 503
  [1] task 'prefs' spawned at page.cpp:15:
      tether::exception_group: prefs (1 sub-exception)
      [0] task 'theme' spawned at page.cpp:15, failed first:
          tether::timeout_error: deadline 2 s of 'theme' exceeded
  [2] task 'user' spawned at page.cpp:15:
      app::http_error: status 404
  context: tether::timeout_error: deadline 5 s of 'page' exceeded
)");
}

TEST_CASE("seed row 22: the guide's group is looked at") {
    CHECK(logged([] { look(page_failure()); }) ==
          "orders\nprefs, a group\nuser\n2 http errors\n"
          "the first has status 503\n");
}

TEST_CASE("seed row 24: the guide's clauses retry, and pass the timeout on") {
    std::exception_ptr left;
    CHECK(logged([&] { left = thrown_by(handle_failure); }) == "retry 2\n");
    CHECK(shape(group_in(left)) ==
          "load page[prefs[deadline 2 s of 'theme' exceeded]]");
    CHECK(only_timeouts_left(page_failure()));
    CHECK_FALSE(
        only_timeouts_left(group("g", {logic("x"), ptr(timeout_error())})));
}

TEST_CASE("seed row 28: the guide's caller gets its one error") {
    CHECK(status_of(group("g", {group_ptr("in", {ptr(http_error(500))})})) ==
          500);
    CHECK(batch_failed(page_failure(), 7).split<http_error>().rest->batch == 7);
}

// What three failing tasks of a group leave. Last in the file, because it says
// that it is in another one.
namespace {
#line 14 "page.cpp"
void load_page() {
    auto const here = std::source_location::current();
    using child = exception_group::member_init;
    exception_group const prefs(
        "prefs", {child(ptr(timeout_error("theme", 2s)), "theme", here, true)});
    throw exception_group("load page",
                          {child(ptr(http_error(503)), "orders", here, true),
                           child(ptr(prefs), "prefs", here),
                           child(ptr(http_error(404)), "user", here)})
        .with_context(ptr(timeout_error("page", 5s)));
}

} // namespace
