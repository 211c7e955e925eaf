// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

#include "result_file.hpp"

#include "bad_input.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

namespace crawler {
namespace {

[[noreturn]] void cannot_write(std::string const& path) {
    throw bad_input("cannot write to '" + path +
                    "': " + std::generic_category().message(errno));
}

} // namespace

result_file::result_file(std::optional<std::string> path)
    : path_(std::move(path)) {
    if (!path_)
        return;
    errno = 0;
    file_.open(*path_, std::ios::app);
    if (!file_)
        cannot_write(*path_);
}

void result_file::write(page_record const& page) {
    if (!path_)
        return;
    errno = 0;
    file_ << to_json_line(page) + '\n' << std::flush;
    if (!file_)
        cannot_write(*path_);
}

} // namespace crawler
