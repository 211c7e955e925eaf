// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How do several tasks share a generator, and how does one yield from inside
/// of a scope? `as_channel` runs the generator as a child task.
///
/// Builds on sync/resettable_event.hpp.
#ifndef TETHER_STREAM_AS_CHANNEL_HPP
#define TETHER_STREAM_AS_CHANNEL_HPP

#include <tether/core/errors.hpp>
#include <tether/core/exception_group.hpp>
#include <tether/detail/config.hpp>
#include <tether/scope/task_group.hpp>
#include <tether/scope/with_task_group.hpp>
#include <tether/stream/async_range.hpp>
#include <tether/stream/channel.hpp>
#include <tether/stream/consume.hpp>
#include <tether/stream/detail/background.hpp>
#include <tether/sync/resettable_event.hpp>
#include <tether/task/task.hpp>

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

TETHER_BEGIN_NAMESPACE
namespace detail {

// How many elements the generator may make: one for each receive, and the size
// of the buffer before. A receive that was stopped takes its wish back, or the
// next one pays for it.
class demand {
public:
    explicit demand(std::size_t ahead) noexcept : credit_(ahead) {}

    void add() {
        if (debt_ != 0) {
            --debt_;
            return;
        }
        ++credit_;
        more_.set();
    }
    void take_back() noexcept {
        if (credit_ != 0)
            --credit_;
        else
            ++debt_;
    }
    template<class = void>
    task<> use() {
        while (credit_ == 0) {
            more_.clear();
            co_await more_.wait();
        }
        --credit_;
    }

    std::exception_ptr error; // of the generator
    bool told = false;        // a receive has thrown it

private:
    std::size_t credit_;
    std::size_t debt_ = 0;
    resettable_event more_;
};

struct element_access;

} // namespace detail

/// The elements of a generator that runs as a child of as_channel().
///
/// Invariant: move-only; clone() gives another one, and each element goes to
/// one of them. With the last one the generator is stopped.
/// Threads: as for receiver.
/// Example: see as_channel().
template<class T>
class element_receiver {
public:
    using value_type = T;

    /// The next element.
    ///
    /// Result: empty at the end.
    /// Errors: what the generator threw, at the end.
    /// Completes when: the generator has made one, or has ended. Always a
    /// checkpoint.
    /// On cancellation: nothing was taken.
    [[nodiscard("co_await the receive")]] task<std::optional<T>> receive() {
        return take(from_, *demand_);
    }

    /// Another receiver of the same elements.
    [[nodiscard]] element_receiver clone() const {
        return element_receiver(from_.clone(), demand_);
    }

    /// Takes part no longer. Idempotent.
    void close() noexcept { from_.close(); }

private:
    friend struct detail::element_access;

    element_receiver(receiver<T> from, std::shared_ptr<detail::demand> wishes)
        : from_(std::move(from)), demand_(std::move(wishes)) {}

    static task<std::optional<T>> take(receiver<T>& from,
                                       detail::demand& wishes) {
        struct wish {
            explicit wish(detail::demand& d) : on(d) { on.add(); }
            ~wish() {
                if (!granted)
                    on.take_back();
            }
            detail::demand& on;
            bool granted = false;
        } now(wishes);
        try {
            std::optional<T> item = co_await from.receive();
            now.granted = true;
            co_return item;
        } catch (...) {
            if (std::current_exception() == wishes.error)
                wishes.told = true; // and not a misuse of the receiver
            throw;
        }
    }

    receiver<T> from_;
    std::shared_ptr<detail::demand> demand_;
};

