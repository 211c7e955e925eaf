// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does every one of several tasks get every item? Each subscribes, with a
/// buffer of its own and a rule for the case that it is too slow.
#ifndef TETHER_STREAM_BROADCAST_HPP
#define TETHER_STREAM_BROADCAST_HPP

#include <tether/core/errors.hpp>
#include <tether/detail/call_site.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/diagnostics.hpp>
#include <tether/detail/intrusive_list.hpp>
#include <tether/stream/channel_options.hpp>
#include <tether/stream/detail/stream_wait.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <source_location>
#include <stdexcept>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE

/// What a broadcast does with a subscriber whose buffer is full.
enum class lag_policy : unsigned char {
    block,       ///< The send waits for it, and with it everybody.
    drop_oldest, ///< It misses its oldest item, and can ask how many it missed.
    disconnect,  ///< It gets what it has, and then broken_resource.
};

template<class T>
class broadcast;

/// What the statistics() of a broadcast tell.
struct broadcast_statistics {
    std::size_t subscribers = 0;   ///< open subscriptions
    std::size_t waiting_sends = 0; ///< tasks in send()
    std::size_t sent = 0;          ///< items so far
};

namespace detail {

inline constexpr stream_words subscription_words{
    "a subscription", "an item of a broadcast", "room in a subscription",
    "an item of a broadcast", " that is closed"};

// Unlinked once the broadcast has gone.
template<class T>
struct subscriber : list_node {
    subscriber(broadcast<T>* from, std::size_t capacity, lag_policy how)
        : source(from),
          core(*new stream_core<T>(subscription_words, capacity,
                                   overflow::suspend, {})),
          policy(how) {
        core.retain();
    }
    ~subscriber() {
        core.end();
        core.break_off();
        core.release(); // a wait with an item keeps it a little longer
    }

    broadcast<T>* source;
    stream_core<T>& core;
    lag_policy policy;
    bool leaving = false; // during a delivery
    std::size_t missed = 0;
    std::unique_ptr<subscriber> left_before;
};

template<class T>
class broadcast_wait;
template<class T>
class broadcast_op;
template<class T>
class subscription_wait;
template<class T>
using subscription_op = wait_op<subscription_wait<T>, subscriber<T>*>;

} // namespace detail

/// One subscriber's end of a broadcast.
///
/// Invariant: gets every item sent after it was made, in order, but those it
/// missed under lag_policy::drop_oldest. Closed by close(), a move or its
/// destruction; may outlive the broadcast. Move-only.
/// Errors: use of a closed subscription is closed_resource.
/// Threads: the loop of the broadcast.
template<class T>
class subscription {
public:
    using value_type = T;

    /// A closed subscription, to be moved into.
    subscription() noexcept = default;
    subscription(subscription&&) noexcept = default;
    subscription& operator=(subscription&& other) noexcept {
        if (this != &other) {
            close();
            self_ = std::move(other.self_);
        }
        return *this;
    }
    ~subscription() { close(); }

    /// Receives the next item.
    ///
    /// Result: empty at the end, when the broadcast is closed and nothing is
    /// left.
    /// Errors: closed_resource for a closed subscription; broken_resource after
    /// the last item of one that was disconnected.
    /// Completes when: there is an item, or at the end. Always a checkpoint.
    /// On cancellation: nothing was taken.
    [[nodiscard("co_await the receive")]] detail::subscription_op<T>
    receive(detail::call_site here = TETHER_HERE) {
        return detail::subscription_op<T>(here, self_.get());
    }

    /// Result: how many items it missed since this was last asked.
    [[nodiscard]] std::size_t missed() noexcept {
        return self_ ? std::exchange(self_->missed, 0) : 0;
    }

    /// Ends the subscription: a receive that waits through it ends with
    /// nothing, as at the end, and a send that waited for it goes on.
    /// Idempotent.
    void close() noexcept;

    /// Result: counts for logs and dumps; all zero when closed.
    [[nodiscard]] channel_statistics statistics() const noexcept {
        return self_ ? self_->core.statistics() : channel_statistics();
    }

private:
    friend class broadcast<T>;
    explicit subscription(std::unique_ptr<detail::subscriber<T>> s) noexcept
        : self_(std::move(s)) {}

