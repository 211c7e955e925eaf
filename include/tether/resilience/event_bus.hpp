// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does one part of a program tell others that something has happened,
/// without knowing them? It publishes an event on a bus.
#ifndef TETHER_RESILIENCE_EVENT_BUS_HPP
#define TETHER_RESILIENCE_EVENT_BUS_HPP

#include <tether/detail/config.hpp>
#include <tether/resilience/detail/bus_core.hpp>
#include <tether/scope/task_group.hpp>
#include <tether/stream/broadcast.hpp>
#include <tether/stream/channel_options.hpp>
// The same compilers destroy an event twice.
#include <tether/stream/detail/check_item.hpp>
#include <tether/task/checkpoint.hpp>
#include <tether/task/task.hpp>

#include <concepts>
#include <functional>
#include <memory>
#include <source_location>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE

/// What can be chosen for one subscriber of an event_bus; trivially
/// destructible.
struct event_subscription_options {
    /// How many events wait for the handler; at least one.
    channel_capacity capacity = 16;
    /// What happens to one more.
    lag_policy lag = lag_policy::block;
    /// Only events published on this topic; events without one have the empty
    /// topic. Copied.
    std::string_view topic{};
    /// Shown in errors and dumps; outlives the group, as a literal does.
    std::string_view name{};
};

/// A handler's place on an event_bus.
///
/// Invariant: the handler is not called after the end of the subscription: by
/// its destruction, a move into it, unsubscribe(), or the end of the bus's
/// group. It may outlive the bus. Move-only.
/// Threads: the loop of the bus.
/// Example:
/// ```
/// event_subscription const mails = bus.subscribe<order_placed>(send_mail);
/// ```
class [[nodiscard("without it the handler is not called")]] event_subscription {
public:
    /// A subscription to nothing.
    event_subscription() noexcept = default;
    event_subscription(event_subscription&&) noexcept = default;
    event_subscription& operator=(event_subscription&& other) noexcept {
        if (this != &other) {
            unsubscribe();
            slot_ = std::move(other.slot_);
        }
        return *this;
    }
    ~event_subscription() { unsubscribe(); }

    /// Ends it, also inside of the handler. A handler that runs goes on; the
    /// events that wait for it are dropped. Idempotent.
    void unsubscribe() noexcept {
        if (auto const slot = std::move(slot_))
            slot->leave();
    }

    /// The same, and waits until the handler does not run: then what it refers
    /// to may go.
    ///
    /// Completes when: the handler has ended; at once in the handler itself.
    /// Always a checkpoint.
    /// On cancellation: the subscription has ended; the handler goes on.
    template<class = void>
    [[nodiscard("co_await the end")]] task<> close() {
        auto slot = std::exchange(slot_, nullptr);
        if (slot)
            slot->leave();
        bool const self = slot && slot->runner == detail::running_task();
        return detail::bus_left(self ? nullptr : std::move(slot));
    }

    /// Whether it has not ended.
    [[nodiscard]] explicit operator bool() const noexcept {
        return slot_ && slot_->open;
    }

private:
    friend class event_bus;
    explicit event_subscription(
        std::shared_ptr<detail::bus_slot_base> slot) noexcept
        : slot_(std::move(slot)) {}

    std::shared_ptr<detail::bus_slot_base> slot_;
};

/// Takes events of any type to the handlers that have subscribed to that type.
///
/// Invariant: each subscriber has a task of its own in the group, which calls
/// the handler with one event after the other, in the order in which they were
/// published; one that subscribes late gets what is published from then on.
/// Subscribers do not wait for each other, but where one that blocks is full,
/// the next publish() of that type and topic waits for it.
/// Ownership: the handlers and the events that wait outlive the bus; its
/// destruction is a close() without the wait. The group outlives the bus.
/// Errors: what a handler throws ends only that call. It goes to the one who
/// waits in publish_and_wait(), otherwise to the sink, otherwise to the loop's
/// on_unhandled_error.
/// Never lost: an event reaches all subscribers or, if the publish is
/// cancelled, none; exceptions are what lag_policy says, an unsubscribe(), and
/// the end of the group by a cancel.
/// Threads: the loop of the group.
/// Example:
/// ```
/// event_bus bus(group);
/// auto const mails = bus.subscribe<order_placed>(send_mail);
/// co_await bus.publish(order_placed(42));
/// ```
class event_bus {
public:
    /// Parameters: the handlers run as children of `group`.
    explicit event_bus(task_group& group)
        : group_(&group), core_(std::make_shared<detail::bus_core>()) {}
    event_bus(event_bus const&) = delete;
    event_bus& operator=(event_bus const&) = delete;
    ~event_bus() { core_->close(); }

