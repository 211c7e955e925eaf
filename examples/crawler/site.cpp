// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

#include "site.hpp"

#include <tether/task/sleep.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <stdexcept>
#include <utility>

namespace crawler {
namespace {

using namespace std::chrono_literals;
using tether::task;

// The distributions of the standard library differ between implementations;
// the site must not.
class dice {
public:
    explicit dice(std::uint64_t seed) : engine_(seed) {}
    std::size_t below(std::size_t bound) {
        return static_cast<std::size_t>(engine_() % bound);
    }

private:
    std::mt19937_64 engine_;
};

// The first pages always answer, so that a short crawl has no failures.
constexpr std::size_t calm_pages = 40;

// What makes the site difficult: in every hundred pages 8 are slow and 6
// recover from an error, in the whole site there are a few of each other kind.
std::vector<site_page> make_troubles(dice& random, std::size_t size) {
    std::vector<site_page> troubles;
    auto const add = [&](behaviour how) -> site_page& {
        troubles.emplace_back().how = how;
        return troubles.back();
    };
    for (std::size_t i = 0; i < size * 8 / 100; ++i)
        add(behaviour::slow).delay =
            std::chrono::milliseconds(100 + random.below(300));
    for (std::size_t i = 0; i < size * 6 / 100; ++i) {
        site_page& page = add(behaviour::recovering);
        page.error = i % 2 ? web::status::internal_server_error
                           : web::status::service_unavailable;
        page.errors = 1 + i / 2 % 2;
    }
    for (int i = 0; i < 3; ++i)
        add(behaviour::missing);
    for (int i = 0; i < 2; ++i)
        add(behaviour::redirect);
    add(behaviour::silent);
    add(behaviour::truncated);
    return troubles;
}

bool always_answers(site_page const& page) {
    return page.how == behaviour::plain || page.how == behaviour::slow ||
           page.how == behaviour::recovering;
}

// One page can be named in several ways, which all mean the same page.
std::string spelling(std::string const& path, dice& random) {
    switch (random.below(6)) {
    case 0:
        return ".." + path;
    case 1:
        return "/x/.." + path;
    case 2:
        return path + "#section";
    default:
        return path;
    }
}

} // namespace

site::site(std::uint64_t seed, std::size_t size) {
    if (size < 2 * calm_pages)
        throw std::invalid_argument("the site has at least 80 pages");
    dice random(seed);
    pages_.resize(size);
    for (site_page& trouble : make_troubles(random, size)) {
        std::size_t at = 0;
        do {
            at = calm_pages + random.below(size - calm_pages);
        } while (pages_[at].how != behaviour::plain);
        pages_[at] = std::move(trouble);
    }
    for (std::size_t i = 0; i < size; ++i)
        pages_[i].path = i == 0 ? "/" : fmt::format("/page/{}", i);

    // A tree makes every page reachable; links in all directions then make it
    // a net with cycles.
    std::vector<std::size_t> parents{0};
    for (std::size_t i = 1; i < size; ++i) {
        std::size_t const recent = std::min<std::size_t>(parents.size(), 25);
        std::size_t const parent =
            parents[parents.size() - 1 - random.below(recent)];
        pages_[parent].links.push_back(spelling(pages_[i].path, random));
        if (always_answers(pages_[i]))
            parents.push_back(i);
    }
    for (std::size_t i = 0; i < size; ++i)
        for (int link = 0; link < 3; ++link) {
            std::size_t const to =
                random.below(i < calm_pages ? calm_pages : size);
            pages_[i].links.push_back(spelling(pages_[to].path, random));
        }
    for (site_page& page : pages_)
        if (page.how == behaviour::redirect)
            page.location = pages_[random.below(calm_pages)].path;

    // Two pages that send the visitor to each other for ever.
    pages_[calm_pages - 1].links.push_back("/loop/a");
    for (auto const& [from, to] :
         {std::pair("/loop/a", "/loop/b"), std::pair("/loop/b", "/loop/a")}) {
        site_page& half = pages_.emplace_back();
        half.path = from;
        half.how = behaviour::redirect;
        half.location = to;
    }
    for (std::size_t i = 0; i < pages_.size(); ++i)
        by_path_.emplace(pages_[i].path, i);
}

unsigned site::hits(std::string_view path) const {
    auto const found = hits_.find(path);
    return found == hits_.end() ? 0 : found->second;
}

std::string const& site::first(behaviour how) const {
    auto const found =
        std::find_if(pages_.begin(), pages_.end(),
                     [&](site_page const& page) { return page.how == how; });
    if (found == pages_.end())
        throw std::out_of_range("no page of the site behaves so");
    return found->path;
}

task<> site::answer(web::exchange& open) {
    auto const target = open.received().target();
    std::string const path(target.data(), target.size());
    unsigned const hit = ++hits_[path];
    auto const found = by_path_.find(path);
    if (found == by_path_.end()) {
        co_await open.reply(
            web::make_response(web::status::not_found, "no such page\n"));
        co_return;
    }
    site_page const& page = pages_[found->second];
    switch (page.how) {
    case behaviour::silent:
        co_await tether::sleep_forever();
        break;
    case behaviour::truncated: {
        auto whole = web::make_response(web::status::ok, render(page));
        std::size_t const half = whole.body().size() / 2;
        co_await open.reply_partly(std::move(whole), half);
        break;
    }
    case behaviour::redirect:
        co_await open.reply(web::make_redirect(page.location));
        break;
    case behaviour::missing:
        co_await open.reply(
            web::make_response(web::status::not_found, "it was here once\n"));
        break;
    case behaviour::recovering:
        if (hit <= page.errors) {
            co_await open.reply(
                web::make_response(page.error, "try again later\n"));
            break;
        }
        [[fallthrough]];
    case behaviour::plain:
    case behaviour::slow:
        co_await tether::sleep_for(page.delay);
        co_await open.reply(web::make_response(web::status::ok, render(page)));
        break;
    }
}

} // namespace crawler
