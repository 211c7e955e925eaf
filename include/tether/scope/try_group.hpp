// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How are the errors of a task group handled by type, when the handlers
/// themselves have to await something?
#ifndef TETHER_SCOPE_TRY_GROUP_HPP
#define TETHER_SCOPE_TRY_GROUP_HPP

#include <tether/core/detail/clause_engine.hpp>
#include <tether/core/exception_group.hpp>
#include <tether/core/outcome.hpp>
#include <tether/detail/config.hpp>
#include <tether/scope/as_outcome.hpp>
#include <tether/scope/detail/scoped_body.hpp>
#include <tether/task/awaitable.hpp>
#include <tether/task/task.hpp>

#include <cstddef>
#include <exception>
#include <functional>
#include <source_location>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// A lvalue handler is used in place, an rvalue is kept.
template<class Handler, class... E>
class try_clause {
public:
    using handler_type = std::remove_reference_t<Handler>;
    static_assert(group_handler<handler_type>,
                  "a handler takes `exception_group const&`, the errors that "
                  "match, or nothing");
    using result_type = handler_result_t<handler_type>;

    explicit try_clause(Handler&& handler)
        : handler_(std::forward<Handler>(handler)) {}

    // Result: the errors to handle, when the handler is a coroutine and there
    // are any. A plain handler has run.
    exception_group const* begin(clause_engine& engine) {
        auto const* const matched = clause_types<E...>::match(engine);
        if constexpr (!is_task<result_type>) {
            if (matched)
                run_handler(engine, handler_, *matched);
            return nullptr;
        } else {
            return matched;
        }
    }

    task<> handle(clause_engine& engine, exception_group const& matched) {
        if constexpr (is_task<result_type>) {
            using value = typename result_type::value_type;
            static_assert(std::is_void_v<value> ||
                              std::is_same_v<value, group_action>,
                          "a handler that awaits returns task<> (the errors "
                          "are handled) or task<group_action>");
            group_action action = group_action::consume;
            std::exception_ptr thrown;
            try {
                auto handling = call_handler(handler_, matched);
                if constexpr (std::is_void_v<value>)
                    co_await std::move(handling);
                else
                    action = co_await std::move(handling);
            } catch (...) {
                thrown = std::current_exception();
            }
            if (thrown)
                engine.failed(std::move(thrown));
            else
                engine.handled(action);
        }
        co_return;
    }

private:
    Handler handler_;
};

template<class F>
struct try_body {
    static_assert(std::is_invocable_v<F&>,
                  "the body of try_group is a task, or a coroutine function "
                  "without parameters");
    using task_type = std::remove_cvref_t<std::invoke_result_t<F&>>;
    static_assert(is_task<task_type>,
                  "the body must be a coroutine: let it return tether::task<T> "
                  "(a lambda needs -> task<T>)");
    static task_type start(F& body) { return std::invoke(body); }
};
template<class T>
struct try_body<task<T>> {
    using task_type = task<T>;
    static task<T> start(task<T>& body) { return std::move(body); }
};

} // namespace detail

/// What `try_group` returns: a body and its clauses, to be awaited.
///
/// Invariant: clauses are tried in the order in which they were added.
/// Threads: as the task that awaits it.
template<class F, class... Clauses>
class [[nodiscard("co_await the try_group")]] try_group_op {
    using body = detail::try_body<std::remove_reference_t<F>>;
    using body_value = typename body::task_type::value_type;
    using result = detail::optional_result<body_value>;

public:
    using value_type = result;

    /// Called by `try_group` and by the clauses.
    try_group_op(F&& fn, std::source_location here,
                 std::tuple<Clauses...>&& clauses = {})
        : fn_(std::forward<F>(fn)),
          where_(here),
          clauses_(std::move(clauses)) {}

    /// Adds a clause for the errors that are one of `E...`, or derive from one.
    ///
    /// Parameters: `handler(exception_group const&)` or `handler()`; it returns
    /// nothing, a `group_action`, or a task of one of these.
    template<class... E, class Handler>
        requires(sizeof...(E) > 0)
    auto on(Handler&& handler) && {
        TETHER_CHECK_BODY(Handler);
        return std::move(*this)
            .template with<detail::try_clause<Handler, E...>>(
                std::forward<Handler>(handler));
    }
    /// Adds a clause for every error, except `forced_exit`.
    template<class Handler>
    auto on_any(Handler&& handler) && {
        TETHER_CHECK_BODY(Handler);
        return std::move(*this).template with<detail::try_clause<Handler>>(
            std::forward<Handler>(handler));
    }

