// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What becomes of a generator that fails? catch_error and restart.
#ifndef TETHER_STREAM_ADAPTORS_FAILURES_HPP
#define TETHER_STREAM_ADAPTORS_FAILURES_HPP

#include <tether/detail/config.hpp>
#include <tether/stream/async_generator.hpp>
#include <tether/stream/async_range.hpp>
#include <tether/stream/detail/adaptor.hpp>
#include <tether/stream/keep.hpp>

#include <concepts>
#include <cstddef>
#include <exception>
#include <functional>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

template<class G, class F>
async_generator<yield_of_t<G>> catch_error_elements(G range, F handler) {
    using made = std::invoke_result_t<F&, std::exception_ptr>;
    auto& all = co_await tether::keep(std::move(range));
    std::exception_ptr error;
    for (;;) {
        element_of<G>* item = nullptr;
        try {
            item = co_await all.advance();
        } catch (...) {
            error = std::current_exception();
        }
        if (!item)
            break;
        co_yield yield_from(*item);
    }
    if (!error)
        co_return;
    if constexpr (std::is_void_v<made>) {
        std::invoke(handler, std::move(error));
    } else if constexpr (is_generator<made>) {
        auto& rest =
            co_await keep_instead<made>(std::invoke(handler, std::move(error)));
        while (auto* const item = co_await rest.advance())
            co_yield yield_from(*item);
    } else {
        auto last = std::invoke(handler, std::move(error));
        co_yield yield_from(last);
    }
}

template<class F>
std::invoke_result_t<F&> restart_elements(F make, std::size_t times) {
    using made = std::invoke_result_t<F&>;
    for (;; --times) {
        auto& all = co_await keep_instead<made>(std::invoke(make));
        for (;;) {
            typename made::promise_type::element* item = nullptr;
            bool failed = false;
            try {
                item = co_await all.advance();
            } catch (...) {
                if (times == 0)
                    throw;
                failed = true;
            }
            if (failed)
                break;
            if (!item)
                co_return;
            co_yield yield_from(*item);
        }
    }
}

} // namespace detail

/// Goes on after an error with what `handler` says.
///
/// Parameters: `handler` takes the std::exception_ptr and returns nothing (the
/// elements end), one last element, or a generator that goes on.
/// Errors: what the handler throws.
/// Example:
/// \code
/// auto all = live() | catch_error([&](std::exception_ptr) { return cached();
/// });
/// \endcode
template<class F>
    requires std::invocable<std::decay_t<F>&, std::exception_ptr>
[[nodiscard("pipe a generator into it")]] auto catch_error(F&& handler) {
    return detail::adaptor([f = std::decay_t<F>(std::forward<F>(
                                handler))]<class G>(G range) mutable {
        return detail::catch_error_elements(std::move(range), std::move(f));
    });
}

/// Makes the generator anew after an error, at most `times` times.
///
/// Parameters: `make` returns an async_generator; the elements of each follow
/// those that came before, none is withdrawn.
/// Errors: the last one, when all attempts are used up; what `make` throws.
/// Example:
/// \code
/// auto events = restart([&] { return subscribe(topic); }, 3);
/// \endcode
template<class F>
    requires detail::is_generator<std::invoke_result_t<std::decay_t<F>&>>
[[nodiscard("consume it")]] auto restart(F&& make, std::size_t times) {
    return detail::restart_elements(std::decay_t<F>(std::forward<F>(make)),
                                    times);
}

TETHER_END_NAMESPACE

#endif
