// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What can be awaited of a group? Room for a child, the start of a child, and
/// the moment when no child is alive.
#ifndef TETHER_SCOPE_DETAIL_GROUP_WAITS_HPP
#define TETHER_SCOPE_DETAIL_GROUP_WAITS_HPP

#include <tether/core/errors.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/made_error.hpp>
#include <tether/scope/detail/group_core.hpp>
#include <tether/scope/start_signal.hpp>
#include <tether/scope/task_handle.hpp>
#include <tether/scope/task_local.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <source_location>
#include <stdexcept>
#include <string_view>
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

struct spawn_options {
    std::source_location where{};
    std::string_view name{};
    bool eagerly = false;
    bool as_service = false;
    bool as_main = false;
};

template<class... Args>
struct spawned;
template<class... Args>
struct spawned<eager_t, Args...> : spawned<Args...> {};
template<class... Args>
struct spawned<named, Args...> : spawned<Args...> {};
template<class... Args>
struct spawned<as_service_t, Args...> : spawned<Args...> {};
template<class... Args>
struct spawned<as_main_t, Args...> : spawned<Args...> {};
template<class T, class... Args>
struct spawned<task_binding<T>, Args...> : spawned<Args...> {};
template<class F, class... Args>
struct spawned<F, Args...> {
    using body = detail::body<F, Args...>;
    using value_type = typename body::value_type;
};
template<class... Args>
using spawned_handle =
    task_handle<typename spawned<std::decay_t<Args>...>::value_type>;

// What may stand before the function.
template<class A>
inline constexpr bool is_spawn_tag =
    std::is_same_v<A, eager_t> || std::is_same_v<A, named> ||
    std::is_same_v<A, as_service_t> || std::is_same_v<A, as_main_t> ||
    std::is_same_v<A, with_handle_t> || is_task_binding<A>;

// Services do not count among the children that max_children bounds.
template<class... Args>
inline constexpr bool needs_room =
    !(std::is_same_v<std::decay_t<Args>, as_service_t> || ...);

// Makes a child from a callable; nothing is changed if that fails. `prepare`
// is called with the child and its body before the function is.
template<class Prepare, class... Args>
auto* make_child(group_core& core, spawn_options const& options,
                 Prepare prepare, Args&&... args) {
    using body = detail::body<std::decay_t<Args>...>;
    core.check_spawn(options.where);
    body work(std::in_place, std::forward<Args>(args)...);
    auto* c = child<body>::make(work);
    struct discard_on_throw {
        child<body>* c;
        ~discard_on_throw() {
            if (c)
                c->discard();
        }
    } guard{c};
    c->spawned_at = options.where;
    if (!options.name.empty())
        c->more().name = shared_text(options.name);
    if (options.as_main)
        c->mark_main();
    prepare(*c, work);
    c->create_frame(work);
    guard.c = nullptr;
    return c;
}

// Puts a binding into the function that comes behind it; tags pass it.
template<class Spawn, class B, class F, class... Args>
auto bind_function(Spawn spawn, B&& binding, F&& fn, Args&&... args) {
    using tag = std::decay_t<F>;
    if constexpr (is_spawn_tag<tag>) {
        return bind_function(
            [&](auto&&... rest) {
                return spawn(std::forward<F>(fn),
                             std::forward<decltype(rest)>(rest)...);
            },
            std::forward<B>(binding), std::forward<Args>(args)...);
    } else {
        using bound = typename std::decay_t<B>::template function<tag>;
        return spawn(bound(std::forward<B>(binding), std::forward<F>(fn)),
                     std::forward<Args>(args)...);
    }
}

