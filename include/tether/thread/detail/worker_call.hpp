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
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// Kills the worker of a call that is stopped between its first byte and its
// last.
class call_in_flight {
public:
    explicit call_in_flight(worker_slot& s) noexcept : slot_(&s) {}
    call_in_flight(call_in_flight const&) = delete;
    call_in_flight& operator=(call_in_flight const&) = delete;
    ~call_in_flight() {
        if (slot_)
            slot_->give_up();
    }
    void over() noexcept { slot_ = nullptr; }

private:
    worker_slot* slot_;
};

// A template, and so all that it calls, or each unit would compile it.
template<class Process = process>
class worker_call {
public:
    worker_call(worker_slot& slot, std::size_t max_frame) noexcept
        : slot_(&slot),
          child_(slot.child),
          max_frame_(max_frame),
          ends_before_(slot.ends) {}

    // Errors: worker_error.
    task<> run(std::string const& request) {
        call_in_flight guard(*slot_);
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
        guard.over();
        if (failed())
            slot_->fit = false;
        else
            slot_->answered = true;
        if (error_)
            throw worker_error(answer_);
    }

    // Whether it has not answered, and what it did instead.
    bool failed() const noexcept { return !why_.empty(); }
    std::string const& why() const noexcept { return why_; }
    std::size_t ends_before() const noexcept { return ends_before_; }
    std::string take_answer() noexcept { return std::move(answer_); }

private:
    using two_parts = std::array<asio::const_buffer, 2>;
    two_parts rest_of(std::string const& request, std::size_t sent) const {
        asio::const_buffer const header(header_.data(), header_.size());
        asio::const_buffer const body(request.data(), request.size());
        std::size_t const more = sent - (std::min)(sent, header.size());
        return {header + sent, body + more};
    }

    // A worker that did not get all of its request will not answer.
    task<> send(std::string const& request, std::size_t sent) {
        struct killing {
            Process* child;
            ~killing() {
                if (child)
                    child->kill();
            }
        } unless_sent{child_};
        bool broken = false;
        try {
            co_await asio::async_write(child_->in(), rest_of(request, sent),
                                       use_task);
        } catch (boost::system::system_error const& e) {
            broken = e.code() != asio::error::broken_pipe;
        }
        if (!broken) // or it reads no more, so that its output tells the rest
            unless_sent.child = nullptr;
    }

    task<> receive() {
        std::array<unsigned char, 4> bytes{};
        try {
            co_await asio::async_read(child_->out(),
                                      asio::buffer(bytes.data(), bytes.size()),
                                      use_task);
            auto const header = frame_header::decoded(bytes);
            if (header.length > max_frame_) {
                why_ = "sent a frame of " + std::to_string(header.length) +
                       " bytes, longer than max_frame, " +
                       std::to_string(max_frame_) + " bytes";
                child_->kill();
                co_return;
            }
            answer_.resize(header.length);
            co_await asio::async_read(
                child_->out(), asio::buffer(answer_.data(), answer_.size()),
                use_task);
            error_ = header.error;
        } catch (boost::system::system_error const& e) {
            why_ = "crashed in a call";
            if (e.code() != asio::error::eof) // it may well go on
                child_->kill();
        }
    }

    worker_slot* slot_;
    Process* child_;
    std::size_t max_frame_;
    std::size_t ends_before_;
    std::array<unsigned char, 4> header_{};
    std::string answer_;
    std::string why_;
    bool error_ = false;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
