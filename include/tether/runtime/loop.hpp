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
#include <tether/runtime/detail/mailbox.hpp>
#include <tether/runtime/detail/strands.hpp>
#include <tether/runtime/detail/thread_inside.hpp>
#include <tether/runtime/handler_memory.hpp>
#include <tether/runtime/held_object.hpp>
#include <tether/runtime/loop_roles.hpp>
#include <tether/runtime/open_object.hpp>
#include <tether/runtime/ready_queue.hpp>
#include <tether/runtime/stop_hook.hpp>
#include <tether/runtime/task_record.hpp>
#include <tether/runtime/test_hooks.hpp>
#include <tether/runtime/timer_queue.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/prefer.hpp>

#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

class loop_service;

class loop : public loop_base {
public:
    // A pass through the queue; after it Asio gets a turn, so that I/O and
    // timers are never starved (RU33).
    static constexpr std::size_t batch = 256;
    // Awaits that complete at once before a task has to let others run.
    static constexpr unsigned immediate_budget = 64;
    // Calls of the kernel that a pass makes for its tasks instead of Asio.
    static constexpr unsigned system_calls_per_pass = 64;

    loop(loop_owner& owner, asio::any_io_executor executor);
    loop(loop const&) = delete;
    loop& operator=(loop const&) = delete;
    ~loop() { end_locals(); }

    asio::any_io_executor const& executor() const noexcept { return executor_; }
    asio::io_context* plain_context() const noexcept { return plain_; }
    // The executor of the context below all strands.
    asio::any_io_executor base_executor() const {
        return below_strands(executor_);
    }
    asio::execution_context& context() const noexcept { return *context_; }

    // --- time
    time_point now() const noexcept {
        return clock_ ? clock_->now() : std::chrono::steady_clock::now();
    }
    void set_clock(clock_source* clock) noexcept { clock_ = clock; }
    clock_source* clock() const noexcept { return clock_; }
    // Time passes when whoever turns the context says so.
    bool virtual_time() const noexcept {
        return clock_ && !clock_->advances_by_itself();
    }
    void arm(timer_node& node, time_point due);
    // Armed where nothing may throw, after reserve_timer().
    void arm_reserved(timer_node& node, time_point due) noexcept;
    void reserve_timer();
    void unreserve_timer() noexcept { timers_.unreserve(); }
    void disarm(timer_node& node) noexcept { timers_.remove(node); }
    timer_queue const& timers() const noexcept { return timers_; }

    // --- scheduling
    void enqueue(task_record& r) noexcept {
        ready_.push(r);
        if (!active_)
            post_drain();
    }
    // The same for a task that is suspended in its wait, by a running one.
    void wake_suspended(task_record& r) noexcept { ready_.push_suspended(r); }
    bool idle() const noexcept { return ready_.empty(); }
    bool active() const noexcept { return active_; }
    task_record* current() const noexcept { return current_; }
    // Awaits that complete at once, of the running task.
    bool spend_budget() noexcept {
        if ((budget_ & ~look_first) == 0)
            return false;
        --budget_;
        return true;
    }
    // Whether the running task may pass a checkpoint without a look at more
    // than this. Who passes pays for it, and who does not then takes that back;
    // who begins to wait ends its turn and needs not pay.
    bool passes() const noexcept { return static_cast<int>(budget_) > 0; }
    [[gnu::always_inline]] bool pays() noexcept {
        // Surer than [[likely]], after which what is rarer stands nearer.
        return __builtin_expect_with_probability(
            static_cast<int>(--budget_) >= 0, 1, 0.9999);
    }
    void takes_back() noexcept { ++budget_; }
    // The running task is about to pass a checkpoint; whether it stops there.
    bool stops_here(task_record& r) noexcept {
        return (budget_ & look_first) != 0 && look(r);
    }
    // From now on a stop may be pending for a task.
    void may_stop(task_record& r) noexcept {
        r.look_first(true);
        look_at_next_checkpoint(); // it may be the running one
    }
    bool spend_system_call() noexcept {
        return system_calls_ != 0 && system_calls_-- != 0;
    }

