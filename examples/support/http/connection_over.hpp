// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What do a plain and an encrypted connection have in common? Everything but
/// the stream.
#ifndef TETHER_EXAMPLES_HTTP_CONNECTION_OVER_HPP
#define TETHER_EXAMPLES_HTTP_CONNECTION_OVER_HPP

#include "http/connection.hpp"

#include <tether/task/use_task.hpp>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

namespace web {

// In words, what an error in the middle of an exchange means; `answered` says
// whether anything had come back before.
inline request_failed explain(boost::system::error_code const& error,
                              bool answered) {
    namespace http = beast::http;
    if (error == http::error::body_limit)
        return {failure::too_large, "the response is too large"};
    bool const by_http = error.category() ==
                         make_error_code(http::error::bad_version).category();
    if (by_http && error != http::error::end_of_stream &&
        error != http::error::partial_message)
        return {failure::not_http,
                "the server does not speak HTTP: " + error.message()};
    if (!answered)
        return {failure::no_answer, "the server closed the connection without "
                                    "an answer"};
    return {failure::connection_lost,
            "the server closed the connection before the response ended"};
}

template<class Stream>
class connection_over final : public connection {
public:
    explicit connection_over(Stream stream) : stream_(std::move(stream)) {}

    Stream& stream() noexcept { return stream_; }

    tether::task<response> exchange(request const& message,
                                    std::size_t body_limit) override {
        reusable_ = false;
        beast::http::response_parser<beast::http::string_body> reply;
        reply.body_limit(body_limit);
        try {
            co_await beast::http::async_write(stream_, message,
                                              tether::use_task);
            co_await beast::http::async_read(stream_, buffer_, reply,
                                             tether::use_task);
        } catch (boost::system::system_error const& e) {
            throw explain(e.code(), reply.got_some());
        }
        reusable_ = reply.get().keep_alive();
        co_return reply.release();
    }

    bool reusable() const noexcept override { return reusable_; }

private:
    Stream stream_;
    beast::flat_buffer buffer_;
    bool reusable_ = false;
};

#ifdef EXAMPLE_HTTPS
/// Shakes hands over a connected socket, checking the server's certificate
/// against the authorities of the system.
///
/// Errors: request_failed with failure::insecure.
tether::task<std::unique_ptr<connection>>
encrypt(boost::asio::ip::tcp::socket socket, std::string host);
#endif

} // namespace web

#endif
