// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How do loops on several threads, and threads without a loop, hand items to
/// each other?
#ifndef TETHER_STREAM_SHARED_CHANNEL_HPP
#define TETHER_STREAM_SHARED_CHANNEL_HPP

#include <tether/core/errors.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/manual_lifetime.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/stream/channel_options.hpp>
#include <tether/stream/detail/check_item.hpp>
#include <tether/stream/detail/shared_core.hpp>
#include <tether/task/awaitable.hpp>

#include <cstddef>
#include <limits>
#include <memory>
#include <optional>
#include <source_location>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE

namespace detail {

template<class T>
class shared_put_wait final : public shared_task_node {
public:
    shared_put_wait(std::shared_ptr<shared_core<T>> core, T& from) noexcept
        : core_(std::move(core)), item_(std::addressof(from)) {}
    ~shared_put_wait() { withdraw(); }

    bool ready() {
        answer_ = core_->put_now(*item_);
        return answer_ != shared_answer::wait;
    }
    // Something may have changed since ready(): other threads do not wait.
    void start() {
        entered();
        try {
            answer_ = core_->put_or_enter(*item_, *this);
        } catch (...) {
            left();
            throw;
        }
        if (answer_ == shared_answer::wait)
            return;
        left();
        complete();
    }
    void result() {
        if (answer_ == shared_answer::closed ||
            (answer_ == shared_answer::wait && !happened))
            throw closed_resource("send into a shared_channel that is closed");
    }
    abort_result abort() noexcept override {
        return withdraw() ? abort_result::done : abort_result::pending;
    }
    char const* description() const noexcept override {
        return "room in a shared_channel";
    }

private:
    bool withdraw() noexcept {
        if (answer_ != shared_answer::wait || !record() ||
            !core_->leave(*this, false))
            return false;
        left();
        return true;
    }

    std::shared_ptr<shared_core<T>> core_;
    T* item_;
    shared_answer answer_ = shared_answer::happened;
};

template<class T>
class shared_take_wait final : public shared_task_node {
public:
    explicit shared_take_wait(std::shared_ptr<shared_core<T>> core) noexcept
        : core_(std::move(core)) {}
    ~shared_take_wait() {
        withdraw();
        if (has_item()) {
            core_->give_back(storage_.get());
            storage_.destroy();
        }
    }

    bool ready() noexcept {
        answer_ = core_->take_now(storage_);
        return answer_ != shared_answer::wait;
    }
    void start() {
        entered();
        answer_ = core_->take_or_enter(storage_, *this);
        if (answer_ == shared_answer::wait)
            return;
        left();
        complete();
    }
    std::optional<T> result() noexcept {
        std::optional<T> out;
        if (has_item()) {
            out.emplace(std::move(storage_.get()));
            storage_.destroy();
            taken_ = true;
        }
        return out;
    }
    abort_result abort() noexcept override {
        return withdraw() ? abort_result::done : abort_result::pending;
    }
    char const* description() const noexcept override {
        return "an item of a shared_channel";
    }

private:
    // Only once it is known that nobody else touches the node.
    bool has_item() const noexcept {
        return !taken_ && (answer_ == shared_answer::happened ||
                           (answer_ == shared_answer::wait && happened));
    }
    bool withdraw() noexcept {
        if (answer_ != shared_answer::wait || !record() ||
            !core_->leave(*this, true))
            return false;
        left();
        return true;
    }

    std::shared_ptr<shared_core<T>> core_;
    manual_lifetime<T> storage_;
    shared_answer answer_ = shared_answer::closed;
    bool taken_ = false;
};

template<class T>
class [[nodiscard("co_await the send")]] shared_put_op {
public:
    shared_put_op(std::shared_ptr<shared_core<T>> core, T& item,
                  std::source_location here) noexcept
        : core_(std::move(core)), item_(std::addressof(item)), where_(here) {}
    shared_put_wait<T> connect() && {
        return shared_put_wait<T>(std::move(core_), *item_);
    }
    std::source_location where() const noexcept { return where_; }

private:
    std::shared_ptr<shared_core<T>> core_;
    T* item_;
    std::source_location where_;
};

template<class T>
class [[nodiscard("co_await the receive")]] shared_take_op {
public:
    shared_take_op(std::shared_ptr<shared_core<T>> core,
                   std::source_location here) noexcept
        : core_(std::move(core)), where_(here) {}
    shared_take_wait<T> connect() && {
        return shared_take_wait<T>(std::move(core_));
    }
    std::source_location where() const noexcept { return where_; }

private:
    std::shared_ptr<shared_core<T>> core_;
    std::source_location where_;
};

// The copies of a shared_channel; with the last one it is closed.
template<class T>
struct shared_handles {
    explicit shared_handles(std::size_t capacity)
        : core(std::make_shared<shared_core<T>>(capacity)) {}
    shared_handles(shared_handles const&) = delete;
    shared_handles& operator=(shared_handles const&) = delete;
    ~shared_handles() { core->close(); }

    std::shared_ptr<shared_core<T>> core;
};

} // namespace detail

