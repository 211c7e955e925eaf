// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What happens to bytes between the two ends of an in-memory connection? One
/// pipe per direction: a buffer, arrival times, faults, and who waits.
#ifndef TETHER_TESTING_DETAIL_MEMORY_PIPE_HPP
#define TETHER_TESTING_DETAIL_MEMORY_PIPE_HPP

#include <tether/core/asio.hpp>
#include <tether/detail/config.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/runtime/timer_queue.hpp>
#include <tether/testing/detail/buffer_list.hpp>
#include <tether/testing/detail/bytes_in_flight.hpp>
#include <tether/testing/detail/link_schedule.hpp>
#include <tether/testing/detail/pending_op.hpp>
#include <tether/testing/memory_link.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <new>
#include <stdexcept>
#include <utility>
#include <vector>

TETHER_BEGIN_NAMESPACE
namespace detail {

// One direction. Its sender and its receiver are on the same loop; every
// member function is called there and completes operations by posting.
class memory_pipe final : private timer_node, public op_keeper<std::size_t> {
public:
    using op = pending_op<std::size_t>;

    memory_pipe(loop& home, testing::memory_link_options const& given)
        : timer_node(&expired), home_(&home), options(given) {
        if (options.buffer == 0)
            throw std::invalid_argument(
                "memory_link_options: a buffer of 0 bytes lets no write "
                "through; use lockstep to make writes wait for reads");
        if (options.latency.count() < 0 || options.retransmission.count() < 0)
            throw std::invalid_argument(
                "memory_link_options: a duration is negative");
        home.reserve_timer();
    }
    memory_pipe(memory_pipe const&) = delete;
    memory_pipe& operator=(memory_pipe const&) = delete;
    ~memory_pipe() { forget_loop(); }
    // A reset concerns both directions.
    void set_opposite(memory_pipe& other) noexcept { opposite_ = &other; }

    // --- the sender
    // True if the write is over: `n` bytes or an error. False: park() it.
    bool write(buffer_list<asio::const_buffer> const& buffers, error_code& code,
               std::size_t& n) {
        if (!writers_.empty())
            throw std::logic_error(
                "a second async_write_some began on an in-memory stream while "
                "one is waiting: their bytes would mix");
        if (broken_)
            code = asio::error::connection_reset;
        else if (sending_over_ || receiver_gone_)
            code = asio::error::broken_pipe;
        if (code || buffers.size() == 0)
            return true;
        n = accept(buffers);
        return n != 0 && !awaits_reader();
    }
    void park_writer(op& writer, asio::const_buffer rest) noexcept {
        writers_.push_back(writer);
        waiting_ = rest;
    }
    void end_sending() noexcept {
        if (sending_over_)
            return;
        sending_over_ = true;
        fail_writer(asio::error::broken_pipe);
        end_stream(asio::error::eof);
        serve_reader();
    }
    void cancel_writer() noexcept {
        fail_writer(asio::error::operation_aborted);
    }

    // --- the receiver
    bool read(buffer_list<asio::mutable_buffer> const& buffers,
              error_code& code, std::size_t& n) {
        if (!readers_.empty())
            throw std::logic_error(
                "a second async_read_some began on an in-memory stream while "
                "one is waiting: each would get a part of the bytes");
        bytes_.arrive(home_->now());
        if (receiver_gone_ || receiving_over_)
            code = asio::error::eof;
        else if (buffers.size() != 0 && bytes_.arrived() != 0)
            n = take(buffers);
        else if (buffers.size() != 0 && !ended(code))
            return false;
        return true;
    }
    void park_reader(op& reader, asio::mutable_buffer into) noexcept {
        readers_.push_back(reader);
        into_ = into;
        wait_for_arrival();
    }
    void end_receiving() noexcept {
        receiving_over_ = true;
        fail_reader(asio::error::eof);
    }
    // The receiving end was closed.
    void receiver_leaves() noexcept {
        fail_reader(asio::error::operation_aborted);
        receiver_gone_ = true;
        fail_writer(asio::error::broken_pipe);
        bytes_.clear();
        home_->disarm(*this);
    }
    void cancel_reader() noexcept {
        fail_reader(asio::error::operation_aborted);
    }
    std::size_t available() {
        bytes_.arrive(home_->now());
        return bytes_.arrived();
    }

