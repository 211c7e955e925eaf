// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

#include "http/connection.hpp"

#include "http/connection_over.hpp"

#include <tether/core/exception_group.hpp>
#include <tether/service/connect_tcp.hpp>
#include <tether/sync/event.hpp>
#include <tether/task/this_task.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/system_error.hpp>

#include <memory>
#include <string>
#include <utility>

namespace web {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using tether::task;

// Asio cannot interrupt a lookup that is under way. So it belongs to itself: a
// task that is stopped leaves it behind, and nobody looks at its answer.
struct lookup {
    explicit lookup(asio::any_io_executor const& where) : resolver(where) {}

    tcp::resolver resolver;
    tether::event done;
    boost::system::error_code error;
    endpoints found;
};

task<tcp::socket> open_socket(origin const& to, endpoints addresses) {
    try {
        co_return co_await tether::connect_tcp(std::move(addresses));
    } catch (tether::exception_group const& all) {
        auto const* const e = all.first<boost::system::system_error>();
        throw request_failed(failure::unreachable,
                             "cannot connect to " + to.authority() + ": " +
                                 (e ? e->code().message() : all.what()));
    }
}

} // namespace

task<endpoints> resolve(origin to) {
    auto const search = std::make_shared<lookup>(tether::this_task::executor());
    search->resolver.async_resolve(
        to.host, std::to_string(to.port),
        [search](boost::system::error_code const& error,
                 tcp::resolver::results_type const& results) {
            search->error = error;
            search->found.assign(results.begin(), results.end());
            search->done.set();
        });
    co_await search->done.wait();
    if (search->error)
        throw request_failed(failure::unknown_host,
                             "unknown host '" + to.host +
                                 "': " + search->error.message());
    co_return std::move(search->found);
}

task<std::unique_ptr<connection>> connect(origin to, endpoints addresses) {
    tcp::socket socket = co_await open_socket(to, std::move(addresses));
    boost::system::error_code ignored; // it may be gone again
    socket.set_option(tcp::no_delay(true), ignored);
    if (to.scheme == "https") {
#ifdef EXAMPLE_HTTPS
        co_return co_await encrypt(std::move(socket), to.host);
#else
        throw request_failed(failure::insecure,
                             "this build has no HTTPS: OpenSSL was missing");
#endif
    }
    co_return std::make_unique<connection_over<tcp::socket>>(std::move(socket));
}

} // namespace web
