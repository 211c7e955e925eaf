// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a group have children on other loops, so that one tree uses several
/// cores? With spawn_on.
#ifndef TETHER_THREAD_SPAWN_ON_HPP
#define TETHER_THREAD_SPAWN_ON_HPP

#include <tether/detail/config.hpp>
#include <tether/scope/detail/spawn_child.hpp>
#include <tether/scope/task_group.hpp>
#include <tether/scope/task_handle.hpp>
#include <tether/scope/with_task_group.hpp>
#include <tether/task/awaitable.hpp>
#include <tether/task/detail/leaf_awaiter.hpp>
#include <tether/task/task.hpp>
#include <tether/thread/detail/far_work.hpp>
#include <tether/thread/other_executor.hpp>
#include <tether/thread/run_on.hpp>

#include <memory>
#include <source_location>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// Like run_on, but no checkpoint: a child always runs to its first one (TG12),
// also where that is on another loop.
template<class T>
class far_child_op {
    struct begins_always {
        far_wait<T> connect() && noexcept {
            return far_wait<T>(std::move(work), true,
                               "its part on another "
                               "loop");
        }
        std::shared_ptr<far_result<T>> work;
    };
    class awaiter : public leaf_awaiter<far_wait<T>> {
    public:
        using leaf_awaiter<far_wait<T>>::leaf_awaiter;
        bool await_ready() noexcept {
            running_record().mode = await_mode::wait;
            return false;
        }
    };

public:
    far_child_op(std::shared_ptr<far_result<T>> work,
                 std::source_location here) noexcept
        : work_(std::move(work)), where_(here) {}

    awaiter make_awaiter(frame_base&) && {
        return awaiter(begins_always{std::move(work_)});
    }
    std::source_location where() const noexcept { return where_; }

private:
    std::shared_ptr<far_result<T>> work_;
    std::source_location where_;
};

// The child at home: what its group joins and cancels, and its handle shows.
template<class T>
task<T> await_far_task(std::shared_ptr<far_result<T>> work,
                       std::source_location here) {
    co_return co_await far_child_op<T>(std::move(work), here);
}
template<class T>
task<T> await_far_call(std::shared_ptr<far_result<T>> work,
                       std::source_location here) {
    co_return co_await run_on_op<T>(std::move(work),
                                    "a function on another executor", here);
}

// Tags that stand before the function are for the child at home.
template<class Spawn, class F, class... Args>
auto spawn_far(Spawn spawn, other_executor&& there, F&& fn, Args&&... args) {
    using tag = std::remove_cvref_t<F>;
    if constexpr (is_spawn_tag<tag> || is_task_binding<tag>) {
        return spawn_far(
            [&](auto&&... rest) {
                return spawn(std::forward<F>(fn),
                             std::forward<decltype(rest)>(rest)...);
            },
            std::move(there), std::forward<Args>(args)...);
    } else {
        check_far_function<F, Args...>();
        std::source_location const here = there.where();
        if constexpr (spawnable<F, Args...>) {
            auto work = make_far_task(std::move(there), std::forward<F>(fn),
                                      std::forward<Args>(args)...);
            using T = typename decltype(work)::element_type::value_type;
            return spawn(&await_far_task<T>, std::move(work), here);
        } else {
            auto work = make_far_call(std::move(there), std::forward<F>(fn),
                                      std::forward<Args>(args)...);
            using T = typename decltype(work)::element_type::value_type;
            return spawn(&await_far_call<T>, std::move(work), here);
        }
    }
}

} // namespace detail

/// Starts `fn(args...)` as a child of `group` on another loop.
///
/// Invariant: one group, whatever loops its children are on: one join, one
/// exception_group, one cancel. The child ends over there before the group
/// joins it. A cancel of the group or of the handle goes over there; a
/// coroutine runs to its first checkpoint in any case, a plain function that
/// has not begun is not called. Parameters: `there` and the function as for
/// run_on(); of a loop_pool each call takes the next loop. What may stand
/// before the function of spawn() may do so here. Result: a handle, which may
/// be dropped. It belongs to the loop of the group. Errors: those of
/// task_group::spawn(). What the function throws is a member of the group's
/// error, unchanged. Threads: on the loop of the group. Example:
/// ```
/// loop_pool loops(2);
/// co_await with_task_group([&](task_group& group) -> task<> {
///     spawn_on(group, loops, index, std::ref(left));
///     spawn_on(group, loops, index, std::ref(right)); // on the other core
///     co_return;
/// });
/// ```
template<class F, class... Args>
auto spawn_on(task_group& group, other_executor there, F&& fn, Args&&... args) {
    detail::group_core& core = detail::group_access::core(group);
    detail::spawn_options const options{there.where()};
    core.check_spawn(options.where);
    if constexpr (detail::needs_room<F, Args...>)
        core.check_room();
    return detail::spawn_far(
        [&](auto&&... all) {
            return detail::spawn_child(core, options,
                                       std::forward<decltype(all)>(all)...);
        },
        std::move(there), std::forward<F>(fn), std::forward<Args>(args)...);
}

TETHER_END_NAMESPACE

#endif
