// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does run() turn an io_context until its root has ended, and what does it
/// do when nothing is left that could wake the root?
#ifndef TETHER_TASK_DETAIL_DRIVE_HPP
#define TETHER_TASK_DETAIL_DRIVE_HPP

#include <tether/core/errors.hpp>
#include <tether/core/exception_group.hpp>
#include <tether/detail/config.hpp>
#include <tether/runtime/detail/format_tree.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/runtime/loop_service.hpp>
#include <tether/task/detail/interrupt_watch.hpp>
#include <tether/task/detail/root.hpp>
#include <tether/task/detail/root_ends.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <source_location>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

TETHER_BEGIN_NAMESPACE
namespace detail {

inline void refuse_nested_run() {
    if (running_loop())
        throw std::logic_error(
            "tether::run() cannot be called while a loop runs on this thread: "
            "co_await the task instead, or call run() on another thread");
}

// Lets the clock of a loop jump when only timers are left.
inline bool jump_clock(loop& l) {
    return l.clock() && !l.timers().empty() &&
           l.clock()->jump_to(l.timers().earliest());
}

// Turns the context in place of run(): until it is stopped, or the turner has
// enough.
class turner {
public:
    virtual void turn() = 0;
    // What is still alive will never end.
    virtual bool gave_up() const noexcept = 0;

protected:
    ~turner() = default;
};

// Runs `io` until `ended` says so. `root` is read only while it has not ended.
class driver {
public:
    driver(asio::io_context& io, loop& l, turner* by = nullptr) noexcept
        : io_(io), loop_(l), turner_(by), grace_(l), strands_(io, l) {}

    template<class Ended, class Root>
    void drive(Ended ended, Root* root) {
        while (!ended()) {
            turn();
            if (ended() || gave_up())
                return;
            if (watch_ && watch_->twice()) {
                settle(); // what can end without another wait
                return;
            }
            if (failure_ && !told_) { // a foreign handler threw (RU08)
                told_ = true;
                cancel(root, cancel_kind::shutdown,
                       "a handler on the same context threw");
                grace_.begin(root);
                continue;
            }
            if (!idle_)
                continue;
            bool const stopped = io_.stopped() && (busy() || work_outside());
            if (ended())
                return;
            if (stopped) { // the user called stop()
                if (!std::exchange(stopped_, true)) {
                    cancel(root, cancel_kind::shutdown,
                           "the io_context was stopped");
                    grace_.begin(root);
                }
                continue;
            }
            if (jump_clock(loop_)) {
                wake();
                continue;
            }
            if (!tree_) {
                tree_ = format_tree(loop_);
                cancel(root, cancel_kind::deadlock, {});
            } else if (!forced_) {
                forced_ = true;
                loop_.force(*root);
            } else {
                break; // stuck for good: the context's end destroys it
            }
        }
    }

    // Cancels the roots that main left behind, on strands too, and lets them
    // end (RU05). What cannot end is destroyed with the context.
    void finish() {
        settle(); // a root may be on its way to its strand
        if (!roots_left())
            return;
        cancel_roots(loop_);
        grace_.begin(nullptr);
        while (roots_left() && !gave_up()) {
            settle();
            if (!roots_left())
                break;
            if (!nothing_left()) {
                wait_for_handler();
            } else if (!busy() && !strands_.busy()) {
                if (!jump_clock(loop_))
                    break;
                wake();
            }
        }
        settle(); // completions that the last roots posted
    }

    // What the tasks have left open although all of them have ended (RU06).
    // Their own error says more.
    void report_open(bool failed) {
        if (loop_.open_objects().empty())
            return;
        std::string text = "not closed at the end of the run:";
        loop_.open_objects().for_each(
            [&](open_object const& o) { text += ' ' + o.to_string() + ';'; });
        text += " co_await its close(), or use consume() or for_each()";
        auto error = std::make_exception_ptr(std::logic_error(text));
        if (loop_.unhandled_error_sink())
            loop_.unhandled(std::move(error), "at the end of a run");
        else if (!failed)
            std::rethrow_exception(std::move(error));
    }

    // What was posted runs; of handlers that post themselves not for ever.
    void settle() {
        if (io_.stopped())
            io_.restart();
        for (int left = 10000; left != 0; --left) {
            std::size_t called = 1; // if it throws
            guarded([&] { called = io_.poll_one(); });
            if (called == 0)
                return;
        }
    }

