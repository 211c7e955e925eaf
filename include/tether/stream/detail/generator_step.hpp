// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does the body of a generator run? As part of the task that awaits a
/// step: its frame ends at that await, and at the next one at another.
#ifndef TETHER_STREAM_DETAIL_GENERATOR_STEP_HPP
#define TETHER_STREAM_DETAIL_GENERATOR_STEP_HPP

#include <tether/core/errors.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/diagnostics.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/runtime/open_object.hpp>
#include <tether/runtime/test_hooks.hpp>
#include <tether/scope/exit_reason.hpp>
#include <tether/stream/detail/closing_stack.hpp>
#include <tether/task/detail/root.hpp>
#include <tether/task/task.hpp>

#include <coroutine>
#include <cstdint>
#include <exception>
#include <memory>
#include <source_location>
#include <stdexcept>
#include <string>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

class generator_step;

// What the promises of all generators have in common. Between two steps the
// frame belongs to its async_generator and is suspended in a co_yield.
class generator_promise_base : public promise_base {
public:
    generator_promise_base() noexcept = default;
    generator_promise_base(generator_promise_base const&) = delete;
    generator_promise_base& operator=(generator_promise_base const&) = delete;
    inline ~generator_promise_base();

    void return_void() const noexcept {}

    void make_room_to_keep() {
        if (!kept_)
            kept_ = std::make_unique<closing_stack>();
        kept_->make_room();
    }
    void keep(std::unique_ptr<kept_base> kept, bool drops_ended) noexcept {
        if (drops_ended)
            kept_->drop_ended();
        kept_->push(std::move(kept));
    }
    std::unique_ptr<closing_stack> take_kept() noexcept {
        return std::move(kept_);
    }

    open_object state;
    bool started = false;
    bool running = false; // inside a step, whose boundary the frame ends at

protected:
    // Gives the task back to whoever awaits the step.
    inline void leave() noexcept;
    inline void check_scopes() const;

private:
    std::unique_ptr<closing_stack> kept_;
};

// The base of async_generator<T>: owns the frame and knows the step that runs.
class generator_base {
public:
    generator_base(generator_base const&) = delete;
    generator_base& operator=(generator_base const&) = delete;

protected:
    explicit generator_base(generator_promise_base& p) noexcept : frame_(&p) {}
    generator_base(generator_base&& other) noexcept : frame_(other.release()) {}
    ~generator_base() { destroy(); }

    generator_promise_base* release() noexcept {
        if (step_)
            fatal("an async_generator was moved while a step of it ran");
        return std::exchange(frame_, nullptr);
    }
    inline void destroy() noexcept;
    void adopt(generator_promise_base* p) noexcept {
        destroy();
        frame_ = p;
    }
    generator_promise_base* frame() const noexcept { return frame_; }

private:
    friend class generator_step;
    friend struct generator_access;

    generator_promise_base* frame_; // null once it has ended
    generator_step* step_ = nullptr;
};

// One await of a generator: of its next element, or of its close. Here the
// frame ends; what it kept is closed before the awaiting task goes on.
class generator_step : public closing_owner {
public:
    generator_step(generator_base& generator, frame_base& host) noexcept
        : generator_(&generator), host_(&host) {}
    ~generator_step() {
        if (generator_->step_ == this)
            generator_->step_ = nullptr; // the context goes down
    }

    pump_next body_finished(task_record& r) noexcept override {
        error_ = r.take_error();
        if (kept_ && error_)
            kept_->set_why(exit_reason(error_));
        frame_gone(r);
        return pump_next::go_on;
    }
    pump_next body_stopped(task_record& r) noexcept override {
        stopped_ = !closed_for_;
        if (kept_ && closed_for_)
            kept_->set_why(*closed_for_);
        else if (kept_ && !r.home()->shutting_down())
            kept_->set_stopped(*r.inner());
        frame_gone(r);
        return pump_next::go_on;
    }
    void all_closed(task_record& r) noexcept override {
        generator_->step_ = nullptr;
        // An error of a close beats the stop, which comes at the next
        // checkpoint.
        if (r.home()->shutting_down() ||
            (stopped_ && !(kept_ && kept_->failed())))
            r.unwinds_at(*host_);
        else
            r.resumes_at(*host_);
    }

    frame_base& host() const noexcept { return *host_; }
    scope_node const* outside() const noexcept { return outside_; }
    void yielded() noexcept { generator_->step_ = nullptr; }
    void hand_over(std::unique_ptr<closing_stack> kept) noexcept {
        kept_ = std::move(kept);
    }

protected:
    generator_promise_base* frame() const noexcept {
        return generator_->frame_;
    }
    void refuse_second(char const* verb) const {
        if (generator_->step_)
            throw std::logic_error(
                std::string(verb) + " of " + text() +
                " while another step of it runs or it is being closed");
    }
    void refuse_elsewhere(char const* verb) const {
        loop* const home = frame() ? frame()->state.home() : nullptr;
        if (home && home != running_loop())
            throw std::logic_error(std::string(verb) + " of " + text() +
                                   ", which belongs to another loop");
    }
    // Only one loop may resume what is suspended.
    void enter(loop& l) const {
        open_object& state = frame()->state;
        if (state.home() == &l)
            return;
        if (started())
            throw std::logic_error("a step of " + text() +
                                   (state.home() ? ", which belongs to another "
                                                   "loop"
                                                 : ", whose loop has ended"));
        l.opened(state);
        frame()->started = true;
    }
    bool started() const noexcept { return frame()->started; }
    void begin(task_record& r) noexcept {
        link(r);
        r.set_leaf(*frame());
    }
    void begin_close(task_record& r, exit_reason const& why) noexcept {
        closed_for_ = &why;
        link(r);
        r.unwinds_at(*frame());
    }
    void rethrow() {
        if (kept_ && kept_->failed())
            kept_->rethrow(std::exchange(error_, nullptr));
        if (error_)
            std::rethrow_exception(std::exchange(error_, nullptr));
    }

private:
    void link(task_record& r) noexcept {
        generator_->step_ = this;
        outside_ = r.inner();
        frame()->running = true;
        frame()->ends_at(*this);
    }
    void frame_gone(task_record& r) noexcept {
        generator_->frame_ = nullptr;
        if (kept_)
            kept_->close_all(*this, r, *host_);
        else
            all_closed(r);
    }
    std::string text() const {
        return frame() ? frame()->state.to_string() : "an async_generator";
    }

