// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What can be awaited in a task, and how does a user write one? The awaitable
/// concept, and the awaiter that makes every leaf wait a checkpoint.
#ifndef TETHER_TASK_AWAITABLE_HPP
#define TETHER_TASK_AWAITABLE_HPP

#include <tether/detail/config.hpp>
#include <tether/detail/declarations.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/runtime/wait.hpp>

#include <concepts>
#include <coroutine>
#include <memory>
#include <new>
#include <source_location>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE

/// A wait that a task can be suspended in: a class derived from tether::wait
/// that lives in the awaiting frame.
///
/// - `ready()` tries to finish at once; true means that result() may be called
///   and the operation has happened.
/// - `start()` registers the wait; afterwards exactly one of complete(), or
///   abort() by a cancel, follows. It may call complete() itself. It may throw
///   as long as nothing is registered.
/// - `result()` gives the value or throws; called once.
template<class W>
concept wait_operation = std::derived_from<W, wait> && requires(W& w) {
    { w.ready() } -> std::same_as<bool>;
    w.start();
    w.result();
};

/// A wait that select() can take back: it declares a member type `revocable`,
/// and by that promises more than the others.
///
/// - `abort()` answers done, always, and leaves nothing behind.
/// - Between the completion and `result()` the wait holds what it was given,
///   and its destructor gives that back.
template<class W>
concept revocable_wait =
    wait_operation<W> && requires { typename W::revocable; };

/// Something whose `connect()` gives the wait operation for one await. The
/// operation is built in place in the frame, so it need not be movable.
template<class A>
concept leaf_awaitable = requires(A&& a) {
    { std::forward<A>(a).connect() } -> wait_operation;
};

namespace detail {

struct frame_base;

// Operations that open a scope or run frames of their own make their awaiter
// themselves; transparent on entry and on exit.
template<class A>
concept scope_awaitable = requires(A&& a, frame_base& frame) {
    std::forward<A>(a).make_awaiter(frame);
};

template<class A>
inline constexpr bool is_task = false;
template<class T>
inline constexpr bool is_task<task<T>> = true;

// Adaptors turn foreign awaitables (Asio's) into ours; specialised beside the
// header that knows the foreign type.
template<class A>
struct foreign_awaitable;

template<class A>
concept adapted_awaitable = requires(A&& a) {
    foreign_awaitable<std::remove_cvref_t<A>>::adapt(std::forward<A>(a));
};

// What is awaited without a frame of its own.
template<class A>
concept operation_awaitable =
    (leaf_awaitable<A> || scope_awaitable<A> || adapted_awaitable<A>) &&
    !is_task<std::remove_cvref_t<A>>;

// Knows where it was made.
template<class A>
concept located = requires(std::remove_cvref_t<A> const& a) {
    { a.where() } -> std::convertible_to<std::source_location>;
};

// A wait whose start() only stands in a line: it completes nothing, cancels
// nothing and does not throw. When its result has been taken, its destructor
// has nothing to do. If it is not one part of several it may be told so by
// start_alone(), and then end by loop::wake_suspended().
template<class W>
concept quiet_wait = requires { typename W::starts_quietly; };

// Made by connect_to(), see prompt_awaitable.
struct into_prompt {};

// A leaf wait as the compiler wants it. Every one is a checkpoint: a pending
// stop is delivered here even if the wait could finish at once.
template<wait_operation W>
class leaf_awaiter {
public:
    template<class A>
    explicit leaf_awaiter(A&& a, task_record& r = running_record())
        : wait_(std::forward<A>(a).connect()) {
        wait_access::set_record(wait_, &r);
    }
    template<class A, class Prompt>
    leaf_awaiter(into_prompt, A& a, Prompt& out, task_record& r) noexcept
        : wait_(a.connect_to(out)) {
        wait_access::set_record(wait_, &r);
    }
    template<class... Args>
    leaf_awaiter(std::in_place_t, task_record& r, Args... args) noexcept
        : wait_(args...) {
        wait_access::set_record(wait_, &r);
    }
    leaf_awaiter(leaf_awaiter const&) = delete;
    leaf_awaiter& operator=(leaf_awaiter const&) = delete;

    bool await_ready() {
        task_record& r = *wait_access::record(wait_);
        if (r.home()->stops_here(r)) [[unlikely]] {
            r.mode = await_mode::stop;
            return false;
        }
        if (!wait_.ready()) {
            r.mode = await_mode::wait;
            return false;
        }
        if (r.home()->spend_budget())
            return true;
        r.mode = await_mode::yield;
        return false;
    }

    bool await_suspend(std::coroutine_handle<>) {
        task_record& r = *wait_access::record(wait_);
        switch (r.mode) {
        case await_mode::stop:
            r.next = step::unwind;
            return true;
        case await_mode::yield:
            return yield(r);
        case await_mode::wait:
            break;
        }
        if constexpr (quiet_wait<W>) {
            wait_at_once();
            return true;
        }
        r.waits_for(wait_);
        start(r);
        if (!r.waiting()) { // completed inside start()
            if (r.next == step::unwind)
                return true;
            return r.home()->spend_budget() ? false : yield(r);
        }
        r.parked = true;
        if (r.stop_pending()) // cancelled inside start()
            r.home()->abort_wait(r);
        return true;
    }

