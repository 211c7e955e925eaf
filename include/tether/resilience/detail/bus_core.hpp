// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What do an event_bus, its subscriptions and the tasks that call the handlers
/// share?
#ifndef TETHER_RESILIENCE_DETAIL_BUS_CORE_HPP
#define TETHER_RESILIENCE_DETAIL_BUS_CORE_HPP

#include <tether/core/errors.hpp>
#include <tether/core/exception_group.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/current_loop.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/stream/broadcast.hpp>
#include <tether/sync/event.hpp>
#include <tether/sync/resettable_event.hpp>
#include <tether/task/awaitable.hpp>
#include <tether/task/checkpoint.hpp>
#include <tether/task/task.hpp>

#include <cstddef>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeindex>
#include <typeinfo>
#include <utility>
#include <vector>

TETHER_BEGIN_NAMESPACE

/// A handler of an event_bus has failed.
///
/// Invariant: refers to what it tells of, for the time of the call.
class event_failure {
public:
    /// Says what failed with which event.
    template<class E>
    event_failure(std::string_view handler, std::exception_ptr const& error,
                  E const* the_event) noexcept
        : handler_(handler),
          error_(&error),
          event_(the_event),
          type_(&typeid(E)) {}

    /// The name given at subscribe(); may be empty.
    [[nodiscard]] std::string_view handler() const noexcept { return handler_; }
    /// What the handler threw; broken_resource for a subscriber that was
    /// disconnected, which has no event.
    [[nodiscard]] std::exception_ptr const& error() const noexcept {
        return *error_;
    }
    /// Result: the event if it is an `E`, otherwise null.
    template<class E>
    [[nodiscard]] E const* event() const noexcept {
        return *type_ == typeid(E) ? static_cast<E const*>(event_) : nullptr;
    }

private:
    std::string_view handler_;
    std::exception_ptr const* error_;
    void const* event_;
    std::type_info const* type_;
};

namespace detail {

class bus_topic_base {
public:
    virtual ~bus_topic_base() = default;
    virtual void close() noexcept = 0;
};

// Who waits for all the handlers of one event.
struct bus_delivery {
    event done;
    std::vector<exception_group::member_init> errors;
    bool waited_for = true;
};

// The last copy of an event that is handled, dropped or forgotten ends its
// delivery.
class bus_delivery_end {
public:
    explicit bus_delivery_end(std::shared_ptr<bus_delivery> of) noexcept
        : delivery(std::move(of)) {}
    bus_delivery_end(bus_delivery_end const&) = delete;
    bus_delivery_end& operator=(bus_delivery_end const&) = delete;
    ~bus_delivery_end() { delivery->done.set(); }

    std::shared_ptr<bus_delivery> delivery;
};

// No aggregate: g++ 12 destroys those twice where they are temporaries.
template<class E>
struct bus_envelope {
    bus_envelope() noexcept = default;
    explicit bus_envelope(std::shared_ptr<E const> the_event,
                          std::shared_ptr<bus_delivery_end> end = {}) noexcept
        : event(std::move(the_event)), delivery(std::move(end)) {}
    std::shared_ptr<E const> event;
    std::shared_ptr<bus_delivery_end> delivery;
};

template<class E>
class bus_topic final : public bus_topic_base {
public:
    void close() noexcept override { events.close(); }
    broadcast<bus_envelope<E>> events;
};

class bus_core {
public:
    using key = std::pair<std::type_index, std::string>;

    template<class E>
    std::shared_ptr<bus_topic<E>> find(std::string_view topic) const {
        if (closed)
            throw closed_resource("use of an event bus that is closed");
        auto const at = topics_.find(key(typeid(E), topic));
        if (at == topics_.end())
            return nullptr;
        return std::static_pointer_cast<bus_topic<E>>(at->second.lock());
    }
    template<class E>
    std::shared_ptr<bus_topic<E>> find_or_make(std::string_view topic) {
        if (auto found = find<E>(topic))
            return found;
        std::erase_if(topics_,
                      [](auto const& each) { return each.second.expired(); });
        auto made = std::make_shared<bus_topic<E>>();
        topics_.insert_or_assign(key(typeid(E), topic), made);
        return made;
    }
    void close() noexcept {
        closed = true;
        for (auto const& each : topics_)
            if (auto const topic = each.second.lock())
                topic->close();
    }

    void tell(event_failure const& failure) noexcept {
        if (!sink)
            return report_unread(failure.error(), "in a handler of an event");
        try {
            sink(failure);
        } catch (...) {
            report_unread(failure.error(), "in a handler of an event");
            report_unread(std::current_exception(),
                          "in the error sink of an event bus");
        }
    }
    // Each error is told once: to the publisher who waits, or to the sink.
    template<class E>
    void failed(std::string_view handler, std::exception_ptr const& error,
                bus_envelope<E> const& on) {
        if (on.delivery && on.delivery->delivery->waited_for)
            on.delivery->delivery->errors.emplace_back(error,
                                                       std::string(handler));
        else
            tell(event_failure(handler, error, on.event.get()));
    }

