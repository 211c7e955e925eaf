// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a coroutine stop half-way and go on later, in a call by somebody
/// else? The promise of scoped_resource, and the await that runs it one step.
#ifndef TETHER_SCOPE_DETAIL_RESOURCE_FRAME_HPP
#define TETHER_SCOPE_DETAIL_RESOURCE_FRAME_HPP

#include <tether/detail/config.hpp>
#include <tether/runtime/frame.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/runtime/task_record.hpp>
#include <tether/scope/exit_reason.hpp>
#include <tether/task/task.hpp>

#include <coroutine>
#include <exception>
#include <memory>
#include <source_location>
#include <utility>

TETHER_BEGIN_NAMESPACE

template<class T>
class scoped_resource;

namespace detail {

// The call of a step; whether it ended at a co_yield or at the end.
struct resource_step_link : call_link {
    bool yielded = false;
};

// The frame ends by itself or in a stop, and says so to the object that holds
// it.
template<class T>
class resource_promise final : public promise_base {
public:
    ~resource_promise() {
        if (holder_)
            *holder_ = nullptr;
    }

    scoped_resource<T> get_return_object() noexcept {
        return scoped_resource<T>(*this);
    }
    std::suspend_always initial_suspend(
        std::source_location here = std::source_location::current()) noexcept {
        made_at = here;
        return {};
    }
    void return_void() const noexcept {}

    // The caller's turn; the frame stays as it is.
    class yield_awaiter {
    public:
        explicit yield_awaiter(resource_promise& p) noexcept : promise_(&p) {}
        bool await_ready() const noexcept { return false; }
        void await_suspend(std::coroutine_handle<>) noexcept {
            auto& step = static_cast<resource_step_link&>(promise_->call());
            step.callee = nullptr;
            step.yielded = true;
            running_record().set_leaf(*step.caller);
        }
        exit_reason const& await_resume() const noexcept {
            return *promise_->why;
        }

    private:
        resource_promise* promise_;
    };
    yield_awaiter yield_value(
        T& value,
        std::source_location here = std::source_location::current()) noexcept {
        opened = std::addressof(value);
        where = here;
        return yield_awaiter(*this);
    }
    template<class U>
    yield_awaiter yield_value(U&&) {
        static_assert(sizeof(U*) == 0,
                      "co_yield a variable of the coroutine whose type is the "
                      "T of scoped_resource<T>, so that the coroutine keeps "
                      "what the body uses");
        return yield_awaiter(*this);
    }

    void held_by(resource_promise** holder) noexcept { holder_ = holder; }

    T* opened = nullptr;
    exit_reason const* why = nullptr;
    std::source_location made_at{};

private:
    resource_promise** holder_ = nullptr;
};

// Runs the frame until it yields (true) or has ended (false).
template<class T>
class resource_step {
public:
    explicit resource_step(resource_promise<T>& frame) noexcept
        : frame_(&frame) {}

    class awaiter : resource_step_link {
    public:
        awaiter(resource_promise<T>& frame, frame_base& host) noexcept {
            callee = &frame;
            caller = &host;
        }
        bool await_ready() const noexcept { return false; }
        void await_suspend(std::coroutine_handle<>) noexcept {
            callee->called_by(*this);
            running_record().set_leaf(*callee);
        }
        bool await_resume() {
            if (std::exception_ptr error = running_record().take_error())
                std::rethrow_exception(std::move(error));
            return yielded;
        }
    };
    awaiter make_awaiter(frame_base& host) const noexcept {
        return awaiter(*frame_, host);
    }

private:
    resource_promise<T>* frame_;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