    std::unique_ptr<detail::subscriber<T>> self_;
};

/// Sends every item to every subscriber.
///
/// Invariant: all subscribers get items in the same order; one that comes late
/// gets what is sent after it came. An item without subscribers is gone.
/// Errors: destroying it while sends wait, or while it delivers an item, writes
/// a sentence and terminates.
/// Never lost: an item reaches all subscribers or, if a copy throws or the send
/// is cancelled, none. Its copies and destructors may use the broadcast: what
/// they do comes after the item, and try_send() has no room meanwhile. Moves
/// may not.
/// Threads: one loop at a time; use from a second loop or thread while tasks
/// wait is std::logic_error, or terminates where something is closed.
/// Example:
/// ```
/// tether::broadcast<price> prices;
/// group.spawn(screen, prices.subscribe(1, lag_policy::drop_oldest));
/// group.spawn(archive, prices.subscribe(1000));
/// co_await prices.send(latest);
/// ```
/// Source: tokio's broadcast and Kotlin's SharedFlow, with a rule for each
/// subscriber.
template<class T>
class broadcast {
    static_assert(std::is_copy_constructible_v<T> &&
                      std::is_nothrow_move_constructible_v<T>,
                  "each subscriber of a broadcast gets a copy: T is copyable, "
                  "and its move constructor noexcept; send a "
                  "std::shared_ptr<T const> otherwise");

public:
    using value_type = T;

    broadcast() noexcept = default;
    broadcast(broadcast const&) = delete;
    broadcast& operator=(broadcast const&) = delete;
    /// Ends all subscriptions.
    ~broadcast() {
        if (delivering_)
            detail::fatal("a broadcast was destroyed by an item that it was "
                          "delivering");
        while (!subscribers_.empty()) {
            detail::subscriber<T>& s = subscribers_.pop_front();
            s.source = nullptr;
            s.core.check_use_noexcept();
            s.core.end();
        }
    }

    /// Parameters: at most `capacity` items, at least one, wait for the
    /// subscriber; `lag` says what happens to one more.
    /// Result: gets what is sent from now on; of a closed broadcast nothing.
    /// Errors: std::invalid_argument for a capacity of zero.
    [[nodiscard("without it nothing is received")]] subscription<T>
    subscribe(channel_capacity capacity, lag_policy lag = lag_policy::block) {
        if (capacity.value() == 0)
            throw std::invalid_argument("a subscription keeps at least one "
                                        "item: its capacity is zero");
        senders_.check_use();
        auto s = std::make_unique<detail::subscriber<T>>(this, capacity.value(),
                                                         lag);
        if (closed_) {
            s->source = nullptr;
            s->core.end();
        } else {
            (delivering_ ? arrived_ : subscribers_).push_back(*s);
            ++count_;
        }
        return subscription<T>(std::move(s));
    }

    /// Sends a copy of the item, which is made in the call, to all subscribers.
    ///
    /// Errors: closed_resource when the broadcast is or gets closed; what a
    /// copy throws, and nobody gets the item then.
    /// Completes when: no subscriber that blocks is full, and nobody waits
    /// longer. Always a checkpoint.
    /// On cancellation: nobody got the item.
    [[nodiscard("co_await the send")]] detail::broadcast_op<T>
    send(T const& item,
         std::source_location here = std::source_location::current());

    /// Sends without waiting.
    ///
    /// Result: ok, would_block or closed.
    /// Errors: as send().
    [[nodiscard("it may not have been sent")]] channel_status
    try_send(T const& item) {
        senders_.check_use();
        if (closed_)
            return channel_status::closed;
        if (!may_send())
            return channel_status::would_block;
        send_now(item);
        return channel_status::ok;
    }

    /// Ends all subscriptions, after what they have; sends that wait get
    /// closed_resource. Idempotent.
    void close() noexcept;