    auto make_awaiter(detail::frame_base& frame) && {
        static_assert(sizeof...(Clauses) > 0,
                      "a try_group without clauses handles nothing: add "
                      ".on<E>(handler)");
        task<result> all = run(*this);
        return detail::call_awaiter<result>(all, frame);
    }
    std::source_location where() const noexcept { return where_; }

private:
    template<class Clause, class Handler>
    auto with(Handler&& handler) && {
        return try_group_op<F, Clauses..., Clause>(
            std::forward<F>(fn_), where_,
            std::tuple_cat(
                std::move(clauses_),
                std::tuple<Clause>(Clause(std::forward<Handler>(handler)))));
    }

    template<std::size_t Index>
    static exception_group const* begin(try_group_op& self,
                                        detail::clause_engine& engine) {
        return std::get<Index>(self.clauses_).begin(engine);
    }
    template<std::size_t Index>
    static task<> handle(try_group_op& self, detail::clause_engine& engine,
                         exception_group const& matched) {
        return std::get<Index>(self.clauses_).handle(engine, matched);
    }

    // The object lives in the full expression that awaits this. Handlers run
    // outside of any catch block, where they could not await.
    static task<result> run(try_group_op& self) {
        auto work = body::start(self.fn_);
        auto ended = co_await as_outcome(std::move(work));
        if (ended.has_value()) {
            if constexpr (std::is_void_v<body_value>)
                co_return true;
            else if constexpr (std::is_reference_v<body_value>)
                co_return result(ended.value());
            else
                co_return result(std::move(ended).value());
        }
        detail::clause_engine engine(ended.error());
        for (step const& clause :
             steps(std::index_sequence_for<Clauses...>{})) {
            if (auto const* const matched = clause.begin(self, engine))
                co_await clause.handle(self, engine, *matched);
        }
        if (std::exception_ptr const left = engine.finish())
            std::rethrow_exception(left);
        co_return result();
    }

    struct step {
        exception_group const* (*begin)(try_group_op&, detail::clause_engine&);
        task<> (*handle)(try_group_op&, detail::clause_engine&,
                         exception_group const&);
    };
    template<std::size_t... Index>
    static std::span<step const> steps(std::index_sequence<Index...>) noexcept {
        static constexpr step all[] = {{&begin<Index>, &handle<Index>}...};
        return all;
    }

    F fn_;
    std::source_location where_;
    std::tuple<Clauses...> clauses_;
};

/// Runs a body and handles its errors by clauses, as `handle_group` does, with
/// handlers that may await.
///
/// Parameters: `body` is a coroutine function without parameters, or a task; an
/// lvalue function is used in place and must outlive the await, as must lvalue
/// handlers.
/// Result: `std::optional<T>` with the body's value, empty when its errors
/// were handled; for a void body, whether it ended without error.
/// Errors: what no clause took or a handler gave back, in its original shape, a
/// bare error bare; new errors of handlers come first in a group, with what
/// they were handling as their cause.
/// Completes when: the body has ended and after it every handler that had
/// something to do, one after the other. A checkpoint only if these are.
/// On cancellation: transparent; a stop runs no clause, not even `on_any`.
/// Never lost: when a stop ends a handler, errors that no handler was given yet
/// go to the error sink of the loop.
/// Example:
/// ```
/// co_await try_group(load_all)
///     .on<http_error>([&](exception_group const& errors) -> task<> {
///         co_await report(errors.count<http_error>());
///     })
///     .on<timeout_error>([] { return group_action::rethrow; });
/// ```
template<class F>
[[nodiscard("co_await the try_group")]] auto
try_group(F&& body,
          std::source_location here = std::source_location::current()) {
    if constexpr (!detail::is_task<F>)
        TETHER_CHECK_BODY(F);
    return try_group_op<F>(std::forward<F>(body), here);
}

TETHER_END_NAMESPACE

#endif
