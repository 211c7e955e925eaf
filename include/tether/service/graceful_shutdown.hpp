// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a service end on SIGTERM? It finishes what it has begun, closes
/// what it has opened, and says with its exit code whether it could.
#ifndef TETHER_SERVICE_GRACEFUL_SHUTDOWN_HPP
#define TETHER_SERVICE_GRACEFUL_SHUTDOWN_HPP

#include <tether/core/cancel_reason.hpp>
#include <tether/core/errors.hpp>
#include <tether/core/exception_group.hpp>
#include <tether/detail/config.hpp>
#include <tether/runtime/detail/kept_signal.hpp>
#include <tether/scope/async_try.hpp>
#include <tether/scope/deadline.hpp>
#include <tether/scope/with_cancel_scope.hpp>
#include <tether/scope/with_task_group.hpp>
#include <tether/service/health_registry.hpp>
#include <tether/service/shutdown_options.hpp>
#include <tether/service/signal_receiver.hpp>
// Builds on sync/resettable_event.hpp.
#include <tether/sync/resettable_event.hpp>
#include <tether/task/dump_tree.hpp>
#include <tether/task/task.hpp>
#include <tether/task/this_task.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <initializer_list>
#include <list>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

TETHER_BEGIN_NAMESPACE

/// Runs the services of a program until a signal comes, and then ends them in
/// stages: readiness is false; the services are asked to end (a soft cancel:
/// this_task::cancel_requested() is true and waits in soft_cancellable() end);
/// they drain until the grace is over; what is left is cancelled; resources
/// close, the last one first; buffers are flushed.
///
/// Invariant: a second signal goes on with the cancel at once, a third one
/// ignores shields. Resources close on every way out.
/// Parameters: the signals, which may be none; all functions are kept.
/// Errors: std::invalid_argument for times that are not positive;
/// std::logic_error for a second run.
/// Never lost: the errors of services, closes and flushes are thrown together
/// after the last stage. A service that fails begins the shutdown.
/// Threads: one loop.
/// Example:
/// ```
/// graceful_shutdown gs({SIGINT, SIGTERM}, {.grace = 20s});
/// gs.on_close("db", [&] { return db.close(); });
/// co_return co_await gs.run([&] { return serve_tcp(endpoint, session); });
/// ```
class graceful_shutdown {
public:
    /// What a service, a close and a flush is.
    using function = std::function<task<>()>;

    /// Errors: see the class.
    explicit graceful_shutdown(std::initializer_list<int> numbers = {},
                               shutdown_options options = {})
        : signals_(numbers), options_(options) {
        refuse_time("grace", options.grace);
        refuse_time("cancel_grace", options.cancel_grace);
        refuse_time("close_timeout", options.close_timeout);
    }
    graceful_shutdown(graceful_shutdown const&) = delete;
    graceful_shutdown& operator=(graceful_shutdown const&) = delete;

    /// Adds a service, before run().
    ///
    /// Parameters: services of a lower `order` start first and end last: they
    /// are asked to end when those above them have ended. `name` is for errors
    /// and dumps.
    void add(std::string_view name, function service, int order = 0) {
        refuse_running("add a service");
        group_of_services& g = services_[order];
        g.names += g.names.empty() ? "" : ", ";
        g.names += name;
        g.members.emplace_back(name, std::move(service));
    }
    /// Whose readiness is false from the first stage on; it outlives the run.
    void use(health_registry& health) noexcept { health_ = &health; }
    /// Adds a resource that closes after the services, before those that were
    /// added earlier. Also while the services run.
    void on_close(std::string_view name, function close) {
        closes_.emplace_back(name, std::move(close));
    }
    /// Adds what is awaited after the last close, in the order of the calls.
    void on_flush(std::string_view name, function flush) {
        flushes_.emplace_back(name, std::move(flush));
    }
    /// Who hears of each step when it is over; an error of it counts as one of
    /// a close.
    void on_step(std::function<void(shutdown_step const&)> heard) {
        heard_ = std::move(heard);
    }
    /// Who gets the task tree when cancelled services do not end.
    void on_stuck(std::function<void(std::string const& tree)> stuck) {
        stuck_ = std::move(stuck);
    }