    // --- the line
    // Both ends hear of a reset at once; what is on the way is lost.
    void break_now() noexcept {
        broken_ = true;
        fail_writer(asio::error::connection_reset);
        fail_reader(asio::error::connection_reset);
        end_code_ = asio::error::connection_reset;
        end_at_ = (time_point::min)();
        bytes_.clear();
    }
    void inject(testing::link_fault const& fault) {
        if (fault.at > sent_ || fault.kind == what::corrupt)
            faults_.push_back(fault);
        else
            strike(fault);
        if (broken_)
            fail_writer(asio::error::connection_reset);
    }
    // Moves bytes by hand, whenever they would arrive by themselves.
    std::size_t pump(std::size_t most) {
        std::size_t const moved = bytes_.arrive_now(most);
        if (bytes_.all_arrived() && moved != most)
            end_at_ = (time_point::min)();
        serve_reader();
        return moved;
    }
    std::uint64_t sent() const noexcept { return sent_; }

    // --- the end of the context
    void abandon() noexcept {
        while (!readers_.empty())
            readers_.front().drop();
        while (!writers_.empty())
            writers_.front().drop();
        forget_loop();
    }

    void cancel(op& one) noexcept override {
        if (!writers_.empty() && &writers_.front() == &one)
            cancel_writer();
        else
            cancel_reader();
    }

private:
    using what = testing::link_fault::what;

    static void expired(timer_node& node) noexcept {
        static_cast<memory_pipe&>(node).serve_reader();
    }
    void forget_loop() noexcept {
        if (!home_)
            return;
        home_->disarm(*this);
        home_->unreserve_timer();
        home_ = nullptr;
    }
    bool awaits_reader() const noexcept {
        return options.lockstep && bytes_.unread() != 0;
    }

    // --- what the sender wrote
    std::size_t room(std::size_t wanted) const noexcept {
        std::size_t n = wanted;
        if (!options.lockstep)
            n = (std::min)(n, options.buffer -
                                  (std::min)(options.buffer, bytes_.unread()));
        if (options.max_write != 0)
            n = (std::min)(n, options.max_write);
        for (auto const& fault : faults_) {
            if (fault.kind == what::reset)
                n = (std::min)(n, static_cast<std::size_t>(fault.at - sent_));
        }
        return n;
    }
    template<class Buffers>
    std::size_t accept(Buffers const& buffers) {
        std::size_t left = room(buffers.size());
        std::size_t const n = left;
        bytes_.reserve(n);
        for (asio::const_buffer const one : buffers) {
            std::size_t const size = (std::min)(left, one.size());
            push(static_cast<unsigned char const*>(one.data()), size);
            left -= size;
        }
        lockstep_size_ = n;
        if (n != 0)
            serve_reader();
        return n;
    }
    // Byte ranges between faults go in one piece.
    void push(unsigned char const* from, std::size_t n) {
        while (n != 0) {
            std::size_t step = n;
            for (auto const& fault : faults_)
                if (fault.at - sent_ < step)
                    step = static_cast<std::size_t>(fault.at - sent_);
            if (step != 0) {
                append(from, step);
                from += step;
                n -= step;
                sent_ += step;
                strike_reset();
                continue;
            }
            unsigned char changed = *from;
            for (std::size_t i = 0; i != faults_.size();) {
                if (faults_[i].at != sent_) {
                    ++i;
                    continue;
                }
                testing::link_fault const fault = faults_[i];
                faults_.erase(faults_.begin() + static_cast<std::ptrdiff_t>(i));
                if (fault.kind == what::corrupt)
                    changed = static_cast<unsigned char>(changed ^ fault.mask);
                else
                    strike(fault);
            }
            append(&changed, 1);
            ++from;
            --n;
            ++sent_;
            strike_reset();
        }
    }
    // A reset strikes after the last byte that gets through, not before the
    // first that does not: the sender may have no more to send.
    void strike_reset() {
        for (auto const& fault : faults_)
            if (fault.kind == what::reset && fault.at == sent_)
                return strike(fault);
    }
    void strike(testing::link_fault const& fault) {
        switch (fault.kind) {
        case what::reset:
            broken_ = true;
            end_stream(asio::error::connection_reset);
            opposite_->break_now();
            break;
        case what::eof:
            dropping_ = true;
            end_stream(asio::error::eof);
            break;
        case what::stall:
            schedule_.stall(saturated_add(home_->now(), fault.delay));
            break;
        case what::corrupt:
            break;
        }
        serve_reader();
    }
    void append(unsigned char const* from, std::size_t n) {
        if (dropping_)
            return;
        bytes_.add(from, n);
        while (n != 0) {
            std::size_t const step = link_schedule::piece(options, n);
            bytes_.schedule(step, arrival(step), home_->now());
            n -= step;
        }
    }
    time_point arrival(std::size_t n) noexcept {
        return schedule_.arrival(options, n, home_->now());
    }
    // In order, behind the bytes that are on the way.
    void end_stream(error_code const& code) noexcept {
        if (end_code_)
            return;
        end_code_ = code;
        end_at_ = arrival(0);
    }
    void fail_writer(error_code const& code) noexcept {
        if (writers_.empty())
            return;
        if (!awaits_reader())
            return writers_.front().complete(code);
        // What the reader has is written, what it has not is taken back.
        std::size_t const taken = lockstep_size_ - bytes_.unread();
        bytes_.clear();
        sent_ -= lockstep_size_ - taken;
        writers_.front().complete(taken ? error_code() : code, taken);
    }
    // The reader made room.
    void serve_writer() noexcept {
        if (writers_.empty() || awaits_reader())
            return;
        if (options.lockstep)
            return writers_.front().complete({}, lockstep_size_);
        try {
            std::size_t const n =
                accept(buffer_list<asio::const_buffer>(waiting_));
            if (n != 0)
                writers_.front().complete({}, n);
        } catch (std::bad_alloc const&) {
            fail_writer(asio::error::no_memory);
        }
    }

