// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How are several main tasks run one after the other on one context? A runner
/// owns the context and what the tasks left on it.
#ifndef TETHER_TASK_RUNNER_HPP
#define TETHER_TASK_RUNNER_HPP

#include <tether/detail/config.hpp>
#include <tether/runtime/clock.hpp>
#include <tether/task/debug_options.hpp>
#include <tether/task/debug_report.hpp>
#include <tether/task/detail/body.hpp>
#include <tether/task/detail/debug_watch.hpp>
#include <tether/task/detail/drive.hpp>
#include <tether/task/detail/interrupt_watch.hpp>

#include <boost/asio/io_context.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <source_location>
#include <stdexcept>
#include <utility>

TETHER_BEGIN_NAMESPACE

/// How a runner runs.
///
/// Parameters: nothing is owned; `name` and `clock` outlive the runner.
struct run_options {
    /// The name of the main tasks, for dumps and errors.
    char const* name = "main";
    /// The clock of the tasks; null means the steady clock.
    clock_source* clock = nullptr;
    /// How many threads may post to the context at a time: 1, the default,
    /// lets Asio leave out what only a second runner thread would need.
    int concurrency_hint = 1;
    /// SIGINT cancels the main task with the reason "SIGINT"; unless it returns
    /// a value all the same, run() throws `interrupted` after its cleanup. The
    /// second one ends the run at once, without shields and cleanup that waits:
    /// run() throws `forced_exit`. Only while a run lasts, and only where the
    /// program has no handler of its own. The watch counts as outside work, so
    /// that there is no verdict about a deadlock.
    bool interrupt = false;
    /// The same for SIGTERM.
    bool terminate = false;
    /// What is looked for during the runs and told to on_debug_report();
    /// without that nothing is. It finds the tasks of the context itself, not
    /// those on strands.
    debug_options debug = {};
};

/// Runs main tasks on one io_context, which is made when it is first needed.
///
/// Invariant: not movable; the context lives from the first run() or context()
/// until close().
/// Threads: one thread at a time; not from inside a task.
/// Example:
/// ```
/// tether::runner app;
/// auto config = app.run(load_config);
/// app.run(serve, config);
/// ```
/// Source: asyncio's Runner.
class runner {
public:
    /// Makes the context; called at most once.
    using context_factory = std::function<std::unique_ptr<asio::io_context>()>;
    /// Hears of errors that nobody else can receive, with a text saying where
    /// they came from.
    using error_sink = std::function<void(std::exception_ptr, char const*)>;
    /// Hears of what debug mode finds. One call at a time; blocked_step comes
    /// on a thread of the runner, the rest on the loop. It must not wait for a
    /// task; what it throws ends the program.
    using debug_report_sink = std::function<void(debug_report const&)>;

    runner() = default;
    /// Parameters: `options` is copied.
    explicit runner(run_options options) : options_(options) {}
    /// The same with a context that `make` builds, say with another hint.
    runner(run_options options, context_factory make)
        : options_(options), make_(std::move(make)) {}
    runner(runner const&) = delete;
    runner& operator=(runner const&) = delete;

    /// Closes; an error of a task that has to be stopped for it goes to the
    /// sink, or is dropped.
    ~runner() {
        try {
            close();
        } catch (...) {
            if (sink_)
                sink_(std::current_exception(), "while a runner was closed");
        }
    }

    /// Runs `fn(args...)` as the main task, like tether::run on a context.
    ///
    /// Result: what the task returned. Other roots of the context stay alive
    /// between the runs and go on in the next one.
    /// Errors: those of tether::run; interrupted and forced_exit if the options
    /// ask for it; std::logic_error on a closed runner and inside a running
    /// loop.
    template<class F, class... Args>
        requires detail::spawnable<F, Args...>
    auto run(F&& fn, Args&&... args) ->
        typename detail::body_for<F, Args...>::value_type {
        using body = detail::body_for<F, Args...>;
        detail::refuse_nested_run();
        auto const debug = watched(context());
        std::optional<detail::interrupt_watch> watch;
        if (options_.interrupt || options_.terminate)
            watch.emplace(context(), options_.interrupt, options_.terminate);
        return detail::run_body(context(),
                                body(std::in_place, std::forward<F>(fn),
                                     std::forward<Args>(args)...),
                                std::source_location{}, false, options_.clock,
                                sink_, options_.name,
                                watch ? &*watch : nullptr);
    }

    /// Result: the context of the runs, for the objects that outlive one.
    /// Errors: std::logic_error on a closed runner.
    [[nodiscard]] asio::io_context& context() {
        if (closed_)
            throw std::logic_error("the runner is closed: make another one");
        if (!context_)
            context_ = make_ ? make_()
                             : std::make_unique<asio::io_context>(
                                   options_.concurrency_hint);
        if (!context_)
            throw std::invalid_argument(
                "the context factory of the runner gave no io_context");
        return *context_;
    }

    /// Who hears of errors that nobody can receive; before the first run.
    void on_unhandled_error(error_sink sink) { sink_ = std::move(sink); }

    /// Who hears of what debug mode finds; before the first run.
    void on_debug_report(debug_report_sink sink) { report_ = std::move(sink); }

    /// Stops and joins the roots that are left, then destroys the context.
    /// Closing again does nothing.
    ///
    /// Errors: std::logic_error inside a running loop; the first exception of
    /// a handler that ran meanwhile.
    void close() {
        if (closed_)
            return;
        detail::refuse_nested_run();
        closed_ = true;
        std::unique_ptr<asio::io_context> const last = std::move(context_);
        if (!last)
            return;
        auto const debug = watched(*last);
        detail::finish_context(*last, options_.clock);
    }

private:
    // For the time of a run, if anybody wants to know.
    std::unique_ptr<detail::debug_watch>
    watched(asio::io_context& context) const {
        if (!report_ || !detail::looks_for_trouble(options_.debug.mode))
            return nullptr;
        return std::make_unique<detail::debug_watch>(context, options_.debug,
                                                     report_);
    }

    run_options options_;
    context_factory make_;
    error_sink sink_;
    debug_report_sink report_;
    std::unique_ptr<asio::io_context> context_;
    bool closed_ = false;
};

TETHER_END_NAMESPACE

#endif
