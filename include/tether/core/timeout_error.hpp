// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Which deadline passed, and where did its scope wait?
#ifndef TETHER_CORE_TIMEOUT_ERROR_HPP
#define TETHER_CORE_TIMEOUT_ERROR_HPP

#include <tether/core/detail/text.hpp>
#include <tether/detail/config.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <source_location>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

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

TETHER_END_NAMESPACE

#endif
