// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Who runs the tasks of one executor? The loop: a FIFO of ready tasks, a timer
/// queue behind one Asio timer, a clock, and the tree of live tasks.
#ifndef TETHER_RUNTIME_LOOP_HPP
#define TETHER_RUNTIME_LOOP_HPP

#include <tether/core/asio.hpp>
#include <tether/core/cancel_reason.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/current_loop.hpp>
#include <tether/detail/diagnostics.hpp>
#include <tether/detail/intrusive_list.hpp>
#include <tether/runtime/clock.hpp>
#include <tether/runtime/handler_memory.hpp>
#include <tether/runtime/task_record.hpp>
#include <tether/runtime/timer_queue.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

TETHER_BEGIN_NAMESPACE
namespace detail {

class loop;
class loop_service;

// A combinator that is starting its legs. The loop asks it for one leg after
// the other and pumps each until it waits, depth first and without recursion.
class leg_starter {
public:
    // The next record to run, null if none; `last` once nothing is left to
    // start. After that the loop no longer touches the starter, so the last
    // record may be the one that waited for the legs.
    virtual task_record* next_leg(bool& last) noexcept = 0;

    // The record that waits for the legs; while next_leg() runs, which may
    // call functions of the user, it is the running task.
    task_record* starting_for = nullptr;

protected:
    ~leg_starter() = default;

private:
    friend class loop;
    leg_starter* below_ = nullptr;
};

// What holds handlers or work of the loop's context beyond a wait: roots, whose
// end is told to a handler. They let go of it when the context goes first.
class context_border : public list_node {
public:
    virtual void leave_context() noexcept = 0;

protected:
    ~context_border() = default;
};

// Ends the life of loops that no task and no handler refers to any more.
class loop_owner {
public:
    virtual void loop_unused(loop&) noexcept = 0;

protected:
    ~loop_owner() = default;
};

class loop : public loop_base {
public:
    // A pass through the queue; after it Asio gets a turn, so that I/O and
    // timers are never starved (RU33).
    static constexpr std::size_t batch = 256;
    // Awaits that complete at once before a task has to let others run.
    static constexpr unsigned immediate_budget = 64;

    loop(loop_owner& owner, asio::any_io_executor executor);
    loop(loop const&) = delete;
    loop& operator=(loop const&) = delete;

    asio::any_io_executor const& executor() const noexcept { return executor_; }
    asio::io_context* plain_context() const noexcept { return plain_; }
    // The executor of the context below all strands.
    asio::any_io_executor base_executor() const { return below(executor_); }
    asio::execution_context& context() const noexcept { return *context_; }

    // --- time
    time_point now() const noexcept {
        return clock_ ? clock_->now() : std::chrono::steady_clock::now();
    }
    void set_clock(clock_source* clock) noexcept { clock_ = clock; }
    clock_source* clock() const noexcept { return clock_; }
    void arm(timer_node& node, time_point due) {
        if (due == (time_point::max)())
            return;
        timers_.insert(node, due);
        if (!active_)
            arm_asio_timer();
    }
    // Armed where nothing may throw, after reserve_timer().
    void arm_reserved(timer_node& node, time_point due) noexcept {
        if (due == (time_point::max)())
            return;
        timers_.insert_reserved(node, due);
        if (!active_)
            arm_asio_timer();
    }
    void reserve_timer() { timers_.reserve(); }
    void unreserve_timer() noexcept { timers_.unreserve(); }
    void disarm(timer_node& node) noexcept { timers_.remove(node); }
    timer_queue const& timers() const noexcept { return timers_; }

    // --- scheduling
    void enqueue(task_record& r) noexcept {
        r.ready_next = nullptr;
        if (ready_tail_)
            ready_tail_->ready_next = &r;
        else
            ready_head_ = &r;
        ready_tail_ = &r;
        if (!active_)
            post_drain();
    }
    bool idle() const noexcept { return !ready_head_; }
    bool active() const noexcept { return active_; }
    task_record* current() const noexcept { return current_; }
    bool spend_budget() noexcept { return budget_ != 0 && --budget_ != 0; }

