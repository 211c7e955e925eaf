// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a task let threads call into its loop? It opens a blocking_portal
/// for as long as a body runs.
#ifndef TETHER_THREAD_WITH_BLOCKING_PORTAL_HPP
#define TETHER_THREAD_WITH_BLOCKING_PORTAL_HPP

#include <tether/detail/config.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/scope/detail/scoped_body.hpp>
#include <tether/scope/task_group.hpp>
#include <tether/scope/task_group_options.hpp>
#include <tether/scope/with_task_group.hpp>
#include <tether/task/task.hpp>
#include <tether/thread/blocking_portal.hpp>
#include <tether/thread/detail/portal_core.hpp>

#include <memory>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

struct portal_access {
    static blocking_portal make(std::shared_ptr<portal_core> core) {
        return blocking_portal(std::move(core));
    }
};

// What is open as long as the frame of with_blocking_portal; children may refer
// to the handle, too. It is not counted when the body has ended: what waits
// then does so for other handles.
class open_portal {
public:
    open_portal()
        : core_(std::make_shared<portal_core>(*running_loop())),
          handle_(portal_access::make(core_)) {}
    open_portal(open_portal const&) = delete;
    open_portal& operator=(open_portal const&) = delete;
    ~open_portal() {
        core_->close();
        if (body_ended_)
            core_->add_handle(); // the destructor of the handle takes it back
    }

    blocking_portal& begin_body(task_group& group) noexcept {
        core_->open(group);
        return handle_;
    }
    void end_body() noexcept {
        core_->body_ended();
        core_->remove_handle();
        body_ended_ = true;
    }

private:
    std::shared_ptr<portal_core> core_;
    blocking_portal handle_;
    bool body_ended_ = false;
};

template<class T, class F>
task<T> portal_task(task_group_options options, F body) {
    open_portal portal;
    auto work = [&](task_group& group) -> task<T> {
        blocking_portal& handle = portal.begin_body(group);
        struct at_end {
            ~at_end() { open.end_body(); }
            open_portal& open;
        } const ends{portal};
        co_return co_await call_body(body, handle);
    };
    co_return co_await with_task_group(options, work);
}

inline constexpr task_group_options portal_options{
    .name = "portal", .policy = group_policy::supervise};

} // namespace detail

/// Opens a portal, runs `body(portal)`, and joins what threads have started
/// through it.
///
/// The portal is stopped when the body has ended: what was let in until then
/// runs to its end, later calls are run_finished.
/// Parameters: `body` is a coroutine function taking `blocking_portal&`, which
/// lives as long as the portal; an lvalue is used in place. `options` are those
/// of the group of the portal: by default its name is "portal", and it is
/// supervised, so that an error that no thread reads goes to the error sink of
/// the loop. A call beyond its `max_children` is refused and does not wait.
/// Result: what the body returned.
/// Errors: as with_task_group().
/// Completes when: the body and all children have ended.
/// On cancellation: children and body are stopped and joined; threads that wait
/// get cancelled_error.
template<class F>
[[nodiscard("co_await the portal")]] auto with_blocking_portal(F&& body) {
    TETHER_CHECK_BODY(F);
    using T = detail::body_value_t<std::remove_reference_t<F>, blocking_portal>;
    return detail::portal_task<T, F>(detail::portal_options,
                                     std::forward<F>(body));
}
/// \overload
template<class F>
[[nodiscard("co_await the portal")]] auto
with_blocking_portal(task_group_options options, F&& body) {
    TETHER_CHECK_BODY(F);
    using T = detail::body_value_t<std::remove_reference_t<F>, blocking_portal>;
    return detail::portal_task<T, F>(options, std::forward<F>(body));
}

TETHER_END_NAMESPACE

#endif
