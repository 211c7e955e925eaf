// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a coroutine give one element after the other to whoever asks for
/// the next? `async_generator<T>`, `co_yield` and `yield_from`.
#ifndef TETHER_STREAM_ASYNC_GENERATOR_HPP
#define TETHER_STREAM_ASYNC_GENERATOR_HPP

#include <tether/detail/config.hpp>
#include <tether/detail/declarations.hpp>
#include <tether/scope/exit_reason.hpp>
#include <tether/stream/detail/generator_step.hpp>
#include <tether/stream/keep.hpp>
#include <tether/task/task.hpp>

#include <concepts>
#include <coroutine>
#include <memory>
#include <source_location>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
template<class T>
class async_generator;

namespace detail {
template<class T>
class generator_promise;
template<class T>
class advance_op;
template<class T>
struct yield_lvalue {
    T* item;
};
} // namespace detail

/// Yields the variable itself instead of a copy: the consumer may move it out.
///
/// Parameters: `item` is not owned.
/// Result: what stands behind co_yield; the same as `co_yield std::move(item)`,
/// also for the aggregates that g++ 12 must not see there.
template<class T>
[[nodiscard("co_yield it")]] detail::yield_lvalue<T>
yield_from(T& item) noexcept {
    return {std::addressof(item)};
}

/// A lazy coroutine with many results, each made when it is asked for.
///
/// Invariant: nothing of the body runs before the first step, and nothing
/// between two steps: the body is part of the task that awaits a step. Its
/// scopes, its deadline and its loop are those of that task.
/// Parameters: `T` is an object type, move-only or not, or an lvalue reference.
/// Result: each co_yield one element; then the end, for ever.
/// Errors: what the body throws comes out of the step, and after it the end;
/// std::logic_error for a step while another one runs, for a step on another
/// loop than the first, and for a co_yield inside of a scope that the generator
/// itself has opened.
/// On cancellation: a stop that comes during a step destroys the frames of the
/// body from the innermost outwards, closes what it keeps, and then stops the
/// consumer.
/// Never lost: whoever stops early awaits close(); consume() and for_each() do
/// so on every way out. A generator that is destroyed destroys its locals; one
/// that still keeps a resource (see keep()) tells on_unhandled_error, and run()
/// names those that are open at its end.
/// Threads: one loop. Idle generators may be passed to another of its tasks.
/// Example:
/// \code
/// async_generator<int> ticks(int n) {
///     for (int i = 0; i < n; ++i) {
///         co_await sleep_for(1s);
///         co_yield i;
///     }
/// }
/// \endcode
/// Source: cppcoro's and Python's asynchronous generators.
template<class T>
class [[nodiscard("a generator does nothing until it is asked: consume() it, "
                  "or co_await its next()")]] async_generator
    : public detail::generator_base {
    static_assert(std::is_object_v<T> || std::is_lvalue_reference_v<T>,
                  "async_generator<T>: T is an object type or an lvalue "
                  "reference");

public:
    using promise_type = detail::generator_promise<T>;
    using value_type = T;

    async_generator(async_generator&&) noexcept = default;
    async_generator& operator=(async_generator&& other) noexcept {
        if (this != &other)
            adopt(other.release());
        return *this;
    }

    /// Whether the end was reached, by itself, by an error, a stop or a close;
    /// also of one that was moved from.
    [[nodiscard]] bool finished() const noexcept { return !frame(); }

    /// Names it for reports.
    ///
    /// Parameters: `name` has static storage.
    async_generator named(char const* name) && noexcept {
        if (frame())
            frame()->state.set_name(name);
        return std::move(*this);
    }

    /// Goes on to the next element, without moving it.
    ///
    /// Result: a pointer to what was yielded, valid until the next step; null
    /// at the end. It may be moved from.
    /// Errors: those of the body; std::logic_error, see above.
    /// Completes when: the body yields or ends. Always a checkpoint.
    /// On cancellation: before the body goes on, the generator stays as it is;
    /// inside, it ends.
    [[nodiscard("co_await the step")]] detail::advance_op<T> advance(
        std::source_location here = std::source_location::current()) & noexcept;

    /// Ends the generator where it is suspended, and closes what it keeps.
    ///
    /// Errors: those of the closes; std::logic_error while a step runs. Closing
    /// again does nothing.
    /// Completes when: all is closed. No checkpoint by itself.
    /// On cancellation: the closes run behind a shield, see keep().
    task<> close() { return detail::close_generator(*this, exit_reason()); }
    /// The same, telling what is kept how the consumer ended.
    task<> close(exit_reason const& why) {
        return detail::close_generator(*this, why);
    }

private:
    friend class detail::generator_promise<T>;

    explicit async_generator(promise_type& p) noexcept : generator_base(p) {}
};

