// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Which exceptions does tether itself throw, and what do they carry?
#ifndef TETHER_CORE_ERRORS_HPP
#define TETHER_CORE_ERRORS_HPP

#include <tether/core/cancel_reason.hpp>
#include <tether/core/detail/text.hpp>
#include <tether/detail/config.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <source_location>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

TETHER_BEGIN_NAMESPACE

/// A deadline passed before the work inside it was done.
///
/// Invariant: `code() == std::errc::timed_out`.
/// Parameters: `scope` names what had the deadline and may be empty;
/// `duration` is the relative deadline, none when it was a point in time;
/// `where` is where the scope was opened, `waiting_at` where the innermost task
/// inside it was suspended when the deadline fired; a default-constructed
/// location means that it is not known.
/// Threads: immutable, copies share their state and do not throw.
/// Example:
/// ```
/// try { co_await fail_after(5s, "fetch page", fetch(url)); }
/// catch (timeout_error const& e) {
///     log(e.what()); // deadline 5 s of 'fetch page' exceeded, …
/// }
/// ```
class timeout_error : public std::runtime_error {
public:
    /// Says which deadline passed, and where the scope waited.
    explicit timeout_error(
        std::string_view scope = {},
        std::optional<std::chrono::nanoseconds> duration = std::nullopt,
        std::source_location where = {}, std::source_location waiting_at = {})
        : std::runtime_error(sentence(scope, duration, waiting_at)),
          data_(std::make_shared<data const>(scope, duration, where,
                                             waiting_at)) {}

    /// The name of the scope that had the deadline, possibly empty.
    [[nodiscard]] std::string const& scope() const noexcept {
        return data_->scope;
    }
    /// The relative deadline; none when it was a point in time.
    [[nodiscard]] std::optional<std::chrono::nanoseconds>
    duration() const noexcept {
        return data_->duration;
    }
    /// Where the scope was opened.
    [[nodiscard]] std::source_location where() const noexcept {
        return data_->where;
    }
    /// Where the innermost task was suspended when the deadline fired.
    [[nodiscard]] std::source_location waiting_at() const noexcept {
        return data_->waiting_at;
    }
    /// The same error for callers that speak `std::error_code`.
    [[nodiscard]] std::error_code code() const noexcept {
        return std::make_error_code(std::errc::timed_out);
    }
    // NOLINTNEXTLINE(google-explicit-constructor): the code is the same error
    [[nodiscard]] operator std::error_code() const noexcept { return code(); }

    [[nodiscard]] friend bool operator==(timeout_error const&,
                                         std::errc condition) noexcept {
        return condition == std::errc::timed_out;
    }

private:
    struct data {
        data(std::string_view scope_name,
             std::optional<std::chrono::nanoseconds> relative,
             std::source_location opened, std::source_location waiting)
            : scope(scope_name),
              duration(relative),
              where(opened),
              waiting_at(waiting) {}
        std::string scope;
        std::optional<std::chrono::nanoseconds> duration;
        std::source_location where;
        std::source_location waiting_at;
    };

    static std::string
    sentence(std::string_view scope,
             std::optional<std::chrono::nanoseconds> duration,
             std::source_location waiting_at) {
        std::string out = "deadline";
        if (duration)
            out += ' ' + detail::duration_text(*duration);
        if (!scope.empty()) {
            out += " of ";
            detail::append_quoted(out, scope);
        }
        out += " exceeded";
        if (detail::has_place(waiting_at)) {
            out += ", was waiting at ";
            detail::append_place(out, waiting_at);
        }
        return out;
    }

    std::shared_ptr<data const> data_;
};

/// The value that was asked for does not exist because its task was stopped.
///
/// An ordinary error: throwing it never counts as a stop. It appears only from
/// handles of cancelled children and at the borders of the library.
/// Threads: immutable, copies share their state and do not throw.
class cancelled_error : public std::runtime_error {
public:
    /// Says why, and which task was stopped.
    explicit cancelled_error(cancel_reason why = {}, std::string_view task = {})
        : std::runtime_error(sentence(why, task)),
          reason_(std::make_shared<cancel_reason const>(std::move(why))) {}

    /// Why the task was stopped.
    [[nodiscard]] cancel_reason const& reason() const noexcept {
        return *reason_;
    }

private:
    static std::string sentence(cancel_reason const& why,
                                std::string_view task) {
        std::string out;
        if (!task.empty()) {
            out += "task ";
            detail::append_quoted(out, task);
            out += ' ';
        }
        out += "cancelled";
        if (why.kind != cancel_kind::none)
            out.append(": ").append(why.to_string());
        return out;
    }

