// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Who notices a shield that keeps a program from ending? A shield_watch.
#ifndef TETHER_SCOPE_SHIELD_WATCH_HPP
#define TETHER_SCOPE_SHIELD_WATCH_HPP

#include <tether/detail/config.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/task/detail/late_watch.hpp>
#include <tether/task/sleep.hpp>

#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>

TETHER_BEGIN_NAMESPACE

/// Reports shields of its loop that hold a cancel off for longer than a limit.
///
/// Invariant: neither copied nor moved. Costs nothing while no shield holds a
/// cancel off.
/// Parameters: `limit` counts from the cancel; `report` gets one sentence for
/// each shield, again every `limit` as long as it holds and anything else goes
/// on in the loop.
/// Errors: std::invalid_argument for a limit that is not positive;
/// std::logic_error outside of a loop. A report that throws ends the program.
/// Threads: made and destroyed on the loop that it watches.
/// Example:
/// ```
/// shield_watch const watch(5s, [](std::string const& text) {
///     std::clog << text << '\n';
/// });
/// ```
class shield_watch final : private detail::late_watch {
public:
    /// Watches the loop that runs until the watch is destroyed.
    template<class Rep, class Period>
    shield_watch(std::chrono::duration<Rep, Period> limit,
                 std::function<void(std::string const&)> report)
        : late_watch(home(), checked(limit), true),
          report_(std::move(report)) {}
    ~shield_watch() = default;

private:
    static detail::loop& home() {
        if (detail::loop* const here = detail::running_loop())
            return *here;
        throw std::logic_error("a shield_watch was made where no loop runs: "
                               "make it in a task");
    }
    template<class Rep, class Period>
    static detail::duration checked(std::chrono::duration<Rep, Period> limit) {
        auto const d = detail::to_loop_duration(limit, "shield_watch");
        if (d == detail::duration::zero())
            throw std::invalid_argument("shield_watch: the limit is 0");
        return d;
    }
    void tell(detail::late_find const& found) override {
        report_(found.text());
    }

    std::function<void(std::string const&)> report_;
};

TETHER_END_NAMESPACE

#endif
