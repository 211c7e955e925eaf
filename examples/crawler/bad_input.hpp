// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What did the user give that cannot work?
#ifndef TETHER_EXAMPLES_CRAWLER_BAD_INPUT_HPP
#define TETHER_EXAMPLES_CRAWLER_BAD_INPUT_HPP

#include <stdexcept>

namespace crawler {

/// Ends the program with exit code 2; what() is the one line that it prints.
class bad_input : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

} // namespace crawler

#endif
