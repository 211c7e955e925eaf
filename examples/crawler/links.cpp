// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

#include "links.hpp"

#include <gumbo.h>

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace crawler {
namespace {

using web::urls::url;

struct destroy_output {
    void operator()(GumboOutput* output) const noexcept {
        gumbo_destroy_output(&kGumboDefaultOptions, output);
    }
};
using parsed_html = std::unique_ptr<GumboOutput, destroy_output>;

char const* href(GumboElement const& element) {
    GumboAttribute const* const found =
        gumbo_get_attribute(&element.attributes, "href");
    return found ? found->value : nullptr;
}

// What the elements of a document say about links.
struct hrefs {
    char const* base = nullptr; // the first base element counts
    std::vector<char const*> links;
};

// With a stack of its own: pages nest as deep as their authors like.
hrefs collect(GumboNode const* root) {
    hrefs found;
    std::vector<GumboNode const*> open{root};
    while (!open.empty()) {
        GumboNode const* const node = open.back();
        open.pop_back();
        if (node->type != GUMBO_NODE_ELEMENT)
            continue;
        GumboElement const& element = node->v.element;
        if (char const* const target = href(element)) {
            if (element.tag == GUMBO_TAG_A || element.tag == GUMBO_TAG_AREA)
                found.links.push_back(target);
            else if (element.tag == GUMBO_TAG_BASE && !found.base)
                found.base = target;
        }
        for (unsigned i = element.children.length; i-- > 0;)
            open.push_back(
                static_cast<GumboNode const*>(element.children.data[i]));
    }
    return found;
}

} // namespace

std::vector<url> extract_links(url const& page, std::string_view html) {
    parsed_html const document(gumbo_parse_with_options(
        &kGumboDefaultOptions, html.data(), html.size()));
    if (!document)
        return {};
    hrefs const found = collect(document->root);
    url base = page;
    if (found.base)
        if (auto const moved = web::resolve_link(page, found.base))
            base = *moved;

    std::vector<url> links;
    std::set<std::string> seen;
    for (char const* const link : found.links)
        if (auto target = web::resolve_link(base, link))
            if (seen.insert(target->buffer()).second)
                links.push_back(std::move(*target));
    return links;
}

} // namespace crawler
