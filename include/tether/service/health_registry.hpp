// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What does a program answer when it is asked whether it is well? The report
/// of its health_registry.
#ifndef TETHER_SERVICE_HEALTH_REGISTRY_HPP
#define TETHER_SERVICE_HEALTH_REGISTRY_HPP

#include <tether/core/detail/text.hpp>
#include <tether/core/errors.hpp>
#include <tether/detail/config.hpp>
#include <tether/scope/deadline.hpp>
#include <tether/scope/with_task_group.hpp>
// Builds on sync/mutex.hpp.
#include <tether/sync/mutex.hpp>
#include <tether/task/task.hpp>
#include <tether/task/this_task.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <list>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

TETHER_BEGIN_NAMESPACE

/// What a check tells about.
enum class health_kind : unsigned char {
    /// Whether to send requests: a failing one waits for better times.
    readiness,
    /// Whether the process works at all: a failing one is restarted.
    liveness
};

/// Options of one check; trivially destructible.
///
/// Parameters: both times are positive.
struct health_options {
    /// A check that takes longer is failing.
    std::chrono::steady_clock::duration timeout = std::chrono::seconds(1);
    /// How long its last answer is given before it is asked again.
    std::chrono::steady_clock::duration interval = std::chrono::seconds(5);
    /// Which of the two reports it belongs to.
    health_kind kind = health_kind::readiness;
};

/// What one check said.
struct health_result {
    std::string name;     ///< of the check
    bool healthy = false; ///< what it said
    std::string text;     ///< why not; empty if it is
    /// When it said so, by the clock of the loop.
    std::chrono::steady_clock::time_point at{};
};

/// What all checks of one kind said, in the order in which they were added.
struct health_report {
    bool healthy = true; ///< all of them are, and nobody forced it false
    std::vector<health_result> checks; ///< their answers

    /// One line for each: "db: failing: timed out after 1 s".
    [[nodiscard]] std::string to_string() const {
        std::string out;
        for (health_result const& c : checks) {
            out += c.name + (c.healthy ? ": healthy" : ": failing: ");
            out += c.text + '\n';
        }
        return out;
    }
};

/// The checks of a program.
///
/// Invariant: a check runs at most once at a time, and not again before its
/// interval is over, however many ask.
/// Errors: std::invalid_argument for a time that is not positive, an empty
/// name or one that is taken.
/// Threads: the loop of those who ask, one at a time. It outlives the reports.
/// Example:
/// ```
/// health_registry health;
/// health.add("db", [&] { return db.ping(); }, {.timeout = 1s});
/// auto const now = co_await health.report();
/// respond(now.healthy ? 200 : 503, now.to_string());
/// ```
class health_registry {
public:
    health_registry() = default;
    health_registry(health_registry const&) = delete;
    health_registry& operator=(health_registry const&) = delete;

    /// Adds a check.
    ///
    /// Parameters: `ask()` returns task<bool>, or task<>, which is failing
    /// when it throws; kept by the registry.
    /// Errors: see the class.
    template<class F>
    void add(std::string_view name, F ask, health_options options = {}) {
        using result = std::invoke_result_t<F&>;
        static_assert(std::is_same_v<result, task<bool>> ||
                          std::is_same_v<result, task<>>,
                      "a health check is a function that returns "
                      "tether::task<bool>, or task<> and throws");
        refuse_name(name);
        refuse_time(name, "timeout", options.timeout);
        refuse_time(name, "interval", options.interval);
        entries_.emplace_back(name, options);
        if constexpr (std::is_same_v<result, task<bool>>)
            entries_.back().ask = std::move(ask);
        else
            entries_.back().ask = [plain =
                                       std::move(ask)]() mutable -> task<bool> {
                co_await plain();
                co_return true;
            };
    }

    /// Forces readiness false, as a program does that is about to end, or lets
    /// the checks decide again.
    void set_ready(bool ready, std::string_view why = "not ready") {
        if (ready)
            not_ready_.reset();
        else
            not_ready_.emplace(why);
    }
    /// Whether readiness is not forced false.
    [[nodiscard]] bool ready() const noexcept { return !not_ready_; }

    /// Asks the checks of a kind whose last answer is too old, all at the same
    /// time.
    ///
    /// Result: the answers. A check that throws or takes too long is failing.
    /// While readiness is forced false it asks nobody and says so.
    /// Errors: only what memory costs; forced_exit of a check.
    /// Completes when: each check has answered or its timeout is over. A check
    /// that shields itself from its timeout keeps the report waiting. A
    /// checkpoint if a check is one.
    /// On cancellation: stops the checks; answers that came are kept.
    template<class = void>
    [[nodiscard("co_await it")]] task<health_report>
    report(health_kind kind = health_kind::readiness) {
        health_report out;
        if (kind == health_kind::readiness && not_ready_) {
            out.healthy = false;
            health_result forced;
            forced.name = "readiness";
            forced.text = *not_ready_;
            forced.at = this_task::now();
            out.checks.push_back(std::move(forced));
            co_return out;
        }
        co_await with_task_group([&](task_group& group) -> task<> {
            for (entry& e : entries_) {
                if (e.options.kind == kind && !e.fresh())
                    group.spawn(named(e.last.name), &health_registry::refresh<>,
                                std::ref(e));
            }
            co_return;
        });
        for (entry const& e : entries_) {
            if (e.options.kind != kind)
                continue;
            out.healthy = out.healthy && e.last.healthy;
            out.checks.push_back(e.last);
        }
        // Forced while the checks ran.
        if (kind == health_kind::readiness && not_ready_)
            out.healthy = false;
        co_return out;
    }

private:
    struct entry {
        entry(std::string_view name, health_options o) : options(o) {
            last.name = name;
        }
        bool fresh() const {
            return asked && this_task::now() - last.at < options.interval;
        }

        health_options options;
        std::function<task<bool>()> ask;
        health_result last;
        bool asked = false;
        mutex turn; // whoever comes second takes the answer of the first
    };

    template<class = void>
    static task<> refresh(entry& e) {
        auto const mine = co_await e.turn.lock();
        if (e.fresh())
            co_return;
        bool healthy = false;
        std::string text;
        try {
            auto const said = co_await move_on_after(e.options.timeout, e.ask);
            healthy = said && *said;
            if (!said)
                text = "timed out after " +
                       detail::duration_text(e.options.timeout);
            else if (!*said)
                text = "the check said so";
        } catch (forced_exit const&) {
            throw;
        } catch (...) {
            text = detail::what_of(std::current_exception());
        }
        e.last.healthy = healthy;
        e.last.text = std::move(text);
        e.last.at = this_task::now();
        e.asked = true;
    }

    void refuse_name(std::string_view name) const {
        if (name.empty())
            throw std::invalid_argument(
                "health_registry: a check needs a name");
        for (entry const& e : entries_)
            if (e.last.name == name)
                throw std::invalid_argument(
                    "health_registry: there is a check '" + std::string(name) +
                    "' already");
    }
    static void refuse_time(std::string_view name, char const* what,
                            std::chrono::steady_clock::duration d) {
        if (d <= d.zero())
            throw std::invalid_argument(
                "health_registry: the " + std::string(what) + " of '" +
                std::string(name) +
                "' is not positive: " + std::to_string(d.count()) + " ns");
    }

    std::list<entry> entries_;
    std::optional<std::string> not_ready_;
};

TETHER_END_NAMESPACE

#endif
