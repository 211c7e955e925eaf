// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a generator become one value? collect, fold, count, first, find,
/// any and all.
#ifndef TETHER_STREAM_COLLECT_HPP
#define TETHER_STREAM_COLLECT_HPP

#include <tether/detail/config.hpp>
#include <tether/stream/adaptors/elements.hpp>
#include <tether/stream/async_range.hpp>
#include <tether/stream/consume.hpp>
#include <tether/task/task.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

TETHER_BEGIN_NAMESPACE
namespace detail {

// Hands the elements to `step` until that is content, and closes.
template<class G, class F>
task<> visit(G& range, F& step) {
    using element = yield_of_t<G>;
    auto body = [&](G& all) -> task<> {
        while (auto* const item = co_await all.advance())
            if (!step(static_cast<element&&>(*item)))
                co_return;
    };
    co_await consume(range, body);
}

template<class G>
task<std::vector<stored_of<G>>> collect_task(G range) {
    std::vector<stored_of<G>> out;
    auto step = [&](yield_of_t<G>&& item) {
        out.push_back(std::forward<yield_of_t<G>>(item));
        return true;
    };
    co_await visit(range, step);
    co_return out;
}

template<class G, class T, class F>
task<T> fold_task(G range, T state, F fn) {
    auto step = [&](yield_of_t<G>&& item) {
        state = std::invoke(fn, std::move(state),
                            std::forward<yield_of_t<G>>(item));
        return true;
    };
    co_await visit(range, step);
    co_return state;
}

template<class G>
task<std::optional<stored_of<G>>> first_task(G range) {
    std::optional<stored_of<G>> out;
    auto step = [&](yield_of_t<G>&& item) {
        out.emplace(std::forward<yield_of_t<G>>(item));
        return false;
    };
    co_await visit(range, step);
    co_return out;
}

template<class G, class P>
task<bool> any_task(G range, P pred) {
    auto found =
        co_await first_task(filter_elements(std::move(range), std::move(pred)));
    co_return found.has_value();
}

// No lambda, at which clang 19 ends with a fault.
template<class G, class P>
class failing_of {
public:
    explicit failing_of(P pred) : pred_(std::move(pred)) {}

    task<bool> operator()(element_of<G> const& item) {
        bool good = false;
        if constexpr (awaits<P, seen<G>>)
            good = co_await std::invoke(pred_, item);
        else
            good = std::invoke(pred_, item);
        co_return !good;
    }

private:
    P pred_;
};

template<class G, class P>
task<bool> all_task(G range, P pred) {
    auto found = co_await first_task(
        filter_elements(std::move(range), failing_of<G, P>(std::move(pred))));
    co_return !found.has_value();
}

} // namespace detail

/// All elements in a vector.
///
/// Parameters: `range` is moved in, here and below.
/// Errors: those of the generator and of its close, here and below.
/// Completes when: the generator has ended and is closed. Always a checkpoint.
/// On cancellation: passed to the generator, which is closed, here and below.
/// Example:
/// \code
/// auto const rows = co_await collect(query(sql) | take(10));
/// \endcode
template<async_range G>
    requires(!std::is_reference_v<G>)
[[nodiscard("co_await it")]] auto collect(G range) {
    return detail::collect_task(std::move(range));
}

/// The state after all elements: `state = fn(state, element)`.
///
/// Result: the state.
/// Completes when: as collect().
/// On cancellation: as collect().
template<async_range G, class T, class F>
[[nodiscard("co_await it")]] task<T> fold(G range, T init, F&& fn) {
    return detail::fold_task<G, T, std::decay_t<F>>(
        std::move(range), std::move(init), std::forward<F>(fn));
}

/// How many elements there are.
///
/// Completes when: as collect().
/// On cancellation: as collect().
template<async_range G>
[[nodiscard("co_await it")]] task<std::size_t> count(G range) {
    return detail::fold_task(std::move(range), std::size_t{0},
                             [](std::size_t n, auto&&) { return n + 1; });
}

/// The first element; the generator is closed then.
///
/// Result: empty if there is none.
/// Completes when: as collect().
/// On cancellation: as collect().
template<async_range G>
[[nodiscard("co_await it")]] auto first(G range) {
    return detail::first_task(std::move(range));
}

/// The first element for which `pred` is true; the generator is closed then.
///
/// Parameters: `pred` gives bool or an awaitable of bool, here and below.
/// Result: empty if there is none.
/// Completes when: as collect().
/// On cancellation: as collect().
template<async_range G, class P>
[[nodiscard("co_await it")]] auto find(G range, P&& pred) {
    return detail::first_task(detail::filter_elements(
        std::move(range), std::decay_t<P>(std::forward<P>(pred))));
}

/// Whether `pred` is true for some element; no more are asked for then.
///
/// Completes when: as collect().
/// On cancellation: as collect().
template<async_range G, class P>
[[nodiscard("co_await it")]] task<bool> any(G range, P&& pred) {
    return detail::any_task<G, std::decay_t<P>>(std::move(range),
                                                std::forward<P>(pred));
}

/// Whether `pred` is true for all elements; after one for which it is not, no
/// more are asked for.
///
/// Completes when: as collect().
/// On cancellation: as collect().
template<async_range G, class P>
[[nodiscard("co_await it")]] task<bool> all(G range, P&& pred) {
    return detail::all_task<G, std::decay_t<P>>(std::move(range),
                                                std::forward<P>(pred));
}

TETHER_END_NAMESPACE

#endif