    /// Begins the shutdown, as a signal does; again, as the second one does.
    void request(std::string_view why = "shutdown requested") {
        if (requests_++ == 0)
            why_ = why;
        changed_.set();
    }
    /// Whether it has begun.
    [[nodiscard]] bool requested() const noexcept { return requests_ != 0; }
    /// The first signal that came; 0 without one. For programs that end with
    /// 128 + the signal also when they were in time.
    [[nodiscard]] int signal_number() const noexcept { return signal_; }

    /// Adds `service` and runs all services.
    ///
    /// Result: the exit code: 0 if they ended by themselves, in the grace if
    /// they were asked to; otherwise 128 + the signal, or 1 without one.
    /// Errors: exception_group of those of services, closes and flushes.
    /// Completes when: the last stage is over. A checkpoint.
    /// On cancellation: stops the services; resources close and buffers are
    /// flushed behind a shield.
    template<class F>
    [[nodiscard("co_await it, the result is the exit code")]] task<int>
    run(F&& service) {
        TETHER_CHECK_BODY(F);
        add("service", std::forward<F>(service));
        return run();
    }
    /// The same for the services that were added.
    template<class = void>
    [[nodiscard("co_await it, the result is the exit code")]] task<int> run() {
        refuse_running("run it again");
        running_ = true;
        std::optional<signal_receiver> receiver;
        if (!signals_.empty())
            receiver.emplace(signals_.begin(), signals_.end());
        auto serving = [&] { return serve(receiver); };
        auto closing = [this] { return finish(); };
        // Without end: each close and flush has a time of its own.
        co_await async_try(serving).finally(closing).grace(
            {(clock::duration::max)()});
        while (receiver && receiver->try_next()) {
            // It asked for what has been done.
        }
        co_return code_;
    }

private:
    using clock = std::chrono::steady_clock;
    struct named_function {
        named_function(std::string_view n, function f)
            : name(n), run(std::move(f)) {}
        std::string name;
        function run;
    };
    struct group_of_services {
        std::string names;
        std::list<named_function> members;
        cancel_scope scope;
        bool ended = false;
    };

    template<class = void>
    task<> serve(std::optional<signal_receiver>& receiver) {
        try {
            co_await with_task_group([&](task_group& group) -> task<> {
                if (receiver)
                    group.spawn(named("signals"), &graceful_shutdown::listen<>,
                                this, std::ref(*receiver));
                for (auto& [order, g] : services_)
                    group.spawn(named(g.names),
                                &graceful_shutdown::run_services<>, this,
                                std::ref(g));
                while (!requested() && !all_ended())
                    co_await change();
                if (requested())
                    co_await take_down();
                group.cancel("the services have ended");
            });
        } catch (forced_exit const&) {
            throw;
        } catch (...) {
            errors_.push_back(std::current_exception());
        }
    }

    template<class = void>
    task<> listen(signal_receiver& receiver) {
        for (;;) {
            int const number = co_await receiver.wait();
            if (signal_ == 0)
                signal_ = number;
            request(detail::signal_name(number));
        }
    }

    template<class = void>
    task<> run_services(group_of_services& g) {
        auto const body = [&](task_group& group) -> task<> {
            for (named_function& member : g.members)
                group.spawn(named(member.name), &graceful_shutdown::run_one<>,
                            this, std::ref(member.run));
            co_return;
        };
        try {
            co_await with_cancel_scope(g.scope, [&] { return in_group(body); });
        } catch (forced_exit const&) {
            throw;
        } catch (...) {
            errors_.push_back(std::current_exception());
        }
        g.ended = true;
        changed_.set();
    }
    template<class Body>
    static task<> in_group(Body const& body) {
        task_group_options options;
        options.name = "services";
        options.policy = collect_all;
        co_await with_task_group(options, body);
    }
    // The others end in order, as if somebody had asked for it.
    template<class = void>
    task<> run_one(function& service) {
        try {
            co_await service();
        } catch (forced_exit const&) {
            throw;
        } catch (...) {
            if (!requested())
                request("a service failed");
            throw;
        }
    }

    template<class = void>
    task<> take_down() {
        stopwatch time;
        if (health_)
            health_->set_ready(false, "shutting down: " + why_);
        time.tell(*this, shutdown_stage::readiness, why_);
        clock::time_point const end =
            detail::saturated_add(this_task::now(), options_.grace);
        for (auto at = services_.rbegin(); at != services_.rend(); ++at)
            co_await take_down(at->second, end);
    }

