// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a part of a program come back when it fails? Its supervisor starts
/// it anew, and gives up when that does not help.
#ifndef TETHER_RESILIENCE_SUPERVISOR_HPP
#define TETHER_RESILIENCE_SUPERVISOR_HPP

#include <tether/core/errors.hpp>
#include <tether/core/exception_group.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/current_loop.hpp>
#include <tether/detail/diagnostics.hpp>
#include <tether/detail/intrusive_list.hpp>
#include <tether/resilience/backoff.hpp>
#include <tether/resilience/supervisor_options.hpp>
#include <tether/scope/task_group.hpp>
#include <tether/scope/with_task_group.hpp>
#include <tether/sync/resettable_event.hpp>
#include <tether/task/detail/body.hpp>
#include <tether/task/sleep.hpp>
#include <tether/task/task.hpp>
#include <tether/task/this_task.hpp>

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

TETHER_BEGIN_NAMESPACE
namespace detail {

// A child of a supervisor; in its list while nobody has looked at its end.
class supervised : public list_node {
public:
    supervised(std::string_view of, restart how) : name(of), when(how) {}
    virtual ~supervised() = default;
    virtual task<> make() = 0;

    std::string name;
    restart when;
    bool alive = false;
    bool finished = false; // by itself, and well
    std::size_t restarts_in_a_row = 0;
    time_point started{};
    std::exception_ptr error;
    task_handle<void> handle;
};

template<class F>
class supervised_by final : public supervised {
public:
    template<class G>
    supervised_by(std::string_view of, restart how, G&& factory)
        : supervised(of, how), factory_(std::forward<G>(factory)) {}
    task<> make() override { return std::invoke(factory_); }

private:
    F factory_;
};

} // namespace detail

/// Runs children, each made by a function, and restarts those that fail.
///
/// Invariant: the children run inside of run() only, and have ended when it
/// does. The order is that in which they were added: they are started in it,
/// and stopped in the opposite one, each when the one before has ended.
/// Errors: destroying it while it runs writes a sentence and terminates.
/// Never lost: a failure is told to on_failure(). Failures that led to a
/// restart are kept as long as they count for max_restarts; of others the
/// loop's on_unhandled_error hears if there is no on_failure().
/// Threads: one loop at a time; usable in several runs.
/// Example:
/// ```
/// supervisor sup({.max_restarts = 3, .within = 10s});
/// sup.add("feed", [&] { return read_feed(url); });
/// sup.add("cache", [&] { return keep_cache(); });
/// co_await sup.run();
/// ```
/// Source: Erlang's supervisors.
class supervisor {
public:
    /// Errors: std::invalid_argument when `within` is not positive.
    explicit supervisor(supervisor_options options = {})
        : options_(options),
          window_(options.max_restarts, options.within),
          chance_(detail::jitter_seed(options.seed, this)) {
        if (options.within <= std::chrono::steady_clock::duration::zero())
            throw std::invalid_argument(
                "supervisor: restarts are counted within a positive time");
    }
    supervisor(supervisor const&) = delete;
    supervisor& operator=(supervisor const&) = delete;
    ~supervisor() {
        if (running_)
            detail::fatal("a supervisor was destroyed while it runs: its "
                          "run() must have ended");
    }

    /// Adds a child; while the supervisor runs, starts it.
    ///
    /// Parameters: `factory` is a coroutine function without parameters, called
    /// for the start and each restart; moved or copied in. `name` is copied.
    template<class F>
    void add(std::string_view name, F&& factory,
             restart when = restart::permanent) {
        using stored = std::decay_t<F>;
        static_assert(
            requires(stored& f) {
                { std::invoke(f) } -> std::same_as<task<>>;
            },
            "a child of a supervisor is made by a function without parameters "
            "that returns tether::task<>");
        children_.push_back(std::make_unique<detail::supervised_by<stored>>(
            name, when, std::forward<F>(factory)));
        if (group_ && !stopping_)
            start(*children_.back(), std::chrono::steady_clock::duration());
    }

    /// Sets a function that is told of each failure.
    ///
    /// Parameters: `notify` may add children; what it throws ends run() as an
    /// exception_group.
    void on_failure(std::function<void(child_failure const&)> notify) {
        notify_ = std::move(notify);
    }

