// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How do tags, a function and its arguments become a child of a group?
#ifndef TETHER_SCOPE_DETAIL_SPAWN_CHILD_HPP
#define TETHER_SCOPE_DETAIL_SPAWN_CHILD_HPP

#include <tether/detail/config.hpp>
#include <tether/scope/detail/group_core.hpp>
#include <tether/scope/start_signal.hpp>
#include <tether/scope/task_handle.hpp>
#include <tether/scope/task_local.hpp>

#include <memory>
#include <source_location>
#include <string_view>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
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

} // namespace detail
TETHER_END_NAMESPACE

#endif
