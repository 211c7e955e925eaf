// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What does an asynchronous function return? `task<T>`: a lazy coroutine that
/// is awaited once.
#ifndef TETHER_TASK_TASK_HPP
#define TETHER_TASK_TASK_HPP

#include <tether/detail/config.hpp>
#include <tether/detail/declarations.hpp>
#include <tether/detail/manual_lifetime.hpp>
#include <tether/runtime/frame.hpp>
#include <tether/runtime/frame_pool.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/task/awaitable.hpp>
#include <tether/task/detail/leaf_awaiter.hpp>
#include <tether/task/detail/prompt_awaiter.hpp>

#include <coroutine>
#include <cstddef>
#include <exception>
#include <source_location>
#include <stdexcept>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE

namespace detail {
template<class T>
class promise;
template<class T>
class call_awaiter;
struct task_access;
} // namespace detail

/// A lazy coroutine with a result of type `T`.
///
/// Invariant: owns its frame until it is awaited or handed to a verb; nothing
/// of the body has run before.
/// Parameters: `T` may be void, a reference, move-only, not default
/// constructible.
/// Result: `co_await std::move(t)` gives the T that the body returned, once.
/// Errors: what the body threw. Awaiting an empty task is std::logic_error.
/// On cancellation: a call of a task is no checkpoint; a stop inside destroys
/// the frames from the innermost outwards, and catch blocks do not run.
/// Never lost: an unstarted task that is destroyed destroys its arguments.
/// Threads: runs wholly on the loop of the task that awaits it.
/// Example:
/// \code
/// task<int> answer() { co_return 42; }
/// task<> ask() {
///     int const a = co_await answer();
///     std::printf("%d\n", a);
/// }
/// \endcode
template<class T>
class [[nodiscard("a task does nothing until it is awaited: co_await it, or "
                  "hand it to a group")]] task {
public:
    using promise_type = detail::promise<T>;
    using value_type = T;

    task(task&& other) noexcept
        : frame_(std::exchange(other.frame_, nullptr)) {}
    task& operator=(task&& other) noexcept {
        if (this != &other) {
            destroy();
            frame_ = std::exchange(other.frame_, nullptr);
        }
        return *this;
    }
    ~task() { destroy(); }

    /// Whether there is a body to await.
    [[nodiscard]] explicit operator bool() const noexcept {
        return frame_ != nullptr;
    }

private:
    friend class detail::promise<T>;
    friend struct detail::task_access;

    explicit task(detail::promise<T>& p) noexcept : frame_(&p) {}
    void destroy() noexcept {
        if (frame_)
            std::coroutine_handle<detail::promise<T>>::from_promise(*frame_)
                .destroy();
    }

    detail::promise<T>* frame_;
};

namespace detail {

struct task_access {
    template<class T>
    static promise<T>* release(task<T>& t) noexcept {
        return std::exchange(t.frame_, nullptr);
    }
};

// Where the result of a frame goes: into its caller's awaiter, or into whatever
// runs it. The frame itself is gone before anybody looks.
template<class T>
struct result_cell {
    static_assert(!std::is_rvalue_reference_v<T>,
                  "task<T&&> would dangle: return T");

    result_cell() noexcept = default;
    result_cell(result_cell const&) = delete;
    result_cell& operator=(result_cell const&) = delete;
    ~result_cell() {
        if constexpr (!std::is_void_v<T> &&
                      !std::is_trivially_destructible_v<T>)
            reset();
    }

    void reset() noexcept {
        if (full) {
            full = false;
            value.destroy();
        }
    }
    decltype(auto) get() { return value.get(); }
    decltype(auto) take() { return value.take(); }

    manual_lifetime<T> value;
    bool full = false;
};

// Takes no place where it is a [[no_unique_address]] member.
template<>
struct result_cell<void> {
    result_cell() noexcept = default;
    result_cell(result_cell const&) = delete;
    result_cell& operator=(result_cell const&) = delete;

    void reset() const noexcept {}
    void get() const noexcept {}
    void take() const noexcept {}

    static constexpr bool full = false;
};

// What may stand behind co_await in a task.
class promise_base : public frame_base {
public:
    static void* operator new(std::size_t size) {
        return frame_pool::allocate(block_size(size));
    }
    static void operator delete(void* block, std::size_t size) noexcept {
        frame_pool::deallocate(block, block_size(size));
    }

    std::suspend_always initial_suspend() const noexcept { return {}; }
    // The frame is not kept: it destroys itself and its arguments on the way
    // back to the pump, which goes on with the caller or at the boundary.
    std::suspend_never final_suspend() noexcept {
        if (!at_boundary()) {
            call_link& link = call();
            link.callee = nullptr;
            running_record().set_leaf(*link.caller);
        } else {
            running_record().finishes_at(end());
        }
        return {};
    }
    void unhandled_exception() noexcept {
        running_record().set_error(std::current_exception());
    }

    template<class T>
    call_awaiter<T> await_transform(
        task<T>&& callee,
        std::source_location here = std::source_location::current()) {
        where = here;
        return call_awaiter<T>(callee, *this);
    }

