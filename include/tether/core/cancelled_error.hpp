// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What does somebody get who asks for the value of a stopped task, and what
/// leaves a program that was interrupted?
#ifndef TETHER_CORE_CANCELLED_ERROR_HPP
#define TETHER_CORE_CANCELLED_ERROR_HPP

#include <tether/core/cancel_reason.hpp>
#include <tether/core/detail/text.hpp>
#include <tether/detail/config.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

TETHER_BEGIN_NAMESPACE

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
