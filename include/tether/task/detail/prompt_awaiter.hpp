// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does an await get its result without a wait? By asking first; the wait
/// is built when the answer is no.
#ifndef TETHER_TASK_DETAIL_PROMPT_AWAITER_HPP
#define TETHER_TASK_DETAIL_PROMPT_AWAITER_HPP

#include <tether/detail/config.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/task/awaitable.hpp>
#include <tether/task/detail/leaf_awaiter.hpp>

#include <concepts>
#include <coroutine>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

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
        : unbuilt_(
              const_cast<void*>(static_cast<void const*>(std::addressof(a)))) {}
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

} // namespace detail
TETHER_END_NAMESPACE

#endif
