// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How is code for sockets tested without a network? With two connected
/// in-memory streams, as slow and as broken as the test wants.
#ifndef TETHER_TESTING_MEMORY_STREAM_HPP
#define TETHER_TESTING_MEMORY_STREAM_HPP

#include <tether/core/asio.hpp>
#include <tether/detail/config.hpp>
#include <tether/testing/detail/memory_connection.hpp>
#include <tether/testing/memory_link.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>

namespace boost::beast {
enum class role_type; // of who closes a WebSocket
} // namespace boost::beast

TETHER_BEGIN_NAMESPACE
namespace testing {

/// One end of an in-memory connection: an AsyncReadStream and
/// AsyncWriteStream of Asio, for asio::async_read, Beast and any token.
///
/// Invariant: bytes come out at the other end in the order they went in,
/// unless a fault changed them. At most one read and one write wait at a time;
/// a second one is std::logic_error. Closed when destroyed.
/// Errors: as a socket's: eof after the last byte, connection_reset,
/// broken_pipe when the other end cannot read any more, bad_descriptor when
/// this end is closed or was never connected, operation_aborted.
/// On cancellation: of any type: the operation did nothing; what was sent or
/// received before has its result delivered.
/// Threads: the loop of its executor, like both ends of a connection. Delays
/// need a task of tether on that loop. In virtual time an operation that waits
/// is no reason for the clock to stand still.
/// Example:
/// ```
/// auto [client, server] = make_memory_pair(this_task::executor());
/// server.inject(reset_at(100));
/// group.spawn(serve, std::move(server));
/// auto answer = co_await ask(client);
/// ```
/// Source: Trio's memory_stream_pair, with Asio's stream requirements.
template<class Executor = asio::any_io_executor>
class basic_memory_stream {
public:
    /// Of the operations.
    using executor_type = Executor;
    /// There is nothing below.
    using lowest_layer_type = basic_memory_stream;
    /// Which direction to end.
    using shutdown_type = asio::socket_base::shutdown_type;
    /// Asio's.
    using error_code = boost::system::error_code;

    /// The same stream type with another executor.
    template<class Other>
    struct rebind_executor {
        /// What Asio asks for, to give a stream a default token.
        using other = basic_memory_stream<Other>;
    };

    /// A stream that is not connected, to be moved into.
    explicit basic_memory_stream(executor_type executor)
        : executor_(std::move(executor)) {}
    basic_memory_stream(basic_memory_stream&&) noexcept = default;
    basic_memory_stream& operator=(basic_memory_stream&& other) noexcept {
        if (this != &other) {
            drop();
            executor_ = std::move(other.executor_);
            end_ = std::move(other.end_);
        }
        return *this;
    }
    /// Takes over the connection of a stream with another executor type.
    template<class Other>
        requires std::is_convertible_v<Other, Executor>
    // NOLINTNEXTLINE(google-explicit-constructor): as Asio's sockets do
    basic_memory_stream(basic_memory_stream<Other>&& other)
        : executor_(other.executor_), end_(std::move(other.end_)) {}
    ~basic_memory_stream() { drop(); }

    /// Result: the executor of the operations.
    executor_type get_executor() const noexcept { return executor_; }
    /// Result: the stream itself.
    lowest_layer_type& lowest_layer() noexcept { return *this; }
    /// The same.
    lowest_layer_type const& lowest_layer() const noexcept { return *this; }

    /// Whether it is connected and was not closed, though the other end may
    /// have been.
    [[nodiscard]] bool is_open() const noexcept { return end_.is_open(); }

    /// Reads at least one byte into `buffers`, void(error_code, size_t).
    ///
    /// Completes when: a byte has arrived, or the end of the stream; at once
    /// for empty buffers.
    /// On cancellation: nothing was read.
    template<class Buffers,
             class Token = asio::default_completion_token_t<executor_type>>
    auto async_read_some(Buffers const& buffers, Token&& token = Token()) {
        return asio::async_initiate<Token, void(error_code, std::size_t)>(
            initiate_read{this}, token, buffers);
    }

    /// Writes at least one byte of `buffers`, void(error_code, size_t).
    ///
    /// Completes when: there is room for a byte; in lockstep, when the other
    /// end has read what was written.
    /// On cancellation: nothing was written; in lockstep, what the other end
    /// has read is the result.
    template<class Buffers,
             class Token = asio::default_completion_token_t<executor_type>>
    auto async_write_some(Buffers const& buffers, Token&& token = Token()) {
        return asio::async_initiate<Token, void(error_code, std::size_t)>(
            initiate_write{this}, token, buffers);
    }

