// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does an item of a broadcast reach all subscribers or none, whatever its
/// copies and destructors do to the broadcast meanwhile?
#ifndef TETHER_STREAM_DETAIL_BROADCAST_CORE_HPP
#define TETHER_STREAM_DETAIL_BROADCAST_CORE_HPP

#include <tether/core/errors.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/diagnostics.hpp>
#include <tether/detail/intrusive_list.hpp>
#include <tether/stream/broadcast_options.hpp>
#include <tether/stream/channel_options.hpp>
#include <tether/stream/detail/broadcast_wait.hpp>
#include <tether/stream/detail/subscriber.hpp>
// Builds on sync/detail/waiter_queue.hpp: sends wait as all do.
#include <tether/sync/detail/waiter_queue.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

template<class T>
class broadcast_core {
public:
    using reader = subscriber<T>;
    using reader_ptr = std::unique_ptr<reader>;

    broadcast_core() noexcept = default;
    broadcast_core(broadcast_core const&) = delete;
    broadcast_core& operator=(broadcast_core const&) = delete;
    ~broadcast_core() {
        if (delivering_)
            fatal("a broadcast was destroyed by an item that it was "
                  "delivering");
        while (!subscribers_.empty()) {
            reader& s = subscribers_.pop_front();
            s.source = nullptr;
            s.core.check_use_noexcept();
            s.core.end();
        }
    }

    // --- the broadcast
    reader_ptr subscribe(std::size_t capacity, lag_policy lag) {
        senders_.check_use();
        auto s = std::make_unique<reader>(this, capacity, lag);
        if (closed_) {
            s->source = nullptr;
            s->core.end();
        } else {
            (delivering_ ? arrived_ : subscribers_).push_back(*s);
            ++count_;
        }
        return s;
    }
    channel_status try_send(T const& item) {
        senders_.check_use();
        if (closed_)
            return channel_status::closed;
        if (!may_send())
            return channel_status::would_block;
        send_now(item);
        return channel_status::ok;
    }
    void close() noexcept {
        senders_.check_use_noexcept();
        closed_ = true;
        if (!delivering_)
            end_all();
    }
    broadcast_statistics statistics() const noexcept {
        return {count_, senders_.size(), sent_};
    }

    // --- a subscription
    void unsubscribe(reader_ptr s) noexcept {
        senders_.check_use_noexcept();
        if (delivering_)
            return leave_later(std::move(s));
        leave(*s);
        serve();
    }
    // During a delivery the buffers are not whole.
    bool puts_off_receive() {
        senders_.check_use();
        if (delivering_)
            asked_ = true;
        return delivering_;
    }
    // Lets those go on who wait to send.
    void serve() noexcept {
        while (!delivering_ && !senders_.empty() && has_room())
            static_cast<broadcast_wait<T>&>(senders_.front()).deliver();
    }

    // --- a send that waits
    void line_up(broadcast_wait<T>& wait) noexcept { senders_.push_back(wait); }
    void withdraw(broadcast_wait<T>& wait) noexcept { senders_.remove(wait); }
    // First a copy into each buffer, which may throw, or stop the task that
    // sends; then the rest. `sender` is in the queue until that is decided.
    void deliver(T const& item, broadcast_wait<T>* sender) {
        delivery const now(*this);
        list_node* reached = nullptr;
        try {
            subscribers_.for_each([&](reader& s) {
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
        subscribers_.for_each([&](reader& s) {
            if (!s.core.over_full() && !s.leaving)
                s.core.serve_staged();
        });
        if (sender)
            sender->happened();
        subscribers_.for_each([&](reader& s) {
            if (s.core.over_full())
                make_room(s);
        });
    }

private:
    // Copies and destructors of items are code of users, which may do anything
    // to the broadcast. Nothing of that happens before the item has arrived.
    class delivery {
    public:
        explicit delivery(broadcast_core& core) noexcept : core_(core) {
            core.delivering_ = true;
        }
        delivery(delivery const&) = delete;
        delivery& operator=(delivery const&) = delete;
        ~delivery() {
            core_.catch_up();
            core_.delivering_ = false;
        }

    private:
        broadcast_core& core_;
    };

    bool has_room() noexcept {
        bool room = true;
        subscribers_.for_each([&](reader& s) {
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
            broadcast_core& self;
            ~serve_after() { self.serve(); } // who came during a copy
        } const last{*this};
        deliver(item, nullptr);
    }
    void take_back(list_node* reached) noexcept {
        bool before = reached != nullptr;
        subscribers_.for_each([&](reader& s) {
            if (before)
                s.core.unstage();
            before = before && &s != reached;
        });
    }
    void make_room(reader& s) noexcept {
        if (s.policy == lag_policy::disconnect)
            return disconnect(s);
        ++s.missed;
        s.core.drop_front();
        s.core.serve_staged();
    }
    void disconnect(reader& s) noexcept {
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
    // What users wanted during the delivery, and want while that is done.
    void catch_up() noexcept {
        do {
            subscribers_.splice_back(arrived_);
            if (std::exchange(asked_, false))
                subscribers_.for_each([](reader& s) {
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
    void leave_later(reader_ptr s) noexcept {
        s->leaving = true;
        s->left_before = std::move(left_);
        left_ = std::move(s);
    }
    void leave(reader& s) noexcept {
        s.unlink();
        s.source = nullptr;
        --count_;
    }
    void end_all() noexcept {
        while (!subscribers_.empty()) {
            reader& s = subscribers_.front();
            leave(s);
            s.core.check_use_noexcept();
            s.core.end();
        }
        while (!senders_.empty())
            static_cast<broadcast_wait<T>&>(senders_.pop_front()).close();
    }

    waiter_queue senders_{"a broadcast"};
    intrusive_list<reader> subscribers_;
    intrusive_list<reader> arrived_; // meanwhile
    reader_ptr left_;                // meanwhile
    std::size_t count_ = 0;
    std::size_t sent_ = 0;
    bool closed_ = false;
    bool delivering_ = false;
    bool asked_ = false; // meanwhile a task began to receive
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