    // --- what the receiver gets
    bool ended(error_code& code) const noexcept {
        if (!end_code_ || !bytes_.all_arrived() || end_at_ > home_->now())
            return false;
        code = end_code_;
        return true;
    }
    template<class Buffers>
    std::size_t take(Buffers const& buffers) noexcept {
        std::size_t const n = bytes_.take(
            buffers, options.max_read != 0
                         ? options.max_read
                         : (std::numeric_limits<std::size_t>::max)());
        serve_writer();
        return n;
    }
    void serve_reader() noexcept {
        if (readers_.empty())
            return;
        bytes_.arrive(home_->now());
        error_code code;
        op& reader = readers_.front();
        if (bytes_.arrived() != 0) {
            reader.unlink(); // its room may let a writer wake it again
            std::size_t const n =
                take(buffer_list<asio::mutable_buffer>(into_));
            reader.complete({}, n);
        } else if (ended(code)) {
            reader.complete(code);
        } else {
            wait_for_arrival();
        }
    }
    void fail_reader(error_code const& code) noexcept {
        if (!readers_.empty())
            readers_.front().complete(code);
    }
    void wait_for_arrival() noexcept {
        home_->disarm(*this);
        if (!bytes_.all_arrived())
            home_->arm_reserved(*this, bytes_.next_arrival());
        else if (end_code_)
            home_->arm_reserved(*this, end_at_);
    }

    loop* home_;

public:
    testing::memory_link_options options;

private:
    bytes_in_flight bytes_;
    link_schedule schedule_;
    std::uint64_t sent_ = 0;
    std::size_t lockstep_size_ = 0;
    std::vector<testing::link_fault> faults_;

    time_point end_at_{};
    error_code end_code_;
    bool sending_over_ = false;
    bool receiving_over_ = false;
    bool receiver_gone_ = false;
    bool dropping_ = false;
    bool broken_ = false;
    memory_pipe* opposite_ = nullptr;

    intrusive_list<op> readers_; // at most one
    intrusive_list<op> writers_; // at most one
    asio::mutable_buffer into_;
    asio::const_buffer waiting_;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
