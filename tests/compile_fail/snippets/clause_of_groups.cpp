// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// expect: on<exception_group> is ambiguous
/// \file
/// EG24: a clause names the errors in a group, not groups.
#include <tether/core/exception_group.hpp>
#include <tether/core/handle_group.hpp>

void handle(std::exception_ptr const& error) {
    tether::handle_group(error, tether::on<tether::exception_group>(
                                    [](tether::exception_group const&) {}));
}
