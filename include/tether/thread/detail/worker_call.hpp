// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How is one call exchanged with a worker? Both directions at the same time,
/// so that neither a full pipe nor an early answer holds it up.
#ifndef TETHER_THREAD_DETAIL_WORKER_CALL_HPP
#define TETHER_THREAD_DETAIL_WORKER_CALL_HPP

#include <tether/combine/when_all.hpp>
#include <tether/core/asio.hpp>
#include <tether/detail/config.hpp>
#include <tether/task/task.hpp>
#include <tether/task/use_task.hpp>
#include <tether/thread/detail/frame.hpp>
#include <tether/thread/detail/quiet_write.hpp>
#include <tether/thread/detail/worker_slot.hpp>
#include <tether/thread/process.hpp>
#include <tether/thread/process_errors.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// Kills the worker of a call that is stopped between its first byte and the
// last, or before its end is known. Not the next one, which may have the place
// before the call hears of that.
class call_in_flight {
public:
    explicit call_in_flight(worker_slot& s) noexcept
        : slot_(&s), ends_before_(s.ends) {}
    call_in_flight(call_in_flight const&) = delete;
    call_in_flight& operator=(call_in_flight const&) = delete;
    ~call_in_flight() {
        if (!over_ && same_worker())
            slot_->give_up();
    }
    bool same_worker() const noexcept { return slot_->ends == ends_before_; }
    void over() noexcept { over_ = true; }

private:
    worker_slot* slot_;
    std::size_t ends_before_;
    bool over_ = false;
};

// A template, and so all that it calls, or each unit would compile it.
template<class Process = process>
class worker_call {
public:
    worker_call(worker_slot& slot, std::size_t max_frame) noexcept
        : slot_(&slot),
          child_(slot.child),
          max_frame_(max_frame),
          flight_(slot) {}

    // Errors: worker_error.
    task<> run(std::string const& request) {
        pipes_in_use const pipes(*slot_);
        header_ = frame_header{request.size(), false}.encoded();
        // Most requests go into the pipe at once.
        boost::system::error_code refused;
        std::size_t const sent = quiet_write(child_->in().native_handle(),
                                             rest_of(request, 0), refused);
        if (refused == asio::error::broken_pipe ||
            sent == header_.size() + request.size())
            co_await receive();
        else
            co_await when_all(send(request, sent), receive());
        if (failed()) {
            if (same_worker())
                slot_->fit = false;
            co_return; // until its end is known
        }
        flight_.over();
        if (same_worker())
            slot_->answered = true;
        if (error_)
            throw worker_error(answer_);
    }

    // Whether it has not answered, and what it did instead.
    bool failed() const noexcept { return !why_.empty(); }
    std::string const& why() const noexcept { return why_; }
    bool same_worker() const noexcept { return flight_.same_worker(); }
    std::string take_answer() noexcept { return std::move(answer_); }

private:
    using two_parts = std::array<asio::const_buffer, 2>;
    two_parts rest_of(std::string const& request, std::size_t sent) const {
        asio::const_buffer const header(header_.data(), header_.size());
        asio::const_buffer const body(request.data(), request.size());
        std::size_t const more = sent - (std::min)(sent, header.size());
        return {header + sent, body + more};
    }

    // Not after a cancel by force, which ends the worker under a call.
    bool is_there() const noexcept { return same_worker() && slot_->child; }
    void kill() noexcept {
        if (is_there())
            child_->kill();
    }

    // A worker that did not get all of its request will not answer. One that
    // reads no more tells the rest by its output.
    task<> send(std::string const& request, std::size_t sent) {
        struct killing {
            worker_call* call;
            ~killing() {
                if (call)
                    call->kill();
            }
        } unless_sent{this};
        std::size_t const all = header_.size() + request.size();
        bool broken = false;
        try {
            while (sent != all && is_there())
                sent += co_await child_->in().async_write_some(
                    rest_of(request, sent), use_task);
        } catch (boost::system::system_error const& e) {
            broken = e.code() != asio::error::broken_pipe;
        }
        if (!broken)
            unless_sent.call = nullptr;
    }

    task<> receive() {
        std::array<unsigned char, 4> bytes{};
        try {
            co_await read(bytes.data(), bytes.size());
            auto const header = frame_header::decoded(bytes);
            if (header.length > max_frame_) {
                why_ = "sent a frame of " + std::to_string(header.length) +
                       " bytes, longer than max_frame, " +
                       std::to_string(max_frame_) + " bytes";
                kill();
                co_return;
            }
            answer_.resize(header.length);
            co_await read(answer_.data(), answer_.size());
            error_ = header.error;
        } catch (boost::system::system_error const& e) {
            why_ = "crashed in a call";
            if (e.code() != asio::error::eof) // it may well go on
                kill();
        }
    }
    task<> read(void* to, std::size_t size) {
        for (std::size_t got = 0; got != size;) {
            if (!is_there())
                throw boost::system::system_error(asio::error::eof);
            got += co_await child_->out().async_read_some(
                asio::buffer(static_cast<char*>(to) + got, size - got),
                use_task);
        }
    }

    worker_slot* slot_;
    Process* child_;
    std::size_t max_frame_;
    call_in_flight flight_;
    std::array<unsigned char, 4> header_{};
    std::string answer_;
    std::string why_;
    bool error_ = false;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
