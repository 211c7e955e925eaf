// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

#include "bad_input.hpp"
#include "report.hpp"
#include "result_file.hpp"
#include "statistics.hpp"
#include "support/catch.hpp"
#include "temporary_file.hpp"

#include <boost/json/parse.hpp>

#include <string>

using namespace std::chrono_literals;
using crawler::page_record;
using crawler_test::temporary_file;

namespace {

page_record fetched(unsigned status, std::chrono::microseconds latency) {
    page_record page;
    page.url = "http://host/";
    page.status = status;
    page.bytes = 100;
    page.latency = latency;
    page.tries = 1;
    return page;
}

} // namespace

TEST_CASE("a page is one line of JSON, whatever its address contains") {
    page_record page = fetched(200, 1500us);
    page.url = "http://host/\"\\\n\x01";
    page.links = 3;
    std::string const line = crawler::to_json_line(page);
    CHECK(line.find('\n') == std::string::npos);
    auto const back = boost::json::parse(line).as_object();
    CHECK(back.at("url").as_string() == page.url.c_str());
    CHECK(back.at("ok").as_bool());
    CHECK(back.at("status").as_int64() == 200);
    CHECK(back.at("bytes").as_int64() == 100);
    CHECK(back.at("latency_us").as_int64() == 1500);
    CHECK(back.at("links").as_int64() == 3);
    CHECK_FALSE(back.contains("error"));
}

TEST_CASE("a page without a response has an error and no status") {
    page_record page;
    page.url = "http://host/";
    page.tries = 3;
    page.error = "too slow";
    auto const back =
        boost::json::parse(crawler::to_json_line(page)).as_object();
    CHECK_FALSE(back.at("ok").as_bool());
    CHECK(back.at("error").as_string() == "too slow");
    CHECK(back.at("tries").as_int64() == 3);
    CHECK_FALSE(back.contains("status"));
    CHECK_FALSE(back.contains("latency_us"));
}

TEST_CASE("every line is in the file at once, after what was there") {
    temporary_file const file("before\n");
    crawler::result_file results(file.path());
    CHECK(file.text() == "before\n");
    auto const page = fetched(200, 1us);
    results.write(page);
    CHECK(file.text() == "before\n" + crawler::to_json_line(page) + "\n");
}

TEST_CASE("a file that cannot be written is bad input") {
    CHECK_THROWS_AS(crawler::result_file("/no/such/directory/file"),
                    crawler::bad_input);
    crawler::result_file full("/dev/full");
    CHECK_THROWS_AS(full.write(fetched(200, 1us)), crawler::bad_input);
    crawler::result_file none{std::nullopt};
    CHECK_NOTHROW(none.write(fetched(200, 1us)));
}

TEST_CASE("statistics count pages by their end and by their status") {
    crawler::statistics counts;
    counts.add(fetched(200, 1ms));
    page_record page = fetched(302, 1ms);
    page.redirect_to = "http://host/x";
    counts.add(page);
    page.error = "redirect loop";
    counts.add(page);
    page_record lost;
    lost.error = "too slow";
    lost.tries = 3;
    counts.add(lost);
    CHECK(counts.fetched() == 1);
    CHECK(counts.redirected() == 1);
    CHECK(counts.failed() == 2);
    CHECK(counts.done() == 4);
    CHECK(counts.retries() == 2);
    CHECK(counts.bytes() == 300);
    CHECK(counts.by_status() ==
          std::map<unsigned, std::size_t>{{0, 1}, {200, 1}, {302, 2}});
}

TEST_CASE("percentiles are values that were measured") {
    crawler::statistics counts;
    CHECK(counts.percentile(50) == 0us);
    for (int i = 200; i > 0; --i)
        counts.add(fetched(200, std::chrono::microseconds(i)));
    CHECK(counts.percentile(50) == 100us);
    CHECK(counts.percentile(90) == 180us);
    CHECK(counts.percentile(99) == 198us);
    CHECK(counts.percentile(100) == 200us);
    crawler::statistics one;
    one.add(fetched(200, 7us));
    CHECK(one.percentile(1) == 7us);
    CHECK(one.percentile(99) == 7us);
}

TEST_CASE("numbers are shown with a unit") {
    CHECK(crawler::format_latency(1250us) == "1.2 ms");
    CHECK(crawler::format_latency(2s) == "2.00 s");
    CHECK(crawler::format_bytes(999) == "999 B");
    CHECK(crawler::format_bytes(12'345) == "12.3 kB");
    CHECK(crawler::format_bytes(12'345'678) == "12.3 MB");
}
