// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

#include "frontier.hpp"

namespace crawler {

std::string const* frontier::claim(web::urls::url const& page) {
    if (web::origin_of(page) != home_)
        return nullptr;
    std::string const name(page.buffer());
    if (claimed_.count(name))
        return nullptr;
    if (claimed_.size() == limit_) {
        limit_reached_ = true;
        return nullptr;
    }
    return &*claimed_.insert(name).first;
}

std::vector<std::string> frontier::redirect(std::string const& from,
                                            std::string const& to) {
    redirects_.insert_or_assign(from, to);
    std::vector<std::string> circle{from};
    for (auto next = redirects_.find(from); next != redirects_.end();
         next = redirects_.find(next->second)) {
        circle.push_back(next->second);
        if (next->second == from) {
            redirects_.erase(from); // later walks must end
            return circle;
        }
    }
    return {};
}

} // namespace crawler
