// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does one line of a terminal show something that changes?
#ifndef TETHER_EXAMPLES_CRAWLER_TERMINAL_LINE_HPP
#define TETHER_EXAMPLES_CRAWLER_TERMINAL_LINE_HPP

#include <cstdio>
#include <string>

#include <unistd.h>

namespace crawler {

/// The last line of the terminal behind stderr, wiped out in the end, also when
/// the task that shows it is stopped.
class terminal_line {
public:
    /// Whether there is a terminal at all.
    [[nodiscard]] static bool available() { return ::isatty(STDERR_FILENO); }

    terminal_line() = default;
    terminal_line(terminal_line const&) = delete;
    terminal_line& operator=(terminal_line const&) = delete;
    ~terminal_line() { put(""); }

    void show(std::string const& text) { put(text); }

private:
    // Carriage return, text, erase to the end of the line.
    static void put(std::string const& text) {
        std::string const line = '\r' + text + "\x1b[K";
        std::fwrite(line.data(), 1, line.size(), stderr);
    }
};

} // namespace crawler

#endif