// Strips the leading tags, then spawns.
template<class F, class... Args>
auto spawn_child(group_core& core, spawn_options options, F&& fn,
                 Args&&... args) {
    if constexpr (std::is_same_v<std::remove_cvref_t<F>, eager_t>) {
        options.eagerly = true;
        return spawn_child(core, options, std::forward<Args>(args)...);
    } else if constexpr (std::is_same_v<std::remove_cvref_t<F>, named>) {
        options.name = fn.name();
        return spawn_child(core, options, std::forward<Args>(args)...);
    } else if constexpr (std::is_same_v<std::remove_cvref_t<F>, as_service_t>) {
        options.as_service = true;
        return spawn_child(core, options, std::forward<Args>(args)...);
    } else if constexpr (std::is_same_v<std::remove_cvref_t<F>, as_main_t>) {
        options.as_main = true;
        return spawn_child(core, options, std::forward<Args>(args)...);
    } else if constexpr (is_task_binding<std::remove_cvref_t<F>>) {
        return bind_function(
            [&](auto&&... rest) {
                return spawn_child(core, options,
                                   std::forward<decltype(rest)>(rest)...);
            },
            std::forward<F>(fn), std::forward<Args>(args)...);
    } else {
        std::unique_ptr<service_scope> scope;
        if (options.as_service)
            scope = std::make_unique<service_scope>();
        auto* c = make_child(
            core, options, [](auto&, auto&) noexcept {}, std::forward<F>(fn),
            std::forward<Args>(args)...);
        auto handle = handle_access::make(*c);
        if (scope)
            core.add_service(*c, std::move(scope), nullptr, options.eagerly);
        else
            core.add(*c, core.node(), options.eagerly);
        return handle;
    }
}

class idle_wait final : public group_waiter {
public:
    explicit idle_wait(group_core& core) noexcept : core_(&core) {}

    bool ready() {
        refuse_child();
        return core_->live() == 0;
    }
    void start() noexcept { core_->idle_waiters().push_back(*this); }
    void result() const noexcept {}
    char const* description() const noexcept override {
        return "the group to be idle";
    }

private:
    void refuse_child() {
        for (scope_node const* at = record(); at; at = at->parent())
            if (at->parent() == &core_->node() &&
                at->kind() == scope_kind::record)
                throw std::logic_error(
                    "a task waits for its own group to be idle, which it is "
                    "not before that task has ended");
    }

    group_core* core_;
};

class [[nodiscard("co_await the wait")]] idle_op {
public:
    idle_op(group_core& core, std::source_location here) noexcept
        : core_(&core), where_(here) {}
    idle_wait connect() const noexcept { return idle_wait(*core_); }
    std::source_location where() const noexcept { return where_; }

private:
    group_core* core_;
    std::source_location where_;
};

// A place is reserved when the wait ends and used or given back by result().
template<class... Args>
class room_wait final : public group_waiter {
public:
    room_wait(group_core& core, std::source_location where,
              std::tuple<Args...>&& args)
        : core_(&core), where_(where), args_(std::move(args)) {}
    ~room_wait() {
        if (reserved_)
            core_->unreserve();
    }

    bool ready() {
        core_->check_spawn(where_);
        if (core_->full() || !core_->room_waiters().empty())
            return false;
        core_->reserve();
        reserved_ = true;
        return true;
    }
    void start() noexcept { core_->room_waiters().push_back(*this); }

    auto result() {
        auto handle = std::apply(
            [this](Args&... args) {
                return spawn_child(*core_, spawn_options{where_},
                                   std::move(args)...);
            },
            args_);
        reserved_ = false; // the child has the place now
        core_->unreserve();
        return handle;
    }
    void granted() noexcept override { reserved_ = true; }
    char const* description() const noexcept override {
        return "room in the group";
    }

private:
    group_core* core_;
    std::source_location where_;
    bool reserved_ = false;
    std::tuple<Args...> args_;
};

template<class... Args>
class [[nodiscard("co_await the spawn")]] spawn_when_ready_op {
public:
    template<class... As>
    spawn_when_ready_op(group_core& core, std::source_location where,
                        As&&... args)
        : core_(&core), where_(where), args_(std::forward<As>(args)...) {}
    room_wait<Args...> connect() && {
        return room_wait<Args...>(*core_, where_, std::move(args_));
    }
    std::source_location where() const noexcept { return where_; }

private:
    group_core* core_;
    std::source_location where_;
    std::tuple<Args...> args_;
};

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
