// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// A web crawler; `crawler --help` and README.md say what it does.

#include "application.hpp"

#include <tether/core/format_error.hpp>
#include <tether/task/run.hpp>

#include <cstdio>
#include <string>
#include <vector>

int main(int argc, char* argv[]) try {
    auto const chosen = crawler::parse_options({argv + 1, argv + argc});
    if (chosen.help) {
        std::fputs(crawler::help_text().c_str(), stdout);
        return crawler::all_fetched;
    }
    return tether::run(crawler::application, chosen);
} catch (crawler::bad_input const& e) {
    std::fprintf(stderr, "crawler: %s\n", e.what());
    return crawler::input_was_bad;
} catch (std::exception const& e) {
    std::fprintf(stderr, "crawler: %s\n", tether::format_error(e).c_str());
    return crawler::broken;
}
