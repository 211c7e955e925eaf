// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a send wait until all subscribers of a broadcast have room? With
/// its copy of the item, in a queue.
#ifndef TETHER_STREAM_DETAIL_BROADCAST_WAIT_HPP
#define TETHER_STREAM_DETAIL_BROADCAST_WAIT_HPP

#include <tether/core/errors.hpp>
#include <tether/detail/config.hpp>
#include <tether/stream/channel_options.hpp>
// Builds on sync/detail/waiter_queue.hpp: sends wait as all do.
#include <tether/sync/detail/waiter_queue.hpp>

#include <exception>
#include <source_location>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

template<class T>
class broadcast_core;

template<class T>
class broadcast_wait final : public queued_wait {
public:
    using revocable = void;

    broadcast_wait(broadcast_core<T>* core, T&& item) noexcept
        : core_(core), item_(std::move(item)) {}
    ~broadcast_wait() { withdraw(); }

    bool ready() {
        channel_status const how = core_->try_send(item_);
        closed_ = how == channel_status::closed;
        return how != channel_status::would_block;
    }
    void start() noexcept { core_->line_up(*this); }
    void result() {
        if (error_)
            std::rethrow_exception(std::exchange(error_, nullptr));
        if (closed_)
            throw closed_resource("send into a broadcast that is closed");
    }

    // Leaves the queue, with the copies made or failed.
    void deliver() noexcept {
        try {
            core_->deliver(item_, this);
        } catch (...) {
            if (!linked()) // stopped or closed meanwhile
                return;
            error_ = std::current_exception();
            happened();
        }
    }
    void happened() noexcept {
        withdraw();
        complete();
    }
    void close() noexcept {
        closed_ = true;
        complete();
    }

    abort_result abort() noexcept override {
        withdraw();
        return abort_result::done;
    }
    char const* description() const noexcept override {
        return "the slowest subscriber of a broadcast";
    }

private:
    void withdraw() noexcept {
        if (linked())
            core_->withdraw(*this);
    }

    broadcast_core<T>* core_;
    T item_;
    std::exception_ptr error_;
    bool closed_ = false;
};

template<class T>
class [[nodiscard("co_await the send")]] broadcast_op {
public:
    broadcast_op(broadcast_core<T>& core, T const& item,
                 std::source_location here)
        : core_(&core), item_(item), where_(here) {}
    broadcast_wait<T> connect() && {
        return broadcast_wait<T>(core_, std::move(item_));
    }
    std::source_location where() const noexcept { return where_; }

private:
    broadcast_core<T>* core_;
    T item_;
    std::source_location where_;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
