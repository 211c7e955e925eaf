// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

#include "http/client.hpp"

#include <tether/scope/as_outcome.hpp>

#include <utility>

namespace web {
namespace {

using tether::task;

request get_request(urls::url const& url, origin const& to) {
    request message(beast::http::verb::get, target_of(url), 11);
    message.set(field::host, to.authority());
    message.set(field::user_agent, "tether-crawler/1.0");
    message.set(field::accept, "text/html, */*;q=0.5");
    message.keep_alive(true);
    return message;
}

// A server may close an idle connection at any time, also while our request is
// on its way; a GET can be sent again then.
bool went_stale(tether::outcome<response> const& reply) {
    if (!reply.has_error())
        return false;
    try {
        std::rethrow_exception(reply.error());
    } catch (request_failed const& e) {
        return e.why() == failure::no_answer;
    } catch (...) {
        return false;
    }
}

} // namespace

std::unique_ptr<connection> client::take_idle(std::string const& origin) {
    auto const store = idle_.find(origin);
    if (store == idle_.end() || store->second.empty())
        return nullptr;
    auto taken = std::move(store->second.back());
    store->second.pop_back();
    return taken;
}

task<std::unique_ptr<connection>> client::open(origin to) {
    if (open_)
        co_return co_await open_(std::move(to));
    std::string const key = to.to_string();
    if (auto const known = addresses_.find(key); known != addresses_.end())
        co_return co_await connect(to, known->second);
    endpoints found = co_await resolve(to);
    addresses_.insert_or_assign(key, found);
    co_return co_await connect(std::move(to), std::move(found));
}

task<response> client::get(urls::url url) {
    origin const to = origin_of(url);
    std::string const key = to.to_string();
    request const message = get_request(url, to);

    while (auto kept = take_idle(key)) {
        auto reply =
            co_await tether::as_outcome(kept->exchange(message, body_limit_));
        if (went_stale(reply))
            continue;
        if (kept->reusable())
            idle_[key].push_back(std::move(kept));
        co_return std::move(reply).value();
    }
    auto fresh = co_await open(to);
    response reply = co_await fresh->exchange(message, body_limit_);
    if (fresh->reusable())
        idle_[key].push_back(std::move(fresh));
    co_return reply;
}

} // namespace web
