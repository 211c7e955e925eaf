// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What do the parts of a process_pool share? Its options, checked, its
/// counts, and whether it is open.
#ifndef TETHER_THREAD_DETAIL_POOL_STATE_HPP
#define TETHER_THREAD_DETAIL_POOL_STATE_HPP

#include <tether/core/errors.hpp>
#include <tether/detail/config.hpp>
#include <tether/runtime/loop.hpp>
// Builds on resilience/backoff.hpp.
#include <tether/resilience/backoff.hpp>
#include <tether/sync/resettable_event.hpp>
#include <tether/thread/command.hpp>
#include <tether/thread/detail/frame.hpp>
#include <tether/thread/process_errors.hpp>
#include <tether/thread/process_pool_options.hpp>
#include <tether/thread/run_process.hpp>

#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

inline process_pool_options const&
checked_pool_options(process_pool_options const& o) {
    if (o.workers == 0)
        throw std::invalid_argument("process_pool: workers is 0: no call would "
                                    "ever be answered");
    if (static_cast<std::ptrdiff_t>(o.workers) < 0)
        throw std::invalid_argument("process_pool: workers is too large: " +
                                    std::to_string(o.workers));
    if (o.max_frame == 0 || o.max_frame > frame_header::longest)
        throw std::invalid_argument(
            "process_pool: max_frame is " + std::to_string(o.max_frame) +
            ": it must be from 1 to " + std::to_string(frame_header::longest));
    for (auto const d : {o.grace, o.min_pause, o.max_pause})
        if (d < duration::zero())
            throw std::invalid_argument(
                "process_pool: a duration is negative: " +
                std::to_string(d.count()) + " ns");
    return o;
}

// With the streams of a worker: input and output are for the frames.
inline command worker_command(command what) {
    command_data const& data = command_access::data(what);
    auto const refuse = [&](char const* stream, char const* why) {
        throw std::invalid_argument("process_pool: the " + std::string(stream) +
                                    " of '" + what.to_string() + "' " + why);
    };
    if (stdio_access::kind(data.in) != stdio_kind::unset)
        refuse("input", "is taken");
    if (stdio_access::kind(data.out) != stdio_kind::unset)
        refuse("output", "is taken");
    stdio_kind const err = stdio_access::kind(data.err);
    if (err == stdio_kind::pipe || err == stdio_kind::same_as_out ||
        err == stdio_kind::capture)
        refuse("error output",
               "cannot lead there: stdio::tail() keeps its end");
    connect_unset(what, stdio::pipe(), stdio::pipe(), stdio::inherit());
    return what;
}

class pool_state {
public:
    pool_state(command given, process_pool_options const& o)
        : what(worker_command(std::move(given))),
          line(what.to_string()),
          options(checked_pool_options(o)),
          pauses(backoff::exponential(o.min_pause, 2.0, o.max_pause)),
          name_(o.name) {}

    void begin() {
        if (home_)
            throw std::logic_error(title() + " was opened that is open: each "
                                             "with needs a pool of its own");
        counts = {};
        closing = closed_ = false;
        home_ = running_record().home();
    }
    void end() noexcept {
        home_ = nullptr;
        closed_ = true;
    }
    bool is_open() const noexcept { return home_ && !closed_; }
    void close() noexcept { closed_ = true; }

    void check_open(char const* verb) const {
        if (!home_ && !closed_)
            throw std::logic_error(title() + "::" + verb +
                                   "() outside of with(pool, body): nobody "
                                   "would end its workers");
        check_not_closed();
        if (running_loop() != home_)
            throw std::logic_error(title() + " was used from another loop "
                                             "than the one that opened it");
    }
    void check_not_closed() const {
        if (closed_)
            throw closed_resource(title() + " is closed");
    }
    void check_size(std::size_t size) const {
        if (size > options.max_frame)
            throw limit_exceeded(
                title() + ": a request of " + std::to_string(size) +
                    " bytes is longer than max_frame, " +
                    std::to_string(options.max_frame) + " bytes",
                options.max_frame);
    }
    std::string title() const {
        return name_.empty() ? "process_pool" : "process_pool '" + name_ + "'";
    }

    command const what;
    std::string const line;
    process_pool_options const options;
    backoff const pauses;
    process_pool_statistics counts{};
    bool closing = false;         // the workers shall end
    std::size_t keepers = 0;      // tasks that run workers
    std::size_t visitors = 0;     // calls
    resettable_event all_is_over; // there are none of these, or none of those

private:
    std::string const name_;
    loop* home_ = nullptr; // while it is open
    bool closed_ = false;  // for calls
};

// One of those that the end of the pool waits for.
class counted_in_pool {
public:
    counted_in_pool(pool_state& pool, std::size_t& count) noexcept
        : pool_(&pool), count_(&count) {
        ++count;
    }
    counted_in_pool(counted_in_pool const&) = delete;
    counted_in_pool& operator=(counted_in_pool const&) = delete;
    ~counted_in_pool() {
        if (--*count_ == 0 && running_task())
            pool_->all_is_over.set();
    }

private:
    pool_state* pool_;
    std::size_t* count_;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