    template<class = void>
    task<> take_down(group_of_services& g, clock::time_point end) {
        stopwatch time;
        if (!g.ended)
            g.scope.cancel_soft((clock::duration::max)(), why_);
        time.tell(*this, shutdown_stage::stop_accepting, g.names);
        bool const drained = co_await ended_before(g, end, 2);
        time.tell(*this, shutdown_stage::drain, g.names, drained);
        if (drained)
            co_return;
        code_ = signal_ == 0 ? 1 : 128 + signal_;
        if (requests_ >= 2)
            detail::scope_access::cancel(g.scope, cancel_kind::signal,
                                         "asked twice to end", {});
        else
            detail::scope_access::cancel(g.scope, cancel_kind::grace_expired,
                                         "the grace of the shutdown is over",
                                         {});
        clock::time_point const patience =
            detail::saturated_add(this_task::now(), options_.cancel_grace);
        bool const obeyed = co_await ended_before(g, patience, 3);
        if (!obeyed) {
            if (stuck_)
                stuck_(dump_tree());
            detail::loop& home = *detail::this_record("run").home();
            home.force(detail::scope_access::node(g.scope));
            while (!g.ended)
                co_await change();
        }
        time.tell(*this, shutdown_stage::cancel, g.names, obeyed);
    }

    // Until somebody has asked so many times, at most.
    template<class = void>
    task<bool> ended_before(group_of_services& g, clock::time_point end,
                            int asked) {
        co_await move_on_at(end, [&]() -> task<> {
            while (!g.ended && requests_ < asked)
                co_await change();
        });
        co_return g.ended;
    }

    template<class = void>
    task<> finish() {
        for (; !closes_.empty(); closes_.pop_back())
            co_await last_step(shutdown_stage::close, closes_.back());
        for (named_function& flush : flushes_)
            co_await last_step(shutdown_stage::flush, flush);
        stopwatch time;
        bool const well = errors_.empty();
        time.tell(*this, shutdown_stage::exit, std::to_string(well ? code_ : 1),
                  well && code_ == 0);
        if (!errors_.empty())
            throw exception_group("graceful_shutdown",
                                  std::exchange(errors_, {}));
    }
    template<class = void>
    task<> last_step(shutdown_stage stage, named_function& f) {
        stopwatch time;
        bool done = false;
        try {
            co_await fail_after(options_.close_timeout, f.name, f.run);
            done = true;
        } catch (forced_exit const&) {
            throw;
        } catch (...) {
            errors_.push_back(std::current_exception());
        }
        time.tell(*this, stage, f.name, done);
    }

    class stopwatch {
    public:
        stopwatch() : begin_(this_task::now()) {}
        void tell(graceful_shutdown& of, shutdown_stage stage,
                  std::string const& name, bool completed = true) {
            if (!of.heard_)
                return;
            clock::time_point const now = this_task::now();
            shutdown_step step;
            step.stage = stage;
            step.name = name;
            step.elapsed = now - std::exchange(begin_, now);
            step.completed = completed;
            try {
                of.heard_(step);
            } catch (...) {
                of.errors_.push_back(std::current_exception());
            }
        }

    private:
        clock::time_point begin_;
    };

    bool all_ended() const noexcept {
        for (auto const& [order, g] : services_)
            if (!g.ended)
                return false;
        return true;
    }
    template<class = void>
    task<> change() {
        co_await changed_.wait();
        changed_.clear();
    }
    void refuse_running(char const* what) const {
        if (running_)
            throw invalid_state(std::string("graceful_shutdown: too late to ") +
                                what + ": make another one for another run");
    }
    static void refuse_time(char const* what, clock::duration d) {
        if (d <= d.zero())
            throw std::invalid_argument(
                "graceful_shutdown: the " + std::string(what) +
                " is not positive: " + std::to_string(d.count()) + " ns");
    }

    std::vector<int> signals_;
    shutdown_options options_;
    std::map<int, group_of_services> services_;
    std::list<named_function> closes_;
    std::list<named_function> flushes_;
    std::function<void(shutdown_step const&)> heard_;
    std::function<void(std::string const&)> stuck_;
    health_registry* health_ = nullptr;
    resettable_event changed_;
    std::string why_;
    std::vector<std::exception_ptr> errors_;
    int requests_ = 0;
    int signal_ = 0;
    int code_ = 0;
    bool running_ = false;
};

TETHER_END_NAMESPACE

#endif
