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
#include <tether/scope/detail/spawn_child.hpp>
#include <tether/scope/detail/start_wait.hpp>
#include <tether/scope/start_signal.hpp>
#include <tether/scope/task_group.hpp>
#include <tether/scope/task_handle.hpp>
#include <tether/scope/with_task_group.hpp>
#include <tether/task/awaitable.hpp>
#include <tether/task/task.hpp>
#include <tether/thread/detail/far_call.hpp>
#include <tether/thread/detail/portal_core.hpp>
#include <tether/thread/detail/portal_end.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <source_location>
#include <tuple>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

template<class... Ts>
struct given {};

// The function may be a coroutine, return something to await, or be done when
// it returns.
template<class R>
struct portal_value {
    using type = far_value<R>;
};
template<awaitable R>
struct portal_value<R> {
    using type = await_result_t<R>;
};

// A function and its arguments, called once, inside a task, with what it is
// given there in front.
template<class Given, class F, class... Args>
class portal_function;
template<class... Given, class F, class... Args>
class portal_function<given<Given...>, F, Args...> {
    static_assert(std::is_invocable_v<F&, Given..., Args...>,
                  "the function cannot be called with these arguments: it is "
                  "called with copies of them, as rvalues, behind the "
                  "start_signal of start(); pass std::ref for a reference");

public:
    using result_type = std::invoke_result_t<F&, Given..., Args...>;
    using value_type = typename portal_value<result_type>::type;

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

// An error that no thread will read is the group's, and so is a forced exit.
inline void tell_error(portal_end_base& end, std::exception_ptr error) {
    std::exception_ptr own = is_forced_exit(error) ? error : nullptr;
    if (std::exception_ptr unread = end.failed(std::move(error)))
        own = std::move(unread);
    if (own)
        std::rethrow_exception(std::move(own));
}

// The function, and the end that the thread waits for.
template<class Function>
class portal_work : public portal_request {
public:
    using value_type = typename Function::value_type;

    template<class... As>
    explicit portal_work(std::source_location where, As&&... as)
        : portal_request(where),
          function_(std::in_place, std::in_place, std::forward<As>(as)...) {}

    void refuse(std::exception_ptr why) noexcept override {
        end_function();
        end.failed(std::move(why));
    }

    portal_end<value_type> end;

protected:
    void stopped() noexcept override {
        if (end.settled())
            return;
        end_function();
        end.stopped(stopped_here());
    }

    // Gone before the thread goes on, which it may refer to.
    void end_function() noexcept { function_.reset(); }

    // Keeps the value for the thread.
    template<class... Given>
    task<> run_function(Given... first) {
        using R = typename Function::result_type;
        using T = value_type;
        if constexpr (!awaitable<R> && std::is_void_v<T>) {
            (*function_)(std::move(first)...);
        } else if constexpr (!awaitable<R>) {
            end.store([&]() -> decltype(auto) {
                return (*function_)(std::move(first)...);
            });
        } else if constexpr (std::is_void_v<T>) {
            co_await (*function_)(std::move(first)...);
        } else {
            T&& value = co_await (*function_)(std::move(first)...);
            end.store([&]() -> T&& { return std::forward<T>(value); });
        }
        co_return;
    }

private:
    std::optional<Function> function_;
};

template<class Function>
class portal_call final : public portal_work<Function> {
    using ticket = portal_ticket<portal_call>;

public:
    using portal_work<Function>::portal_work;

private:
    task_handle<> spawn(task_group& group) override {
        group_core& core = group_access::core(group);
        core.check_spawn(this->where());
        core.check_room();
        return spawn_child(core, spawn_options{this->where()},
                           &portal_call::run,
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
// the function reports when it is ready. One child starts the other, which has
// the ticket.
template<class V, class Function>
class portal_start final : public portal_work<Function> {
    using ticket = portal_ticket<portal_start>;

public:
    using portal_work<Function>::portal_work;

    // Told once: nobody gets the future of what could not begin.
    void refuse(std::exception_ptr why) noexcept override {
        this->end_function();
        this->end.stopped(why);
        ready.failed(std::move(why));
    }

    portal_end<V> ready;

private:
    // In the frame of the child that starts the other.
    class starter {
    public:
        explicit starter(std::shared_ptr<portal_start> request) noexcept
            : request_(std::move(request)) {}
        starter(starter&&) noexcept = default;
        starter& operator=(starter&&) = delete;
        ~starter() {
            if (request_)
                request_->starter_ended();
        }

        portal_start& operator*() const noexcept { return *request_; }

    private:
        std::shared_ptr<portal_start> request_;
    };

    void stopped() noexcept override {
        if (starter_ended_)
            tell_stopped();
        portal_work<Function>::stopped();
    }
    // Before spawn() has returned it is not known yet whether that fails.
    void starter_ended() noexcept {
        starter_ended_ = true;
        if (!this->beginning())
            tell_stopped();
    }
    void tell_stopped() noexcept {
        if (!ready.settled())
            ready.stopped(this->stopped_here());
    }

    task_handle<> spawn(task_group& group) override {
        auto const self =
            std::static_pointer_cast<portal_start>(this->shared_from_this());
        group_core& core = group_access::core(group);
        core.check_spawn(this->where());
        core.check_room();
        return spawn_child(core, spawn_options{this->where()},
                           &portal_start::begin, starter(self), ticket(self),
                           std::ref(core));
    }

    static task<> begin(starter s, ticket t, group_core& core) {
        portal_start& self = *s;
        std::exception_ptr error;
        try {
            ticket running(std::move(t));
            auto begun = co_await make_start<true, V>(
                core, spawn_options{self.where()}, &portal_start::run,
                std::move(running));
            if (!begun.handle.done())
                self.continues_in(std::move(begun.handle));
            if constexpr (!std::is_void_v<V>)
                self.ready.store(
                    [&]() -> V&& { return std::forward<V>(begun.value); });
        } catch (...) {
            error = std::current_exception();
        }
        if (error)
            tell_error(self.ready, std::move(error));
        else
            self.ready.succeeded();
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

    bool starter_ended_ = false;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