    generator_base* generator_;
    frame_base* host_;
    scope_node* outside_ = nullptr;
    std::unique_ptr<closing_stack> kept_;
    std::exception_ptr error_;
    exit_reason const* closed_for_ = nullptr; // of a close
    bool stopped_ = false;
};

inline generator_promise_base::~generator_promise_base() {
    if (running && kept_) // `end` is the step that runs
        static_cast<generator_step&>(end()).hand_over(std::move(kept_));
}
inline void generator_promise_base::leave() noexcept {
    auto& step = static_cast<generator_step&>(end());
    running = false;
    step.yielded();
    running_record().set_leaf(step.host());
}
inline void generator_promise_base::check_scopes() const {
    auto& step = static_cast<generator_step&>(end());
    if (step.outside() != running_record().inner())
        throw std::logic_error(
            "co_yield inside of a scope that the generator itself has opened: "
            "it would govern whoever takes the element; leave the scope first, "
            "or run the producer as a child task with as_channel() (" +
            state.to_string() + ")");
}

// Nobody can await here: what was kept is destroyed unclosed, and told.
inline void generator_base::destroy() noexcept {
    if (step_)
        fatal("an async_generator was destroyed while a step of it ran");
    generator_promise_base* const p = std::exchange(frame_, nullptr);
    if (!p)
        return;
    std::unique_ptr<closing_stack> kept = p->take_kept();
    loop* const home = p->state.home();
    if (!kept || !kept->open() || !home) {
        p->handle().destroy();
        return;
    }
    home->retain();
    std::exception_ptr error;
    try {
        error = std::make_exception_ptr(std::logic_error(
            p->state.to_string() +
            " was destroyed without co_await close(), so what it keeps was not "
            "closed: use consume() or for_each()"));
    } catch (...) {
        error = std::current_exception();
    }
    p->handle().destroy();
    kept.reset();
    home->unhandled(std::move(error), "when a generator was destroyed");
    home->release();
}

// co_await of the next element; a checkpoint like every wait. `T*` is null at
// the end.
template<class Promise>
class advance_awaiter : public generator_step {
public:
    using generator_step::generator_step;

    bool await_ready() {
        task_record& r = running_record();
        if (test_hooks* const hooks = r.home()->hooks()) [[unlikely]]
            hooks->checkpoint(r);
        if (r.stop_pending()) {
            r.mode = await_mode::stop;
            return false;
        }
        refuse_second("next()");
        if (frame())
            enter(*r.home());
        // Steps that never wait let others run from time to time.
        r.mode =
            r.home()->spend_budget() ? await_mode::wait : await_mode::yield;
        return r.mode == await_mode::wait && !frame();
    }
    void await_suspend(std::coroutine_handle<>) noexcept {
        task_record& r = running_record();
        if (r.mode == await_mode::stop) {
            r.next = step::unwind;
            return;
        }
        if (frame())
            begin(r);
        if (r.mode == await_mode::yield) {
            r.next = step::resume;
            r.parked = true;
            r.home()->enqueue(r);
        }
    }
    typename Promise::element* await_resume() {
        rethrow();
        return frame() ? static_cast<Promise*>(frame())->current() : nullptr;
    }
};

class close_awaiter final : public generator_step {
public:
    close_awaiter(generator_base& generator, frame_base& host,
                  exit_reason const& why)
        : generator_step(generator, host), why_(&why) {}

    bool await_ready() const {
        refuse_second("close()");
        refuse_elsewhere("close()");
        return !frame();
    }
    void await_suspend(std::coroutine_handle<>) noexcept {
        begin_close(running_record(), *why_);
    }
    void await_resume() { rethrow(); }

private:
    exit_reason const* why_;
};

// Awaited by the task that close() gives.
class close_op {
public:
    close_op(generator_base& generator, exit_reason const& why) noexcept
        : generator_(&generator), why_(&why) {}

    close_awaiter make_awaiter(frame_base& frame) const noexcept {
        return close_awaiter(*generator_, frame, *why_);
    }

private:
    generator_base* generator_;
    exit_reason const* why_;
};

// A template, as all coroutines here: g++ 12 compiles others into each unit.
template<class = void>
task<> close_generator(generator_base& generator, exit_reason why) {
    co_await close_op(generator, why);
}

} // namespace detail
TETHER_END_NAMESPACE

#endif