    // Whether this thread is inside the executor: in a task, or in a plain
    // handler of the same context or strand.
    bool runs_here() const noexcept {
        return current_loop ? current_loop == this : inside_executor();
    }
    // Whether dispatch() to the executor is a call.
    bool inside_executor() const noexcept {
        return plain_ ? plain_->get_executor().running_in_this_thread()
                      : inside_strand(executor_);
    }

    // Runs a record from inside another task until it first waits.
    void run_nested(task_record& r) noexcept;
    bool may_nest() const noexcept {
        return nested_ < max_nested && !shutting_down_;
    }
    void start_legs(leg_starter& s) noexcept {
        s.below_ = starters_;
        starters_ = &s;
        attention_ = true;
    }
    // Before the task has waited; anywhere in the stack.
    void forget_legs(leg_starter& s) noexcept {
        leg_starter** at = &starters_;
        while (*at && *at != &s)
            at = &(*at)->below_;
        if (*at)
            *at = s.below_;
    }

    // Every Asio handler of ours passes through here: f() may wake tasks, then
    // the queue is drained. What nobody could receive is thrown at the end.
    template<class F>
    void enter(F&& f) {
        retain();
        enter_with_reference(f);
    }
    // Gives a reference back that the caller had.
    template<class F>
    void enter_with_reference(F&& f);

    // For foreign code inside a walk of the cancel tree: whatever it completes
    // is only queued, never resumed from inside.
    template<class F>
    void quietly(F&& f) noexcept;

    // --- tests and those who watch
    test_hooks* hooks() const noexcept { return hooks_; }
    void set_hooks(test_hooks* hooks) noexcept {
        hooks_ = hooks;
        look_at_next_checkpoint();
        note_hooks();
    }
    void watch_steps(step_observer* by) noexcept {
        steps_ = by;
        note_hooks();
    }
    void watch_cancels(cancel_observer& by) noexcept { cancels_.push_back(by); }
    // Whether something may still happen, but for what watches.
    bool may_go_on() noexcept;
    // Whether this run of a test starts all children at once.
    bool starts_eagerly() const noexcept {
        return hooks_ && hooks_->starts_eagerly();
    }

    // --- cancellation
    void cancel(scope_node& node, cancel_note& note, cancel_kind kind,
                std::string_view text, std::source_location where) noexcept;
    // With a reason that was given on another loop.
    void cancel(scope_node& node, cancel_note& note,
                cancel_reason const& why) noexcept;
    void cancel_siblings(scope_node& node, cancel_note& note,
                         std::string_view failed,
                         std::source_location where) noexcept;
    void cancel_services(scope_node& group, cancel_note& note) noexcept;
    void cancel_soft(scope_node& node, cancel_note& note, std::string_view text,
                     std::source_location where) noexcept;
    void force(scope_node& node) noexcept;
    void set_shielded(scope_node& node, bool on) noexcept;
    void set_soft_shielded(scope_node& node, bool on) noexcept;
    // A cancel from a thread that does not run the loop would be a data race.
    void refuse_other_threads(char const* sentence) const noexcept {
        if (thread_.is_another())
            fatal(sentence);
    }
    // Whether some thread is inside the loop at the moment.
    bool entered() const noexcept { return thread_.is_any(); }
    void move(scope_node& node, scope_node& parent) noexcept;
    void abort_wait(task_record& r) noexcept;

    static std::unique_ptr<std::string> keep(std::string_view text) noexcept;

