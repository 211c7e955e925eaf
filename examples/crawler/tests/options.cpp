// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

#include "options.hpp"
#include "support/catch.hpp"

#include <chrono>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using crawler::bad_input;
using crawler::parse_options;

namespace {

std::string complaint(std::vector<std::string> const& arguments) {
    try {
        static_cast<void>(parse_options(arguments));
    } catch (bad_input const& e) {
        return e.what();
    }
    return "none";
}

} // namespace

TEST_CASE("every option has a default") {
    auto const chosen = parse_options({});
    CHECK_FALSE(chosen.url);
    CHECK_FALSE(chosen.out);
    CHECK_FALSE(chosen.help);
    CHECK(chosen.concurrency == 20);
    CHECK(chosen.rate == 1000);
    CHECK(chosen.retries == 2);
}

TEST_CASE("options are read in both spellings, the URL in any place") {
    auto const chosen = parse_options(
        {"--concurrency=7", "--rate", "0.5", "http://host/", "--timeout",
         "0.25", "--deadline", "90", "--retries", "0", "--max-pages", "12",
         "--grace", "0", "--out", "file", "--seed", "18446744073709551615"});
    CHECK(chosen.concurrency == 7);
    CHECK(chosen.rate == 0.5);
    CHECK(chosen.timeout == 250ms);
    CHECK(chosen.deadline == 90s);
    CHECK(chosen.retries == 0);
    CHECK(chosen.max_pages == 12);
    CHECK(chosen.grace == 0ms);
    CHECK(chosen.out == "file");
    CHECK(chosen.seed == 18446744073709551615u);
    REQUIRE(chosen.url);
    CHECK(std::string(chosen.url->buffer()) == "http://host/");
}

TEST_CASE("numbers that make no sense are named with what is expected") {
    CHECK(complaint({"--concurrency", "-1"}) ==
          "--concurrency takes a whole number from 1 to 10000, not '-1'");
    CHECK(complaint({"--concurrency", "0"}) ==
          "--concurrency takes a whole number from 1 to 10000, not '0'");
    CHECK(complaint({"--rate", "0"}) ==
          "--rate takes a number from 0.001 to 100000, not '0'");
    CHECK(complaint({"--rate", "nan"}) ==
          "--rate takes a number from 0.001 to 100000, not 'nan'");
    CHECK(complaint({"--retries", "two"}) ==
          "--retries takes a whole number from 0 to 100, not 'two'");
    CHECK(complaint({"--max-pages", "3.5"}) ==
          "--max-pages takes a whole number from 1 to 1000000, not '3.5'");
    CHECK(complaint({"--seed=0x10"}) ==
          "--seed takes a whole number from 0 to 18446744073709551615, not "
          "'0x10'");
    for (std::string const text :
         {"-1", "0", "nan", "inf", "1e9", "1s", "", " 1"})
        CHECK(complaint({"--timeout=" + text}) != "none");
    CHECK(complaint({"--timeout", "-1"}) ==
          "--timeout takes seconds from 0.001 to 86400, not '-1'");
    CHECK(complaint({"--grace", "x"}) ==
          "--grace takes seconds from 0 to 86400, not 'x'");
}

TEST_CASE("what is no option of ours is named") {
    CHECK_THAT(complaint({"--speed", "9"}),
               tether_test::contains_text("--speed"));
    CHECK_THAT(complaint({"--retries"}),
               tether_test::contains_text("--retries"));
    CHECK(complaint({"http://a/", "http://b/"}) == "give one URL at most");
    CHECK(complaint({"nonsense"}) ==
          "'nonsense' is not an address of the form http://host/path");
}

TEST_CASE("--help names every option with its default") {
    std::string const text = crawler::help_text();
    for (char const* const part :
         {"--concurrency N", "--rate N", "--timeout SECONDS",
          "--deadline SECONDS", "--retries N", "--max-pages N",
          "--grace SECONDS", "--out FILE", "--seed N", "(default 20)",
          "Exit code: 0", "70 an error of the"})
        CHECK_THAT(text, tether_test::contains_text(part));
}
