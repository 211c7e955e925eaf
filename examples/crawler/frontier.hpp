// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Which pages are known? Each is claimed once, and redirects that lead in a
/// circle are found out.
#ifndef TETHER_EXAMPLES_CRAWLER_FRONTIER_HPP
#define TETHER_EXAMPLES_CRAWLER_FRONTIER_HPP

#include "http/url.hpp"

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace crawler {

/// The pages of one origin that were found so far.
///
/// Invariant: claim() says yes once per address and at most `limit` times in
/// all.
class frontier {
public:
    frontier(web::origin home, std::size_t limit)
        : home_(std::move(home)), limit_(limit) {}

    /// Result: the name of the page, which lives as long as the frontier, if it
    /// is the caller's to fetch; null if somebody has it already, if it is of
    /// another origin, or if the limit is reached.
    [[nodiscard]] std::string const* claim(web::urls::url const& page);

    /// Notes that `from` redirects to `to`.
    ///
    /// Result: empty, or the circle that this redirect closes, beginning and
    /// ending with `from`.
    [[nodiscard]] std::vector<std::string> redirect(std::string const& from,
                                                    std::string const& to);

    [[nodiscard]] std::size_t claimed() const noexcept {
        return claimed_.size();
    }
    /// Whether a page was turned away because of the limit.
    [[nodiscard]] bool limit_reached() const noexcept { return limit_reached_; }

private:
    web::origin home_;
    std::size_t limit_;
    bool limit_reached_ = false;
    std::set<std::string> claimed_;
    std::map<std::string, std::string> redirects_;
};

} // namespace crawler

#endif
