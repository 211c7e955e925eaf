// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a task start that no other task owns? A root hangs on its loop and
/// hands its end to whoever asked for it: run, runner or co_spawn.
#ifndef TETHER_TASK_DETAIL_ROOT_HPP
#define TETHER_TASK_DETAIL_ROOT_HPP

#include <tether/core/errors.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/made_error.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/task/detail/body.hpp>
#include <tether/task/task.hpp>

#include <exception>
#include <optional>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// A line of execution with a chain of frames of its own; the chain ends here.
template<class Boundary>
class line : public task_record, public Boundary {
public:
    void adopt_frame(frame_base& frame) noexcept {
        frame.ends_at(*this);
        resumes_at(frame);
    }

protected:
    ~line() = default;
};

// Why a record ended stopped, for the handle or the border that reports it.
inline cancel_reason stop_reason(scope_node const& node) {
    if (scope_node const* by = cancelling_node(node)) {
        if (cancel_note const* note = note_of(*by))
            return note->reason();
    }
    if (cancel_note const* own = note_of(node))
        return own->reason();
    return cancel_reason(cancel_kind::abandoned, {}, {}, {});
}

// What a root ends with; void values are std::monostate-like and absent.
template<class T>
struct root_result {
    std::optional<std::conditional_t<
        std::is_void_v<T>, bool,
        std::conditional_t<std::is_reference_v<T>,
                           std::add_pointer_t<std::remove_reference_t<T>>, T>>>
        value;
    std::exception_ptr error; // a cancelled_error after a stop
    bool stopped = false;

    T get() {
        if (error)
            std::rethrow_exception(std::exchange(error, nullptr));
        if constexpr (std::is_reference_v<T>)
            return static_cast<T>(**value);
        else if constexpr (!std::is_void_v<T>)
            return std::move(*value);
    }
};

class root_base : public line<boundary>, public context_border {
public:
    void cancel(cancel_kind kind, std::string_view text,
                std::source_location where = {}) {
        home()->cancel(*this, more().note, kind, text, where);
    }

protected:
    ~root_base() = default;
};

// Owns itself: Done is called once with the result, after the last frame of
// the task is gone, or dropped uncalled when the context is destroyed.
template<class Body, class Done>
class root final : public root_base {
public:
    using T = typename Body::value_type;

    root(Body&& work, Done&& done, std::source_location where)
        : body_(std::move(work)), done_(std::move(done)) {
        spawned_at = where;
    }

    // On the loop: attaches and schedules the root.
    void start(loop& l) {
        l.retain();
        l.task_started();
        attach(l.roots());
        l.borders().push_back(*this);
        try {
            task<T> made = body_();
            promise<T>* p = task_access::release(made);
            if (!p)
                throw std::logic_error("the root is an empty task: it was "
                                       "moved from or awaited before");
            p->deliver_to(cell_);
            adopt_frame(*p);
        } catch (...) {
            root_result<T> result;
            result.error = std::current_exception();
            end(std::move(result));
            return;
        }
        l.enqueue(*this);
    }

    // Who must not be told before the last frame has gone waits for that.
    void context_ending() noexcept override {
        if constexpr (requires(Done& d) { d.context_ending(); }) {
            if (done_)
                done_->context_ending();
        }
    }
    void leave_context() noexcept override {
        if constexpr (!requires(Done& d) { d.context_ending(); })
            done_.reset();
    }

private:
    pump_next body_finished(task_record&) noexcept override {
        root_result<T> result;
        if (error()) {
            result.error = take_error();
        } else {
            try {
                if constexpr (std::is_void_v<T>)
                    result.value.emplace(true);
                else if constexpr (std::is_reference_v<T>)
                    result.value.emplace(std::addressof(cell_.get()));
                else
                    result.value.emplace(cell_.take());
            } catch (...) {
                result.error = std::current_exception();
            }
        }
        end(std::move(result));
        return pump_next::gone;
    }

    pump_next body_stopped(task_record&) noexcept override {
        root_result<T> result;
        result.error = made_error(
            [this] { return cancelled_error(stop_reason(*this), name()); });
        result.stopped = true;
        end(std::move(result));
        return pump_next::gone;
    }

    void end(root_result<T>&& result) noexcept {
        loop& l = *home();
        finished = true;
        l.task_ended(*this);
        detach();
        unlink();
        if (done_) {
            // A plain object: g++ 12 at -O1 takes a moved optional for
            // uninitialized.
            Done done = std::move(*done_);
            l.forget(*this);
            delete this;
            try {
                if (!l.shutting_down())
                    done(std::move(result));
            } catch (...) {
                l.unhandled(std::current_exception(),
                            "the completion of a root task threw");
            }
        } else {
            delete this;
        }
        l.release();
    }

    Body body_;
    std::optional<Done> done_;
    [[no_unique_address]] result_cell<T> cell_;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
