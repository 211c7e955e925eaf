// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a thread hold a resource open that lives on a loop? With a
/// portal_guard, whose constructor opens it and whose close() closes it.
#ifndef TETHER_THREAD_PORTAL_GUARD_HPP
#define TETHER_THREAD_PORTAL_GUARD_HPP

#include <tether/detail/config.hpp>
#include <tether/scope/start_signal.hpp>
#include <tether/scope/with.hpp>
#include <tether/task/task.hpp>
#include <tether/thread/blocking_portal.hpp>
#include <tether/thread/portal_future.hpp>
#include <tether/thread/with_blocking_portal.hpp>

#include <functional>
#include <memory>
#include <source_location>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// What is open, and the portal inside of it: its calls are joined before the
// resource is closed.
template<class T>
struct guarded {
    guarded(T& o, blocking_portal p) noexcept
        : opened(std::addressof(o)), portal(std::move(p)) {}

    T* opened;
    blocking_portal portal;
};

template<class Make>
using resource_made = std::remove_cvref_t<std::invoke_result_t<Make&>>;
template<class R>
using opened_type = std::remove_reference_t<decltype(opened_of(
    std::declval<std::add_lvalue_reference_t<R>>()))>;

template<class T, class Make>
task<> hold_open(start_signal<guarded<T>> started, Make make) {
    auto&& resource = make();
    auto body = [&](T& opened) -> task<> {
        auto inside = [&](blocking_portal& portal) -> task<> {
            started(guarded<T>(opened, portal));
            co_await portal.wait_stopped();
        };
        co_await with_blocking_portal(inside);
    };
    co_await with(resource, body);
}

} // namespace detail

/// An async_resource of a loop, held open by a thread.
///
/// Invariant: what is open is used on the loop alone, by functions given to
/// call(). It is closed behind all of them: by close(), and otherwise by the
/// destructor, which does not wait, or with the portal. Move-only.
/// Parameters: `make` makes the resource, on the loop, or returns a reference
/// to one that lives longer.
/// Errors: of the constructor: those of blocking_portal::call() and of the
/// resource's open(). What close() of the resource throws comes from close(),
/// or goes to the error sink of the loop.
/// Threads: any that runs no loop; call() by several at the same time.
/// Example:
/// ```
/// portal_guard database(portal, [&] { return connection(config); });
/// auto const rows = database.call([](connection& c) { return c.query(all); });
/// database.close();
/// ```
/// Source: anyio's wrap_async_context_manager.
template<class T>
class portal_guard {
public:
    /// Opens the resource and blocks until it is open.
    template<class Make>
    explicit portal_guard(
        blocking_portal const& portal, Make make,
        std::source_location here = std::source_location::current())
        : portal_guard(portal.start<detail::guarded<T>>(
              &detail::hold_open<T, Make>, std::move(make), here)) {}
    portal_guard(portal_guard&&) noexcept = default;
    portal_guard& operator=(portal_guard&& other) noexcept {
        portal_guard const before(std::move(*this));
        inside_ = std::move(other.inside_);
        end_ = std::move(other.end_);
        return *this;
    }
    ~portal_guard() { inside_.portal.stop(); }

    /// Runs `fn(opened, args...)` on the loop and blocks until it has ended.
    ///
    /// Parameters: `opened` is a reference to the resource, or to what its
    /// member `opened()` refers to; the rest as of blocking_portal::call(), up
    /// to three arguments.
    /// Result: what `fn` returned.
    /// Errors: those of blocking_portal::call(), run_finished when it is
    /// closed.
    template<class F, class... Args>
    decltype(auto) call(F&& fn, Args&&... args) const {
        return inside_.portal.call(std::forward<F>(fn),
                                   std::ref(*inside_.opened),
                                   std::forward<Args>(args)...);
    }

    /// Closes the resource, when what uses it has ended, and blocks until it is
    /// closed; once.
    ///
    /// Errors: what the resource's close() threw; cancelled_error if it was
    /// closed because the portal was cancelled; those of portal_future::get().
    void close() {
        inside_.portal.stop();
        end_.get();
    }

private:
    explicit portal_guard(portal_started<detail::guarded<T>, void>&& begun)
        : inside_(std::move(begun.value)), end_(std::move(begun.future)) {}

    detail::guarded<T> inside_;
    portal_future<void> end_;
};

/// What the guard holds, from what makes it.
template<class Make>
portal_guard(blocking_portal const&, Make)
    -> portal_guard<detail::opened_type<detail::resource_made<Make>>>;

TETHER_END_NAMESPACE

#endif
