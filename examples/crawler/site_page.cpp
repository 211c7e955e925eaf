// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

#include "site_page.hpp"

#include <fmt/format.h>

namespace crawler {

std::string render(site_page const& page) {
    std::string html = fmt::format(R"html(<!DOCTYPE html>
<html><head><title>{0}</title>
<!-- <a href="/trap/comment">gone since the redesign</a> -->
<script>document.write('<a href="/trap/script">later</a>');</script>
<link rel="stylesheet" href="/trap/style.css">
</head><body><h1>Page {0}</h1>
<a href="mailto:editor@example.org">write to us</a>
<a href="javascript:void(0)">open</a> <a name="top">no link</a>
<a href="http://elsewhere.example/">another site</a>
<ul>
)html",
                                   page.path);
    for (std::size_t i = 0; i < page.links.size(); ++i) {
        if (i % 3 == 1) // no quotes, other case, no closing tags
            html += fmt::format("<LI><A HREF={}>further\n", page.links[i]);
        else
            html +=
                fmt::format("<li><a class=\"a>b\" href='{}'>more</a></li>\n",
                            page.links[i]);
    }
    html += "</ul>\n<textarea><a href=\"/trap/text\">draft</a></textarea>\n"
            "</body></html>\n";
    return html;
}

} // namespace crawler
