// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How is simultaneous use of something that cannot be shared noticed? By a
/// resource_guard, which never waits: the second user gets an error.
#ifndef TETHER_SYNC_RESOURCE_GUARD_HPP
#define TETHER_SYNC_RESOURCE_GUARD_HPP

#include <tether/core/errors.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/diagnostics.hpp>
#include <tether/detail/shared_text.hpp>
#include <tether/runtime/loop.hpp>

#include <source_location>
#include <string_view>
#include <utility>

TETHER_BEGIN_NAMESPACE

class resource_guard;

/// The use of what a resource_guard guards, while it exists.
///
/// Invariant: ends the use when destroyed, exactly once. A moved-from one holds
/// nothing.
/// Threads: those of the guard.
class [[nodiscard("the use ends when this is destroyed: keep it in a "
                  "variable")]] resource_use {
public:
    resource_use(resource_use&& other) noexcept
        : guard_(std::exchange(other.guard_, nullptr)) {}
    resource_use& operator=(resource_use&&) = delete;
    ~resource_use() { end(); }

    /// Ends the use now.
    void end() noexcept;

private:
    friend class resource_guard;
    explicit resource_use(resource_guard& guard) noexcept : guard_(&guard) {}

    resource_guard* guard_;
};

/// Notices when two tasks use at once what only one can use at a time: two
/// readers of one socket would each get parts of both messages.
///
/// Invariant: at most one resource_use exists at a time.
/// Errors: destroying it while it is used writes a sentence and terminates.
/// Threads: one loop at a time; it does not synchronise threads.
/// Example:
/// ```
/// task<std::string> connection::read_line() {
///     auto const use = reading.use(); // reading: a resource_guard("a read")
///     co_return co_await read_until(socket, '\n');
/// }
/// ```
/// Source: Trio's ConflictDetector.
class resource_guard {
public:
    /// Parameters: what is guarded, with its article, for the error; static
    /// storage.
    explicit constexpr resource_guard(char const* what) noexcept
        : what_(what) {}
    resource_guard(resource_guard const&) = delete;
    resource_guard& operator=(resource_guard const&) = delete;
    ~resource_guard() {
        if (used_)
            detail::fatal("a resource_guard was destroyed while what it guards "
                          "is used, since",
                          used_at_);
    }

    /// Begins a use; never waits.
    ///
    /// Errors: busy_resource while another use lasts; that one is not harmed.
    [[nodiscard("the use ends when this is destroyed")]] resource_use
    use(std::source_location here = std::source_location::current()) {
        detail::task_record const* const r = detail::running_task();
        if (used_)
            throw busy_resource(what_, user_.view(), used_at_,
                                r ? r->name() : std::string_view(), here);
        used_ = true;
        used_at_ = here;
        if (r && r->extra())
            user_ = r->extra()->name;
        return resource_use(*this);
    }

    /// Whether it is used at the moment.
    [[nodiscard]] bool busy() const noexcept { return used_; }

private:
    friend class resource_use;

    void end() noexcept {
        used_ = false;
        user_ = detail::shared_text();
    }

    char const* what_;
    std::source_location used_at_{};
    detail::shared_text user_;
    bool used_ = false;
};

inline void resource_use::end() noexcept {
    if (resource_guard* const guard = std::exchange(guard_, nullptr))
        guard->end();
}

TETHER_END_NAMESPACE

#endif