    /// Starts the children and keeps them running.
    ///
    /// Errors: supervisor_failed when there were more than max_restarts within
    /// the time; invalid_state when it runs already.
    /// Completes when: no child is left: all have ended without being
    /// restarted, or after stop().
    /// On cancellation: all children are stopped, at once.
    template<class = void>
    [[nodiscard("co_await the run")]] task<> run() {
        in_run const guard(*this);
        bool gave_up = false;
        auto body = [&](task_group& group) -> task<> {
            group_ = &group;
            gave_up = co_await manage();
            group_ = nullptr;
        };
        co_await with_task_group(body);
        if (gave_up)
            throw failed();
    }

    /// Ends run(): stops the children one after the other, then it returns.
    /// Without effect when it does not run.
    void stop() {
        if (!running_)
            return;
        stopping_ = true;
        changed_.set();
    }

    /// Result: the children there are, those that have ended included unless
    /// they were temporary.
    [[nodiscard]] std::size_t size() const noexcept { return children_.size(); }
    /// Result: how often children were restarted, in all runs.
    [[nodiscard]] std::size_t restarts() const noexcept { return restarts_; }

private:
    using supervised = detail::supervised;
    using duration = std::chrono::steady_clock::duration;
    struct failure {
        detail::time_point at;
        exception_group::member_init what;
    };

    class in_run {
    public:
        explicit in_run(supervisor& s) : self_(s) {
            if (s.running_)
                throw invalid_state("run() of a supervisor that runs already");
            s.running_ = true;
            s.changed_.clear();
            s.failures_.clear();
            s.window_.clear();
        }
        in_run(in_run const&) = delete;
        in_run& operator=(in_run const&) = delete;
        ~in_run() {
            self_.group_ = nullptr;
            self_.running_ = self_.stopping_ = false;
            for (auto const& c : self_.children_) {
                if (c->linked())
                    c->unlink();
                c->alive = false;
                c->error = nullptr;
                c->handle = {};
                c->restarts_in_a_row = 0;
            }
        }

    private:
        supervisor& self_;
    };

    // Also when somebody else stops the child.
    class at_exit {
    public:
        at_exit(supervisor& s, supervised& c) noexcept : self_(s), child_(c) {}
        at_exit(at_exit const&) = delete;
        at_exit& operator=(at_exit const&) = delete;
        ~at_exit() {
            self_.exits_.push_back(child_);
            self_.changed_.set();
        }

    private:
        supervisor& self_;
        supervised& child_;
    };

    template<class = void>
    static task<> host(supervisor* self, supervised* child, duration pause) {
        at_exit const noticed(*self, *child);
        if (pause > duration::zero())
            co_await sleep_for(pause);
        child->started = this_task::now();
        try {
            co_await child->make();
            child->finished = true;
        } catch (forced_exit const&) {
            throw;
        } catch (...) {
            child->error = std::current_exception();
        }
    }
    template<class = void>
    void start(supervised& child, duration pause) {
        child.handle = group_->spawn(named(child.name), &supervisor::host<>,
                                     this, &child, pause);
        child.alive = true;
        child.finished = false;
    }

    // Result: whether it gave up.
    template<class = void>
    task<bool> manage() {
        for (std::size_t i = 0; i != children_.size(); ++i)
            start(*children_[i], duration::zero());
        while (!stopping_ && any_alive()) {
            co_await changed_.wait();
            changed_.clear();
            while (!stopping_ && !exits_.empty()) {
                bool const goes_on = co_await ended(exits_.pop_front());
                if (goes_on)
                    continue;
                stopping_ = true;
                co_await stop_those(alive_from(0), true);
                co_return true;
            }
        }
        co_await stop_those(alive_from(0), false);
        co_return false;
    }

