// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does one slow service not take the whole program with it? A bulkhead
/// lets few calls in, a few more wait, and refuses the others at once.
#ifndef TETHER_RESILIENCE_BULKHEAD_HPP
#define TETHER_RESILIENCE_BULKHEAD_HPP

#include <tether/core/detail/text.hpp>
#include <tether/detail/call_site.hpp>
#include <tether/detail/config.hpp>
#include <tether/sync/semaphore.hpp>
#include <tether/task/awaitable.hpp>
#include <tether/task/task.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <source_location>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE

/// Limits of a bulkhead.
struct bulkhead_options {
    /// How many calls go on at a time; at least one.
    std::size_t max_concurrent = 10;
    /// How many more may wait.
    std::size_t max_queue = 0;
    /// For errors; copied.
    std::string_view name{};
};

/// What bulkhead::statistics() tells.
struct bulkhead_statistics {
    std::size_t running;    ///< calls that go on
    std::size_t waiting;    ///< calls in the queue
    std::uint64_t accepted; ///< calls that were let in since it was made
    std::uint64_t rejected; ///< calls that were refused
};

/// A bulkhead had neither room nor a place in its queue.
class bulkhead_full : public std::runtime_error {
public:
    /// Says which, and what its limits are.
    bulkhead_full(std::string_view name, std::size_t max_concurrent,
                  std::size_t max_queue)
        : std::runtime_error(sentence(name, max_concurrent, max_queue)) {}

private:
    static std::string sentence(std::string_view name, std::size_t running,
                                std::size_t waiting) {
        std::string out = "bulkhead ";
        if (!name.empty()) {
            detail::append_quoted(out, name);
            out += ' ';
        }
        return out + "is full: " + std::to_string(running) +
               " calls go on and " + std::to_string(waiting) + " wait";
    }
};

/// Bounds how many calls go on at a time, and how many wait.
///
/// Invariant: at most max_concurrent calls go on and at most max_queue wait, in
/// the order of arrival; whoever comes then is refused at once.
/// Errors: destroying it while calls go on or wait writes a sentence and
/// terminates.
/// Never lost: the place of a call that ends, however, goes to the first that
/// waits.
/// Threads: as semaphore.
/// Example:
/// ```
/// tether::bulkhead service({.max_concurrent = 10, .max_queue = 20});
/// auto reply = co_await service.call([&] { return ask(question); });
/// ```
class bulkhead {
public:
    /// Errors: std::invalid_argument when no call could ever go on.
    explicit bulkhead(bulkhead_options options)
        : places_(checked(options)),
          max_concurrent_(options.max_concurrent),
          max_queue_(options.max_queue),
          name_(options.name) {}
    bulkhead(bulkhead const&) = delete;
    bulkhead& operator=(bulkhead const&) = delete;

    /// Runs `body` once there is room.
    ///
    /// Parameters: a function without parameters that returns a task, or
    /// something else to await; an lvalue is used in place and must outlive the
    /// await.
    /// Result: what the body gave.
    /// Errors: bulkhead_full, and the body did not run; what the body threw.
    /// Completes when: the body has ended; its place is free before the caller
    /// goes on. A checkpoint if it has to wait.
    /// On cancellation: the wait is given up, or the body is stopped.
    template<class F>
    [[nodiscard("co_await the call")]] auto
    call(F&& body,
         std::source_location here = std::source_location::current()) {
        TETHER_CHECK_BODY(F);
        using made = std::invoke_result_t<F&>;
        static_assert(awaitable<made>,
                      "the body of a bulkhead's call takes nothing and returns "
                      "what can be awaited, such as tether::task<T>");
        return run<await_result_t<made>, F>(*this, std::forward<F>(body), here);
    }

    /// Waits for a place without running anything.
    ///
    /// Result: the place, which is given up when the permit is destroyed.
    /// Errors: bulkhead_full.
    /// Completes when: there is room. A checkpoint if it has to wait.
    /// On cancellation: the place in the queue is given up.
    template<class = void>
    [[nodiscard("co_await it and keep the permit")]] task<permit>
    enter(std::source_location here = std::source_location::current()) {
        std::optional<permit> place = places_.try_acquire();
        if (!place) {
            queued const waits(*this);
            place = co_await places_.acquire(1, detail::site_of(here));
        }
        ++accepted_;
        co_return std::move(*place);
    }

    /// Result: counts for logs and dumps.
    [[nodiscard]] bulkhead_statistics statistics() const noexcept {
        return {places_.statistics().held, waiting_, accepted_, rejected_};
    }

private:
    class queued {
    public:
        explicit queued(bulkhead& self) : self_(&self) {
            if (self.waiting_ >= self.max_queue_) {
                ++self.rejected_;
                throw bulkhead_full(self.name_, self.max_concurrent_,
                                    self.max_queue_);
            }
            ++self.waiting_;
        }
        queued(queued const&) = delete;
        queued& operator=(queued const&) = delete;
        ~queued() { --self_->waiting_; }

    private:
        bulkhead* self_;
    };

    static std::ptrdiff_t checked(bulkhead_options const& options) {
        if (options.max_concurrent == 0)
            throw std::invalid_argument(
                "bulkhead: max_concurrent is 0, so that no call could go on");
        if (options.max_concurrent >
            static_cast<std::size_t>(semaphore::unbounded))
            throw std::invalid_argument(
                "bulkhead: max_concurrent is " +
                std::to_string(options.max_concurrent) +
                ": take a number that bounds something");
        return static_cast<std::ptrdiff_t>(options.max_concurrent);
    }

    template<class T, class F>
    static task<T> run(bulkhead& self, F body, std::source_location here) {
        permit const place = co_await self.enter(here);
        co_return co_await std::invoke(body);
    }

    semaphore places_;
    std::size_t max_concurrent_;
    std::size_t max_queue_;
    std::size_t waiting_ = 0;
    std::uint64_t accepted_ = 0;
    std::uint64_t rejected_ = 0;
    std::string name_;
};

TETHER_END_NAMESPACE

#endif