    /// Ends one direction or both: the other end reads eof after the bytes on
    /// the way, or its writes fail.
    void shutdown(shutdown_type what, error_code& error) {
        error = end_.shutdown(what != asio::socket_base::shutdown_receive,
                              what != asio::socket_base::shutdown_send);
    }
    /// The same.
    /// Errors: boost::system::system_error.
    void shutdown(shutdown_type what) {
        error_code error;
        shutdown(what, error);
        if (error)
            throw boost::system::system_error(error, "shutdown");
    }

    /// Ends the connection; operations that wait end with operation_aborted.
    void close() { end_.close(); }
    /// The same; there is nothing that could fail.
    void close(error_code& error) {
        error = {};
        end_.close();
    }
    /// Ends the operations that wait with operation_aborted.
    void cancel() { end_.cancel(); }
    /// The same; there is nothing that could fail.
    void cancel(error_code& error) {
        error = {};
        end_.cancel();
    }

    /// Result: how many bytes can be read without waiting.
    [[nodiscard]] std::size_t available() { return end_.available(); }

    /// Makes something go wrong with what this end sends.
    void inject(link_fault fault) { end_.inject(fault); }
    /// Result: how many bytes this end has sent, dropped ones included.
    [[nodiscard]] std::uint64_t bytes_sent() const noexcept {
        return end_.bytes_sent();
    }
    /// Result: the line from this end to the other one; may be changed at any
    /// time, for the bytes that are sent from then on. Of a connected stream.
    [[nodiscard]] memory_link_options& outgoing() { return end_.outgoing(); }

    /// Lets bytes on the way arrive now, and when all have, the end.
    ///
    /// Parameters: moves at most `most` bytes.
    /// Result: how many bytes arrived.
    std::size_t
    pump(std::size_t most = (std::numeric_limits<std::size_t>::max)()) {
        return end_.pump(most);
    }

private:
    template<class>
    friend class basic_memory_stream;
    friend struct tether::detail::memory_access;

    struct initiate_read {
        using executor_type = Executor;
        executor_type get_executor() const noexcept { return self->executor_; }
        template<class Handler, class Buffers>
        void operator()(Handler&& handler, Buffers const& buffers) const {
            self->end_.read(std::forward<Handler>(handler), self->executor_,
                            buffers);
        }
        basic_memory_stream* self;
    };
    struct initiate_write {
        using executor_type = Executor;
        executor_type get_executor() const noexcept { return self->executor_; }
        template<class Handler, class Buffers>
        void operator()(Handler&& handler, Buffers const& buffers) const {
            self->end_.write(std::forward<Handler>(handler), self->executor_,
                             buffers);
        }
        basic_memory_stream* self;
    };

    void drop() noexcept { end_.close(); }

    // What Beast looks for by argument-dependent lookup.
    friend void beast_close_socket(basic_memory_stream& stream) {
        stream.close();
    }
    friend void teardown(boost::beast::role_type, basic_memory_stream& stream,
                         boost::system::error_code& error) {
        stream.close(error);
    }
    template<class Handler>
    friend void async_teardown(boost::beast::role_type,
                               basic_memory_stream& stream, Handler&& handler) {
        stream.close();
        tether::detail::post_result(std::forward<Handler>(handler),
                                    stream.executor_,
                                    boost::system::error_code());
    }

    Executor executor_;
    tether::detail::memory_end end_;
};

/// The stream with the executor type of this_task::executor().
using memory_stream = basic_memory_stream<>;

/// Two connected streams.
struct memory_stream_pair {
    memory_stream first;  ///< one end
    memory_stream second; ///< the other end
};

/// Connects two streams.
///
/// Parameters: `options` of both directions.
/// Errors: std::invalid_argument for options without sense.
[[nodiscard]] inline memory_stream_pair
make_memory_pair(asio::any_io_executor const& executor,
                 memory_link_options const& options = {}) {
    return tether::detail::memory_access::connect<memory_stream_pair>(
        memory_stream(executor), memory_stream(executor), options, options);
}

/// The same with different directions: `forth` from the first to the second,
/// `back` the other way.
[[nodiscard]] inline memory_stream_pair
make_memory_pair(asio::any_io_executor const& executor,
                 memory_link_options const& forth,
                 memory_link_options const& back) {
    return tether::detail::memory_access::connect<memory_stream_pair>(
        memory_stream(executor), memory_stream(executor), forth, back);
}

} // namespace testing
TETHER_END_NAMESPACE

#endif