    /// Result: counts for logs and dumps.
    [[nodiscard]] broadcast_statistics statistics() const noexcept {
        return {count_, senders_.size(), sent_};
    }

private:
    friend class subscription<T>;
    friend class detail::broadcast_wait<T>;
    friend class detail::subscription_wait<T>;

    bool has_room() noexcept {
        bool room = true;
        subscribers_.for_each([&](detail::subscriber<T>& s) {
            room = room && (s.policy != lag_policy::block ||
                            s.core.buffered() < s.core.capacity());
        });
        return room;
    }
    bool may_send() noexcept {
        return !delivering_ && senders_.empty() && has_room();
    }
    void send_now(T const& item) {
        struct serve_after {
            broadcast& self;
            ~serve_after() { self.serve(); } // who came during a copy
        } const last{*this};
        deliver(item, nullptr);
    }

    // Copies and destructors of items are code of users, which may do anything
    // to the broadcast. Nothing of that happens before the item has arrived.
    class delivery {
    public:
        explicit delivery(broadcast& b) noexcept : self_(b) {
            b.delivering_ = true;
        }
        delivery(delivery const&) = delete;
        delivery& operator=(delivery const&) = delete;
        ~delivery() {
            self_.catch_up();
            self_.delivering_ = false;
        }

    private:
        broadcast& self_;
    };

    // First a copy into each buffer, which may throw, or stop the task that
    // sends; then the rest. `sender` is in the queue until that is decided.
    void deliver(T const& item, detail::broadcast_wait<T>* sender) {
        delivery const now(*this);
        detail::list_node* reached = nullptr;
        try {
            subscribers_.for_each([&](detail::subscriber<T>& s) {
                s.core.check_use(); // those who wait are of this loop
                s.core.stage(item);
                reached = &s;
            });
        } catch (...) {
            take_back(reached);
            throw;
        }
        if (sender && !sender->linked())
            return take_back(reached);
        ++sent_;
        subscribers_.for_each([&](detail::subscriber<T>& s) {
            if (!s.core.over_full() && !s.leaving)
                s.core.serve_staged();
        });
        if (sender)
            sender->happened();
        subscribers_.for_each([&](detail::subscriber<T>& s) {
            if (s.core.over_full())
                make_room(s);
        });
    }
    void take_back(detail::list_node* reached) noexcept {
        bool before = reached != nullptr;
        subscribers_.for_each([&](detail::subscriber<T>& s) {
            if (before)
                s.core.unstage();
            before = before && &s != reached;
        });
    }
    void make_room(detail::subscriber<T>& s) noexcept {
        if (s.policy == lag_policy::disconnect)
            return disconnect(s);
        ++s.missed;
        s.core.drop_front();
        s.core.serve_staged();
    }
    // What users wanted during the delivery, and want while that is done.
    void catch_up() noexcept {
        do {
            subscribers_.splice_back(arrived_);
            if (std::exchange(asked_, false))
                subscribers_.for_each([](detail::subscriber<T>& s) {
                    while (s.core.buffered() != 0 &&
                           s.core.statistics().waiting_receivers != 0)
                        s.core.serve_staged();
                });
            while (left_) {
                auto const s = std::move(left_);
                left_ = std::move(s->left_before);
                if (s->source)
                    leave(*s);
            }
        } while (asked_ || !arrived_.empty());
        if (closed_)
            end_all();
    }
    void leave_later(std::unique_ptr<detail::subscriber<T>> s) noexcept {
        s->leaving = true;
        s->left_before = std::move(left_);
        left_ = std::move(s);
    }
    void disconnect(detail::subscriber<T>& s) noexcept {
        s.core.unstage();
        leave(s);
        try {
            s.core.note_error(std::make_exception_ptr(broken_resource(
                "the subscriber of a broadcast was too slow and was "
                "disconnected")));
        } catch (...) {
            s.core.note_error(std::current_exception());
        }
        s.core.end();
    }
    void leave(detail::subscriber<T>& s) noexcept {
        s.unlink();
        s.source = nullptr;
        --count_;
    }
    void serve() noexcept;
    void end_all() noexcept;