namespace detail {

// Where the body waits for the consumer.
template<class Promise>
class yield_awaiter_of {
public:
    explicit yield_awaiter_of(Promise& p) noexcept : promise_(&p) {}

    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<>) const noexcept {
        promise_->leave();
    }
    void await_resume() const noexcept {}

private:
    Promise* promise_;
};

// An lvalue is copied, for the consumer may move the element out.
template<class Promise, class T>
class yield_copy_awaiter : public yield_awaiter_of<Promise> {
public:
    yield_copy_awaiter(Promise& p, T const& item)
        : yield_awaiter_of<Promise>(p), copy_(item) {
        p.offer(copy_);
    }
    yield_copy_awaiter(yield_copy_awaiter const&) = delete;
    yield_copy_awaiter& operator=(yield_copy_awaiter const&) = delete;

private:
    T copy_;
};

template<class T>
class generator_promise final : public generator_promise_base {
    static constexpr bool by_reference = std::is_reference_v<T>;

public:
    using element = std::remove_reference_t<T>;
    using waits = yield_awaiter_of<generator_promise>;

    async_generator<T> get_return_object(
        std::source_location here = std::source_location::current()) noexcept {
        state.set_made(here);
        return async_generator<T>(*this);
    }

    waits
    yield_value(T&& item,
                std::source_location here = std::source_location::current()) {
        static_assert(by_reference || !(TETHER_GCC_DOUBLE_DESTROY &&
                                        std::is_aggregate_v<T> &&
                                        !std::is_trivially_destructible_v<T>),
                      "g++ before 13 destroys an aggregate twice when it is a "
                      "temporary in a co_yield expression: name the element "
                      "first (T item{...};) and write co_yield "
                      "tether::yield_from(item), or give T a constructor");
        return give(item, here);
    }
    auto
    yield_value(element const& item,
                std::source_location here = std::source_location::current())
        requires(!by_reference && std::copy_constructible<element>)
    {
        check_scopes();
        where = here;
        return yield_copy_awaiter<generator_promise, element>(*this, item);
    }
    waits
    yield_value(yield_lvalue<element> item,
                std::source_location here = std::source_location::current()) {
        return give(*item.item, here);
    }

    using generator_promise_base::await_transform;
    template<class R>
    auto await_transform(keep_op<R>&& op, std::source_location here =
                                              std::source_location::current()) {
        where = here;
        using resource = typename keep_op<R>::resource;
        task<resource&> opening = std::move(op).run(*this);
        return call_awaiter<resource&>(opening, *this);
    }

    element* current() const noexcept { return current_; }
    void offer(element& item) noexcept { current_ = std::addressof(item); }

    using generator_promise_base::leave;

private:
    waits give(element& item, std::source_location here) {
        check_scopes();
        where = here;
        offer(item);
        return waits(*this);
    }

    element* current_ = nullptr;
};

template<class T>
class [[nodiscard("co_await the step")]] advance_op {
public:
    advance_op(async_generator<T>& generator,
               std::source_location here) noexcept
        : generator_(&generator), where_(here) {}

    auto make_awaiter(frame_base& frame) const noexcept {
        return advance_awaiter<generator_promise<T>>(*generator_, frame);
    }
    std::source_location where() const noexcept { return where_; }

private:
    async_generator<T>* generator_;
    std::source_location where_;
};

template<class G>
inline constexpr bool is_generator = false;
template<class T>
inline constexpr bool is_generator<async_generator<T>> = true;

} // namespace detail

template<class T>
detail::advance_op<T>
async_generator<T>::advance(std::source_location here) & noexcept {
    return {*this, here};
}

TETHER_END_NAMESPACE

#endif
