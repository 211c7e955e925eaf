// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What is there to crawl without the internet? A site of some 300 linked pages
/// with all the trouble that real ones make.
#ifndef TETHER_EXAMPLES_CRAWLER_SITE_HPP
#define TETHER_EXAMPLES_CRAWLER_SITE_HPP

#include "http/server.hpp"
#include "site_page.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace crawler {

/// The pages, and how often each was asked for.
///
/// Invariant: every page can be reached from "/", over pages that always
/// answer; the same seed gives the same site.
/// Ownership: outlives the server that runs its handler.
class site {
public:
    explicit site(std::uint64_t seed, std::size_t size = 300);
    site(site const&) = delete;
    site& operator=(site const&) = delete;

    /// Answers one request as the page does.
    tether::task<> answer(web::exchange& open);

    [[nodiscard]] std::vector<site_page> const& pages() const noexcept {
        return pages_;
    }
    /// Requests that were made for `path`, a page or not.
    [[nodiscard]] unsigned hits(std::string_view path) const;
    /// The path of the first page that behaves so.
    [[nodiscard]] std::string const& first(behaviour how) const;

private:
    std::vector<site_page> pages_;
    std::map<std::string, std::size_t, std::less<>> by_path_;
    std::map<std::string, unsigned, std::less<>> hits_;
};

} // namespace crawler

#endif
