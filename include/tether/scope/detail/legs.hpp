// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does one await run several tasks and come back when all are gone? Legs,
/// started in place one after the other, and the host that joins them.
#ifndef TETHER_SCOPE_DETAIL_LEGS_HPP
#define TETHER_SCOPE_DETAIL_LEGS_HPP

#include <tether/core/detail/error_leaf.hpp>
#include <tether/core/exception_group.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/made_error.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/runtime/wait.hpp>
#include <tether/scope/detail/group_core.hpp>
#include <tether/task/detail/body.hpp>
#include <tether/task/detail/root.hpp>
#include <tether/task/task.hpp>

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <source_location>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

class leg_host;

enum class leg_end : std::uint8_t { unstarted, running, value, error, stopped };

// One line of execution of a combinator. Lives in the host's awaiter or in a
// block of its own that the host frees.
class leg_base : public line<boundary> {
public:
    std::size_t index = 0;
    leg_end how = leg_end::unstarted;
    bool runnable_at_decision = false;

    // Releases the frame of a leg that was not started.
    virtual frame_base* take_frame() noexcept = 0;

protected:
    ~leg_base() = default;

    void end(leg_end as) noexcept;

private:
    friend class leg_host;

    inline leg_host& host() noexcept;
};

// Adds the task and the value, which is kept after the frame is gone.
template<class T>
class leg : public leg_base {
public:
    leg() noexcept = default;
    explicit leg(task<T>&& work) noexcept { set_work(std::move(work)); }
    ~leg() { drop_unstarted(); }

    void set_work(task<T>&& work) noexcept {
        unstarted_ = task_access::release(work);
    }
    frame_base* take_frame() noexcept override {
        if (unstarted_)
            unstarted_->deliver_to(cell_);
        return std::exchange(unstarted_, nullptr);
    }
    void drop_unstarted() noexcept {
        if (frame_base* const frame = take_frame())
            frame->handle().destroy();
    }

    bool has_value() const noexcept { return cell_.full; }
    T take() { return cell_.take(); }
    void drop_value() noexcept { cell_.reset(); }

private:
    pump_next body_finished(task_record&) noexcept final {
        bool const failed = this->error() != nullptr;
        if (failed) // also what a local's destructor threw after co_return
            cell_.reset();
        end(failed ? leg_end::error : leg_end::value);
        return pump_next::gone;
    }
    pump_next body_stopped(task_record&) noexcept final {
        end(leg_end::stopped);
        return pump_next::gone;
    }

    promise<T>* unstarted_ = nullptr;
    [[no_unique_address]] result_cell<T> cell_;
};

// The awaiter of a combinator without its result. Legs start in place and depth
// first: the loop takes one record after the other from next_leg(), so that
// neither depth nor width costs stack, and a wide tree is never held whole.
// The awaiting task is joined with its legs whatever happens (TG07).
class leg_host : public leg_starter, public wait {
public:
    explicit leg_host(frame_base& frame) noexcept
        : frame_(&frame), where_(frame.where) {
        scope_.record = &running_record();
        scope_.owner = this;
    }
    leg_host(leg_host const&) = delete;
    leg_host& operator=(leg_host const&) = delete;

    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<>) noexcept {
        task_record& r = host();
        starting_for = &r;
        scope_.open(r);
        wait_access::set_record(*this, &r);
        r.waits_for(*this);
        r.next = step::resume;
        r.parked = true;
        start_more();
    }

    // The walk that aborts the join has marked the legs too.
    abort_result abort() noexcept final {
        on_cancel();
        return abort_result::pending;
    }
    char const* description() const noexcept final { return "its legs"; }

