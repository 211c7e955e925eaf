// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How is the standard input of a child written? As a stream of Asio, whose
/// writes end with an error and not with SIGPIPE when the child reads no more.
#ifndef TETHER_THREAD_PROCESS_INPUT_HPP
#define TETHER_THREAD_PROCESS_INPUT_HPP

#include <tether/core/asio.hpp>
#include <tether/detail/config.hpp>
#include <tether/thread/detail/file_descriptor.hpp>
#include <tether/thread/detail/quiet_write.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <memory>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// Offers the buffers to the pipe, and waits while it is full.
template<class Buffers>
class input_write_op {
public:
    using pipe_type = std::shared_ptr<asio::posix::stream_descriptor>;

    input_write_op(pipe_type pipe, Buffers const& buffers)
        : pipe_(std::move(pipe)), buffers_(buffers) {}

    template<class Self>
    void operator()(Self& self, boost::system::error_code error = {}) {
        if (done_)
            return self.complete(error_, written_);
        if (error)
            return self.complete(error, 0);
        if (!pipe_->is_open())
            error_ = asio::error::bad_descriptor;
        else
            written_ = quiet_write(pipe_->native_handle(), buffers_, error_);
        auto const executor = pipe_->get_executor();
        if (error_ == asio::error::would_block) {
            waited_ = true;
            auto& pipe = *pipe_;
            pipe.async_wait(asio::posix::stream_descriptor::wait_write,
                            std::move(self));
        } else if (std::exchange(waited_, true)) {
            self.complete(error_, written_);
        } else { // not from inside of the initiating function
            done_ = true;
            asio::post(executor, std::move(self));
        }
    }

private:
    pipe_type pipe_; // its owner may go while this is on its way
    Buffers buffers_;
    boost::system::error_code error_;
    std::size_t written_ = 0;
    bool waited_ = false;
    bool done_ = false;
};

} // namespace detail

/// The writing end of a pipe to a child: an AsyncWriteStream of Asio.
///
/// Invariant: a child that has closed its input makes a write fail with
/// `broken_pipe`; no signal comes, and what the program does about signals is
/// not changed.
/// Threads: the loop of the process.
/// Example:
/// ```
/// co_await asio::async_write(child.in(), asio::buffer(text), use_task);
/// ```
class process_input {
public:
    /// What asynchronous operations run on.
    using executor_type = asio::any_io_executor;

    /// Made by a process.
    explicit process_input(executor_type const& executor)
        : pipe_(std::make_shared<asio::posix::stream_descriptor>(executor)) {}
    ~process_input() { close(); }
    process_input(process_input const&) = delete;
    process_input& operator=(process_input const&) = delete;

    /// Result: the executor of the process.
    [[nodiscard]] executor_type get_executor() { return pipe_->get_executor(); }
    /// Whether it was not closed yet.
    [[nodiscard]] bool is_open() const noexcept { return pipe_->is_open(); }
    /// Result: the descriptor.
    [[nodiscard]] int native_handle() { return pipe_->native_handle(); }

    /// The child reads the end of its input. A write that waits is aborted.
    void close() noexcept {
        boost::system::error_code ignored;
        pipe_->close(ignored);
    }

    /// Writes some of the bytes, as a stream of Asio does; the token is as
    /// usual.
    ///
    /// Result: their number, with an error code.
    template<class Buffers, class Token>
    auto async_write_some(Buffers const& buffers, Token&& token) {
        return asio::async_compose<Token, void(boost::system::error_code,
                                               std::size_t)>(
            detail::input_write_op<Buffers>(pipe_, buffers), token, *pipe_);
    }

    /// Adopts the writing end of a pipe.
    void assign(detail::file_descriptor&& end) {
        pipe_->assign(end.get());
        end.release();
        pipe_->native_non_blocking(true);
    }

private:
    std::shared_ptr<asio::posix::stream_descriptor> pipe_;
};

TETHER_END_NAMESPACE

#endif