namespace detail {

// The child: one element for each wish, and the close on every way out.
template<class T, class G>
task<> send_on_demand(G& range, sender<T> to, demand& wishes) {
    auto send = [&](G& all) -> task<> {
        for (;;) {
            co_await wishes.use();
            auto* const item = co_await all.advance();
            if (!item)
                co_return;
            try {
                if constexpr (std::is_reference_v<yield_of_t<G>>)
                    co_await to.send(std::as_const(*item));
                else
                    co_await to.send_from(*item);
            } catch (broken_resource const& broken) {
                throw consumer_left(broken);
            }
        }
    };
    try {
        co_await consume(range, send);
    } catch (consumer_left const&) {
    } catch (...) {
        wishes.error = std::current_exception();
    }
    if (wishes.error)
        to.close(wishes.error);
}

// Stops the child when the body has ended, however.
class stop_at_exit {
public:
    explicit stop_at_exit(task_handle<>& child) noexcept : child_(child) {}
    stop_at_exit(stop_at_exit const&) = delete;
    stop_at_exit& operator=(stop_at_exit const&) = delete;
    ~stop_at_exit() { child_.cancel("the body of as_channel has ended"); }

private:
    task_handle<>& child_;
};

struct element_access {
    template<class T>
    static element_receiver<T> make(receiver<T> from,
                                    std::shared_ptr<demand> wishes) {
        return element_receiver<T>(std::move(from), std::move(wishes));
    }
};

template<class R, class T, class G, class F>
task<R> as_channel_task(G range, F body, std::size_t ahead) {
    auto const wishes = std::make_shared<demand>(ahead);
    std::exception_ptr failed;
    std::conditional_t<std::is_void_v<R>, bool, std::optional<R>> result{};
    auto work = [&](task_group& group) -> task<> {
        auto ends = channel<T>(ahead);
        task_handle<> child =
            group.spawn(send_on_demand<T, G>, std::ref(range),
                        std::move(ends.first), std::ref(*wishes));
        stop_at_exit const guard(child);
        auto elements = element_access::make(std::move(ends.second), wishes);
        try {
            if constexpr (std::is_void_v<R>)
                co_await std::invoke(body, std::move(elements));
            else
                result.emplace(co_await std::invoke(body, std::move(elements)));
        } catch (...) {
            failed = std::current_exception();
        }
    };
    co_await with_task_group(work);
    std::exception_ptr const unheard = wishes->told ? nullptr : wishes->error;
    if (failed && unheard) {
        std::vector<std::exception_ptr> both{failed, unheard};
        throw exception_group("as_channel", std::move(both));
    }
    if (failed || unheard)
        std::rethrow_exception(failed ? failed : unheard);
    if constexpr (!std::is_void_v<R>)
        co_return std::move(*result);
}

} // namespace detail

/// Runs a generator as a child task and `body(element_receiver<T>)` beside it.
///
/// The producer has a task and a scope of its own, so several tasks may share
/// the elements; what cannot be yielded from inside of a scope can be sent by
/// such a task.
/// Parameters: `range` is moved in; `body` is a coroutine function, an lvalue
/// is used in place. The generator makes at most `ahead` elements that nobody
/// has asked for; with 0 it goes on only when a receive waits.
/// Result: what the body returned.
/// Errors: of the generator, out of receive(), as they are; those that no
/// receive has thrown, out of the verb, bare; together with an error of the
/// body as an exception_group, the body's first. Groups thrown by either stay
/// as they are.
/// Completes when: the body has ended, and the generator was stopped and is
/// closed.
/// On cancellation: both are stopped, the generator with its cleanup.
/// Never lost: an element that was sent and not received is destroyed.
/// Example:
/// \code
/// co_await as_channel(rows(db), [](element_receiver<row> all) -> task<> {
///     while (auto r = co_await all.receive())
///         co_await store(*r);
/// });
/// \endcode
/// Source: Trio's as_safe_channel.
template<async_range G, class F>
    requires(!std::is_reference_v<G>)
[[nodiscard("co_await the work")]] auto as_channel(G&& range, F&& body,
                                                   std::size_t ahead = 0) {
    TETHER_CHECK_BODY(F);
    using T = detail::stored_of<G>;
    using task_type =
        std::invoke_result_t<std::remove_reference_t<F>&, element_receiver<T>>;
    static_assert(detail::is_task<task_type>,
                  "the body of as_channel must be a coroutine taking an "
                  "element_receiver<T>: let it return tether::task<R>");
    using R = detail::task_value_t<task_type>;
    static_assert(!std::is_reference_v<R>,
                  "the body of as_channel returns a value, not a reference");
    return detail::as_channel_task<R, T, G, F>(std::move(range),
                                               std::forward<F>(body), ahead);
}

TETHER_END_NAMESPACE

#endif
