// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a caller that expects one error get it out of a group of one?
#ifndef TETHER_CORE_COLLAPSE_HPP
#define TETHER_CORE_COLLAPSE_HPP

#include <tether/core/detail/exception_probe.hpp>
#include <tether/core/detail/text.hpp>
#include <tether/core/errors.hpp>
#include <tether/core/exception_group.hpp>
#include <tether/detail/config.hpp>

#include <exception>
#include <iterator>
#include <span>
#include <string>
#include <utility>
#include <vector>

TETHER_BEGIN_NAMESPACE

/// What `collapse` found inside groups of one.
///
/// Threads: a plain value.
/// Example:
/// ```
/// catch (exception_group const& group) { collapse(group).rethrow(); }
/// ```
class [[nodiscard("the collapsed error is still an error: rethrow it or look "
                  "at it")]] collapsed_error {
public:
    /// The error: a leaf as it was thrown, or a group of several.
    [[nodiscard]] std::exception_ptr error() const noexcept { return error_; }
    /// The way from the outside to the error, then what the groups around it
    /// said: their notes and contexts. Empty when nothing was taken off.
    [[nodiscard]] std::span<std::string const> notes() const& noexcept {
        return notes_;
    }
    void notes() const&& = delete; // a loop over a temporary would dangle
    /// Throws the error, unchanged.
    [[noreturn]] void rethrow() const { std::rethrow_exception(error_); }
    // NOLINTNEXTLINE(google-explicit-constructor): it is the error
    [[nodiscard]] operator std::exception_ptr() const noexcept {
        return error_;
    }

private:
    friend collapsed_error collapse(std::exception_ptr error);

    explicit collapsed_error(std::exception_ptr error) noexcept
        : error_(std::move(error)) {}

    std::exception_ptr error_;
    std::vector<std::string> notes_;
};

/// Takes off groups of one from the outside, as many as there are. A group of
/// several is left as it is. A group never does this by itself.
///
/// Result: the single leaf, unchanged with its causes, or the first group of
/// several, which has then the path as a note and the contexts of the groups
/// around it. A bare error, or null, comes back as it is.
[[nodiscard]] inline collapsed_error collapse(std::exception_ptr error) {
    collapsed_error result(std::move(error));
    std::string path;
    std::vector<std::string> said;
    std::vector<std::exception_ptr> contexts;
    auto const group_in = [](std::exception_ptr const& pointer) {
        return dynamic_cast<exception_group const*>(
            pointer ? detail::as_std_exception(pointer) : nullptr);
    };
    exception_group const* group = group_in(result.error_);
    while (group && group->size() == 1) {
        exception_group::member const only = *group->begin();
        path += path.empty() ? "path: " : " > ";
        path += group->message();
        if (!only.task_name().empty() || detail::has_place(only.spawn_site())) {
            path += " >";
            if (!only.task_name().empty()) {
                path += " task ";
                detail::append_quoted(path, only.task_name());
            }
            if (detail::has_place(only.spawn_site())) {
                path += " spawned at ";
                detail::append_place(path, only.spawn_site());
            }
        }
        said.insert(said.end(), group->notes().begin(), group->notes().end());
        said.insert(said.end(), only.notes().begin(), only.notes().end());
        contexts.insert(contexts.end(), group->contexts().begin(),
                        group->contexts().end());
        if (only.cause())
            said.push_back("caused by: " + detail::what_of(only.cause()));
        std::exception_ptr inner = only.error();
        result.error_ = std::move(inner);
        group = group_in(result.error_);
    }
    if (path.empty())
        return result;
    result.notes_.push_back(std::move(path));
    result.notes_.insert(result.notes_.end(),
                         std::make_move_iterator(said.begin()),
                         std::make_move_iterator(said.end()));
    if (group) {
        exception_group noted = *group;
        for (std::string const& note : result.notes_)
            noted = noted.with_note(note);
        for (std::exception_ptr const& context : contexts)
            noted = noted.with_context(context);
        result.error_ = detail::group_parts::throwable(*group, noted);
    } else {
        for (std::exception_ptr const& context : contexts)
            result.notes_.push_back("context: " + detail::what_of(context));
    }
    return result;
}

/// The same for the group that a catch block has in hand.
[[nodiscard]] inline collapsed_error collapse(exception_group const& group) {
    return collapse(detail::group_parts::throwable(group, group));
}

TETHER_END_NAMESPACE

#endif