/// A bounded channel between threads: between tasks of different loops, and
/// between tasks and threads that run no loop.
///
/// Invariant: at most its capacity of items wait; each goes to exactly one
/// receiver; tasks and threads that wait are served in the order in which they
/// came. Copies are the same channel; the last one closes it. No loop is ever
/// blocked: tasks await, and only threads without a loop use the blocking
/// calls.
/// Errors: std::invalid_argument for a capacity of zero or without a bound.
/// Never lost: as for the ends of a channel, across threads: an item that was
/// handed to a task which was cancelled at the same moment is delivered, and
/// the stop comes at the next checkpoint.
/// Threads: all members from any thread, also at the same time; items are moved
/// under a lock, so their moves are noexcept and should be quick. A loop whose
/// task waits here stays alive, and is never taken for deadlocked: another
/// thread could wake it.
/// Example:
/// ```
/// tether::shared_channel<frame> frames(16);
/// std::thread camera([frames]() mutable {
///     while (auto next = grab())
///         frames.send_blocking(std::move(*next));
///     frames.close();
/// });
/// while (auto item = co_await frames.receive())
///     show(*item);
/// ```
template<class T>
class shared_channel {
    static_assert(std::is_nothrow_move_constructible_v<T>,
                  "items of a shared_channel are moved under its lock: their "
                  "move constructor must be noexcept; send a std::unique_ptr "
                  "otherwise");

public:
    using value_type = T;

    /// Parameters: at most `capacity` items wait to be received.
    explicit shared_channel(channel_capacity capacity)
        : handles_(std::make_shared<detail::shared_handles<T>>(
              bounded(capacity.value()))) {}

    /// Sends one item.
    ///
    /// Parameters: moved from when it is sent, and only then; outlives the
    /// await.
    /// Errors: closed_resource when the channel is or gets closed.
    /// Completes when: the item has its place and nobody waits longer. Always a
    /// checkpoint.
    /// On cancellation: the item was not sent, and its variable is untouched;
    /// or it was, just before, and the send completes.
    [[nodiscard("co_await the send")]] detail::shared_put_op<T>
    send(T&& item,
         std::source_location here = std::source_location::current()) const {
        TETHER_CHECK_ITEM(T);
        return send_from(item, here);
    }
    /// The same, see sender::send_from().
    ///
    /// Completes when: as send().
    /// On cancellation: as send().
    [[nodiscard("co_await the send")]] detail::shared_put_op<T> send_from(
        T& item,
        std::source_location here = std::source_location::current()) const {
        return detail::shared_put_op<T>(handles_->core, item, here);
    }

    /// Receives one item.
    ///
    /// Result: empty when the channel is closed and nothing is left.
    /// Completes when: there is an item and nobody waits longer, or at the end.
    /// Always a checkpoint.
    /// On cancellation: nothing was taken; or an item came just before, and it
    /// is delivered.
    [[nodiscard("co_await the receive")]] detail::shared_take_op<T>
    receive(std::source_location here = std::source_location::current()) const {
        return detail::shared_take_op<T>(handles_->core, here);
    }

    /// Sends without waiting.
    ///
    /// Result: ok if `item` was moved from; would_block or closed if not.
    [[nodiscard("it may not have been sent")]] channel_status
    try_send(T&& item) const {
        switch (handles_->core->put_now(item)) {
        case detail::shared_answer::happened:
            return channel_status::ok;
        case detail::shared_answer::wait:
            return channel_status::would_block;
        default:
            return channel_status::closed;
        }
    }

    /// Receives without waiting.
    ///
    /// Result: an item, or would_block or end.
    [[nodiscard]] try_received<T> try_receive() const {
        detail::manual_lifetime<T> item;
        switch (handles_->core->take_now(item)) {
        case detail::shared_answer::happened: {
            try_received<T> out(std::move(item.get()));
            item.destroy();
            return out;
        }
        case detail::shared_answer::wait:
            return try_received<T>(channel_status::would_block);
        default:
            return try_received<T>(channel_status::end);
        }
    }

    /// Blocks the thread until the item is sent; for threads without a loop.
    ///
    /// Result: false when the channel is closed; `item` is untouched then.
    /// Errors: std::logic_error inside a running loop, which it would block.
    [[nodiscard("it may not have been sent")]] bool send_blocking(T&& item) {
        refuse_loop("send");
        auto& core = *handles_->core;
        return core.block([&](auto& node) {
            return core.put_or_enter(item, node);
        }) == detail::shared_answer::happened;
    }

    /// Blocks the thread until there is an item; for threads without a loop.
    ///
    /// Result: empty when the channel is closed and nothing is left.
    /// Errors: as send_blocking().
    [[nodiscard]] std::optional<T> receive_blocking() {
        refuse_loop("receive");
        auto& core = *handles_->core;
        detail::manual_lifetime<T> item;
        std::optional<T> out;
        auto const answer = core.block(
            [&](auto& node) { return core.take_or_enter(item, node); });
        if (answer == detail::shared_answer::happened) {
            out.emplace(std::move(item.get()));
            item.destroy();
        }
        return out;
    }

    /// Closes the channel for all: sends that wait and later ones fail, and
    /// receivers get what is left and then the end. Idempotent.
    void close() const noexcept { handles_->core->close(); }

    /// Result: counts of the moment, for logs and dumps; without those of
    /// senders and receivers, of which a shared channel has no ends.
    [[nodiscard]] channel_statistics statistics() const {
        return handles_->core->template statistics<channel_statistics>();
    }

private:
    static std::size_t bounded(std::size_t capacity) {
        if (capacity == 0 ||
            capacity == (std::numeric_limits<std::size_t>::max)())
            throw std::invalid_argument(
                "a shared_channel has a bound of at least one item");
        return capacity;
    }
    static void refuse_loop(char const* verb) {
        if (detail::running_loop())
            throw std::logic_error(
                std::string("shared_channel::") + verb +
                "_blocking inside a running loop, which it would block: "
                "co_await " +
                verb + "() instead");
    }

    std::shared_ptr<detail::shared_handles<T>> handles_;
};

TETHER_END_NAMESPACE

#endif
