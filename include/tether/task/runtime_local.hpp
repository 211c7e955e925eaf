// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How has each loop a value of its own, which all tasks on it share? A
/// runtime_local.
#ifndef TETHER_TASK_RUNTIME_LOCAL_HPP
#define TETHER_TASK_RUNTIME_LOCAL_HPP

#include <tether/detail/config.hpp>
#include <tether/runtime/loop.hpp>

#include <memory>
#include <stdexcept>
#include <utility>

TETHER_BEGIN_NAMESPACE

namespace detail {

// Also compared, so that an object at an address that was used before does not
// take another type for its own.
template<class T>
struct local_type {
    static constexpr char tag = 0;
};

} // namespace detail

/// One value for each loop, made when a task of it first asks.
///
/// Invariant: all tasks of a loop see the same value; those of another loop
/// another one, also when they run at the same time. It dies with the loop: at
/// the end of run(), or with the io_context.
/// Parameters: a function that makes the value; by default `T()`. The local
/// outlives the loops that use it; usually it is a constant of the namespace.
/// Errors: each member throws std::logic_error outside of a task.
/// Threads: no two threads share a value; the local itself is a constant.
/// Example:
/// \code
/// runtime_local<connection_table> const connections;
/// task<> serve(socket s) { connections.get().add(s); ... }
/// \endcode
/// Source: Trio's RunVar.
template<class T>
class runtime_local {
public:
    /// Of values that `T()` makes.
    constexpr runtime_local() noexcept
        : make_([] { return std::make_unique<kept>(); }) {}
    /// Of values that `make()` returns.
    explicit constexpr runtime_local(T (*make)()) noexcept
        : from_(make), make_(nullptr) {}
    runtime_local(runtime_local const&) = delete;
    runtime_local& operator=(runtime_local const&) = delete;

    /// The value of this loop.
    ///
    /// Errors: what making it throws; it is made by the next call then.
    [[nodiscard]] T& get() const {
        if (T* const known = find())
            return *known;
        return keep(make_ ? make_() : std::make_unique<kept>(from_));
    }
    /// The same, null as long as it was not made.
    [[nodiscard]] T* find() const {
        for (detail::local_value* at = home().locals(); at; at = at->next.get())
            if (at->local == this && at->type == &detail::local_type<T>::tag)
                return &static_cast<kept*>(at)->value;
        return nullptr;
    }

private:
    struct kept final : detail::local_value {
        kept() : value() {}
        explicit kept(T (*make)()) : value(make()) {}

        T value;
    };

    static detail::loop& home() {
        if (detail::task_record const* const r = detail::running_task())
            return *r->home();
        throw std::logic_error("a runtime_local was used outside of a task");
    }
    T& keep(std::unique_ptr<kept> made) const {
        made->local = this;
        made->type = &detail::local_type<T>::tag;
        T& value = made->value;
        home().add_local(std::move(made));
        return value;
    }

    T (*from_)() = nullptr;
    std::unique_ptr<kept> (*make_)();
};

TETHER_END_NAMESPACE

#endif