    decltype(auto) await_resume() { return wait_.result(); }

    // In place of await_ready() and await_suspend(), for who knows already that
    // it has to wait.
    void wait_at_once() noexcept
        requires quiet_wait<W>
    {
        if constexpr (requires { wait_.start_alone(); })
            wait_.start_alone();
        else
            wait_.start();
        wait_access::record(wait_)->suspends_in(wait_);
    }
    W& operation() noexcept { return wait_; }

private:
    void start(task_record& r) {
        struct clear {
            task_record& record;
            bool failed = true;
            ~clear() {
                record.starting = false;
                if (failed)
                    record.waits_no_more();
            }
        } guard{r};
        r.starting = true;
        wait_.start();
        guard.failed = false;
    }
    static bool yield(task_record& r) noexcept {
        r.next = step::resume;
        r.parked = true;
        r.home()->enqueue(r);
        return true;
    }

    W wait_;
};

template<class A>
using wait_of = decltype(std::declval<A>().connect());

// What now() is given by nobody who awaits: as the concept asks.
struct nothing_begins {
    template<class... Args>
    bool begin(loop&, Args...) const noexcept {
        return false;
    }
    bool look_closer() const noexcept { return false; }
    bool take_back() const noexcept { return false; }
};

// An awaitable that can often tell at once that it has happened, before a wait
// is built: now() pays() for that, puts into `out` what W::prompt_result()
// makes the result of, and answers true. Or that it has to wait, and passes():
// then it answers what begin(home, args...) of the awaiter does, with what W is
// made of. When it has neither done nor found out anything, it answers what
// look_closer() does, or take_back() when it had paid or could not. So a
// frame needs nothing behind the call that it had before, and saves no
// registers for it. Its wait W names the type of `out` as `prompt`. Where there
// is a result it comes out of the prompt after a wait too: either the wait is
// made by connect_to(out), puts it there itself, and says in check_result(out)
// that it is there, or throws; or its result_to(out) brings it. Of the former
// `out` is no object yet: now() makes it where it answers true.
template<class A>
concept prompt_awaitable =
    leaf_awaitable<A> &&
    requires(A& a, loop& home, typename wait_of<A>::prompt& out) {
        { a.now(home, out, nothing_begins()) } -> std::same_as<bool>;
        requires noexcept(std::declval<A>().connect());
    };

template<class A, class Prompt>
concept fills_prompt = requires(A& a, Prompt& out) {
    { a.connect_to(out) } noexcept -> quiet_wait;
};
template<class A, class Prompt>
struct prompt_wait {
    using type = wait_of<A>;
};
template<class A, class Prompt>
    requires fills_prompt<A, Prompt>
struct prompt_wait<A, Prompt> {
    using type =
        decltype(std::declval<A&>().connect_to(std::declval<Prompt&>()));
};

// For those: the wait and all it costs comes only when now() did not do it.
template<class A>
class prompt_awaiter {
    using awaitable = std::remove_reference_t<A>;
    using prompt = typename wait_of<A>::prompt;
    using W = typename prompt_wait<A, prompt>::type;
    using result = decltype(std::declval<wait_of<A>&>().result());
    static constexpr bool fills = fills_prompt<A, prompt>;
    // Made where the await ends or begins to wait, and not before: that would
    // be a store more for each.
    union unmade {
        unmade() noexcept {} // NOLINT(modernize-use-equals-default)
        ~unmade() {}         // NOLINT(modernize-use-equals-default)
        prompt made;
    };

public:
    // The awaitable lives until the end of the co_await expression.
    explicit prompt_awaiter(awaitable& a) noexcept
        : unbuilt_(std::addressof(a)) {}
    prompt_awaiter(prompt_awaiter const&) = delete;
    prompt_awaiter& operator=(prompt_awaiter const&) = delete;
    ~prompt_awaiter() {
        if (built()) [[unlikely]]
            destroy_leaf();
        if constexpr (fills)
            out().~prompt();
    }

    // What is usual is inlined into the frame, the rest is not.
    [[gnu::always_inline]] bool await_ready() {
        loop& home = *running_loop();
        bool const done = operation().now(home, out(), *this);
        if (done && built()) // then there was no wait, or it is over
            __builtin_unreachable();
        return done;
    }
    // A quiet wait has begun already.
    auto await_suspend(std::coroutine_handle<> h) {
        if constexpr (!quiet_wait<W>)
            return leaf_.await_suspend(h);
    }
    result await_resume() {
        if (built())
            fetch();
        if constexpr (!std::is_void_v<result>)
            return W::prompt_result(out());
    }

