// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a handler of Asio get into the loop and out again? It enters, a
/// bounded batch of ready tasks runs, and what is left is posted.
#ifndef TETHER_RUNTIME_DETAIL_LOOP_PASSES_HPP
#define TETHER_RUNTIME_DETAIL_LOOP_PASSES_HPP

#include <tether/core/asio.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/current_loop.hpp>
#include <tether/detail/diagnostics.hpp>
#include <tether/runtime/loop.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

struct loop::drain_handler {
    using allocator_type = handler_allocator<void, memory>;

    explicit drain_handler(loop& l) noexcept : home(&l) { l.retain(); }
    drain_handler(drain_handler&& other) noexcept
        : home(std::exchange(other.home, nullptr)), called(other.called) {}
    ~drain_handler() {
        if (!home)
            return;
        if (!called) // once called, the mark is that of the next one
            home->drain_posted_ = false;
        home->release();
    }
    allocator_type get_allocator() const noexcept {
        return allocator_type(home->drain_memory_);
    }
    void operator()() {
        called = true;
        home->drain_posted_ = false;
        home->enter([] {});
    }

    loop* home;
    bool called = false;
};

inline loop::loop(loop_owner& owner, asio::any_io_executor executor)
    : executor_(std::move(executor)),
      plain_(plain_context_of(executor_)),
      context_(&asio::query(executor_, asio::execution::context)),
      owner_(&owner) {
    roots_.home = this;
    report = [](loop_base* self, std::exception_ptr error,
                char const* what) noexcept {
        static_cast<loop*>(self)->unhandled(std::move(error), what);
    };
}

inline void loop::tell_held(task_record& r, task_record* heir) noexcept {
    held_.for_each([&](held_object& held) { held.holder_ended(r, heir); });
}

inline void loop::check_owner() const {
    if (thread_.is_another())
        fatal("tasks of one executor were entered from two threads at once; "
              "use a strand of a context that several threads run");
}

template<class F>
void loop::enter_with_reference(F&& f) {
    struct reference {
        loop& self;
        ~reference() { self.release(); }
    };
    reference const last{*this};
    check_owner();
    // Inside a task of this loop, e.g. an inline completion; or the context
    // goes down, where nothing is resumed any more.
    if (active_ || shutting_down_) {
        f();
        return;
    }
    // Also if f() throws, e.g. because memory ran out.
    struct pass {
        explicit pass(loop& l) noexcept
            : self(l),
              outer(std::exchange(current_loop, &l)),
              outer_thread(l.thread_.enter()) {
            self.active_ = true;
        }
        ~pass() {
            self.active_ = false;
            self.after_drain();
            self.thread_.leave(outer_thread);
            current_loop = outer;
        }
        loop& self;
        loop_base* outer;
        std::uintptr_t outer_thread;
    };
    {
        pass const now(*this);
        f();
        // Only one batch for each turn of Asio: what an earlier pass left over
        // comes with the posted drain, or a row of completions would keep the
        // handlers behind it waiting for a batch each.
        if (!drain_posted_)
            drain();
    }
    if (!unhandled_.empty())
        throw_unhandled();
}

template<class F>
void loop::quietly(F&& f) noexcept {
    loop_base* const outer = std::exchange(current_loop, this);
    bool const outer_active = std::exchange(active_, true);
    f();
    active_ = outer_active;
    current_loop = outer;
    if (!active_ &&
        (!ready_.empty() || !stop_hooks_.empty() || !unhandled_.empty()))
        post_drain();
}

inline void loop::throw_unhandled() {
    std::exception_ptr const error = std::move(unhandled_.front());
    unhandled_.pop_front();
    if (!unhandled_.empty())
        post_drain(); // each one leaves run() by itself
    std::rethrow_exception(error);
}

inline void loop::unhandled(std::exception_ptr error,
                            char const* what) noexcept {
    try {
        if (sink_) {
            sink_(std::move(error), what);
            return;
        }
        unhandled_.push_back(std::move(error));
        if (!active_)
            post_drain();
    } catch (...) {
        fatal("the on_unhandled_error sink threw, or memory ran out while an "
              "error was reported");
    }
}

// Stop callbacks are foreign code: they run here, outside of every walk.
inline void loop::request_stop(std::shared_ptr<stop_hook> hook) noexcept {
    stop_hooks_.push(std::move(hook));
    attention_ = true;
    if (!active_)
        post_drain();
}

[[gnu::noinline]] inline void loop::run_stop_callbacks() noexcept {
    while (!stop_hooks_.empty())
        stop_hooks_.pop()->request_stop();
}

[[gnu::hot, gnu::aligned(64)]] inline void loop::drain() noexcept {
    if (hooked_) [[unlikely]]
        return drain_hooked();
    expire();
    system_calls_ = system_calls_per_pass;
    if (attention_) [[unlikely]]
        attend();
    for (std::size_t left = batch; left != 0; --left) {
        if (ready_.empty()) [[unlikely]]
            break;
        budget_ = turn_budget;
        turn<false>(ready_.pop());
        if (attention_) [[unlikely]] {
            attend();
            if (hooked_)
                break; // the next pass is another one
        }
    }
    current_ = nullptr;
}

// What comes between two turns; one flag says that there may be something.
[[gnu::noinline]] inline void loop::attend() noexcept {
    run_starters<false>();
    current_ = nullptr;
    run_stop_callbacks();
    attention_ = false;
}

[[gnu::noinline]] inline void loop::keep_context() {
    if (!work_ && !shutting_down_)
        work_.emplace(
            asio::prefer(executor_, asio::execution::outstanding_work.tracked));
}

inline void loop::after_drain() noexcept {
    if (!ready_.empty() || !stop_hooks_.empty())
        post_drain();
    if (live_ == 0 || (timers_.empty() && in_flight_ == 0))
        cancel_asio_timer();
    if (!timers_.empty() && live_ != 0)
        arm_asio_timer();
    if (in_flight_ == 0)
        work_.reset();
}

inline void loop::post_drain() noexcept {
    if (drain_posted_ || shutting_down_)
        return;
    drain_posted_ = true;
    if (plain_)
        asio::post(plain_->get_executor(), drain_handler(*this));
    else
        asio::post(executor_, drain_handler(*this));
}

} // namespace detail
TETHER_END_NAMESPACE

#endif