    std::shared_ptr<cancel_reason const> reason_;
};

/// A signal of the operating system asked the program to end, and its main task
/// was stopped.
///
/// Invariant: `reason().kind == cancel_kind::signal`; its text is the name of
/// the signal.
/// Threads: immutable, copies share their state and do not throw.
class interrupted : public cancelled_error {
public:
    /// Parameters: the number of the signal, and what the task was told.
    explicit interrupted(int signal_number, cancel_reason why = {},
                         std::string_view task = {})
        : cancelled_error(std::move(why), task),
          signal_number_(signal_number) {}

    /// The signal that came.
    [[nodiscard]] int signal_number() const noexcept { return signal_number_; }

private:
    int signal_number_;
};

namespace detail {

// "sentence (task 'x' at file:line)" with the parts that are known.
inline std::string with_origin(std::string_view sentence, std::string_view task,
                               std::source_location where) {
    std::string out(sentence);
    if (task.empty() && !has_place(where))
        return out;
    out += " (";
    if (!task.empty()) {
        out += "task ";
        append_quoted(out, task);
        if (has_place(where))
            out += ' ';
    }
    if (has_place(where)) {
        out += "at ";
        append_place(out, where);
    }
    out += ')';
    return out;
}

inline std::string what_of(std::exception_ptr const& error) {
    if (!error)
        return "no error";
    try {
        std::rethrow_exception(error);
    } catch (std::exception const& e) {
        char const* const text = e.what();
        return text ? text : "(null)";
    } catch (...) {
        return "an exception that is not a std::exception";
    }
}

} // namespace detail

/// The awaited child task failed; its group keeps the error as well, or has
/// passed it to the error sink. Thrown by handles under `collect_all` and
/// `supervise`, without adding a second leaf to the group.
///
/// Parameters: `cause` is the child's own exception, unchanged.
class task_failed : public std::runtime_error {
public:
    /// Says which child failed, and with what.
    explicit task_failed(std::exception_ptr cause, std::string_view task = {},
                         std::source_location spawned_at = {})
        : std::runtime_error(sentence(cause, task, spawned_at)),
          data_(std::make_shared<data const>(std::move(cause), task,
                                             spawned_at)) {}

    /// The child's exception.
    [[nodiscard]] std::exception_ptr const& cause() const noexcept {
        return data_->cause;
    }
    /// The child's name, possibly empty.
    [[nodiscard]] std::string const& task() const noexcept {
        return data_->task;
    }
    /// Where the child was spawned.
    [[nodiscard]] std::source_location spawn_site() const noexcept {
        return data_->spawned_at;
    }

private:
    struct data {
        data(std::exception_ptr error, std::string_view name,
             std::source_location spawned)
            : cause(std::move(error)), task(name), spawned_at(spawned) {}
        std::exception_ptr cause;
        std::string task;
        std::source_location spawned_at;
    };

    static std::string sentence(std::exception_ptr const& cause,
                                std::string_view task,
                                std::source_location spawned_at) {
        std::string text =
            detail::with_origin("awaited task failed", task, spawned_at);
        return text.append(": ").append(detail::what_of(cause));
    }

    std::shared_ptr<data const> data_;
};

/// The root waited while nothing was left that could ever wake it.
class deadlock_error : public std::runtime_error {
public:
    /// Appends the tree to the sentence.
    explicit deadlock_error(std::string tree)
        : std::runtime_error(
              "deadlock: every task waits and no outstanding work is left\n" +
              tree),
          tree_(std::make_shared<std::string const>(std::move(tree))) {}

    /// The task tree at that moment, one line per task with file:line.
    [[nodiscard]] std::string const& tree() const noexcept { return *tree_; }

private:
    std::shared_ptr<std::string const> tree_;
};

/// A spawn into a group that is over.
///
/// Parameters: the names of the group and of the rejected task, and the place
/// of the spawn call.
class group_closed : public std::logic_error {
public:
    /// Says which group refused which task.
    explicit group_closed(std::string_view group = {},
                          std::string_view task = {},
                          std::source_location where = {})
        : std::logic_error(detail::with_origin(sentence(group), task, where)) {}

private:
    static std::string sentence(std::string_view group) {
        std::string out = "cannot spawn into task group ";
        if (!group.empty()) {
            detail::append_quoted(out, group);
            out += ' ';
        }
        return out + "after it has closed";
    }
};

/// An operation that the object does not allow in its present state, for
/// instance reading the result of a task that still runs.
class invalid_state : public std::logic_error {
public:
    /// The sentence, with the task and the place where they are known.
    explicit invalid_state(std::string_view sentence,
                           std::string_view task = {},
                           std::source_location where = {})
        : std::logic_error(detail::with_origin(sentence, task, where)) {}
};