    detail::waiter_queue senders_{"a broadcast"};
    detail::intrusive_list<detail::subscriber<T>> subscribers_;
    detail::intrusive_list<detail::subscriber<T>> arrived_; // meanwhile
    std::unique_ptr<detail::subscriber<T>> left_;           // meanwhile
    std::size_t count_ = 0;
    std::size_t sent_ = 0;
    bool closed_ = false;
    bool delivering_ = false;
    bool asked_ = false; // meanwhile a task began to receive
};

namespace detail {

template<class T>
class broadcast_wait final : public queued_wait {
public:
    using revocable = void;

    broadcast_wait(broadcast<T>* b, T&& item) noexcept
        : broadcast_(b), item_(std::move(item)) {}
    ~broadcast_wait() { withdraw(); }

    bool ready() {
        broadcast_->senders_.check_use();
        if (broadcast_->closed_) {
            closed_ = true;
            return true;
        }
        if (!broadcast_->may_send())
            return false;
        broadcast_->send_now(item_);
        return true;
    }
    void start() noexcept { broadcast_->senders_.push_back(*this); }
    void result() {
        if (error_)
            std::rethrow_exception(std::exchange(error_, nullptr));
        if (closed_)
            throw closed_resource("send into a broadcast that is closed");
    }

    // Leaves the queue, with the copies made or failed.
    void deliver() noexcept {
        try {
            broadcast_->deliver(item_, this);
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
            broadcast_->senders_.remove(*this);
    }

    broadcast<T>* broadcast_;
    T item_;
    std::exception_ptr error_;
    bool closed_ = false;
};

template<class T>
class [[nodiscard("co_await the send")]] broadcast_op {
public:
    broadcast_op(broadcast<T>& b, T const& item, std::source_location here)
        : broadcast_(&b), item_(item), where_(here) {}
    broadcast_wait<T> connect() && {
        return broadcast_wait<T>(broadcast_, std::move(item_));
    }
    std::source_location where() const noexcept { return where_; }

private:
    broadcast<T>* broadcast_;
    T item_;
    std::source_location where_;
};

template<class T>
class subscription_wait final : public own_take_wait<T, item_buffer<T>> {
    using base = own_take_wait<T, item_buffer<T>>;

public:
    explicit subscription_wait(subscriber<T>* s) noexcept
        : base(s ? &s->core : nullptr), subscriber_(s) {}

    bool ready() {
        broadcast<T>* const from = subscriber_ ? subscriber_->source : nullptr;
        if (from)
            from->senders_.check_use();
        if (from && from->delivering_) { // and its buffers are not whole
            from->asked_ = true;
            return false;
        }
        bool const at_once = base::ready();
        if (at_once && from)
            from->serve(); // there may be room now
        return at_once;
    }

private:
    subscriber<T>* subscriber_;
};

} // namespace detail

template<class T>
detail::broadcast_op<T> broadcast<T>::send(T const& item,
                                           std::source_location here) {
    return detail::broadcast_op<T>(*this, item, here);
}

template<class T>
void broadcast<T>::close() noexcept {
    senders_.check_use_noexcept();
    closed_ = true;
    if (!delivering_)
        end_all();
}

template<class T>
void broadcast<T>::end_all() noexcept {
    while (!subscribers_.empty()) {
        detail::subscriber<T>& s = subscribers_.front();
        leave(s);
        s.core.check_use_noexcept();
        s.core.end();
    }
    while (!senders_.empty())
        static_cast<detail::broadcast_wait<T>&>(senders_.pop_front()).close();
}

template<class T>
void broadcast<T>::serve() noexcept {
    while (!delivering_ && !senders_.empty() && has_room())
        static_cast<detail::broadcast_wait<T>&>(senders_.front()).deliver();
}

template<class T>
void subscription<T>::close() noexcept {
    if (!self_)
        return;
    auto self = std::move(self_);
    self->core.check_use_noexcept();
    broadcast<T>* const from = self->source;
    if (from)
        from->senders_.check_use_noexcept();
    if (from && from->delivering_)
        return from->leave_later(std::move(self));
    if (from) {
        from->leave(*self);
        from->serve();
    }
}

TETHER_END_NAMESPACE

#endif
