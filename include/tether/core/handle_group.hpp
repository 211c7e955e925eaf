// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How are the errors of a group handled by type, each kind by its own clause?
#ifndef TETHER_CORE_HANDLE_GROUP_HPP
#define TETHER_CORE_HANDLE_GROUP_HPP

#include <tether/core/detail/clause_engine.hpp>
#include <tether/core/exception_group.hpp>
#include <tether/detail/config.hpp>

#include <exception>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE

/// A clause of `handle_group`: made by `on` and `on_any`.
///
/// Threads: used by the one call of `handle_group` that it is given to.
template<class Handler, class... E>
class group_clause {
public:
    /// Called by `on` and `on_any`.
    explicit group_clause(Handler handler) : handler_(std::move(handler)) {}

private:
    template<class... Clauses>
    friend void handle_group(std::exception_ptr error, Clauses&&... clauses);

    static_assert(detail::group_handler<Handler>,
                  "a handler takes `exception_group const&`, the errors that "
                  "match, or nothing");

    void run(detail::clause_engine& engine) {
        if (auto const* const matched =
                detail::clause_types<E...>::match(engine))
            detail::run_handler(engine, handler_, *matched);
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