    // Result: whether the supervisor goes on.
    template<class = void>
    task<bool> ended(supervised& child) {
        child.alive = false;
        std::exception_ptr error = std::exchange(child.error, nullptr);
        if (!restarts_after(child, error)) {
            if (error)
                tell(child, error);
            if (child.when == restart::temporary)
                forget(child);
            co_return true;
        }
        if (!error)
            error = std::make_exception_ptr(
                std::runtime_error("a permanent child has ended"));
        auto const now = this_task::now();
        bool const again = window_.allows(now);
        remember(child, error, again);
        if (!again)
            co_return false;
        if (now - child.started >= options_.within)
            child.restarts_in_a_row = 0;
        duration const pause =
            chance_.apply(options_.jitter,
                          options_.backoff.before(++child.restarts_in_a_row));
        std::vector<supervised*> others;
        if (options_.strategy == restart_strategy::one_for_all)
            others = alive_from(0);
        else if (options_.strategy == restart_strategy::rest_for_one)
            others = alive_from(place_of(child) + 1);
        co_await stop_those(others, false);
        if (stopping_)
            co_return true;
        std::erase_if(others, [](supervised* c) {
            return c->when == restart::temporary ||
                   (c->when == restart::transient && c->finished);
        });
        others.push_back(&child);
        std::ranges::sort(others, {},
                          [&](supervised* c) { return place_of(*c); });
        ++restarts_;
        for (supervised* c : others)
            start(*c, pause);
        co_return true;
    }

    // The last one first.
    template<class = void>
    task<> stop_those(std::vector<supervised*> those, bool giving_up) {
        while (!those.empty()) {
            supervised& c = *those.back();
            those.pop_back();
            c.handle.cancel("by its supervisor");
            co_await c.handle.wait();
            c.alive = false;
            std::exception_ptr const error = std::exchange(c.error, nullptr);
            if (c.linked())
                c.unlink();
            if (error && giving_up)
                remember(c, error, false);
            else if (error)
                tell(c, error);
        }
    }

    static bool restarts_after(supervised const& child,
                               std::exception_ptr const& error) noexcept {
        return child.when == restart::permanent ||
               (child.when == restart::transient && error);
    }
    bool any_alive() const noexcept {
        return std::ranges::any_of(children_,
                                   [](auto const& c) { return c->alive; });
    }
    std::vector<supervised*> alive_from(std::size_t first) const {
        std::vector<supervised*> those;
        for (std::size_t i = first; i < children_.size(); ++i)
            if (children_[i]->alive)
                those.push_back(children_[i].get());
        return those;
    }
    std::size_t place_of(supervised const& child) const noexcept {
        std::size_t i = 0;
        while (children_[i].get() != &child)
            ++i;
        return i;
    }
    void forget(supervised& child) {
        auto const at = static_cast<std::ptrdiff_t>(place_of(child));
        children_.erase(children_.begin() + at);
    }

    // Nothing else will come of this error.
    void tell(supervised const& child, std::exception_ptr const& error) {
        if (notify_)
            notify_(child_failure{child.name, error, false});
        else
            detail::report_unread(error, "in a child of a supervisor");
    }
    void remember(supervised const& child, std::exception_ptr const& error,
                  bool again) {
        auto const now = this_task::now();
        std::erase_if(failures_, [&](failure const& f) {
            return now - f.at >= options_.within;
        });
        failures_.push_back(
            {now, exception_group::member_init(error, child.name)});
        if (notify_)
            notify_(child_failure{child.name, error, again});
    }
    supervisor_failed failed() {
        std::string text = "supervisor";
        if (!options_.name.empty())
            text.append(" '").append(options_.name).append("'");
        text += ": more than " + std::to_string(options_.max_restarts) +
                " restarts in " + detail::duration_text(options_.within);
        std::vector<exception_group::member_init> members;
        for (failure& f : failures_)
            members.push_back(std::move(f.what));
        failures_.clear();
        return supervisor_failed(exception_group(text, std::move(members)));
    }

    supervisor_options options_;
    detail::restart_window window_;
    jitter_source chance_;
    std::function<void(child_failure const&)> notify_;
    std::vector<std::unique_ptr<supervised>> children_;
    detail::intrusive_list<supervised> exits_;
    std::vector<failure> failures_;
    resettable_event changed_;
    task_group* group_ = nullptr;
    std::size_t restarts_ = 0;
    bool running_ = false;
    bool stopping_ = false;
};

TETHER_END_NAMESPACE

#endif