    // For now(): nothing is unusual, but it has to wait, in a W of `args`. It
    // has begun, which ends the turn.
    template<class... Args>
    [[gnu::always_inline]] bool begin(loop& home, Args... args) noexcept {
        task_record& r = *home.current();
        if constexpr (located<A>)
            r.running_leaf().where = operation().where();
        if constexpr (fills)
            make_out();
        ::new (static_cast<void*>(&leaf_))
            leaf_awaiter<W>(std::in_place, r, args...);
        unbuilt_ = nullptr;
        leaf_.wait_at_once();
        return false;
    }
    // For now(): something is unusual, and the wait itself finds out what.
    [[gnu::noinline]] bool look_closer() {
        build();
        if (leaf_.await_ready()) {
            fetch();
            return true;
        }
        if constexpr (quiet_wait<W>)
            leaf_.await_suspend({});
        return false;
    }
    // The same for who has paid, or wanted to and may not pass.
    [[gnu::noinline]] bool take_back() {
        running_loop()->takes_back();
        return look_closer();
    }

private:
    bool built() const noexcept { return !unbuilt_; }
    prompt& out() noexcept {
        if constexpr (fills)
            return prompt_.made;
        else
            return prompt_;
    }
    void make_out() noexcept { ::new (static_cast<void*>(&prompt_)) prompt(); }
    awaitable& operation() const noexcept {
        return *static_cast<awaitable*>(unbuilt_);
    }
    [[gnu::noinline]] void destroy_leaf() noexcept { leaf_.~leaf_awaiter(); }
    void build() noexcept {
        task_record& r = running_record();
        awaitable& a = operation();
        if constexpr (located<A>)
            r.running_leaf().where = a.where();
        if constexpr (fills) {
            make_out();
            ::new (static_cast<void*>(&leaf_))
                leaf_awaiter<W>(into_prompt(), a, out(), r);
        } else {
            ::new (static_cast<void*>(&leaf_))
                leaf_awaiter<W>(std::forward<A>(a), r);
        }
        unbuilt_ = nullptr;
    }
    // The result comes out of the prompt either way: g++ copies what also comes
    // out of a call as one word, and a word that was just written in parts
    // makes the processor wait.
    void fetch() {
        if constexpr (std::is_void_v<result>) {
            leaf_.await_resume();
            if constexpr (!quiet_wait<W>)
                destroy_leaf();
        } else if constexpr (fills) {
            leaf_.operation().check_result(out());
        } else {
            fetch_from_leaf();
        }
        unbuilt_ = this;
    }
    [[gnu::noinline]] void fetch_from_leaf() {
        leaf_.operation().result_to(out());
        destroy_leaf();
    }

    // Where the awaitable is; null while the wait is there, which a flag would
    // say with one store more; something else when that is over.
    void* unbuilt_;
    [[no_unique_address]] std::conditional_t<fills, unmade, prompt> prompt_;
    union {
        leaf_awaiter<W> leaf_;
    };
};

template<class A>
struct await_result;
template<class T>
struct await_result<task<T>> {
    using type = T;
};
template<class A>
    requires leaf_awaitable<A>
struct await_result<A> {
    using type = decltype(std::declval<wait_of<A>&>().result());
};
template<class A>
    requires(scope_awaitable<A> && !leaf_awaitable<A>)
struct await_result<A> {
    using type = decltype(std::declval<A>()
                              .make_awaiter(std::declval<frame_base&>())
                              .await_resume());
};
template<class A>
    requires(adapted_awaitable<A> && !leaf_awaitable<A> && !scope_awaitable<A>)
struct await_result<A>
    : await_result<decltype(foreign_awaitable<std::remove_cvref_t<A>>::adapt(
          std::declval<A>()))> {};

} // namespace detail

/// Anything `co_await` accepts inside a task: a `task<T>`, a wait such as
/// `event.wait()`, a scope such as `fail_after(…)`, and Asio operations.
template<class A>
concept awaitable = requires {
    typename detail::await_result<
        std::conditional_t<detail::is_task<std::remove_cvref_t<A>>,
                           std::remove_cvref_t<A>, A>>::type;
};

/// What `co_await` of an `A` gives.
template<awaitable A>
using await_result_t = typename detail::await_result<std::conditional_t<
    detail::is_task<std::remove_cvref_t<A>>, std::remove_cvref_t<A>, A>>::type;

namespace detail {

// True for prvalues that g++ 12 would destroy twice inside co_await.
template<class F>
inline constexpr bool destroyed_twice =
    TETHER_GCC_DOUBLE_DESTROY && !std::is_reference_v<F> &&
    std::is_class_v<F> && !std::is_trivially_destructible_v<F>;

} // namespace detail

/// The sentence users see when g++ 12 would destroy their closure twice.
#define TETHER_CHECK_BODY(F)                                                   \
    static_assert(!::tether::detail::destroyed_twice<F>,                       \
                  "g++ before 13 destroys this closure twice when it is a "    \
                  "temporary in a co_await expression: name it first (auto "   \
                  "body = ...;) and pass the name, or capture by reference "   \
                  "([&])")

TETHER_END_NAMESPACE

#endif
