// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How is one body run many times, each time with somebody who interferes?
/// Each run is a test of its own; what went wrong is collected in one report.
#ifndef TETHER_TESTING_DETAIL_HOOKED_RUN_HPP
#define TETHER_TESTING_DETAIL_HOOKED_RUN_HPP

#include <tether/core/detail/text.hpp>
#include <tether/core/errors.hpp>
#include <tether/core/format_error.hpp>
#include <tether/detail/config.hpp>
#include <tether/runtime/detail/format_tree.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/runtime/test_hooks.hpp>
#include <tether/task/detail/body.hpp>
#include <tether/task/detail/root.hpp>
#include <tether/testing/detail/hooks_guard.hpp>
#include <tether/testing/detail/test_body.hpp>
#include <tether/testing/detail/test_session.hpp>
#include <tether/testing/test_failure.hpp>
#include <tether/testing/test_options.hpp>

#include <concepts>
#include <cstddef>
#include <exception>
#include <functional>
#include <source_location>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace testing::detail {

using tether::detail::scope_node;
using tether::detail::task_record;

// How one run ended. What the body threw is text already: the blocks of failed
// children, which a group holds, must be gone before leaks are looked for.
struct run_end {
    bool stopped = false;
    std::string error;   // that the body threw, also for a stop
    std::string problem; // whatever is wrong in any case

    void add(std::string_view text) {
        problem += text;
        if (!problem.empty() && problem.back() != '\n')
            problem += '\n';
    }
    void add_error(std::exception_ptr const& thrown) {
        try {
            std::rethrow_exception(thrown);
        } catch (test_failure const& failure) {
            return add(failure.what());
        } catch (deadlock_error const& stuck) {
            return add(stuck.what());
        } catch (cancelled_error const&) {
            stopped = true;
        } catch (...) {
        }
        error = format_error(thrown) + '\n';
    }
};

// Runs the body once, then checks the invariant. Of a run that is `disturbed`,
// errors that nobody could receive are no news.
using hooked_run = std::function<run_end(test_hooks&, bool disturbed)>;

// Says that something is wrong by throwing, or by answering false.
template<class C>
concept invariant_check = std::is_void_v<std::invoke_result_t<C&>> ||
                          std::convertible_to<std::invoke_result_t<C&>, bool>;

struct no_invariant {
    void operator()() const noexcept {}
};

template<class Check>
void check_invariant(Check& asked, run_end& end) {
    try {
        if constexpr (std::is_void_v<std::invoke_result_t<Check&>>) {
            std::invoke(asked);
        } else {
            if (!std::invoke(asked))
                end.add("the invariant does not hold");
        }
    } catch (test_failure const& failure) {
        end.add(failure.what());
    } catch (...) {
        end.add("the invariant does not hold: " +
                format_error(std::current_exception()));
    }
}

// Refers to its arguments.
template<class F, class Check>
hooked_run make_hooked_run(F& fn, Check& asked, test_options const& options) {
    return [&](test_hooks& hooks, bool disturbed) {
        using body = tether::detail::body_for<F>;
        using T = typename body::value_type;
        tether::detail::refuse_nested_run();
        run_end end;
        leak_count const before;
        test_findings found(options);
        {
            body work(std::in_place, fn);
            tether::detail::root_result<T> result;
            run_in_session(test_body<T>(work), options, found, result, &hooks);
            if (result.error)
                end.add_error(result.error);
        }
        if (disturbed)
            found.unhandled.clear();
        try {
            found.rethrow(before, nullptr);
        } catch (test_failure const& failure) {
            end.add(failure.what());
        }
        check_invariant(asked, end);
        return end;
    };
}

inline scope_node* first_root(loop& l) noexcept {
    return l.roots().first_child();
}

// What a hook saw where it interfered.
struct disturbance {
    std::source_location where{};
    std::string task;
    std::string tree;

    void at(task_record& r) {
        if (r.leaf())
            where = r.leaf()->where;
        task = r.name();
        // The record may have left its scope already, and does not know it.
        if (loop* const home = tether::detail::running_loop())
            tree = tether::detail::format_tree(*home);
    }
    std::string tree_text() const {
        return tree.empty()
                   ? tree
                   : "  tasks at that moment:\n" + indented(tree, "    ");
    }
    std::string text() const {
        std::string out;
        if (tether::detail::has_place(where)) {
            out += ", ";
            tether::detail::append_place(out, where);
        }
        if (!task.empty()) {
            out += ", in task ";
            tether::detail::append_quoted(out, task);
        }
        return out;
    }
};

// Ends what would run for ever: marks all that is alive as forced, which
// ignores shields.
class endless_guard {
public:
    explicit endless_guard(std::size_t limit) noexcept : limit_(limit) {}

    void count(loop& l) noexcept {
        if (++count_ != limit_)
            return;
        for (scope_node* at = first_root(l); at; at = at->next_sibling())
            l.force(*at);
    }
    void check_end(char const* what, run_end& end) const {
        if (count_ >= limit_)
            end.add("it does not end: it passed " + std::to_string(count_) +
                    ' ' + what);
    }

private:
    std::size_t limit_;
    std::size_t count_ = 0;
};

// The report of a series of runs.
class run_log {
public:
    run_log(char const* verb, std::size_t max_failures) noexcept
        : verb_(verb), max_failures_(max_failures) {}

    std::size_t runs() const noexcept { return runs_; }
    bool failed() const noexcept { return failures_ != 0; }
    bool full() const noexcept { return failures_ >= max_failures_; }

    // Whether the run was well; `say` describes one that was not.
    template<class Say>
    bool add(run_end const& end, bool errors_allowed, Say&& say) {
        ++runs_;
        bool const threw = !end.error.empty() && !errors_allowed;
        if (!threw && end.problem.empty())
            return true;
        ++failures_;
        text_ += say();
        text_ += indented(end.problem, "  ");
        if (!end.error.empty())
            text_ += indented("it ended with " + end.error, "  ");
        return false;
    }

    void throw_failures() const {
        if (failures_ != 0)
            throw test_failure(
                std::string(verb_) + ": " + std::to_string(failures_) + " of " +
                std::to_string(runs_) + " runs failed\n" + text_);
    }

private:
    char const* verb_;
    std::size_t max_failures_;
    std::size_t runs_ = 0;
    std::size_t failures_ = 0;
    std::string text_;
};

} // namespace testing::detail
TETHER_END_NAMESPACE

#endif