    // Whether this thread is inside the executor: in a task, or in a plain
    // handler of the same context or strand.
    bool runs_here() const noexcept {
        return current_loop ? current_loop == this : inside_executor();
    }
    // Whether dispatch() to the executor is a call.
    bool inside_executor() const noexcept {
        if (plain_)
            return plain_->get_executor().running_in_this_thread();
        using io = asio::io_context::executor_type;
        using pool = asio::thread_pool::executor_type;
        if (auto* a = executor_.target<asio::strand<asio::any_io_executor>>())
            return a->running_in_this_thread();
        if (auto* b = executor_.target<asio::strand<io>>())
            return b->running_in_this_thread();
        if (auto* c = executor_.target<asio::strand<pool>>())
            return c->running_in_this_thread();
        return false;
    }

    // Runs a record from inside another task until it first waits.
    void run_nested(task_record& r) noexcept;
    bool may_nest() const noexcept {
        return nested_ < max_nested && !shutting_down_;
    }
    void start_legs(leg_starter& s) noexcept {
        s.below_ = starters_;
        starters_ = &s;
    }

    // Every Asio handler of ours passes through here: f() may wake tasks, then
    // the queue is drained. What nobody could receive is thrown at the end.
    template<class F>
    void enter(F&& f);

    // For foreign code inside a walk of the cancel tree: whatever it completes
    // is only queued, never resumed from inside.
    template<class F>
    void quietly(F&& f) noexcept;

    // --- cancellation
    void cancel(scope_node& node, cancel_note& note, cancel_kind kind,
                std::string_view text, std::source_location where) noexcept;
    void cancel_siblings(scope_node& node, cancel_note& note,
                         std::string_view failed,
                         std::source_location where) noexcept;
    void cancel_soft(scope_node& node, cancel_note& note, std::string_view text,
                     std::source_location where) noexcept;
    void force(scope_node& node) noexcept;
    void set_shielded(scope_node& node, bool on) noexcept;
    void set_soft_shielded(scope_node& node, bool on) noexcept;
    // A cancel from a thread that does not run the loop would be a data race.
    void refuse_other_threads(char const* sentence) const noexcept {
        std::uintptr_t const owner =
            running_on_.load(std::memory_order_relaxed);
        if (owner != 0 && owner != this_thread())
            fatal(sentence);
    }
    // Whether some thread is inside the loop at the moment.
    bool entered() const noexcept {
        return running_on_.load(std::memory_order_relaxed) != 0;
    }
    void move(scope_node& node, scope_node& parent) noexcept;
    void abort_wait(task_record& r) noexcept;

    static std::unique_ptr<std::string> keep(std::string_view text) noexcept;

    // --- life
    scope_node& roots() noexcept { return roots_; }
    std::size_t live_tasks() const noexcept { return live_; }
    void task_started() noexcept { ++live_; }
    void task_ended() noexcept { --live_; }
    std::size_t operations_in_flight() const noexcept { return in_flight_; }
    // Its own context counts the operation, ours is kept alive by one unit of
    // work for all of them; it is given back at the end of a pass, so that a
    // task doing one operation after the other touches no atomic.
    void operation_started() noexcept {
        if (in_flight_++ == 0 && !work_)
            work_.emplace(asio::prefer(
                executor_, asio::execution::outstanding_work.tracked));
        retain();
    }
    void operation_ended() noexcept {
        --in_flight_;
        release();
    }
    // Work on other threads that will wake a task: no deadlock while it lives.
    void retain() noexcept { ++references_; }
    void release() noexcept {
        if (--references_ == 0)
            owner_->loop_unused(*this);
    }
    bool shutting_down() const noexcept { return shutting_down_; }

    // Runs plain functions from the queue, after the walk that asked for them.
    void request_stop(std::shared_ptr<stop_hook> hook) noexcept;

