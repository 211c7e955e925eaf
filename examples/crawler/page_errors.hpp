// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Why did a page fail although the server answered?
#ifndef TETHER_EXAMPLES_CRAWLER_PAGE_ERRORS_HPP
#define TETHER_EXAMPLES_CRAWLER_PAGE_ERRORS_HPP

#include <tether/resilience/retry_policy.hpp>

#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

namespace crawler {

/// The last try brought a status that is no success.
class bad_status : public std::runtime_error {
public:
    bad_status(unsigned code, std::string const& reason)
        : std::runtime_error("status " + std::to_string(code) + " " + reason),
          code_(code) {}

    [[nodiscard]] unsigned code() const noexcept { return code_; }

private:
    unsigned code_;
};

/// The same, and the server has said when to ask again.
class come_back_later : public bad_status, public tether::retry_hint {
public:
    come_back_later(unsigned code, std::string const& reason,
                    std::chrono::seconds wait)
        : bad_status(code, reason), retry_hint(wait) {}
};

/// A redirect leads back to where it came from, directly or over others.
class redirect_loop : public std::runtime_error {
public:
    /// Parameters: `circle` begins and ends with the same address.
    explicit redirect_loop(std::vector<std::string> const& circle)
        : std::runtime_error(sentence(circle)) {}

private:
    static std::string sentence(std::vector<std::string> const& circle) {
        std::string text = "redirect loop: ";
        for (std::string const& url : circle)
            text += &url == &circle.front() ? url : " -> " + url;
        return text;
    }
};

} // namespace crawler

#endif
