// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How are resources closed whose number is known only at run time? By an
/// async_exit_stack, which is itself a resource.
#ifndef TETHER_SCOPE_ASYNC_EXIT_STACK_HPP
#define TETHER_SCOPE_ASYNC_EXIT_STACK_HPP

#include <tether/detail/config.hpp>
#include <tether/scope/async_try.hpp>
#include <tether/scope/detail/exit_entry.hpp>
#include <tether/scope/exit_reason.hpp>
#include <tether/scope/with.hpp>
#include <tether/task/task.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

TETHER_BEGIN_NAMESPACE

/// Resources and callbacks that are closed in the reverse of their order.
///
/// Invariant: filled only inside of `with(stack, body)`, by the task that
/// awaits that. When the body has ended, each entry is closed behind a shield
/// of its own, also after an error, a stop, or an error of another entry. No
/// entry suppresses an error.
/// Errors: those of several entries as an exception_group in the order in which
/// they came. std::logic_error for use outside of `with`, from another task,
/// or while the stack closes.
/// Never lost: an entry is closed once, by the stack or by the one it was moved
/// to. When the context is destroyed entries are destroyed without being
/// closed.
/// Threads: the loop of the task that opened it.
/// Example:
/// ```
/// async_exit_stack stack;
/// co_await with(stack, [&](async_exit_stack&) -> task<> {
///     for (auto const& name : names)
///         files.push_back(&co_await stack.enter(open_file(name)));
///     stack.push([&] { log("done"); });
/// });
/// ```
/// Source: Python's AsyncExitStack.
class async_exit_stack {
public:
    async_exit_stack() = default;
    async_exit_stack(async_exit_stack const&) = delete;
    async_exit_stack& operator=(async_exit_stack const&) = delete;

    /// Opens a resource, which is closed with the stack.
    ///
    /// Parameters: a closable_resource; it is moved into the stack, std::ref
    /// leaves it where it is and must outlive the stack's `with`.
    /// Result: what a body of `with` would be given: a reference to the
    /// resource, or to what it yielded.
    /// Errors: of its open(): then it is not closed and the stack is as before.
    /// Completes when: open() has ended. A checkpoint only where that is.
    /// On cancellation: during open(), as with `with`.
    template<class R>
    [[nodiscard("co_await it")]] auto enter(R&& resource) {
        using kept = std::unwrap_ref_decay_t<R>;
        using stored = std::remove_reference_t<kept>;
        static_assert(!detail::resource_destroyed_twice<R>,
                      "g++ before 13 destroys an aggregate twice when it is a "
                      "temporary in a co_await expression: name the resource "
                      "first and pass std::ref or emplace it, or give it a "
                      "constructor");
        static_assert(
            !surrounding_resource<stored>,
            "this resource opens a scope, which must be left before the body "
            "of the stack is: open it with(resource, body) instead");
        static_assert(closable_resource<stored>,
                      "enter takes a resource with task<> close(): use push "
                      "for a callback");
        static_assert(std::is_constructible_v<kept, R>,
                      "enter moves the resource into the stack: write "
                      "std::move, or std::ref for one that outlives the stack");
        return run_enter<kept>(std::make_unique<detail::resource_entry<kept>>(
            std::forward<R>(resource)));
    }

    /// Adds a callback.
    ///
    /// Parameters: called with the exit_reason or with nothing; a coroutine
    /// function or an ordinary one. Copied or moved into the stack.
    /// Errors: std::bad_alloc, and those of the class.
    template<class F>
    void push(F&& callback) {
        using entry = detail::callback_entry<std::decay_t<F>>;
        check_use("push");
        add(std::make_unique<entry>(std::forward<F>(callback)));
    }

    /// Closes all entries now; the stack can be filled again.
    ///
    /// Errors: of the entries.
    /// Completes when: all are closed.
    /// On cancellation: none: it ends when each entry has had its grace.
    template<class = void>
    [[nodiscard("co_await it")]] task<> close() {
        check_use("close");
        auto nothing = []() -> task<> { co_return; };
        auto all = [&]() -> task<> { return unwind(exit_reason()); };
        co_await async_try(nothing).finally(all);
    }

    /// Moves all entries on top of another stack that is open; for a function
    /// that gives what it has acquired to its caller.
    ///
    /// Errors: std::logic_error when either is not open, or closing.
    void pop_all_into(async_exit_stack& heir) {
        check_use("pop_all_into");
        heir.check_use("pop_all_into");
        if (&heir == this || !top_)
            return;
        auto* bottom = &top_;
        while (*bottom)
            bottom = &(*bottom)->below;
        *bottom = std::move(heir.top_);
        heir.top_ = std::move(top_);
        heir.size_ += std::exchange(size_, 0);
    }

