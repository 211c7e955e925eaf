// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What becomes of a function that a thread hands through a portal? A child of
/// the portal's group, whose end goes back to the thread.
#ifndef TETHER_THREAD_DETAIL_PORTAL_CALL_HPP
#define TETHER_THREAD_DETAIL_PORTAL_CALL_HPP

#include <tether/detail/config.hpp>
#include <tether/scope/detail/child.hpp>
#include <tether/scope/detail/group_core.hpp>
#include <tether/scope/start_signal.hpp>
#include <tether/scope/task_group.hpp>
#include <tether/scope/task_handle.hpp>
#include <tether/task/detail/body.hpp>
#include <tether/task/task.hpp>
#include <tether/thread/detail/far_call.hpp>
#include <tether/thread/detail/portal_core.hpp>
#include <tether/thread/detail/portal_end.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

template<class... Ts>
struct given {};

// A function and its arguments, called once, inside a task, with what it is
// given there in front.
template<class Given, class F, class... Args>
class portal_function;
template<class... Given, class F, class... Args>
class portal_function<given<Given...>, F, Args...> {
public:
    using result_type = std::invoke_result_t<F&, Given..., Args...>;
    static constexpr bool coroutine = is_task<result_type>;
    using value_type = typename std::conditional_t<
        coroutine, task_value<result_type>,
        std::type_identity<far_value<result_type>>>::type;

    template<class G, class... As>
    explicit portal_function(std::in_place_t, G&& fn, As&&... args)
        : fn_(std::forward<G>(fn)), args_(std::forward<As>(args)...) {}

    result_type operator()(Given... first) {
        return std::apply(
            [&](Args&... args) -> result_type {
                return std::invoke(fn_, std::move(first)...,
                                   std::move(args)...);
            },
            args_);
    }

private:
    F fn_;
    std::tuple<Args...> args_;
};

// The function, and the end that the thread waits for.
template<class Function, class T>
class portal_work : public portal_request {
public:
    template<class... As>
    explicit portal_work(As&&... as)
        : function_(std::in_place, std::in_place, std::forward<As>(as)...) {}

    void refuse(std::exception_ptr why) noexcept override {
        end_function();
        static_cast<void>(end.failed(std::move(why)));
    }

    // Gone before the thread goes on, which it may refer to.
    void end_function() noexcept { function_.reset(); }

    portal_end<T> end;

protected:
    void fails_to_begin(std::exception_ptr error) noexcept override {
        refuse(std::move(error));
    }
    void stopped() noexcept override {
        end_function();
        end.stopped(stopped_here());
    }

    // Runs what gives a task or a value, and keeps the value for the thread.
    template<class... Given>
    task<> run_function(Given... first) {
        if constexpr (Function::coroutine) {
            task<T> made = (*function_)(std::move(first)...);
            if constexpr (std::is_void_v<T>) {
                co_await std::move(made);
            } else {
                T&& value = co_await std::move(made);
                end.store([&]() -> T&& { return std::forward<T>(value); });
            }
        } else if constexpr (std::is_void_v<T>) {
            (*function_)(std::move(first)...);
        } else {
            end.store([&]() -> decltype(auto) {
                return (*function_)(std::move(first)...);
            });
        }
        co_return;
    }

private:
    std::optional<Function> function_;
};

// An error that no thread will read is the group's, and so is a forced exit.
inline void tell_error(portal_end_base& end, std::exception_ptr error) {
    bool const read = end.failed(error);
    if (!read || is_forced_exit(error))
        std::rethrow_exception(std::move(error));
}

template<class Function>
class portal_call final
    : public portal_work<Function, typename Function::value_type> {
    using base = portal_work<Function, typename Function::value_type>;
    using ticket = portal_ticket<portal_call>;

public:
    using base::base;

private:
    task_handle<> spawn(task_group& group) override {
        return group.spawn(&portal_call::run,
                           ticket(std::static_pointer_cast<portal_call>(
                               this->shared_from_this())));
    }
    static task<> run(ticket t) {
        portal_call& self = *t;
        std::exception_ptr error;
        try {
            co_await self.run_function();
        } catch (...) {
            error = std::current_exception();
        }
        self.end_function();
        if (error)
            tell_error(self.end, std::move(error));
        else
            self.end.succeeded();
    }
};

// The same with the handshake of group.start(): the thread waits first for what
// the function reports when it is ready.
template<class V, class Function>
class portal_start final
    : public portal_work<Function, typename Function::value_type> {
    using base = portal_work<Function, typename Function::value_type>;
    using ticket = portal_ticket<portal_start>;

public:
    using base::base;

    void refuse(std::exception_ptr why) noexcept override {
        static_cast<void>(ready.failed(why));
        base::refuse(std::move(why));
    }

    portal_end<V> ready;

private:
    task_handle<> spawn(task_group& group) override {
        return group.spawn(&portal_start::begin,
                           ticket(std::static_pointer_cast<portal_start>(
                               this->shared_from_this())),
                           std::ref(group));
    }
    void stopped() noexcept override {
        ready.stopped(stopped_here());
        base::stopped();
    }

    // Gives its part of the request to the child that it starts.
    static task<> begin(ticket t, task_group& group) {
        std::shared_ptr<portal_start> const kept = t.shared();
        portal_start& self = *kept;
        std::exception_ptr error;
        try {
            ticket running(std::move(t));
            auto begun = co_await group.start<V>(
                with_handle, &portal_start::run, std::move(running));
            if (!begun.handle.done())
                self.child_ = std::move(begun.handle);
            if constexpr (!std::is_void_v<V>)
                self.ready.store(
                    [&]() -> V&& { return std::forward<V>(begun.value); });
            self.ready.succeeded();
        } catch (...) {
            error = std::current_exception();
        }
        if (error)
            static_cast<void>(self.ready.failed(std::move(error)));
    }
    static task<> run(start_signal<V> signal, ticket t) {
        portal_start& self = *t;
        std::exception_ptr error;
        try {
            co_await self.run_function(std::move(signal));
        } catch (...) {
            error = std::current_exception();
        }
        self.end_function();
        if (!error)
            self.end.succeeded();
        else if (static_cast<child_base&>(running_record()).signalled())
            tell_error(self.end, std::move(error));
        else
            std::rethrow_exception(std::move(error)); // to who starts it
    }
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
