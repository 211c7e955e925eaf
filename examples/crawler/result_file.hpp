// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Where do results go, so that none is lost whatever happens later?
#ifndef TETHER_EXAMPLES_CRAWLER_RESULT_FILE_HPP
#define TETHER_EXAMPLES_CRAWLER_RESULT_FILE_HPP

#include "page_record.hpp"

#include <fstream>
#include <optional>
#include <string>

namespace crawler {

/// A file of JSON Lines that only grows: what was in it stays in it.
///
/// Invariant: every line that write() has returned from is in the file.
class result_file {
public:
    /// Opens `path` for appending; none writes nowhere.
    ///
    /// Errors: bad_input.
    explicit result_file(std::optional<std::string> path);

    /// Errors: bad_input, for instance when the disk is full.
    void write(page_record const& page);

private:
    std::optional<std::string> path_;
    std::ofstream file_;
};

} // namespace crawler

#endif
