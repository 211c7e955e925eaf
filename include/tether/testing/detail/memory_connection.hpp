// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What do the two ends of an in-memory connection share? The pipes of both
/// directions, for as long as one end lives.
#ifndef TETHER_TESTING_DETAIL_MEMORY_CONNECTION_HPP
#define TETHER_TESTING_DETAIL_MEMORY_CONNECTION_HPP

#include <tether/core/asio.hpp>
#include <tether/detail/config.hpp>
#include <tether/testing/detail/memory_pipe.hpp>
#include <tether/testing/detail/pending_op.hpp>
#include <tether/testing/memory_link.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

class memory_connection final : public memory_object {
public:
    memory_connection(asio::any_io_executor const& executor,
                      testing::memory_link_options const& forth,
                      testing::memory_link_options const& back)
        : memory_object(executor), pipes_{{*home(), forth}, {*home(), back}} {
        pipes_[0].set_opposite(pipes_[1]);
        pipes_[1].set_opposite(pipes_[0]);
    }

    // What the end with this number, 0 or 1, sends.
    memory_pipe& from(unsigned end) noexcept { return pipes_[end]; }
    memory_pipe& to(unsigned end) noexcept { return pipes_[1 - end]; }

private:
    void abandon() noexcept override {
        pipes_[0].abandon();
        pipes_[1].abandon();
    }

    memory_pipe pipes_[2];
};

// One end; owned by a stream, which adds types and the executor.
class memory_end {
public:
    memory_end() noexcept = default;
    memory_end(std::shared_ptr<memory_connection> shared,
               unsigned number) noexcept
        : shared_(std::move(shared)), number_(number) {}

    bool is_open() const noexcept { return shared_ && shared_->home(); }

    template<class Handler, class Executor, class Buffers>
    void read(Handler&& handler, Executor const& executor,
              Buffers const& buffers) {
        buffer_list<asio::mutable_buffer> const list(buffers);
        error_code code = asio::error::bad_descriptor;
        std::size_t n = 0;
        if (open_here()) {
            code = {};
            memory_pipe& pipe = shared_->to(number_);
            if (!pipe.read(list, code, n))
                return pipe.park_reader(
                    keep(std::forward<Handler>(handler), executor, pipe),
                    *list.begin());
        }
        post_result(std::forward<Handler>(handler), executor, code, n);
    }

    template<class Handler, class Executor, class Buffers>
    void write(Handler&& handler, Executor const& executor,
               Buffers const& buffers) {
        buffer_list<asio::const_buffer> const list(buffers);
        error_code code = asio::error::bad_descriptor;
        std::size_t n = 0;
        if (open_here()) {
            code = {};
            memory_pipe& pipe = shared_->from(number_);
            if (!pipe.write(list, code, n))
                return pipe.park_writer(
                    keep(std::forward<Handler>(handler), executor, pipe),
                    *list.begin());
        }
        post_result(std::forward<Handler>(handler), executor, code, n);
    }

    error_code shutdown(bool sending, bool receiving) {
        if (!open_here())
            return asio::error::bad_descriptor;
        if (sending)
            shared_->from(number_).end_sending();
        if (receiving)
            shared_->to(number_).end_receiving();
        return {};
    }
    void cancel() noexcept {
        if (!is_open())
            return;
        shared_->from(number_).cancel_writer();
        shared_->to(number_).cancel_reader();
    }
    void close() noexcept {
        if (is_open()) {
            cancel();
            shared_->to(number_).receiver_leaves();
            shared_->from(number_).end_sending();
        }
        shared_.reset();
    }

    std::size_t available() {
        return open_here() ? shared_->to(number_).available() : 0;
    }
    void inject(testing::link_fault const& fault) {
        connected().from(number_).inject(fault);
    }
    std::size_t pump(std::size_t most) {
        return connected().from(number_).pump(most);
    }
    testing::memory_link_options& outgoing() {
        return connected().from(number_).options;
    }
    std::uint64_t bytes_sent() const noexcept {
        return shared_ ? shared_->from(number_).sent() : 0;
    }

private:
    bool open_here() const {
        if (!is_open())
            return false;
        shared_->check_use();
        return true;
    }
    memory_connection& connected() const {
        if (!open_here())
            throw std::logic_error(
                "the in-memory stream is closed or was never connected: make "
                "it with make_memory_pair or a memory_listener");
        return *shared_;
    }
    template<class Handler, class Executor>
    pending_op<std::size_t>& keep(Handler&& handler, Executor const& executor,
                                  memory_pipe& pipe) {
        using own = std::decay_t<Handler>;
        return pending_handler<own, Executor, std::size_t>::make(
            own(std::forward<Handler>(handler)), executor, *shared_->home(),
            pipe);
    }

    std::shared_ptr<memory_connection> shared_;
    unsigned number_ = 0;
};

// Makes the two ends of a connection.
struct memory_access {
    template<class Pair, class Stream>
    static Pair connect(Stream first, Stream second,
                        testing::memory_link_options const& forth,
                        testing::memory_link_options const& back) {
        auto shared = std::make_shared<memory_connection>(first.get_executor(),
                                                          forth, back);
        first.end_ = memory_end(shared, 0);
        second.end_ = memory_end(std::move(shared), 1);
        return Pair{std::move(first), std::move(second)};
    }
    // As if this end had been killed.
    template<class Stream>
    static void reset(Stream& end) {
        if (!end.end_.is_open())
            return;
        end.end_.inject(testing::reset_at(0));
        end.end_.close();
    }
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