    // --- errors nobody can receive
    void unhandled(std::exception_ptr error, char const* what) noexcept;
    void on_unhandled_error(
        std::function<void(std::exception_ptr, char const*)> sink) {
        sink_ = std::move(sink);
    }
    std::function<void(std::exception_ptr, char const*)> const&
    unhandled_error_sink() const noexcept {
        return sink_;
    }

    // --- the end of the context
    void begin_shutdown() noexcept;
    bool drain_shut_down() noexcept;

    // The context is gone, but handlers of tasks here are kept by somebody
    // else, for instance by an object of another context. The loop then owns
    // itself: whoever lets go of a handler calls collect(), which destroys the
    // frames that became free and in the end the loop.
    intrusive_list<context_border>& borders() noexcept { return borders_; }
    void orphan(loop_owner& from_now_on) noexcept;
    bool orphaned() const noexcept { return orphaned_; }
    void collect() noexcept;

private:
    friend class loop_service;
    static constexpr unsigned max_nested = 64;
    static constexpr std::size_t memory_size = 192;
    using memory = handler_memory<memory_size>;
    using asio_timer =
        asio::basic_waitable_timer<std::chrono::steady_clock,
                                   asio::wait_traits<std::chrono::steady_clock>,
                                   asio::any_io_executor>;

    struct drain_handler;
    struct timer_handler;
    struct walk;

    task_record* pop_ready() noexcept {
        task_record* r = ready_head_;
        ready_head_ = r->ready_next;
        if (!ready_head_)
            ready_tail_ = nullptr;
        r->ready_next = nullptr;
        return r;
    }
    template<bool Down = false>
    void run(task_record& r) noexcept;
    template<bool Down>
    void pump(task_record& r) noexcept;
    void expire() noexcept;
    void run_stop_callbacks() noexcept;
    void drain() noexcept;
    void after_drain() noexcept;
    void post_drain() noexcept;
    void arm_asio_timer() noexcept;
    void cancel_asio_timer() noexcept;
    void check_owner() const;
    static asio::any_io_executor below(asio::any_io_executor executor);
    void throw_unhandled();
    static std::uintptr_t this_thread() noexcept {
        return reinterpret_cast<std::uintptr_t>(&current_loop);
    }

    asio::any_io_executor executor_;
    asio::io_context* plain_ = nullptr;
    asio::execution_context* context_;
    loop_owner* owner_;
    clock_source* clock_ = nullptr;

    task_record* ready_head_ = nullptr;
    task_record* ready_tail_ = nullptr;
    task_record* current_ = nullptr;
    leg_starter* starters_ = nullptr;
    unsigned budget_ = immediate_budget;
    unsigned nested_ = 0;
    bool active_ = false;
    bool drain_posted_ = false;
    bool shutting_down_ = false;
    bool orphaned_ = false;
    std::atomic<std::uintptr_t> running_on_{0};

    timer_queue timers_;
    std::optional<asio_timer> timer_;
    std::optional<asio::any_io_executor> work_;
    time_point armed_for_ = (time_point::max)();
    unsigned arm_generation_ = 0;

    operation_scope roots_{scope_kind::group};
    intrusive_list<context_border> borders_;
    std::size_t live_ = 0;
    std::size_t in_flight_ = 0;
    std::size_t references_ = 0;

    std::function<void(std::exception_ptr, char const*)> sink_;
    std::deque<std::exception_ptr> unhandled_;
    std::vector<std::shared_ptr<stop_hook>> stop_hooks_;

    memory drain_memory_;
    memory timer_memory_;
};

inline loop& home_of(task_record& r) noexcept {
    return *r.home;
}

// The loop that runs on this thread, null outside of all.
inline loop* running_loop() noexcept {
    return static_cast<loop*>(current_loop);
}
inline task_record* running_task() noexcept {
    loop* l = running_loop();
    return l ? l->current() : nullptr;
}

// ---------------------------------------------------------------- handlers

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

struct loop::timer_handler {
    using allocator_type = handler_allocator<void, memory>;

