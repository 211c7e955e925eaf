// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

#include "page_record.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace crawler {

std::string to_json_line(page_record const& page) {
    boost::json::object line;
    line["url"] = page.url;
    line["ok"] = page.error.empty();
    if (page.status != 0) {
        line["status"] = page.status;
        line["bytes"] = page.bytes;
        line["latency_us"] = page.latency.count();
    }
    line["tries"] = page.tries;
    if (page.links != 0)
        line["links"] = page.links;
    if (!page.redirect_to.empty())
        line["redirect"] = page.redirect_to;
    if (!page.error.empty())
        line["error"] = page.error;
    return boost::json::serialize(line);
}

} // namespace crawler
