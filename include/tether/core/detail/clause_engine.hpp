// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Which part of an error does each clause get, and what is left at the end?
#ifndef TETHER_CORE_DETAIL_CLAUSE_ENGINE_HPP
#define TETHER_CORE_DETAIL_CLAUSE_ENGINE_HPP

#include <tether/core/detail/exception_probe.hpp>
#include <tether/core/errors.hpp>
#include <tether/core/exception_group.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/current_loop.hpp>

#include <concepts>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

TETHER_BEGIN_NAMESPACE

/// What becomes of the errors that a handler was given.
enum class group_action : unsigned char {
    consume, ///< they are handled
    rethrow  ///< they join the unhandled ones, in the original shape
};

namespace detail {

// The bookkeeping of handle_group and try_group, without calling anything. For
// each clause in turn: match(); when that gives a group, run the handler with
// it and say how it ended; after the last clause throw what finish() returns.
class clause_engine {
public:
    // `error` is not null.
    explicit clause_engine(std::exception_ptr error)
        : error_(std::move(error)),
          group_(
              dynamic_cast<exception_group const*>(as_std_exception(error_))),
          rest_(group_ ? *group_ : exception_group("one error", {error_})) {}

    clause_engine(clause_engine const&) = delete;
    clause_engine& operator=(clause_engine const&) = delete;

    // Whoever is stopped while a handler awaits never asks what is left.
    ~clause_engine() {
        if (finished_)
            return;
        try {
            matched_.reset();
            report_unread(finish(), "an error was left unhandled because its "
                                    "try_group was stopped in a handler");
        } catch (...) {
            report_unread(error_, "an error was left unhandled");
        }
    }

    // What the clause has to handle; null when it has nothing to do.
    exception_group const* match(member_test test) {
        if (!rest_)
            return nullptr;
        auto halves = group_parts::split(*rest_, test);
        if (!halves.match)
            return nullptr;
        matched_ = std::move(halves.match);
        rest_ = std::move(halves.rest);
        return &*matched_;
    }

    // The handled part as an exception, the bare error itself if it was bare:
    // what `throw;` in a handler means.
    [[nodiscard]] std::exception_ptr matched_error() const {
        if (!group_)
            return error_;
        if (matched_->same_as(*group_))
            return error_;
        return group_parts::throwable(*group_, *matched_);
    }

    void handled(group_action action) {
        if (action == group_action::rethrow)
            put_back(*matched_);
        else
            matched_.reset();
    }

    // The handler ended with an exception. Throwing the part it was given, or
    // a part of that, is asking for a rethrow.
    void failed(std::exception_ptr thrown) {
        if (!group_ && thrown == error_) {
            put_back(*matched_);
            return;
        }
        auto const* const group =
            dynamic_cast<exception_group const*>(as_std_exception(thrown));
        if (group && group_parts::related(*group, *matched_)) {
            put_back(*group);
            return;
        }
        exception_group::member_init added(std::move(thrown));
        added.cause = matched_error();
        new_errors_.push_back(std::move(added));
        matched_.reset();
    }

    // What is to be thrown, or null when everything was handled.
    [[nodiscard]] std::exception_ptr finish() {
        finished_ = true;
        if (back_)
            rest_ = rest_ ? merge(*back_, *rest_) : *back_;
        std::exception_ptr left;
        if (rest_) {
            bool const all = !group_ || rest_->same_as(*group_);
            left = all ? error_ : group_parts::throwable(*group_, *rest_);
        }
        if (new_errors_.empty())
            return left;
        if (left)
            new_errors_.emplace_back(std::move(left));
        std::string message = "errors while handling ";
        if (group_)
            append_quoted(message, group_->message());
        else
            message += "an error";
        return std::make_exception_ptr(
            exception_group(message, std::move(new_errors_)));
    }

private:
    void put_back(exception_group const& part) {
        back_ = back_ ? merge(*back_, part) : part;
        matched_.reset();
    }

    std::exception_ptr error_;
    exception_group const* group_; // inside error_; null when it is bare
    std::optional<exception_group> rest_;
    std::optional<exception_group> matched_;
    std::optional<exception_group> back_;
    std::vector<exception_group::member_init> new_errors_;
    bool finished_ = false;
};

template<class Handler>
concept group_handler = std::invocable<Handler&, exception_group const&> ||
                        std::invocable<Handler&>;

template<class Handler>
decltype(auto) call_handler(Handler& handler, exception_group const& matched) {
    if constexpr (std::invocable<Handler&, exception_group const&>)
        return std::invoke(handler, matched);
    else
        return std::invoke(handler);
}
template<class Handler>
using handler_result_t = decltype(call_handler(
    std::declval<Handler&>(), std::declval<exception_group const&>()));

// A handler that is a plain function. The errors are the current exception
// while it runs, so that `throw;` in it rethrows them, as in any catch block.
template<class Handler>
void run_handler(clause_engine& engine, Handler& handler,
                 exception_group const& matched) {
    using result = handler_result_t<Handler>;
    static_assert(std::is_void_v<result> || std::same_as<result, group_action>,
                  "a handler returns nothing (the errors are handled) or a "
                  "group_action; one that awaits returns a task of these and "
                  "needs try_group");
    group_action action = group_action::consume;
    try {
        try {
            std::rethrow_exception(engine.matched_error());
        } catch (...) {
            if constexpr (std::is_void_v<result>)
                call_handler(handler, matched);
            else
                action = call_handler(handler, matched);
        }
    } catch (...) {
        engine.failed(std::current_exception());
        return;
    }
    engine.handled(action);
}

// The types of a clause; none at all means everything but a forced exit, which
// no clause for ordinary errors may hold up.
template<class... E>
struct clause_types {
    static_assert((!std::is_base_of_v<exception_group, E> && ...),
                  "on<exception_group> is ambiguous: a clause is given a group "
                  "of the errors that match, so name the type of the errors "
                  "in it, or use on_any");
    static_assert((!std::is_reference_v<E> && ...) &&
                      (!std::is_const_v<E> && ...),
                  "name the error type itself in on<E>: without const and &");

    static exception_group const* match(clause_engine& engine) {
        auto test = [](error_leaf const& leaf, exception_group const* inner) {
            if constexpr (sizeof...(E) == 0)
                return !inner && !member_is<forced_exit>(leaf, inner);
            else
                return is_any_of<E...>(leaf, inner);
        };
        return engine.match(member_test(test));
    }
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