    std::function<void(event_failure const&)> sink;
    std::size_t running = 0;
    resettable_event idle{true};
    bool closed = false;

private:
    std::map<key, std::weak_ptr<bus_topic_base>> topics_;
};

class bus_slot_base {
public:
    explicit bus_slot_base(std::string_view handler) : name(handler) {}
    virtual ~bus_slot_base() = default;
    virtual void leave() noexcept = 0;

    std::string_view name;
    event ended; // the handler is not called any more and does not run
    task_record* runner = nullptr;
    bool open = true;
};

template<class E>
class bus_slot final : public bus_slot_base {
public:
    bus_slot(std::string_view handler, std::shared_ptr<bus_topic<E>> of,
             channel_capacity capacity, lag_policy lag)
        : bus_slot_base(handler),
          topic(std::move(of)),
          input(topic->events.subscribe(capacity, lag)) {}
    void leave() noexcept override {
        open = false;
        input.close();
    }

    std::shared_ptr<bus_topic<E>> topic;
    subscription<bus_envelope<E>> input;
};

// Goes with the task of a subscriber, also if that never starts.
template<class E>
class bus_runner {
public:
    bus_runner(std::shared_ptr<bus_core> c, std::shared_ptr<bus_slot<E>> s)
        : core(std::move(c)), slot(std::move(s)) {
        core->idle.clear();
        ++core->running;
    }
    bus_runner(bus_runner&&) noexcept = default;
    bus_runner& operator=(bus_runner&&) = delete;
    ~bus_runner() {
        if (!core)
            return;
        slot->leave();
        slot->runner = nullptr;
        slot->ended.set();
        if (--core->running == 0)
            core->idle.set();
    }

    std::shared_ptr<bus_core> core;
    std::shared_ptr<bus_slot<E>> slot;
};

template<class E, class H>
inline constexpr bool handler_awaits =
    awaitable<std::invoke_result_t<H&, E const&>>;

template<class E, class H>
task<> run_handler(bus_runner<E> self, H handler) {
    bus_slot<E>& slot = *self.slot;
    slot.runner = running_task();
    while (slot.open) {
        bus_envelope<E> got;
        std::exception_ptr error;
        try {
            auto item = co_await slot.input.receive();
            if (!item || !slot.open)
                co_return;
            got = std::move(*item);
            item.reset();
            if constexpr (handler_awaits<E, H>)
                co_await std::invoke(handler, *got.event);
            else
                std::invoke(handler, *got.event);
        } catch (forced_exit const&) {
            throw;
        } catch (...) {
            error = std::current_exception();
        }
        if (error)
            self.core->failed(slot.name, error, got);
        if (!got.event) // disconnected
            co_return;
    }
}

template<class E>
task<> bus_publish(std::shared_ptr<bus_core> core, std::string topic,
                   bus_envelope<E> what) {
    auto const to = core->find<E>(topic);
    if (!to) {
        co_await checkpoint();
        co_return;
    }
    co_await to->events.send(what);
}

// Errors that the publisher has not taken go to the sink.
template<class E>
class bus_publisher {
public:
    bus_publisher(std::shared_ptr<bus_core> core, std::shared_ptr<E const> what)
        : core_(std::move(core)), event_(std::move(what)) {}
    bus_publisher(bus_publisher const&) = delete;
    bus_publisher& operator=(bus_publisher const&) = delete;
    ~bus_publisher() {
        delivery->waited_for = false;
        for (auto const& each : delivery->errors)
            core_->tell(
                event_failure(each.task_name, each.error, event_.get()));
    }
    void take_errors() {
        if (!delivery->errors.empty())
            throw exception_group("handlers of an event",
                                  std::exchange(delivery->errors, {}));
    }

    std::shared_ptr<bus_delivery> delivery = std::make_shared<bus_delivery>();

private:
    std::shared_ptr<bus_core> core_;
    std::shared_ptr<E const> event_;
};

template<class E>
task<> bus_publish_and_wait(std::shared_ptr<bus_core> core, std::string topic,
                            std::shared_ptr<E const> what) {
    bus_publisher<E> publisher(core, what);
    bus_envelope<E> envelope(
        std::move(what),
        std::make_shared<bus_delivery_end>(publisher.delivery));
    co_await bus_publish<E>(core, std::move(topic), std::move(envelope));
    co_await publisher.delivery->done.wait();
    publisher.take_errors();
}

template<class = void>
task<> bus_drained(std::shared_ptr<bus_core> core) {
    while (core->running != 0)
        co_await core->idle.wait();
}

template<class = void>
task<> bus_left(std::shared_ptr<bus_slot_base> slot) {
    if (slot)
        co_await slot->ended.wait();
    else
        co_await checkpoint();
}

} // namespace detail
TETHER_END_NAMESPACE

#endif
