// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How is a server tested without a port? With a listener whose connections
/// are in memory.
#ifndef TETHER_TESTING_MEMORY_LISTENER_HPP
#define TETHER_TESTING_MEMORY_LISTENER_HPP

#include <tether/core/asio.hpp>
#include <tether/detail/config.hpp>
#include <tether/testing/detail/memory_backlog.hpp>
#include <tether/testing/memory_link.hpp>
#include <tether/testing/memory_stream.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <memory>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace testing {

/// How a memory_listener takes connections.
///
/// Parameters: the default is a perfect line.
struct memory_listener_options {
    /// Both directions of each connection. To connect takes twice the latency.
    memory_link_options link;
    /// How many connections may wait to be accepted; more are refused.
    std::size_t backlog = 128;
};

/// What becomes of an attempt to connect.
enum class connect_fault : unsigned char {
    refused, ///< connection_refused
    ignored  ///< no answer: the attempt waits until it is cancelled
};

/// Accepts in-memory connections.
///
/// Invariant: connections are accepted in the order in which they came, and
/// waiting accepts are served in theirs. Closed when destroyed.
/// Errors: operation_aborted for an accept that waits when the listener is
/// closed or cancelled, bad_descriptor later; connection_refused for who
/// connects to a closed listener or to a full backlog.
/// On cancellation: accepts and connects honour their slots.
/// Never lost: a connection that was made waits for the next accept; those
/// that wait when the listener closes are reset.
/// Threads: the loop of its executor.
/// Example:
/// ```
/// memory_listener listener(this_task::executor());
/// group.spawn(serve, std::ref(listener));
/// auto client = co_await listener.async_connect(use_task);
/// ```
/// Source: Trio's memory listener, with the members of Asio's acceptor.
template<class Executor = asio::any_io_executor>
class basic_memory_listener {
public:
    /// Of the listener and its streams.
    using executor_type = Executor;
    /// What it accepts and connects.
    using stream_type = basic_memory_stream<Executor>;
    /// Asio's.
    using error_code = boost::system::error_code;

    /// The same listener type with another executor.
    template<class Other>
    struct rebind_executor {
        /// What Asio asks for, to give a listener a default token.
        using other = basic_memory_listener<Other>;
    };

    /// A listener that is open.
    /// Errors: std::invalid_argument for options without sense.
    explicit basic_memory_listener(executor_type executor,
                                   memory_listener_options options = {})
        : executor_(executor),
          backlog_(std::make_shared<backlog>(std::move(executor), options.link,
                                             options.backlog)) {}
    basic_memory_listener(basic_memory_listener&&) noexcept = default;
    basic_memory_listener& operator=(basic_memory_listener&& other) noexcept {
        if (this != &other) {
            close();
            executor_ = std::move(other.executor_);
            backlog_ = std::move(other.backlog_);
        }
        return *this;
    }
    ~basic_memory_listener() { close(); }

    /// Result: the executor of the operations.
    executor_type get_executor() const noexcept { return executor_; }
    /// Whether it was not closed.
    [[nodiscard]] bool is_open() const noexcept {
        return backlog_ && backlog_->is_open();
    }

    /// Takes the next connection, void(error_code, stream).
    ///
    /// Completes when: somebody has connected.
    /// On cancellation: no connection was taken.
    template<class Token = asio::default_completion_token_t<executor_type>>
    auto async_accept(Token&& token = Token()) {
        return asio::async_initiate<Token, void(error_code, stream_type)>(
            initiate_accept{this}, token);
    }

    /// Connects to the listener, void(error_code, stream).
    ///
    /// Completes when: the answer is there, accepted or not.
    /// On cancellation: a connection that was already made is reset.
    template<class Token = asio::default_completion_token_t<executor_type>>
    auto async_connect(Token&& token = Token()) {
        return asio::async_initiate<Token, void(error_code, stream_type)>(
            initiate_connect{this}, token);
    }

    /// Decides about the next `count` attempts to connect.
    void fail_next(connect_fault fault, std::size_t count = 1) {
        if (backlog_)
            backlog_->fail_next(fault == connect_fault::ignored, count);
    }
    /// Result: how many connections wait to be accepted.
    [[nodiscard]] std::size_t pending() const noexcept {
        return backlog_ ? backlog_->pending() : 0;
    }

    /// Ends the accepts that wait with operation_aborted.
    void cancel() noexcept {
        if (backlog_)
            backlog_->cancel();
    }
    /// Stops listening.
    void close() noexcept {
        if (backlog_)
            backlog_->close();
    }
    /// The same; there is nothing that could fail.
    void close(error_code& error) noexcept {
        error = {};
        close();
    }

private:
    using backlog = tether::detail::memory_backlog<stream_type>;

    struct initiate_accept {
        using executor_type = Executor;
        executor_type get_executor() const noexcept { return self->executor_; }
        template<class Handler>
        void operator()(Handler&& handler) const {
            self->backlog_->accept(std::forward<Handler>(handler));
        }
        basic_memory_listener* self;
    };
    struct initiate_connect {
        using executor_type = Executor;
        executor_type get_executor() const noexcept { return self->executor_; }
        template<class Handler>
        void operator()(Handler&& handler) const {
            self->backlog_->connect(std::forward<Handler>(handler));
        }
        basic_memory_listener* self;
    };

    Executor executor_;
    std::shared_ptr<backlog> backlog_;
};

/// The listener with the executor type of this_task::executor().
using memory_listener = basic_memory_listener<>;

} // namespace testing
TETHER_END_NAMESPACE

#endif
