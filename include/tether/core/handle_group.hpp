// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How are the errors of a group handled by type, each kind by its own clause?
#ifndef TETHER_CORE_HANDLE_GROUP_HPP
#define TETHER_CORE_HANDLE_GROUP_HPP

#include <tether/core/detail/clause_engine.hpp>
#include <tether/core/exception_group.hpp>
#include <tether/detail/config.hpp>

#include <concepts>
#include <exception>
#include <functional>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE

/// What becomes of the errors that a handler was given.
enum class group_action : unsigned char {
    consume, ///< they are handled
    rethrow  ///< they join the unhandled ones, in the original shape
};

/// A clause of `handle_group`: made by `on` and `on_any`.
///
/// Threads: used by the one call of `handle_group` that it is given to.
template<class Handler, class... E>
class group_clause {
public:
    explicit group_clause(Handler handler) : handler_(std::move(handler)) {}

private:
    template<class... Clauses>
    friend void handle_group(std::exception_ptr error, Clauses&&... clauses);

    static_assert(
        std::invocable<Handler&, exception_group const&> ||
            std::invocable<Handler&>,
        "a handler takes `exception_group const&`, the errors that match, or "
        "nothing");

    group_action call(exception_group const& matched) {
        if constexpr (std::invocable<Handler&, exception_group const&>) {
            return as_action([&]() -> decltype(auto) {
                return std::invoke(handler_, matched);
            });
        } else {
            return as_action(
                [&]() -> decltype(auto) { return std::invoke(handler_); });
        }
    }

    template<class Call>
    static group_action as_action(Call call) {
        using result = std::invoke_result_t<Call&>;
        static_assert(std::is_void_v<result> ||
                          std::same_as<result, group_action>,
                      "a handler returns nothing (the errors are handled) or a "
                      "group_action; for a handler that awaits use try_group");
        if constexpr (std::is_void_v<result>) {
            call();
            return group_action::consume;
        } else {
            return call();
        }
    }

    void run(detail::clause_engine& engine) {
        auto matches = [](detail::error_leaf const& leaf,
                          exception_group const* inner) {
            return detail::clause_types<E...>::matches(leaf, inner);
        };
        exception_group const* const matched =
            engine.match(detail::member_test(matches));
        if (!matched)
            return;
        group_action action = group_action::consume;
        try {
            // The errors are the current exception while the handler runs, so
            // that `throw;` in it rethrows them, as in any catch block.
            try {
                std::rethrow_exception(engine.matched_error());
            } catch (...) {
                action = call(*matched);
            }
        } catch (...) {
            engine.failed(std::current_exception());
            return;
        }
        if (action == group_action::rethrow)
            engine.rethrow();
        else
            engine.consume();
    }

    Handler handler_;
};

/// A clause for the errors that are one of `E...`, or derive from one.
///
/// Parameters: `handler(exception_group const&)` or `handler()`, returning
/// nothing or a `group_action`; stored by value.
template<class... E, class Handler>
    requires(sizeof...(E) > 0)
[[nodiscard]] group_clause<std::decay_t<Handler>, E...> on(Handler&& handler) {
    return group_clause<std::decay_t<Handler>, E...>(
        std::forward<Handler>(handler));
}

/// A clause for every error, also for what is not a `std::exception`, except
/// `forced_exit`.
template<class Handler>
[[nodiscard]] group_clause<std::decay_t<Handler>> on_any(Handler&& handler) {
    return group_clause<std::decay_t<Handler>>(std::forward<Handler>(handler));
}

/// Handles an error by clauses, which are tried in order; each is called at
/// most once, with all errors that match it and that no earlier clause took,
/// in their original nesting. A bare error is matched like a group of one.
///
/// Parameters: `error` may be null, then nothing happens.
/// Errors: unmatched errors are thrown again as a group of the original shape,
/// together with those that a handler gave back by `group_action::rethrow` or
/// `throw;`; all of them together are the original exception, and a bare error
/// leaves bare. When handlers threw something new, those errors come first in a
/// new group, each with the group it was handling as its cause, and what was
/// not handled comes after them.
/// Example:
/// ```
/// catch (...) {
///     handle_group(std::current_exception(),
///         on<http_error>([&](exception_group const& g) { retry(g); }),
///         on<timeout_error>([&] { return group_action::rethrow; }));
/// }
/// ```
template<class... Clauses>
void handle_group(std::exception_ptr error, Clauses&&... clauses) {
    if (!error)
        return;
    detail::clause_engine engine(std::move(error));
    (clauses.run(engine), ...);
    if (std::exception_ptr const left = engine.finish())
        std::rethrow_exception(left);
}

TETHER_END_NAMESPACE

#endif