/// An operation dropped its completion handler without calling it, so that its
/// result will never come.
class operation_abandoned : public std::runtime_error {
public:
    /// Says which task waited, and where.
    explicit operation_abandoned(std::string_view task = {},
                                 std::source_location where = {})
        : std::runtime_error(detail::with_origin(
              "operation abandoned: its completion handler was destroyed "
              "without being called",
              task, where)) {}
};

/// Two tasks used at the same time what only one can use at a time.
///
/// Parameters: what it is, who uses it and where, and who came second.
class busy_resource : public std::logic_error {
public:
    /// Says so.
    busy_resource(std::string_view what, std::string_view user,
                  std::source_location used_at, std::string_view second = {},
                  std::source_location where = {})
        : std::logic_error(detail::with_origin(sentence(what, user, used_at),
                                               second, where)) {}

private:
    static std::string sentence(std::string_view what, std::string_view user,
                                std::source_location used_at) {
        std::string out(what);
        out += " is in use";
        if (!user.empty()) {
            out += " by task ";
            detail::append_quoted(out, user);
        }
        if (detail::has_place(used_at)) {
            out += " since ";
            detail::append_place(out, used_at);
        }
        return out + ": one at a time, a mutex would let the second one wait";
    }
};

/// A thread asked something of a task or of a loop that is no longer there: the
/// run has ended, or the call on whose behalf the thread works was abandoned.
///
/// Threads: immutable, copies share their state and do not throw.
class run_finished : public std::runtime_error {
public:
    /// Says what was asked for.
    explicit run_finished(std::string_view what)
        : std::runtime_error(
              std::string(what) +
              ": the run has ended, or the task does not wait any more") {}
};

/// What was used is closed or broken, and will be so the next time.
///
/// Example:
/// ```
/// try { co_await tx.send_from(item); }
/// catch (closed_error const&) { co_return; } // nobody will ever receive
/// ```
class closed_error : public std::runtime_error {
protected:
    /// Made by the two kinds.
    explicit closed_error(std::string_view sentence)
        : std::runtime_error(std::string(sentence)) {}
};

/// The end that was used is itself closed, or was closed while the operation
/// waited.
///
/// Threads: immutable, copies share their state and do not throw.
class closed_resource : public closed_error {
public:
    /// Says what was closed.
    explicit closed_resource(std::string_view sentence)
        : closed_error(sentence) {}
};

/// What tasks wait at was given up: a task ended while it held the lock, a
/// barrier was aborted, a parking lot was broken, all receivers of a channel
/// were closed. Waiting again fails again.
///
/// Threads: immutable, copies share their state and do not throw.
class broken_resource : public closed_error {
public:
    /// Says what is broken, and why.
    explicit broken_resource(std::string_view sentence)
        : closed_error(sentence) {}
};

/// The promise went away before it was kept, so that its future never has a
/// value.
///
/// Threads: immutable, copies share their state and do not throw.
class broken_promise : public broken_resource {
public:
    /// Says so.
    broken_promise()
        : broken_resource(
              "the promise was destroyed before it had a value or an error") {}
};

/// A child begun with `start` ended without calling `started`.
class child_exited_without_started : public std::runtime_error {
public:
    /// Says which child, and where it was started.
    explicit child_exited_without_started(std::string_view task = {},
                                          std::source_location where = {})
        : std::runtime_error(detail::with_origin(
              "child ended before it called started()", task, where)) {}
};

/// The program is in a state that nobody is responsible for: tether broke one
/// of its own rules, or a detached task failed, which is nested in the error.
class internal_error : public std::logic_error {
public:
    /// The rule that was broken.
    explicit internal_error(std::string_view sentence,
                            std::source_location where = {})
        : std::logic_error(detail::with_origin(
              std::string("tether internal error: ").append(sentence), {},
              where)) {}
};

/// The second interrupt: leave now. Not a `std::exception`, so that handlers of
/// ordinary errors do not hold it up; it escapes bare, after every group on
/// its way has joined its children.
///
/// Threads: a plain value.
class forced_exit {
public:
    /// Parameters: the number of the signal.
    explicit forced_exit(int signal_number) noexcept
        : signal_number_(signal_number) {}

    /// The signal that was received twice.
    [[nodiscard]] int signal_number() const noexcept { return signal_number_; }
    [[nodiscard]] char const* what() const noexcept {
        return "forced exit: interrupted twice";
    }

private:
    int signal_number_;
};

TETHER_END_NAMESPACE

#endif
