// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What do a promise and its future share? A gate, a value or an error, and a
/// count of who refers to it.
#ifndef TETHER_SYNC_DETAIL_FUTURE_STATE_HPP
#define TETHER_SYNC_DETAIL_FUTURE_STATE_HPP

#include <tether/core/errors.hpp>
#include <tether/detail/call_site.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/current_loop.hpp>
#include <tether/detail/made_error.hpp>
#include <tether/sync/detail/gate.hpp>

#include <cstddef>
#include <exception>
#include <optional>
#include <source_location>
#include <stdexcept>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

inline constexpr char future_text[] = "a future";

inline std::exception_ptr broken_promise_error() noexcept {
    return made_error([] { return broken_promise(); });
}

// For those who know more about why a promise was not kept than that.
struct future_access {
    template<class Future>
    static bool broken(Future const& f) noexcept {
        return f.state_->broken;
    }
};

template<class T>
using future_reference =
    std::conditional_t<std::is_void_v<T>, void,
                       std::add_lvalue_reference_t<T const>>;

template<class T>
class future_state {
public:
    using stored = std::conditional_t<std::is_void_v<T>, bool, T>;

    future_state() = default;
    future_state(future_state const&) = delete;
    future_state& operator=(future_state const&) = delete;

    template<class... Args>
    void keep(Args&&... args) {
        value_.emplace(std::forward<Args>(args)...);
        ready.open();
    }
    void fail(std::exception_ptr why) noexcept {
        error = std::move(why);
        ready.open();
    }

    T take() {
        check_valid();
        if constexpr (!std::is_void_v<T>) {
            T out = std::move(*value_);
            value_.reset();
            return out;
        }
    }
    future_reference<T> value() {
        if (!ready.is_open())
            throw std::logic_error("future: it is not ready");
        check_valid();
        if constexpr (!std::is_void_v<T>)
            return *value_;
    }

    gate ready{future_text, false};
    std::size_t references = 1;
    bool has_future = false;
    bool error_unread = false;
    bool broken = false; // the promise went without keeping it
    std::exception_ptr error;

private:
    void check_valid() {
        if (error) {
            error_unread = false;
            std::rethrow_exception(error);
        }
        if (!value_)
            throw std::logic_error("future: its value was taken before");
    }

    std::optional<stored> value_;
};

// No atomics: promise and future live on one loop.
template<class T>
class future_ref {
public:
    static future_ref make() { return future_ref(new future_state<T>); }

    future_ref() noexcept = default;
    explicit future_ref(future_state<T>* s) noexcept : state_(s) {}
    future_ref(future_ref const& other) noexcept : state_(other.state_) {
        if (state_)
            ++state_->references;
    }
    future_ref(future_ref&& other) noexcept
        : state_(std::exchange(other.state_, nullptr)) {}
    future_ref& operator=(future_ref other) noexcept {
        std::swap(state_, other.state_);
        return *this;
    }
    ~future_ref() {
        if (!state_ || --state_->references != 0)
            return;
        if (state_->error_unread)
            report_unread(std::move(state_->error), "future destroyed unread");
        delete state_;
    }

    explicit operator bool() const noexcept { return state_ != nullptr; }
    future_state<T>& operator*() const noexcept { return *state_; }
    future_state<T>* operator->() const noexcept { return state_; }

private:
    future_state<T>* state_ = nullptr;
};

// Also holds the state: once the task is woken, promise and future may go.
template<class T, bool Takes>
class future_wait final : public gate_wait_base<future_text> {
public:
    explicit future_wait(future_ref<T> state) noexcept
        : gate_wait_base<future_text>(&state->ready),
          state_(std::move(state)) {}
    ~future_wait() { leave(); }

    std::conditional_t<Takes, T, void> result() {
        if constexpr (Takes)
            return state_->take();
    }

private:
    future_ref<T> state_;
};

// So does what was not awaited yet.
template<class T, bool Takes>
class [[nodiscard("co_await the future")]] future_op {
public:
    future_op(call_site here, future_ref<T> state) noexcept
        : where_(here), state_(std::move(state)) {}

    future_wait<T, Takes> connect() const noexcept {
        return future_wait<T, Takes>(state_);
    }
    std::source_location where() const noexcept { return location_of(where_); }

private:
    call_site where_;
    future_ref<T> state_;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
