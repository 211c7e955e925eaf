// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How is a generator asked for one element? `co_await next(gen)`.
#ifndef TETHER_STREAM_NEXT_HPP
#define TETHER_STREAM_NEXT_HPP

#include <tether/detail/config.hpp>
#include <tether/runtime/frame.hpp>
#include <tether/stream/async_generator.hpp>

#include <optional>
#include <source_location>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// Moves the element out; of an async_generator<T&>, gives the pointer.
template<class T>
class next_awaiter final : public advance_awaiter<generator_promise<T>> {
public:
    using advance_awaiter<generator_promise<T>>::advance_awaiter;

    auto await_resume() {
        auto* const item =
            advance_awaiter<generator_promise<T>>::await_resume();
        if constexpr (std::is_reference_v<T>)
            return item;
        else
            return item ? std::optional<T>(std::move(*item))
                        : std::optional<T>();
    }
};

template<class T, class D>
class next_or_awaiter final : public advance_awaiter<generator_promise<T>> {
public:
    next_or_awaiter(generator_base& generator, frame_base& frame,
                    std::add_rvalue_reference_t<D> fallback)
        : advance_awaiter<generator_promise<T>>(generator, frame),
          fallback_(std::forward<D>(fallback)) {}

    T await_resume() {
        auto* const item =
            advance_awaiter<generator_promise<T>>::await_resume();
        if (item)
            return static_cast<T&&>(*item);
        return static_cast<T>(std::forward<D>(fallback_));
    }

private:
    D fallback_;
};

template<class T>
class [[nodiscard("co_await the next element")]] next_op {
public:
    next_op(async_generator<T>& generator, std::source_location here) noexcept
        : generator_(&generator), where_(here) {}

    auto make_awaiter(frame_base& frame) const noexcept {
        return next_awaiter<T>(*generator_, frame);
    }
    std::source_location where() const noexcept { return where_; }

private:
    async_generator<T>* generator_;
    std::source_location where_;
};

// An rvalue is kept, an lvalue stays where it is.
template<class T, class D>
class [[nodiscard("co_await the next element")]] next_or_op {
public:
    next_or_op(async_generator<T>& generator,
               std::add_rvalue_reference_t<D> fallback,
               std::source_location here)
        : generator_(&generator),
          fallback_(std::forward<D>(fallback)),
          where_(here) {}

    auto make_awaiter(frame_base& frame) && {
        return next_or_awaiter<T, D>(*generator_, frame,
                                     std::forward<D>(fallback_));
    }
    std::source_location where() const noexcept { return where_; }

private:
    async_generator<T>* generator_;
    D fallback_;
    std::source_location where_;
};

} // namespace detail

/// The next element of a generator.
///
/// Parameters: `generator` outlives the await; one await at a time.
/// Result: `std::optional<T>` with the element moved out, empty at the end and
/// ever after; for async_generator<T&> a `T*`, null at the end.
/// Errors: what the body of the generator throws; the next call gives the end
/// then. std::logic_error, see async_generator.
/// Completes when: the body yields or ends. Always a checkpoint.
/// On cancellation: a stop inside the body ends the generator, then stops the
/// caller; one that was pending before leaves the generator as it is.
/// Never lost: an element that was yielded before the stop is delivered.
/// Example:
/// \code
/// while (auto row = co_await next(rows))
///     co_await store(*row);
/// \endcode
template<class T>
[[nodiscard("co_await the next element")]] detail::next_op<T>
next(async_generator<T>& generator,
     std::source_location here = std::source_location::current()) {
    return {generator, here};
}

/// The same with `fallback` at the end instead of an empty optional.
///
/// Parameters: an lvalue outlives the await, an rvalue is moved from.
/// Result: `T`, the element moved out.
template<class T, class D>
    requires std::is_constructible_v<T, D>
[[nodiscard("co_await the next element")]] detail::next_or_op<T, D>
next(async_generator<T>& generator, D&& fallback,
     std::source_location here = std::source_location::current()) {
    return {generator, std::forward<D>(fallback), here};
}

TETHER_END_NAMESPACE

#endif
