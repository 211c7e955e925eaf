// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What does a broadcast keep for one subscriber, and how does that wait for an
/// item?
#ifndef TETHER_STREAM_DETAIL_SUBSCRIBER_HPP
#define TETHER_STREAM_DETAIL_SUBSCRIBER_HPP

#include <tether/detail/config.hpp>
#include <tether/detail/intrusive_list.hpp>
#include <tether/stream/broadcast_options.hpp>
#include <tether/stream/channel_options.hpp>
#include <tether/stream/detail/take_wait.hpp>

#include <cstddef>
#include <memory>

TETHER_BEGIN_NAMESPACE
namespace detail {

template<class T>
class broadcast_core;

inline constexpr stream_words subscription_words{
    "a subscription", "an item of a broadcast", "room in a subscription",
    "an item of a broadcast", " that is closed"};

// Unlinked once the broadcast has gone.
template<class T>
struct subscriber : list_node {
    subscriber(broadcast_core<T>* from, std::size_t capacity, lag_policy how)
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

    broadcast_core<T>* source;
    stream_core<T>& core;
    lag_policy policy;
    bool leaving = false; // during a delivery
    std::size_t missed = 0;
    std::unique_ptr<subscriber> left_before;
};

template<class T>
class subscription_wait final : public own_take_wait<T, item_buffer<T>> {
    using base = own_take_wait<T, item_buffer<T>>;

public:
    explicit subscription_wait(
        std::unique_ptr<subscriber<T>> const* self) noexcept
        : subscription_wait(self->get()) {}

    bool ready() {
        broadcast_core<T>* const from =
            subscriber_ ? subscriber_->source : nullptr;
        if (from && from->puts_off_receive())
            return this->has_to_wait();
        bool const at_once = base::ready();
        if (at_once && from)
            from->serve(); // there may be room now
        return at_once;
    }

private:
    explicit subscription_wait(subscriber<T>* s) noexcept
        : base(s ? &s->core : nullptr), subscriber_(s) {}

    subscriber<T>* subscriber_;
};

// Of the subscription, which may be closed before the wait is made.
template<class T>
using subscription_op =
    wait_op<subscription_wait<T>, std::unique_ptr<subscriber<T>> const*>;

} // namespace detail
TETHER_END_NAMESPACE

#endif