    timer_handler(loop& l, unsigned arm) noexcept : home(&l), generation(arm) {
        l.retain();
    }
    timer_handler(timer_handler&& other) noexcept
        : home(std::exchange(other.home, nullptr)),
          generation(other.generation) {}
    ~timer_handler() {
        if (home)
            home->release();
    }
    allocator_type get_allocator() const noexcept {
        return allocator_type(home->timer_memory_);
    }
    void operator()(boost::system::error_code) {
        if (generation != home->arm_generation_)
            return; // re-armed for an earlier time, or disarmed
        home->armed_for_ = (time_point::max)();
        home->enter([] {});
    }

    loop* home;
    unsigned generation;
};

struct loop::walk {
    void reached(scope_node& node) noexcept {
        task_record* r = record_of(node);
        if (!r)
            return;
        if (&node == static_cast<scope_node*>(r) && r->extra && r->extra->stop)
            r->home->request_stop(r->extra->stop);
        if (r->inner == &node)
            r->home->abort_wait(*r);
    }
    void softly_reached(scope_node& node) noexcept {
        task_record* r = record_of(node);
        if (!r)
            return;
        if (&node == static_cast<scope_node*>(r) && r->extra && r->extra->stop)
            r->home->request_stop(r->extra->stop);
        if (node.kind() != scope_kind::record) {
            auto& scope = static_cast<operation_scope&>(node);
            if (scope.on_soft)
                scope.on_soft(scope);
        }
    }
    void blocked(scope_node& node) noexcept {
        auto& scope = static_cast<operation_scope&>(node);
        if (node.kind() != scope_kind::record && scope.on_blocked)
            scope.on_blocked(scope);
    }
};

// ---------------------------------------------------------------- scheduling

inline loop::loop(loop_owner& owner, asio::any_io_executor executor)
    : executor_(std::move(executor)),
      context_(&asio::query(executor_, asio::execution::context)),
      owner_(&owner) {
    if (auto* plain = executor_.target<asio::io_context::executor_type>())
        plain_ = &plain->context();
    report = [](loop_base* self, std::exception_ptr error,
                char const* what) noexcept {
        static_cast<loop*>(self)->unhandled(std::move(error), what);
    };
}

inline asio::any_io_executor loop::below(asio::any_io_executor executor) {
    using io = asio::io_context::executor_type;
    using pool = asio::thread_pool::executor_type;
    for (;;) {
        if (auto* a = executor.target<asio::strand<asio::any_io_executor>>())
            executor = asio::any_io_executor(a->get_inner_executor());
        else if (auto* b = executor.target<asio::strand<io>>())
            return b->get_inner_executor();
        else if (auto* c = executor.target<asio::strand<pool>>())
            return c->get_inner_executor();
        else
            return executor;
    }
}

inline void loop::check_owner() const {
    std::uintptr_t const owner = running_on_.load(std::memory_order_relaxed);
    if (owner != 0 && owner != this_thread())
        fatal("tasks of one executor were entered from two threads at once; "
              "use a strand of a context that several threads run");
}

template<class F>
void loop::enter(F&& f) {
    check_owner();
    // Inside a task of this loop, e.g. an inline completion; or the context
    // goes down, where nothing is resumed any more.
    if (active_ || shutting_down_) {
        f();
        return;
    }
    struct reference {
        loop& self;
        ~reference() { self.release(); }
    };
    // Also if f() throws, e.g. because memory ran out.
    struct pass {
        explicit pass(loop& l) noexcept
            : self(l),
              outer(std::exchange(current_loop, &l)),
              outer_thread(l.running_on_.exchange(this_thread(),
                                                  std::memory_order_relaxed)) {
            self.active_ = true;
        }
        ~pass() {
            self.active_ = false;
            self.after_drain();
            self.running_on_.store(outer_thread, std::memory_order_relaxed);
            current_loop = outer;
        }
        loop& self;
        loop_base* outer;
        std::uintptr_t outer_thread;
    };
    retain();
    reference const last{*this};
    {
        pass const now(*this);
        f();
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
        (ready_head_ || !stop_hooks_.empty() || !unhandled_.empty()))
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

inline void loop::expire() noexcept {
    if (!timers_.empty())
        timers_.expire(now());
}

// Stop callbacks are foreign code: they run here, outside of every walk.
inline void loop::request_stop(std::shared_ptr<stop_hook> hook) noexcept {
    try {
        stop_hooks_.push_back(std::move(hook));
    } catch (...) {
        fatal("out of memory while a stop was requested");
    }
    if (!active_)
        post_drain();
}

inline void loop::run_stop_callbacks() noexcept {
    while (!stop_hooks_.empty()) {
        std::shared_ptr<stop_hook> const hook = std::move(stop_hooks_.back());
        stop_hooks_.pop_back();
        hook->request_stop();
    }
}

inline void loop::drain() noexcept {
    expire();
    for (std::size_t left = batch; left != 0; --left) {
        if (!stop_hooks_.empty())
            run_stop_callbacks();
        if (!ready_head_)
            break;
        budget_ = immediate_budget;
        run(*pop_ready());
    }
}

inline void loop::after_drain() noexcept {
    if (ready_head_ || !stop_hooks_.empty())
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

inline void loop::arm_asio_timer() noexcept {
    if (shutting_down_ || (clock_ && !clock_->advances_by_itself()))
        return;
    time_point const due = timers_.earliest();
    if (armed_for_ <= due)
        return; // a stale early arm only finds nothing due and re-arms
    if (!timer_)
        timer_.emplace(executor_);
    armed_for_ = due;
    ++arm_generation_;
    timer_->expires_at(due);
    timer_->async_wait(timer_handler(*this, arm_generation_));
}

inline void loop::cancel_asio_timer() noexcept {
    if (armed_for_ == (time_point::max)())
        return;
    armed_for_ = (time_point::max)();
    ++arm_generation_;
    timer_->cancel();
}

template<bool Down>
void loop::run(task_record& r) noexcept {
    current_ = &r;
    pump<Down>(r);
    while (leg_starter* s = starters_) {
        bool last = false;
        current_ = s->starting_for;
        task_record* const leg = s->next_leg(last);
        if (last)
            starters_ = s->below_;
        if (leg) {
            current_ = leg;
            pump<Down>(*leg);
        }
    }
    current_ = nullptr;
}

inline void loop::run_nested(task_record& r) noexcept {
    task_record* const outer = current_;
    leg_starter* const outer_starters = std::exchange(starters_, nullptr);
    ++nested_;
    run(r);
    --nested_;
    starters_ = outer_starters;
    current_ = outer;
}

// Resumes one frame after the other. No frame is resumed or destroyed from
// inside another one, so the stack stays flat whatever the depth.
// While the context goes down nothing is resumed, only destroyed.
template<bool Down>
void loop::pump(task_record& r) noexcept {
    r.started = true;
    r.parked = false;
    r.waiting = nullptr; // a yield is still registered when its turn comes
    do {
        if constexpr (Down) {
            if (r.next == step::resume)
                r.next = step::unwind;
        }
        switch (r.next) {
        case step::resume:
            r.leaf->handle().resume();
            break;
        case step::finish:
            if (r.ending->body_finished(r) == pump_next::gone)
                return;
            break;
        case step::unwind: {
            frame_base* const frame = r.leaf;
            if (!frame->at_boundary()) {
                call_link& link = frame->call();
                link.callee = nullptr;
                frame->handle().destroy();
                r.leaf = link.caller;
                break;
            }
            boundary& end = frame->end();
            end.callee = nullptr;
            frame->handle().destroy();
            if (end.body_stopped(r) == pump_next::gone)
                return;
            break;
        }
        }
    } while (!r.parked);
}

// ---------------------------------------------------------------- cancelling

inline void loop::abort_wait(task_record& r) noexcept {
    wait* const w = r.waiting;
    if (!w || r.abort_sent || r.starting)
        return;
    r.abort_sent = true;
    if (w->abort() == abort_result::done) {
        r.waiting = nullptr;
        r.next = step::unwind;
        enqueue(r);
    }
}

// A reason that cannot be stored is dropped; the cancel itself never fails.
inline std::unique_ptr<std::string> loop::keep(std::string_view text) noexcept {
    try {
        return text.empty() ? nullptr : std::make_unique<std::string>(text);
    } catch (...) {
        return nullptr;
    }
}

inline void loop::cancel(scope_node& node, cancel_note& note, cancel_kind kind,
                         std::string_view text,
                         std::source_location where) noexcept {
    if (node.cancelled())
        return; // the first reason wins
    note = cancel_note{
        kind,       where,
        keep(text), keep(current_ ? current_->name() : std::string_view()),
        {},         now()};
    walk reach;
    node.mark_cancelled(reach);
}

inline void loop::cancel_siblings(scope_node& node, cancel_note& note,
                                  std::string_view failed,
                                  std::source_location where) noexcept {
    if (node.cancelled())
        return;
    note = cancel_note{
        cancel_kind::sibling_failed, where, nullptr, nullptr, failed, now()};
    walk reach;
    node.mark_cancelled(reach);
}

inline void loop::cancel_soft(scope_node& node, cancel_note& note,
                              std::string_view text,
                              std::source_location where) noexcept {
    if (node.soft() || node.cancelled())
        return;
    note = cancel_note{
        cancel_kind::explicit_request, where, keep(text), nullptr, {}, now()};
    walk reach;
    node.mark_soft(reach);
}

inline void loop::force(scope_node& node) noexcept {
    walk reach;
    node.mark_forced(reach);
}

inline void loop::set_shielded(scope_node& node, bool on) noexcept {
    walk reach;
    node.set_shielded(on, reach);
}

inline void loop::set_soft_shielded(scope_node& node, bool on) noexcept {
    walk reach;
    node.set_soft_shielded(on, reach);
}

// Hangs a node with all below it under another parent and its marks.
inline void loop::move(scope_node& node, scope_node& parent) noexcept {
    walk reach;
    node.move_to(parent, reach);
}

// ---------------------------------------------------------------- shutdown

inline void loop::begin_shutdown() noexcept {
    shutting_down_ = true;
    timer_.reset();
    work_.reset();
    loop_base* const outer = std::exchange(current_loop, this);
    bool const outer_active = std::exchange(active_, true);
    force(roots_);
    run_stop_callbacks(); // another thread may work until it is told
    active_ = outer_active;
    current_loop = outer;
}

// Destroys what is ready to be destroyed; nothing is resumed. True if there
// was anything.
inline bool loop::drain_shut_down() noexcept {
    if (!ready_head_)
        return false;
    loop_base* const outer = std::exchange(current_loop, this);
    bool const outer_active = std::exchange(active_, true);
    while (ready_head_) {
        run<true>(*pop_ready());
    }
    active_ = outer_active;
    current_loop = outer;
    unhandled_.clear();
    return true;
}

inline void loop::orphan(loop_owner& from_now_on) noexcept {
    orphaned_ = true;
    owner_ = &from_now_on;
    plain_ = nullptr;
    context_ = nullptr;
    executor_ = asio::any_io_executor(); // a strand refers to its service
}

inline void loop::collect() noexcept {
    if (active_)
        return; // from inside a frame that is being destroyed
    retain();
    drain_shut_down();
    release();
}

} // namespace detail

inline void wait::complete() noexcept {
    detail::task_record& r = *record_;
    r.waiting = nullptr;
    r.next = detail::step::resume;
    if (!r.starting)
        r.home->enqueue(r);
}

inline void wait::complete_stopped() noexcept {
    detail::task_record& r = *record_;
    r.waiting = nullptr;
    r.next = detail::step::unwind;
    if (!r.starting)
        r.home->enqueue(r);
}

inline bool wait::stop_requested() const noexcept {
    return record_->stop_pending();
}

TETHER_END_NAMESPACE

#endif
