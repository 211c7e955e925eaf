// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What does a test crawl in virtual time? Hosts in memory that note when they
/// were asked for what.
#ifndef TETHER_EXAMPLES_CRAWLER_TESTS_MEMORY_SITES_HPP
#define TETHER_EXAMPLES_CRAWLER_TESTS_MEMORY_SITES_HPP

#include "fetcher.hpp"
#include "http/client.hpp"
#include "http/connection_over.hpp"
#include "page_record.hpp"

#include <tether/scope/with_task_group.hpp>
#include <tether/task/this_task.hpp>
#include <tether/task/use_task.hpp>
#include <tether/testing/memory_listener.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace crawler_test {

/// One request that a host has got.
struct visit {
    std::chrono::steady_clock::time_point at;
    std::string target;
};

/// Hosts by their names, each with a function that answers its requests.
///
/// Threads: on one loop. Outlives the group that serves it.
class memory_sites {
public:
    using answer = std::function<tether::task<web::response>(visit const&)>;

    /// Serves a host in the group until that is cancelled.
    void serve(tether::task_group& group, std::string name, answer how) {
        host& h = hosts_[std::move(name)];
        h.how = std::move(how);
        group.spawn([this, &h] { return accept(h); });
    }

    /// For a web::client.
    [[nodiscard]] web::connector connector() {
        return [this](web::origin to) { return connect(std::move(to)); };
    }

    [[nodiscard]] std::vector<visit> const&
    visits(std::string const& name) const {
        return hosts_.at(name).visits;
    }

private:
    using stream = tether::testing::memory_stream;
    struct host {
        tether::testing::memory_listener listener{
            tether::this_task::executor()};
        answer how;
        std::vector<visit> visits;
    };

    tether::task<std::unique_ptr<web::connection>> connect(web::origin to) {
        co_return std::make_unique<web::connection_over<stream>>(
            co_await hosts_.at(to.host).listener.async_connect(
                tether::use_task));
    }
    tether::task<> accept(host& h) {
        co_await tether::with_task_group(
            [&](tether::task_group& sessions) -> tether::task<> {
                for (;;)
                    sessions.spawn(
                        [this, &h](stream s) {
                            return session(h, std::move(s));
                        },
                        co_await h.listener.async_accept(tether::use_task));
            });
    }
    tether::task<> session(host& h, stream s) {
        namespace http = web::beast::http;
        web::beast::flat_buffer buffer;
        for (;;) {
            web::request received;
            try {
                co_await http::async_read(s, buffer, received,
                                          tether::use_task);
            } catch (boost::system::system_error const&) {
                co_return; // it has no more
            }
            auto const target = received.target();
            visit const now{tether::this_task::now(),
                            std::string(target.data(), target.size())};
            h.visits.push_back(now);
            web::response reply = co_await h.how(now);
            reply.keep_alive(true);
            co_await http::async_write(s, reply, tether::use_task);
        }
    }

    std::map<std::string, host> hosts_;
};

/// A page, by default without links.
inline web::response page(std::string html = "") {
    return web::make_response(web::status::ok, std::move(html));
}

/// Status 429, with a Retry-After if there is one.
inline web::response busy(std::string retry_after) {
    auto reply = web::make_response(web::status::too_many_requests, "");
    if (!retry_after.empty())
        reply.set(web::field::retry_after, retry_after);
    return reply;
}

/// What came of one page.
struct fetched {
    unsigned status = 0;
    unsigned tries = 0;
    bool asked = true; ///< false: a soft cancel came first
    std::exception_ptr error;
};
inline tether::task<fetched> fetch(crawler::fetcher& from, std::string url) {
    crawler::page_record record;
    fetched end;
    try {
        auto const reply = co_await from.fetch(web::parse_url(url), record);
        end.asked = reply.has_value();
    } catch (...) {
        end.error = std::current_exception();
    }
    end.status = record.status;
    end.tries = record.tries;
    co_return end;
}

} // namespace crawler_test

#endif