    // --- life
    scope_node& roots() noexcept { return roots_; }
    std::size_t live_tasks() const noexcept { return live_; }
    void task_started() noexcept { ++live_; }
    void task_ended(task_record& r, task_record* heir = nullptr) noexcept {
        --live_;
        if (r.holdings != 0)
            tell_held(r, heir);
    }
    // Before a record goes whose completion is still to be called: what that
    // does is not done by the record any more.
    void forget(task_record& r) noexcept {
        if (current_ == &r)
            current_ = nullptr;
    }
    // From now on `held` hears of the end of tasks, until it unlinks itself.
    void hold(held_object& held) noexcept { held_.push_back(held); }
    // What has begun and must be closed before a run ends.
    void opened(open_object& object) noexcept {
        object.home_ = this;
        retain();
        open_.push_back(object);
    }
    intrusive_list<open_object>& open_objects() noexcept { return open_; }
    std::size_t operations_in_flight() const noexcept { return in_flight_; }
    // Its own context counts the operation, ours is kept alive by one unit of
    // work for all of them; it is given back at the end of a pass, so that a
    // task doing one operation after the other touches no atomic.
    void operation_started() noexcept {
        if (in_flight_++ == 0) [[unlikely]]
            keep_context();
        retain();
    }
    void operation_ended() noexcept {
        operation_done();
        release();
    }
    // For the last step of an operation, whose reference enter() gives back.
    void operation_done() noexcept { --in_flight_; }
    // Operations in flight, or parts of them, that only this loop itself can
    // complete: what they wait for is an object in the time of the loop.
    void operation_parked() noexcept { ++parked_; }
    void operation_unparked() noexcept { --parked_; }
    bool waits_for_system() const noexcept {
        return in_flight_ > parked_ || thread_work();
    }
    bool only_parked() const noexcept {
        return parked_ != 0 && !waits_for_system();
    }
    // Work on other threads that will wake a task: no deadlock while it lives.
    void retain() noexcept { ++references_; }
    void release() noexcept {
        if (--references_ == 0)
            owner_->loop_unused(*this);
    }
    // Of these, what other threads do for a task; I/O is not among it.
    void thread_work_started() noexcept { ++thread_work_; }
    void thread_work_ended() noexcept { --thread_work_; }
    bool thread_work() const noexcept { return thread_work_ != 0; }
    // Of these, what works with a frame of a task: the context does not go
    // before it has ended, and told it by a letter.
    void thread_joined() noexcept { ++joined_work_; }
    void thread_unjoined() noexcept { --joined_work_; }
    bool joined_work() const noexcept { return joined_work_ != 0; }
    void wait_for_letter() noexcept { mail_.wait(); }
    bool shutting_down() const noexcept { return shutting_down_; }

    // Each with its key, the last one first.
    local_value* locals() const noexcept { return locals_.get(); }
    void add_local(std::unique_ptr<local_value> made) noexcept {
        made->next = std::move(locals_);
        locals_ = std::move(made);
    }
    void end_locals() noexcept {
        while (locals_) {
            std::unique_ptr<local_value> const last = std::move(locals_);
            locals_ = std::move(last->next);
        }
    }

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

    // What happens to an operation on another thread, or where the loop is not
    // running; read on the loop, or by the sender when there is no context.
    void tell(letter& l, unsigned news, letter::reader read) noexcept;

    // The context is gone, but handlers of tasks here are kept by somebody
    // else, for instance by an object of another context. The loop then owns
    // itself: whoever lets go of a handler calls collect(), which destroys the
    // frames that became free and in the end the loop.
    intrusive_list<context_border>& borders() noexcept { return borders_; }
    void orphan(loop_owner& from_now_on) noexcept;
    // The last thing the context does: from now on senders read. True if
    // something came before, which the caller reads.
    [[nodiscard]] bool leave_to_strangers() noexcept { return mail_.close(); }
    void read_as_stranger() noexcept;
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
    struct mail_handler;
    struct timer_handler;
    struct walk;

    void look_at_next_checkpoint() noexcept { budget_ |= look_first; }
    void note_hooks() noexcept {
        hooked_ = hooks_ || steps_;
        attention_ = true;
    }
    void make_current(task_record& r) noexcept {
        current_ = &r;
        if (r.looks_first()) [[unlikely]]
            look_at_next_checkpoint();
    }
    bool look(task_record& r) noexcept;
    template<bool Down = false>
    void run(task_record& r) noexcept;
    template<bool Down>
    void turn(task_record& r) noexcept; // and no leg that is to be started
    template<bool Down>
    void run_starters() noexcept;
    template<bool Down>
    void pump(task_record& r) noexcept;
    static pump_next end_frame(task_record& r) noexcept;
    void tell_held(task_record& r, task_record* heir) noexcept;
    void tell_cancelled() noexcept;
    void keep_context();
    void expire() noexcept;
    void run_stop_callbacks() noexcept;
    void attend() noexcept;
    void drain() noexcept;
    void drain_hooked() noexcept;
    void after_drain() noexcept;
    void post_drain() noexcept;
    void make_asio_timer();
    void arm_asio_timer() noexcept;
    void cancel_asio_timer() noexcept;
    void check_owner() const;
    void throw_unhandled();

