// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Which errors tell of another task: that it failed, ended too early, or that
/// all wait?
#ifndef TETHER_CORE_TASK_ERRORS_HPP
#define TETHER_CORE_TASK_ERRORS_HPP

#include <tether/core/detail/error_text.hpp>
#include <tether/core/detail/text.hpp>
#include <tether/detail/config.hpp>

#include <exception>
#include <memory>
#include <source_location>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

TETHER_BEGIN_NAMESPACE

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

/// A child begun with `start` ended without calling `started`.
class child_exited_without_started : public std::runtime_error {
public:
    /// Says which child, and where it was started.
    explicit child_exited_without_started(std::string_view task = {},
                                          std::source_location where = {})
        : std::runtime_error(detail::with_origin(
              "child ended before it called started()", task, where)) {}
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

TETHER_END_NAMESPACE

#endif