    /// Sets the sink, which is called with each event_failure.
    ///
    /// Parameters: `sink` outlives the handlers; what it throws goes to the
    /// loop's on_unhandled_error.
    void on_error(std::function<void(event_failure const&)> sink) {
        core_->sink = std::move(sink);
    }

    /// Calls `handler(E const&)` with each `E` published from now on.
    ///
    /// Parameters: `handler` is a coroutine function or a plain one, and is
    /// moved or copied into the group.
    /// Result: ends the subscription when it is destroyed.
    /// Errors: closed_resource for a closed bus; group_closed;
    /// std::invalid_argument for a capacity of zero.
    template<class E, class H>
    event_subscription
    subscribe(H&& handler, event_subscription_options options = {},
              std::source_location here = std::source_location::current()) {
        using stored = std::decay_t<H>;
        static_assert(std::same_as<E, std::decay_t<E>>,
                      "subscribe to the type of the event itself, without "
                      "const and &");
        static_assert(std::is_invocable_v<stored&, E const&>,
                      "the handler is called with an E const&, where E is the "
                      "type it subscribes to");
        auto slot = std::make_shared<detail::bus_slot<E>>(
            options.name, core_->find_or_make<E>(options.topic),
            options.capacity, options.lag);
        group_->spawn(named(options.name), &detail::run_handler<E, stored>,
                      detail::bus_runner<E>(core_, slot),
                      std::forward<H>(handler), here);
        return event_subscription(std::move(slot));
    }

    /// Publishes an event: gives it to all who have subscribed to its type.
    ///
    /// Parameters: an event, which is copied or moved in the call, or a
    /// std::shared_ptr<E const>.
    /// Errors: closed_resource when the bus is or gets closed.
    /// Completes when: all subscribers have it, which those who block have when
    /// there is room, and nobody waits longer. Always a checkpoint.
    /// On cancellation: nobody got it.
    template<class E>
    [[nodiscard("co_await the publish")]] task<>
    publish(E&& event, std::string_view topic = {}) {
        check_event<E>();
        auto what = share(std::forward<E>(event));
        using type = event_type<decltype(what)>;
        return detail::bus_publish<type>(
            core_, std::string(topic),
            detail::bus_envelope<type>(std::move(what)));
    }

    /// Publishes without waiting.
    ///
    /// Result: ok, or would_block or closed when nobody got it.
    template<class E>
    [[nodiscard("it may not be published")]] channel_status
    try_publish(E&& event, std::string_view topic = {}) {
        if (core_->closed)
            return channel_status::closed;
        auto what = share(std::forward<E>(event));
        using type = event_type<decltype(what)>;
        auto const to = core_->find<type>(topic);
        return to ? to->events.try_send(
                        detail::bus_envelope<type>(std::move(what)))
                  : channel_status::ok;
    }

    /// Publishes an event and waits until all its handlers are done with it.
    ///
    /// Errors: as publish(); an exception_group of what the handlers have
    /// thrown, in that order. Those of handlers that were disconnected or
    /// unsubscribed are not waited for.
    /// Completes when: each handler has ended, or will not be called any more.
    /// Always a checkpoint. A handler that waits for itself never ends.
    /// On cancellation: the handlers go on; their errors go to the sink.
    template<class E>
    [[nodiscard("co_await the publish")]] task<>
    publish_and_wait(E&& event, std::string_view topic = {}) {
        check_event<E>();
        auto what = share(std::forward<E>(event));
        return detail::bus_publish_and_wait<event_type<decltype(what)>>(
            core_, std::string(topic), std::move(what));
    }

    /// Refuses further events, from the call on, and drains: waits until the
    /// handlers are done with those there are.
    ///
    /// Completes when: no handler runs or will run; never in a handler.
    /// On cancellation: it stays closed; the handlers go on.
    template<class = void>
    [[nodiscard("co_await the drain")]] task<> close() {
        core_->close();
        return detail::bus_drained(core_);
    }

private:
    template<class Shared>
    using event_type = std::remove_const_t<typename Shared::element_type>;

    template<class E>
    static void check_event() {
        static_assert(std::is_lvalue_reference_v<E> ||
                          !detail::item_destroyed_twice<E>,
                      "g++ before 13 destroys an aggregate twice when it is a "
                      "temporary in a co_await expression: name the event "
                      "first (E event{...};) and pass the name, or give E a "
                      "constructor");
    }
    template<class E>
    static auto share(E&& event) {
        return std::make_shared<std::decay_t<E> const>(std::forward<E>(event));
    }
    template<class E>
    static std::shared_ptr<E const> share(std::shared_ptr<E const> event) {
        return event;
    }

    task_group* group_;
    std::shared_ptr<detail::bus_core> core_;
};

TETHER_END_NAMESPACE

#endif