    // What the run ends with besides the root's own result.
    void rethrow() {
        if (!later_.empty()) {
            later_.insert(later_.begin(), std::exchange(failure_, nullptr));
            throw exception_group("run", std::exchange(later_, {}));
        }
        if (failure_)
            std::rethrow_exception(std::exchange(failure_, nullptr));
        if (tree_)
            throw deadlock_error(std::move(*tree_));
    }
    bool deadlocked() const noexcept { return tree_.has_value(); }
    void heed(interrupt_watch const* watch) noexcept { watch_ = watch; }

private:
    void turn() {
        if (io_.stopped())
            io_.restart();
        idle_ = false;
        guarded([this] {
            if (turner_)
                turner_->turn();
            else if (loop_.virtual_time())
                run_until_parked();
            else
                io_.run();
            idle_ = nothing_left();
        });
    }
    void wait_for_handler() {
        guarded([this] {
            if (turner_ && loop_.live_tasks() != 0)
                turner_->turn();
            else
                io_.run_one();
        });
    }
    // What waits for nothing but this loop is work to Asio all the same.
    void run_until_parked() {
        while (!io_.stopped()) {
            io_.poll();
            if (nothing_left())
                return;
            io_.run_one();
        }
    }
    bool nothing_left() const noexcept {
        return io_.stopped() || (loop_.virtual_time() && loop_.only_parked());
    }
    bool gave_up() const noexcept { return turner_ && turner_->gave_up(); }
    // Of others on the same context; run() returned although it goes on.
    bool work_outside() {
        io_.restart();
        std::size_t called = 0;
        guarded([&] {
            called = 1; // if it throws
            called = io_.poll_one();
        });
        return called != 0 || !io_.stopped();
    }
    // Tasks run inside run(), where dispatch() to their executor is a call.
    void wake() {
        asio::post(io_, [l = &loop_] { l->enter([] {}); });
    }
    template<class F>
    void guarded(F f) {
        try {
            f();
        } catch (...) {
            keep(std::current_exception());
        }
    }
    // Not given back to the loop, which would throw it again at once.
    void keep(std::exception_ptr error) {
        if (!failure_)
            failure_ = std::move(error);
        else if (loop_.unhandled_error_sink())
            loop_.unhandled(std::move(error), "during shutdown");
        else
            later_.push_back(std::move(error));
    }
    bool busy() const noexcept { return has_work(loop_); }
    bool roots_left() { // looks at both: new roots may be found on strands
        bool const on_strands = strands_.left();
        return on_strands || loop_.live_tasks() != 0;
    }
    template<class Root>
    void cancel(Root* root, cancel_kind kind, std::string_view text) {
        root->cancel(kind, text);
    }

    asio::io_context& io_;
    loop& loop_;
    turner* turner_;
    interrupt_watch const* watch_ = nullptr;
    grace_timer grace_;
    strand_ends strands_;
    std::exception_ptr failure_;
    std::vector<std::exception_ptr> later_;
    std::optional<std::string> tree_;
    bool told_ = false;
    bool stopped_ = false;
    bool forced_ = false;
    bool idle_ = false; // nothing is left but to wait for time
};

// For the time of a run: the reference from acquire() and the clock.
class clock_guard {
public:
    clock_guard(loop& l, clock_source* clock) noexcept : home_(l) {
        if (clock)
            home_.set_clock(clock);
    }
    clock_guard(clock_guard const&) = delete;
    clock_guard& operator=(clock_guard const&) = delete;
    ~clock_guard() {
        home_.set_clock(nullptr);
        home_.release();
    }

private:
    loop& home_;
};

// Before the end of a context that saw several runs.
inline void finish_context(asio::io_context& io, clock_source* clock) {
    loop& l = loop_service::acquire(io.get_executor());
    clock_guard const guard(l, clock);
    driver d(io, l);
    d.finish();
    d.rethrow();
    d.report_open(false);
}

template<class Body>
auto run_body(asio::io_context& io, Body&& work, std::source_location where,
              bool owns_context, clock_source* clock,
              std::function<void(std::exception_ptr, char const*)> sink = {},
              std::string_view name = "main", interrupt_watch* watch = nullptr)
    -> typename Body::value_type {
    using T = typename Body::value_type;
    refuse_nested_run();
    struct done {
        std::shared_ptr<std::optional<root_result<T>>> result;
        asio::io_context* io;
        void operator()(root_result<T>&& r) {
            result->emplace(std::move(r));
            io->stop();
        }
    };
    auto result = std::make_shared<std::optional<root_result<T>>>();
    loop& l = loop_service::acquire(io.get_executor());
    clock_guard const guard(l, clock);
    if (sink)
        l.on_unhandled_error(std::move(sink));
    auto* main = new root<Body, done>(std::forward<Body>(work),
                                      done{result, &io}, where);
    main->more().name = shared_text(name);
    main->start(l);
    driver d(io, l);
    if (watch) {
        watch->begin(*main, l, [result] { return result->has_value(); });
        d.heed(watch);
    }
    d.drive([&] { return result->has_value(); }, main);
    if (owns_context)
        d.finish();
    if (io.stopped())
        io.restart();
    if (watch && watch->twice())
        throw forced_exit(watch->received());
    d.rethrow();
    if (owns_context)
        d.report_open((**result).error != nullptr);
    if (watch)
        throw_interrupted(*watch, (**result).stopped, (**result).error, name);
    return (**result).get();
}

} // namespace detail
TETHER_END_NAMESPACE

#endif
