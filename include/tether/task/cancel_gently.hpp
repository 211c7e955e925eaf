// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a cancel reach an Asio operation that should rather end at a good
/// place than be broken off? In two steps, with a grace between them.
#ifndef TETHER_TASK_CANCEL_GENTLY_HPP
#define TETHER_TASK_CANCEL_GENTLY_HPP

#include <tether/core/asio.hpp>
#include <tether/detail/config.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/runtime/timer_queue.hpp>
#include <tether/task/detail/operation_wait.hpp>
#include <tether/task/sleep.hpp>
#include <tether/task/use_task.hpp>

#include <boost/asio/cancellation_type.hpp>

#include <chrono>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

template<class Initiation, class Args, class... Sigs>
class gentle_wait final : public asio_operation_wait<Initiation, Args, Sigs...>,
                          private timer_node {
public:
    gentle_wait(Initiation&& initiation, Args&& args, duration grace)
        : asio_operation_wait<Initiation, Args, Sigs...>(std::move(initiation),
                                                         std::move(args)),
          timer_node(&expired),
          grace_(grace) {}
    ~gentle_wait() {
        if (!reserved_)
            return;
        this->home().disarm(*this);
        this->home().unreserve_timer();
    }

    void start() {
        this->home().reserve_timer(); // a cancel must not fail
        reserved_ = true;
        asio_operation_wait<Initiation, Args, Sigs...>::start();
    }

    // An operation answers to what it supports of the two: total, nothing has
    // happened; partial, what has happened is known.
    abort_result abort() noexcept override {
        using kind = asio::cancellation_type;
        this->send(kind::total | kind::partial);
        if (this->in_operation())
            this->home().arm_reserved(
                *this, saturated_add(this->home().now(), grace_));
        return abort_result::pending;
    }

private:
    static void expired(timer_node& node) noexcept {
        auto& self = static_cast<gentle_wait&>(node);
        if (self.in_operation())
            self.send(asio::cancellation_type::terminal);
    }

    duration grace_;
    bool reserved_ = false;
};

template<class Initiation, class Args, class... Sigs>
class [[nodiscard("co_await the operation")]] gentle_operation {
public:
    gentle_operation(asio_operation<Initiation, Args, Sigs...>&& operation,
                     duration grace)
        : operation_(std::move(operation)), grace_(grace) {}

    gentle_wait<Initiation, Args, Sigs...> connect() && {
        return std::move(operation_)
            .template connect_as<gentle_wait<Initiation, Args, Sigs...>>(
                grace_);
    }

private:
    asio_operation<Initiation, Args, Sigs...> operation_;
    duration grace_;
};

} // namespace detail

/// Awaits an operation that a cancel asks first and breaks off only after a
/// grace, so that a peer need not see half a message.
///
/// Parameters: `operation` is what an Asio function with use_task gave; `grace`
/// counts from the cancel, `duration::max()` never breaks it off.
/// Result: that of the operation.
/// Errors: those of the operation; std::invalid_argument for a negative grace.
/// Completes when: the operation does. Always a checkpoint.
/// On cancellation: emits `total | partial`, of which an operation takes what
/// it supports, and `terminal` when the grace is over; waits for the handler.
/// `operation_aborted` is then a stop, any other end is delivered.
/// Never lost: a value that the operation produced in spite of the cancel.
/// Example:
/// ```
/// co_await cancel_gently(asio::async_write(socket, answer, use_task), 2s);
/// ```
template<class Initiation, class Args, class... Sigs, class Rep, class Period>
[[nodiscard("co_await the operation")]] auto
cancel_gently(detail::asio_operation<Initiation, Args, Sigs...> operation,
              std::chrono::duration<Rep, Period> grace) {
    return detail::gentle_operation<Initiation, Args, Sigs...>(
        std::move(operation), detail::to_loop_duration(grace, "cancel_gently"));
}

TETHER_END_NAMESPACE

#endif