protected:
    ~leg_host() = default;

    // --- what the verb says
    // The next leg, launched; null if none is to be started now, at the latest
    // when the host is decided or cancelled.
    virtual leg_base* prepare_next() noexcept = 0;
    // Whether a leg is left; may say true when it cannot know.
    virtual bool has_next() noexcept = 0;
    // Whether the end of a leg makes room for another.
    virtual bool wants_more() noexcept { return false; }
    // The leg has ended and is detached.
    virtual void leg_ended(leg_base&) noexcept = 0;
    // The last that happens to a leg; it may be freed.
    virtual void leg_gone(leg_base&) noexcept {}
    // All are gone. True: the caller goes on, with a value or an error; false:
    // the stop passes on.
    virtual bool settle() noexcept = 0;
    // Inside a walk: may disarm and mark, nothing else.
    virtual void on_cancel() noexcept {}

    // --- what the verb has
    task_record& host() const noexcept { return *scope_.record; }
    loop& home() const noexcept { return *host().home(); }
    std::source_location where() const noexcept { return where_; }
    std::size_t live() const noexcept { return live_; }
    bool cancelled() const noexcept { return scope_.effective(); }
    // A leg was stopped or not even started.
    bool incomplete() const noexcept { return incomplete_; }
    error_list& errors() noexcept { return errors_; }

    // No further leg starts; those that run are stopped.
    void decide_race() noexcept {
        decided_ = true;
        home().cancel(scope_, scope_.note, cancel_kind::race_decided, {},
                      where_);
    }
    void decide_failed(std::string_view name) noexcept {
        decided_ = true;
        home().cancel_siblings(scope_, scope_.note, name, where_);
    }
    void decide_empty() noexcept { decided_ = true; }
    bool decided() const noexcept { return decided_; }

    // False: the leg has no frame to run.
    bool launch(leg_base& l, std::size_t index) noexcept {
        frame_base* const frame = l.take_frame();
        if (!frame)
            return false;
        l.index = index;
        l.spawned_at = where_;
        l.how = leg_end::running;
        l.attach(scope_);
        home().task_started();
        ++live_;
        l.adopt_frame(*frame);
        return true;
    }
    static std::exception_ptr no_task() noexcept {
        return made_error([] {
            return std::logic_error("a leg is an empty task: it was moved from "
                                    "or awaited before");
        });
    }

    // Keeps an error in completion order; gives the name of the leg.
    std::string_view keep_error(std::exception_ptr error, std::size_t index) {
        return keep_error(std::move(error), "leg " + std::to_string(index));
    }
    std::string_view keep_error(std::exception_ptr error,
                                std::string_view name) {
        kept_error* const leaf =
            kept_error::make(std::move(error), name, where_);
        leaf->trigger = errors_.empty();
        errors_.push_back(leaf);
        return leaf->task_name;
    }
    // An error that must leave bare, once all legs have joined.
    void look_at(std::exception_ptr const& error) noexcept {
        if (!forced_exit_ && is_forced_exit(error))
            forced_exit_ = error;
    }
    bool failed() const noexcept { return forced_exit_ || !errors_.empty(); }
    bool forced() const noexcept { return forced_exit_ != nullptr; }
    void rethrow_forced_exit() {
        if (forced_exit_)
            std::rethrow_exception(std::exchange(forced_exit_, nullptr));
    }
    void throw_errors(char const* verb) {
        rethrow_forced_exit();
        if (!errors_.empty())
            throw make_exception_group(verb, std::move(errors_));
    }

    template<class F>
    void for_each_running(F f) {
        for (scope_node* at = scope_.first_child(); at; at = at->next_sibling())
            f(static_cast<leg_base&>(static_cast<task_record&>(*at)));
    }

private:
    friend class leg_base;

    void start_more() noexcept {
        starting_ = true;
        home().start_legs(*this);
    }

    task_record* next_leg(bool& last) noexcept final {
        if (leg_base* const next = prepare_next())
            return next;
        last = true;
        starting_ = false;
        if (live_ != 0)
            return nullptr;
        finish();
        return &host();
    }

    void end_of(leg_base& l) noexcept {
        --live_;
        if (l.how == leg_end::stopped)
            incomplete_ = true;
        leg_ended(l);
        if (!starting_) {
            if (!decided_ && !scope_.effective() && wants_more()) {
                start_more();
            } else if (live_ == 0) {
                finish();
                home().enqueue(host());
            }
        }
        leg_gone(l); // not before: it is still the running task
    }

    void finish() noexcept {
        if (has_next())
            incomplete_ = true;
        task_record& r = host();
        bool const deliver = settle();
        scope_.close();
        r.waits_no_more();
        if (deliver)
            r.resumes_at(*frame_);
        else
            r.unwinds_at(*frame_);
    }

    frame_base* frame_;
    std::source_location where_;
    operation_scope scope_{scope_kind::combinator};
    std::size_t live_ = 0;
    bool starting_ = false;
    bool decided_ = false;
    bool incomplete_ = false;
    error_list errors_;
    std::exception_ptr forced_exit_;
};

// The combinator below whose scope it hangs.
inline leg_host& leg_base::host() noexcept {
    return *static_cast<leg_host*>(
        static_cast<operation_scope*>(parent())->owner);
}

inline void leg_base::end(leg_end as) noexcept {
    leg_host& joiner = host();
    how = as;
    finished = true;
    home()->task_ended(*this, &joiner.host());
    detach();
    joiner.end_of(*this);
}

} // namespace detail
TETHER_END_NAMESPACE

#endif
