// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a group wait for a child to start? With the child under the scopes
/// of the caller until it calls its signal.
#ifndef TETHER_SCOPE_DETAIL_START_WAIT_HPP
#define TETHER_SCOPE_DETAIL_START_WAIT_HPP

#include <tether/core/task_errors.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/made_error.hpp>
#include <tether/scope/detail/group_core.hpp>
#include <tether/scope/detail/spawn_child.hpp>
#include <tether/scope/start_signal.hpp>
#include <tether/scope/task_handle.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <source_location>
#include <tuple>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE

/// What `start(with_handle, ...)` gives: the value the child has reported and
/// its handle.
template<class T, class R>
class started_child {
public:
    started_child(T&& v, task_handle<R>&& h)
        : value(std::move(v)), handle(std::move(h)) {}

    T value;
    task_handle<R> handle;
};
template<class R>
class started_child<void, R> {
public:
    explicit started_child(task_handle<R>&& h) noexcept
        : handle(std::move(h)) {}

    task_handle<R> handle;
};

namespace detail {

struct signal_slot {
    child_base* child = nullptr;
};

// Puts the signal before the arguments of the child's function.
template<class T, class F, class... Args>
struct with_signal {
    F fn;
    auto operator()(signal_slot slot, Args&&... args) {
        static_assert(std::is_invocable_v<F&, start_signal<T>, Args&&...>,
                      "task_group::start<T>(fn, args...) calls "
                      "fn(start_signal<T>, args...): take the signal first");
        return std::invoke(fn, start_signal<T>(*slot.child),
                           std::move(args)...);
    }
};

template<class T, class F, class... Args>
using start_body = body<with_signal<T, F, Args...>, signal_slot, Args...>;

// The caller's side of start(): the child runs under the caller's scopes until
// it calls the signal.
template<bool Handle, class T, class F, class... Args>
class start_wait final : public start_state<T> {
    using child_value = typename start_body<T, F, Args...>::value_type;
    using result_type =
        std::conditional_t<Handle, started_child<T, child_value>, T>;

public:
    start_wait(group_core& core, spawn_options const& options,
               std::tuple<F, Args...>&& args)
        : start_state<T>(core), options_(options), args_(std::move(args)) {}

    bool ready() const noexcept { return false; }
    void start() {
        group_core& core = *this->owner_group;
        core.check_spawn(options_.where);
        std::unique_ptr<service_scope> service;
        if (options_.as_service)
            service = std::make_unique<service_scope>();
        else
            core.check_room();
        auto const give_signal = [&](auto& c, auto& work) {
            c.more().shown_under = &core.node();
            std::get<0>(c.body(work).arguments()).child = &c;
        };
        auto* c = std::apply(
            [&](F& fn, Args&... args) {
                return make_child(core, options_, give_signal,
                                  with_signal<T, F, Args...>{std::move(fn)},
                                  signal_slot{}, std::move(args)...);
            },
            args_);
        if constexpr (Handle)
            handle_ = handle_access::make(*c);
        this->target = c;
        this->scope.open(*this->record());
        if (service) {
            this->destination = service.get();
            core.add_service(*c, std::move(service), &this->scope, false);
        } else {
            this->destination = &core.node();
            core.add(*c, this->scope, false);
        }
    }

    result_type result() {
        if (this->failure)
            std::rethrow_exception(std::exchange(this->failure, nullptr));
        if constexpr (!Handle) {
            if constexpr (!std::is_void_v<T>)
                return std::move(*this->value);
        } else if constexpr (std::is_void_v<T>) {
            return result_type(std::move(handle_));
        } else {
            return result_type(std::move(*this->value), std::move(handle_));
        }
    }

    void child_ended(child_base& c,
                     std::exception_ptr error) noexcept override {
        this->target = nullptr;
        this->scope.close();
        if (error) {
            this->failure = std::move(error);
            this->complete();
        } else if ((c.stopped() || c.signalled()) && this->stop_requested()) {
            this->complete_stopped();
        } else {
            this->failure = made_error([&] {
                return child_exited_without_started(c.name(), c.spawned_at);
            });
            this->complete();
        }
    }

    // The child hangs below the caller's scope: the same walk reaches it.
    abort_result abort() noexcept override { return abort_result::pending; }
    char const* description() const noexcept override {
        return "a child to start";
    }

private:
    spawn_options options_;
    std::tuple<F, Args...> args_;
    [[no_unique_address]] std::conditional_t<Handle, task_handle<child_value>,
                                             std::tuple<>> handle_;
};

template<bool Handle, class T, class... Args>
class [[nodiscard("co_await the start")]] start_op {
public:
    template<class... As>
    start_op(group_core& core, spawn_options const& options, As&&... args)
        : core_(&core), options_(options), args_(std::forward<As>(args)...) {}
    start_wait<Handle, T, Args...> connect() && {
        return start_wait<Handle, T, Args...>(*core_, options_,
                                              std::move(args_));
    }
    std::source_location where() const noexcept { return options_.where; }

private:
    group_core* core_;
    spawn_options options_;
    std::tuple<Args...> args_;
};

// Strips the leading tags.
template<bool Handle, class T, class F, class... Args>
auto make_start(group_core& core, spawn_options options, F&& fn,
                Args&&... args) {
    if constexpr (std::is_same_v<std::remove_cvref_t<F>, with_handle_t>) {
        return make_start<true, T>(core, options, std::forward<Args>(args)...);
    } else if constexpr (std::is_same_v<std::remove_cvref_t<F>, named>) {
        options.name = fn.name();
        return make_start<Handle, T>(core, options,
                                     std::forward<Args>(args)...);
    } else if constexpr (std::is_same_v<std::remove_cvref_t<F>, as_service_t>) {
        options.as_service = true;
        return make_start<Handle, T>(core, options,
                                     std::forward<Args>(args)...);
    } else if constexpr (std::is_same_v<std::remove_cvref_t<F>, as_main_t>) {
        options.as_main = true;
        return make_start<Handle, T>(core, options,
                                     std::forward<Args>(args)...);
    } else if constexpr (is_task_binding<std::remove_cvref_t<F>>) {
        return bind_function(
            [&](auto&&... rest) {
                return make_start<Handle, T>(
                    core, options, std::forward<decltype(rest)>(rest)...);
            },
            std::forward<F>(fn), std::forward<Args>(args)...);
    } else {
        return start_op<Handle, T, std::decay_t<F>, std::decay_t<Args>...>(
            core, options, std::forward<F>(fn), std::forward<Args>(args)...);
    }
}

} // namespace detail
TETHER_END_NAMESPACE

#endif
