// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What can a task ask about itself? Plain functions, usable in destructors.
#ifndef TETHER_TASK_THIS_TASK_HPP
#define TETHER_TASK_THIS_TASK_HPP

#include <tether/core/cancel_reason.hpp>
#include <tether/detail/config.hpp>
#include <tether/runtime/loop.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <memory>
#include <stdexcept>
#if __has_include(<stop_token>)
#include <stop_token>
#endif
#include <string>
#include <version>

TETHER_BEGIN_NAMESPACE

namespace detail {

inline task_record& this_record(char const* function) {
    task_record* r = running_task();
    if (!r)
        throw std::logic_error(std::string("this_task::") + function +
                               "() was called outside of a task");
    return *r;
}

} // namespace detail

/// Functions about the running task. Outside of a task each throws
/// std::logic_error.
namespace this_task {

/// The executor the task runs on, for constructing I/O objects.
inline asio::any_io_executor executor() {
    return detail::this_record("executor").home()->executor();
}

/// The name given at spawn; empty if none was.
inline std::string name() {
    return std::string(detail::this_record("name").name());
}

/// Whether the next checkpoint will stop the task, or a soft cancel was asked.
inline bool cancel_requested() {
    detail::task_record const& r = detail::this_record("cancel_requested");
    return r.inner()->effective() || r.inner()->soft_effective();
}

/// Why cancel_requested(); kind none if it is false. The outermost scope that
/// was cancelled is the one that counts.
inline cancel_reason cancel_reason() {
    detail::task_record& r = detail::this_record("cancel_reason");
    if (detail::scope_node const* by = detail::cancelling_node(*r.inner()))
        if (auto const* note = detail::note_of(*by))
            return note->reason();
    detail::scope_node const* const asked = detail::asking_node(*r.inner());
    auto const* note = asked ? detail::note_of(*asked) : nullptr;
    return note ? note->reason() : tether::cancel_reason();
}

/// When the scopes around the caller will cancel it: the earliest deadline up
/// to the nearest shield. `time_point::min()` if already cancelled,
/// `time_point::max()` if there is none.
inline std::chrono::steady_clock::time_point deadline() {
    detail::task_record const& r = detail::this_record("deadline");
    if (r.inner()->effective())
        return (detail::time_point::min)();
    detail::time_point earliest = (detail::time_point::max)();
    for (detail::scope_node const* at = r.inner(); at; at = at->parent()) {
        if (at->kind() != detail::scope_kind::record) {
            auto const& scope =
                static_cast<detail::operation_scope const&>(*at);
            if (scope.timer && scope.timer->armed() &&
                scope.timer->due() < earliest)
                earliest = scope.timer->due();
        }
        if (at->shielded())
            break;
    }
    return earliest;
}

/// The time left until deadline(), never negative; `duration::max()` if there
/// is no deadline.
inline std::chrono::steady_clock::duration remaining() {
    auto const at = deadline();
    if (at == (detail::time_point::max)())
        return (detail::duration::max)();
    auto const now = detail::this_record("remaining").home()->now();
    return at <= now ? detail::duration::zero() : at - now;
}

/// The time of the task's clock; virtual in tests.
inline std::chrono::steady_clock::time_point now() {
    return detail::this_record("now").home()->now();
}

#if defined(__cpp_lib_jthread)
/// A token that is stop-requested when the task is cancelled, hard or soft, for
/// code that knows only the standard's tokens. Only where the standard library
/// has std::stop_token (libc++ 19: with -fexperimental-library).
inline std::stop_token stop_token() {
    struct hook final : detail::stop_hook {
        std::stop_source source;
        void request_stop() noexcept override { source.request_stop(); }
    };
    detail::task_record& r = detail::this_record("stop_token");
    detail::record_extra& extra = r.more();
    if (!extra.stop) {
        auto made = std::make_shared<hook>();
        if (r.effective() || r.soft_effective())
            made->source.request_stop();
        extra.stop = made;
    }
    return static_cast<hook&>(*extra.stop).source.get_token();
}
#endif

} // namespace this_task

TETHER_END_NAMESPACE

#endif
