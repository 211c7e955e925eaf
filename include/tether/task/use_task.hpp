// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a task await an Asio operation? With `use_task` as the completion
/// token.
#ifndef TETHER_TASK_USE_TASK_HPP
#define TETHER_TASK_USE_TASK_HPP

#include <tether/core/asio.hpp>
#include <tether/detail/config.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/task/awaitable.hpp>
#include <tether/task/detail/completion.hpp>
#include <tether/task/detail/operation_wait.hpp>
#include <tether/task/detail/write_now.hpp>

#include <boost/asio/async_result.hpp>

#include <cstddef>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

TETHER_BEGIN_NAMESPACE

/// The type of use_task; name it to make it the default token of an object.
///
/// Threads: an empty value.
/// Example:
/// ```
/// using acceptor = use_task_t::as_default_on_t<asio::ip::tcp::acceptor>;
/// acceptor listener(this_task::executor(), endpoint);
/// auto socket = co_await listener.async_accept();
/// ```
struct use_task_t {
    constexpr use_task_t() noexcept = default;

    /// An executor whose I/O objects have use_task as their default token.
    ///
    /// Invariant: equal to the executor it was made from.
    template<class InnerExecutor>
    struct executor_with_default : InnerExecutor {
        /// What the asynchronous functions of Asio look for.
        using default_completion_token_type = use_task_t;

        /// Converts from the executor without a default token.
        template<class Other>
            requires(!std::is_same_v<Other, executor_with_default> &&
                     std::is_convertible_v<Other const&, InnerExecutor>)
        // NOLINTNEXTLINE(google-explicit-constructor): executors convert
        executor_with_default(Other const& other) noexcept
            : InnerExecutor(other) {}
    };

    /// The I/O object `T` with use_task as its default token.
    template<class T>
    using as_default_on_t = typename T::template rebind_executor<
        executor_with_default<typename T::executor_type>>::other;

    /// Result: `object`, moved into the type with use_task as default token.
    template<class T>
    static as_default_on_t<std::decay_t<T>> as_default_on(T&& object) {
        return as_default_on_t<std::decay_t<T>>(std::forward<T>(object));
    }
};

/// The completion token with which a task awaits any Asio operation.
///
/// The call gives a lazy operation; nothing is initiated before it is awaited.
/// Result: what the handler would get after its error: nothing, one value, or a
/// `std::tuple` of several. An operation with several signatures gives their
/// common value, or a `std::variant` of the different ones.
/// Errors: boost::system::system_error for an error code, the exception itself
/// for an `exception_ptr`, operation_abandoned if the handler was destroyed
/// without being called, and what the initiating function threw.
/// Completes when: the operation does, on the executor of the task, wherever
/// the operation itself runs. Always a checkpoint. An `asio::async_write` to a
/// stream socket is offered to the kernel first, so a small one seldom waits.
/// On cancellation: emits `cancellation_type::terminal` once and waits for the
/// handler. `operation_aborted` is then a stop; any other end, value or error,
/// is delivered, and the stop comes at the next checkpoint. An operation that
/// is awaited in a cancelled scope is not initiated.
/// Never lost: a value that the operation produced in spite of the cancel.
/// Threads: await it on the loop of the task; the operation may complete on
/// any thread.
/// Example:
/// ```
/// std::size_t const n =
///     co_await socket.async_read_some(asio::buffer(data), use_task);
/// ```
inline constexpr use_task_t use_task{};

namespace detail {

template<class Initiation, class Args, class... Sigs>
class [[nodiscard(
    "co_await the operation: it is not started before")]] asio_operation {
    using wait = wait_for_operation<Initiation, Args, Sigs...>;
    static constexpr bool writes = writes_now<Initiation, Args>;

public:
    template<class Start, class... As>
    explicit asio_operation(std::in_place_t, Start&& initiation, As&&... args)
        : initiation_(std::forward<Start>(initiation)),
          args_(std::forward<As>(args)...) {}

    wait connect() && noexcept(wait::nothrow) {
        if constexpr (writes)
            return std::move(*this).template connect_as<wait>(taken_);
        else
            return std::move(*this).template connect_as<wait>();
    }
    template<class Wait, class... More>
    Wait connect_as(More const&... more) && noexcept(Wait::nothrow) {
        return Wait(std::move(initiation_), std::move(args_), more...);
    }

    // A write is offered to the kernel before there is a wait for it.
    template<class Awaiter>
    bool now(loop& home, write_end& out, Awaiter&& waiting)
        requires writes
    {
        if (home.pays() && home.spend_system_call()) {
            if (offer_write(initiation_, std::get<0>(args_), out)) [[likely]]
                return true;
            taken_ = out.written;
        }
        return waiting.take_back();
    }

private:
    Initiation initiation_;
    Args args_;
    [[no_unique_address]] std::conditional_t<writes, std::optional<std::size_t>,
                                             std::monostate> taken_;
};

} // namespace detail

TETHER_END_NAMESPACE

namespace boost::asio {

template<class... Signatures>
class async_result<tether::use_task_t, Signatures...> {
public:
    template<class Initiation, class... Args>
    static auto initiate(Initiation&& initiation, tether::use_task_t,
                         Args&&... args) {
        using operation = tether::detail::asio_operation<
            std::decay_t<Initiation>, std::tuple<std::decay_t<Args>...>,
            typename tether::detail::plain_signature<Signatures>::type...>;
        return operation(std::in_place, std::forward<Initiation>(initiation),
                         std::forward<Args>(args)...);
    }
};

} // namespace boost::asio

#endif