    asio::any_io_executor executor_;
    asio::io_context* plain_;
    asio::execution_context* context_;
    loop_owner* owner_;
    clock_source* clock_ = nullptr;
    test_hooks* hooks_ = nullptr;
    step_observer* steps_ = nullptr;

    ready_queue ready_;
    task_record* current_ = nullptr;
    leg_starter* starters_ = nullptr;
    bool attention_ = false; // starters, stop hooks, or hooks came or went
    // How many awaits of the running task may yet complete at once; the one
    // after them lets others run. The highest bits are set unless it is certain
    // that no test takes part and no stop is pending for the task: one
    // subtraction says whether it may pass. They are two, for one would go at
    // zero. Whatever can make a stop pending says may_stop(): a walk that
    // reaches the task, a scope that is entered or left.
    static constexpr unsigned look_first = ~(~0U >> 2);
    static constexpr unsigned turn_budget = immediate_budget - 1;
    unsigned budget_ = turn_budget;
    unsigned system_calls_ = system_calls_per_pass;
    unsigned nested_ = 0;
    bool active_ = false;
    bool hooked_ = false; // has hooks or watched steps
    bool drain_posted_ = false;
    bool shutting_down_ = false;
    bool orphaned_ = false;
    thread_inside thread_;

    timer_queue timers_;
    std::optional<asio_timer> timer_;
    std::optional<asio::any_io_executor> work_;
    time_point armed_for_ = (time_point::max)();
    unsigned arm_generation_ = 0;

    operation_scope roots_{scope_kind::group};
    intrusive_list<context_border> borders_;
    mailbox mail_;
    intrusive_list<held_object> held_;
    intrusive_list<open_object> open_;
    std::size_t live_ = 0;
    std::size_t in_flight_ = 0;
    std::size_t thread_work_ = 0;
    std::size_t joined_work_ = 0;
    std::size_t parked_ = 0;
    std::size_t references_ = 0;

    intrusive_list<cancel_observer> cancels_;
    std::unique_ptr<local_value> locals_;
    std::function<void(std::exception_ptr, char const*)> sink_;
    std::deque<std::exception_ptr> unhandled_;
    stop_queue stop_hooks_;

    memory drain_memory_;
    memory timer_memory_;
    memory mail_memory_;
};

inline void operation_scope::open(task_record& r) noexcept {
    record = &r;
    home = r.home();
    attach(*r.inner());
    r.set_inner(*this);
    if (effective()) [[unlikely]]
        home->may_stop(r);
}
inline void operation_scope::close() noexcept {
    record->set_inner(*parent());
    if (parent()->effective()) [[unlikely]]
        home->may_stop(*record);
    detach();
    home = nullptr; // which may end before this object
}

inline void open_object::ended() noexcept {
    if (loop* const home = std::exchange(home_, nullptr)) {
        unlink();
        home->release();
    }
}

// The loop that runs on this thread, null outside of all.
inline loop* running_loop() noexcept {
    return static_cast<loop*>(current_loop);
}
inline task_record* running_task() noexcept {
    loop* l = running_loop();
    return l ? l->current() : nullptr;
}
// The same from inside a frame.
inline task_record& running_record() noexcept {
    return *running_loop()->current();
}

} // namespace detail
TETHER_END_NAMESPACE

#include <tether/runtime/detail/cancel_walk.hpp>
#include <tether/runtime/detail/hooked_passes.hpp>
#include <tether/runtime/detail/loop_passes.hpp>
#include <tether/runtime/detail/loop_shutdown.hpp>
#include <tether/runtime/detail/loop_timer.hpp>
#include <tether/runtime/detail/pump.hpp>

#endif