    template<class T>
    call_awaiter<T> await_transform(task<T>& callee) {
        static_assert(sizeof(T*) == 0,
                      "a task is awaited once: write co_await "
                      "std::move(the_task), or await the call directly");
        return call_awaiter<T>(callee, *this);
    }

    // Two functions, because g++ gives every default argument of class type a
    // place in the frame.
    template<class A>
        requires(operation_awaitable<A> && located<A>)
    auto await_transform(A&& a) {
        return begin(std::forward<A>(a));
    }
    template<class A>
        requires(operation_awaitable<A> && !located<A>)
    auto await_transform(
        A&& a, std::source_location here = std::source_location::current()) {
        where = here;
        return begin(std::forward<A>(a));
    }

    template<class A>
        requires(!operation_awaitable<A> && !is_task<std::remove_cvref_t<A>>)
    std::suspend_never await_transform(A&&) {
        static_assert(sizeof(A*) == 0,
                      "this type cannot be awaited in a tether::task: await a "
                      "task, a tether operation, an Asio operation with "
                      "tether::use_task, or wrap a callback with "
                      "tether::suspend_cancellable");
        return {};
    }

    template<class V>
    std::suspend_never yield_value(V&&) {
        static_assert(sizeof(std::remove_reference_t<V>*) == 0,
                      "co_yield in a tether::task: only an async_generator "
                      "yields, and not from inside of a scope, whose body is a "
                      "task; leave the scope first, or run the producer as a "
                      "child task with tether::as_channel");
        return {};
    }

private:
    template<bool Stays, class T>
    call_awaiter<T> begin(task<T>&& callee) { // what a foreign one became
        return call_awaiter<T>(callee, *this);
    }
    // What a foreign awaitable became goes before its awaiter.
    template<bool Stays = true, class A>
    auto begin(A&& a) {
        // One that may be prompt notes its place itself, where it is not.
        if constexpr (located<A> && !(Stays && prompt_awaitable<A>))
            where = a.where();
        if constexpr (Stays && prompt_awaitable<A>)
            return prompt_awaiter<A>(a);
        else if constexpr (leaf_awaitable<A>)
            return leaf_awaiter<wait_of<A>>(std::forward<A>(a));
        else if constexpr (scope_awaitable<A>)
            return std::forward<A>(a).make_awaiter(*this);
        else
            return begin<false>(
                foreign_awaitable<std::remove_cvref_t<A>>::adapt(
                    std::forward<A>(a)));
    }

    // A frame of clang's may hold what is aligned to 16 and yet end in between,
    // and the pool aligns by the size.
    static constexpr std::size_t block_size(std::size_t size) noexcept {
#if defined(__clang__)
        return (size + 15) & ~std::size_t{15};
#else
        return size;
#endif
    }
};

template<class T>
class promise final : public promise_base {
public:
    task<T> get_return_object() noexcept { return task<T>(*this); }

    void deliver_to(result_cell<T>& cell) noexcept { cell_ = &cell; }

    template<class U = T>
        requires std::is_constructible_v<T, U&&>
    void return_value(U&& value) {
        // `co_return 0` of a task<size_t> is no warning in a user's build.
        if constexpr (std::is_arithmetic_v<T>)
            cell_->value.construct(static_cast<T>(value));
        else
            cell_->value.construct(std::forward<U>(value));
        cell_->full = true;
    }

private:
    result_cell<T>* cell_;
};

template<>
class promise<void> final : public promise_base {
public:
    task<void> get_return_object() noexcept { return task<void>(*this); }
    void deliver_to(result_cell<void>&) const noexcept {}
    void return_void() const noexcept {}
};

// A plain call: the caller goes on when the callee is done.
template<class T>
class call_base : protected call_link {
public:
    call_base(task<T>& callee_task, frame_base& caller_frame) {
        promise<T>* p = task_access::release(callee_task);
        if (!p)
            throw std::logic_error(
                "co_await of an empty task: it was moved from or awaited "
                "before");
        p->deliver_to(cell_);
        callee = p;
        caller = &caller_frame;
    }

    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<>) noexcept {
        callee->called_by(*this);
        running_record().set_leaf(*callee);
    }

protected:
    // Only a call that was never made still has its callee: a stop takes the
    // callee away before it destroys the caller.
    ~call_base() { destroy_callee(*this); }

    static std::exception_ptr take_error() noexcept {
        return running_record().take_error();
    }
    // A callee that ended without a value has thrown.
    bool failed() const noexcept {
        if constexpr (std::is_void_v<T>)
            return running_record().error() != nullptr;
        else
            return !cell_.full;
    }

    [[no_unique_address]] result_cell<T> cell_;
};

template<class T>
class [[nodiscard]] call_awaiter final : public call_base<T> {
public:
    using call_base<T>::call_base;

    T await_resume() {
        if (this->failed()) [[unlikely]]
            std::rethrow_exception(this->take_error());
        return this->cell_.take();
    }
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