    /// Result: the number of entries.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    /// For `with`: begins.
    /// Completes when: at once.
    /// On cancellation: none.
    template<class = void>
    [[nodiscard("co_await it")]] task<> open() {
        if (user_)
            throw std::logic_error("an async_exit_stack was opened that is "
                                   "open: each with needs a stack of its own");
        user_ = &detail::running_record();
        co_return;
    }
    /// For `with`: closes all entries.
    /// Completes when: all are closed.
    /// On cancellation: each entry has its own grace.
    template<class = void>
    [[nodiscard("co_await it")]] task<> close(exit_reason const& why) {
        user_until_left const guard(user_);
        co_await unwind(why);
    }

private:
    using entry_ptr = std::unique_ptr<detail::exit_entry>;

    // Not inside of the coroutines that use them: g++ 12 crashes on those in a
    // precompiled header.
    class user_until_left {
    public:
        explicit user_until_left(detail::task_record*& user) noexcept
            : user_(user) {}
        user_until_left(user_until_left const&) = delete;
        user_until_left& operator=(user_until_left const&) = delete;
        ~user_until_left() { user_ = nullptr; }

    private:
        detail::task_record*& user_;
    };
    class closing_until_left {
    public:
        explicit closing_until_left(bool& flag) noexcept : flag_(flag) {
            flag_ = true;
        }
        closing_until_left(closing_until_left const&) = delete;
        closing_until_left& operator=(closing_until_left const&) = delete;
        ~closing_until_left() { flag_ = false; }

    private:
        bool& flag_;
    };

    template<class R>
    auto run_enter(std::unique_ptr<detail::resource_entry<R>> made)
        -> task<decltype(detail::opened_of(made->resource()))> {
        check_use("enter");
        auto& resource = made->resource();
        if constexpr (requires { resource.open(); })
            co_await resource.open();
        add(std::move(made));
        co_return detail::opened_of(resource);
    }

    void add(entry_ptr made) noexcept {
        made->below = std::move(top_);
        top_ = std::move(made);
        ++size_;
    }
    entry_ptr pop() noexcept {
        entry_ptr first = std::move(top_);
        top_ = std::move(first->below);
        --size_;
        return first;
    }

    // The coroutines of this class are templates because g++ 12 compiles those
    // that are not into each unit, used or not.
    template<class = void>
    task<> unwind(exit_reason why) {
        closing_until_left const closing(closing_);
        std::vector<std::exception_ptr> errors;
        auto all = [&]() -> task<> { return close_from_top(why, errors); };
        auto report = [&]() -> task<> {
            if (errors.size() == 1)
                std::rethrow_exception(errors.front());
            if (!errors.empty())
                throw exception_group("cleanup failed", std::move(errors));
            co_return;
        };
        // The end of an entry's grace is a stop, which an error beats.
        if (top_)
            co_await async_try(all).finally(report);
    }
    // Each entry in the finally of the one above, so that neither an error nor
    // the end of that one's grace keeps it from being closed. As with nested
    // `with`s, it sees the error of one above.
    template<class = void>
    task<> close_from_top(exit_reason& why,
                          std::vector<std::exception_ptr>& errors) {
        entry_ptr const entry = pop();
        auto one = [&]() -> task<> {
            try {
                co_await entry->close(why);
            } catch (...) {
                errors.push_back(std::current_exception());
                if (!why.failed())
                    why = exit_reason(errors.back());
            }
        };
        if (!top_) {
            co_await one();
            co_return;
        }
        auto others = [&]() -> task<> { return close_from_top(why, errors); };
        co_await async_try(one).finally(others);
    }

    void check_use(char const* verb) const {
        if (user_ == detail::running_task() && user_ && !closing_)
            return;
        refuse(verb);
    }
    [[noreturn]] void refuse(char const* verb) const {
        std::string text = "async_exit_stack::";
        text += verb;
        if (!user_)
            text += "() outside of with(stack, body): nobody would close what "
                    "is on the stack";
        else if (closing_)
            text += "() while the stack closes its entries";
        else
            text += "() by another task than the one that awaits with(stack, "
                    "body): give that task a stack of its own";
        throw std::logic_error(text);
    }

    entry_ptr top_;
    std::size_t size_ = 0;
    detail::task_record* user_ = nullptr; // while it is open
    bool closing_ = false;
};

TETHER_END_NAMESPACE

#endif
