// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

#include "options.hpp"

#include <boost/lexical_cast/try_lexical_convert.hpp>
#include <boost/program_options/cmdline.hpp>
#include <boost/program_options/errors.hpp>
#include <boost/program_options/options_description.hpp>
#include <boost/program_options/parsers.hpp>
#include <boost/program_options/positional_options.hpp>
#include <boost/program_options/value_semantic.hpp>
#include <boost/program_options/variables_map.hpp>
#include <boost/smart_ptr/make_shared.hpp>

#include <fmt/format.h>

#include <charconv>
#include <limits>
#include <optional>
#include <sstream>
#include <string_view>
#include <system_error>
#include <type_traits>

namespace crawler {
namespace {

namespace po = boost::program_options;

template<class Value>
std::string with_default(char const* text, Value value) {
    return fmt::format("{} (default {})", text, value);
}

double in_seconds(std::chrono::milliseconds d) {
    return std::chrono::duration<double>(d).count();
}

// Values come as texts: Program_options itself would turn -1 into the largest
// unsigned number.
po::options_description describe() {
    options const d;
    po::options_description all("Options", 79, 50);
    auto const add = [&](char const* name, char const* value,
                         std::string const& text) {
        all.add(boost::make_shared<po::option_description>(
            name, po::value<std::string>()->value_name(value), text.c_str()));
    };
    add("concurrency", "N",
        with_default("pages in flight at a time, 1 to 10000", d.concurrency));
    add("rate", "N", with_default("requests per second to a host", d.rate));
    add("timeout", "SECONDS",
        with_default("for each request", in_seconds(d.timeout)));
    add("deadline", "SECONDS",
        with_default("for the whole crawl", in_seconds(d.deadline)));
    add("retries", "N",
        with_default("more tries for a page after a timeout, a lost "
                     "connection, or status 429 or 5xx",
                     d.retries));
    add("max-pages", "N",
        with_default("ask for no more than N pages", d.max_pages));
    add("grace", "SECONDS",
        with_default("for pages in flight after the first signal",
                     in_seconds(d.grace)));
    add("out", "FILE",
        "append one JSON object per page to FILE, as the pages come");
    add("seed", "N",
        with_default("of the embedded site and of the jitter between tries",
                     d.seed));
    all.add_options()("help", "print this text");
    return all;
}

template<class Number>
std::optional<Number> parse_number(std::string_view text) {
    Number value{};
    if constexpr (std::is_floating_point_v<Number>) {
        // libc++ 19 has no std::from_chars for these.
        if (!boost::conversion::try_lexical_convert(text.data(), text.size(),
                                                    value))
            return std::nullopt;
    } else {
        auto const [end, error] =
            std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc() || end != text.data() + text.size())
            return std::nullopt;
    }
    return value;
}

// Reads the options that were given into an options object.
class reader {
public:
    explicit reader(po::variables_map const& given) : given_(&given) {}

    template<class Number>
    void number(char const* name, Number least, Number most,
                Number& into) const {
        auto const text = value(name);
        if (!text)
            return;
        auto const parsed = parse_number<Number>(*text);
        if (!parsed || !(*parsed >= least && *parsed <= most))
            throw bad_input(fmt::format(
                "--{} takes a {} from {} to {}, not '{}'", name,
                std::is_integral_v<Number> ? "whole number" : "number", least,
                most, *text));
        into = *parsed;
    }

    // A day is longer than any crawl needs and keeps all sums in range.
    void duration(char const* name, bool may_be_zero,
                  std::chrono::milliseconds& into) const {
        auto const text = value(name);
        if (!text)
            return;
        auto const seconds = parse_number<double>(*text);
        double const least = may_be_zero ? 0.0 : 0.001;
        if (!seconds || !(*seconds >= least && *seconds <= 86400.0))
            throw bad_input(
                fmt::format("--{} takes seconds from {} to 86400, not '{}'",
                            name, may_be_zero ? "0" : "0.001", *text));
        into = std::chrono::duration_cast<std::chrono::milliseconds>(
            std::chrono::duration<double>(*seconds));
    }

    std::optional<std::string> value(char const* name) const {
        if (!given_->count(name))
            return std::nullopt;
        return (*given_)[name].as<std::string>();
    }

private:
    po::variables_map const* given_;
};

po::variables_map parse(std::vector<std::string> const& arguments) {
    po::options_description all = describe();
    all.add_options()("url", po::value<std::string>());
    po::positional_options_description positions;
    positions.add("url", 1);
    // Without short options "-1" is a value, and gets the sentence it deserves.
    using namespace po::command_line_style;
    po::variables_map given;
    po::store(po::command_line_parser(arguments)
                  .options(all)
                  .positional(positions)
                  .style(allow_long | long_allow_adjacent | long_allow_next)
                  .run(),
              given);
    return given;
}

web::urls::url parse_start(std::string const& text) {
    try {
        return web::parse_url(text);
    } catch (web::malformed_url const& e) {
        throw bad_input(e.what());
    }
}

} // namespace

options parse_options(std::vector<std::string> const& arguments) {
    po::variables_map given;
    try {
        given = parse(arguments);
    } catch (po::too_many_positional_options_error const&) {
        throw bad_input("give one URL at most");
    } catch (po::error const& e) {
        throw bad_input(e.what());
    }
    reader const read(given);
    options result;
    result.help = given.count("help") > 0;
    if (auto const url = read.value("url"))
        result.url = parse_start(*url);
    result.out = read.value("out");
    read.number<std::size_t>("concurrency", 1, 10000, result.concurrency);
    read.number<double>("rate", 0.001, 100000, result.rate);
    read.number<std::size_t>("max-pages", 1, 1000000, result.max_pages);
    read.number<unsigned>("retries", 0, 100, result.retries);
    read.number<std::uint64_t>(
        "seed", 0, std::numeric_limits<std::uint64_t>::max(), result.seed);
    read.duration("timeout", false, result.timeout);
    read.duration("deadline", false, result.deadline);
    read.duration("grace", true, result.grace);
    return result;
}

std::string help_text() {
    std::ostringstream options;
    options << describe();
    return "usage: crawler [OPTIONS] [URL]\n"
           "\n"
           "Fetches URL and every page of the same host that it leads to, each "
           "once.\nWithout a URL it crawls a site of its own on the loopback "
           "interface: about 300\npages, some of them slow, broken or gone.\n"
           "\n" +
           options.str() +
           "\n"
           "Exit code: 0 all pages fetched, 1 some failed, 2 bad input, 3 the "
           "deadline came\nfirst, 70 an error of the program or of the "
           "machine, 130 and 143 stopped by SIGINT\nor SIGTERM: the first "
           "signal lets the pages in flight finish within the grace\nperiod, "
           "the second one does not.\n";
}

} // namespace crawler
