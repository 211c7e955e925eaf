// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What does a task do to await one Asio operation? It initiates it, unless the
/// operation is a write that the kernel takes at once.
#ifndef TETHER_TASK_DETAIL_OPERATION_WAIT_HPP
#define TETHER_TASK_DETAIL_OPERATION_WAIT_HPP

#include <tether/core/asio.hpp>
#include <tether/detail/config.hpp>
#include <tether/task/detail/asio_wait.hpp>
#include <tether/task/detail/write_now.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/system/error_code.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// The whole wait: what to initiate, with which arguments.
template<class Initiation, class Args, class... Sigs>
class asio_operation_wait : public asio_result<Sigs...> {
public:
    asio_operation_wait(Initiation&& initiation, Args&& args)
        : initiation_(std::move(initiation)), args_(std::move(args)) {}

    bool ready() const noexcept { return false; }
    void start() {
        this->begin([this] {
            std::apply(
                [this](auto&... args) {
                    // Arguments that convert, as Beast's ints to sizes do,
                    // convert in a system header, without a warning.
                    std::invoke(std::move(initiation_),
                                asio_handler<Sigs...>(*this),
                                std::move(args)...);
                },
                args_);
        });
    }

protected:
    ~asio_operation_wait() = default;

    asio::any_io_executor operation_executor() const noexcept final {
        if constexpr (requires {
                          {
                              initiation_.get_executor()
                          } -> std::convertible_to<asio::any_io_executor>;
                      })
            return initiation_.get_executor();
        else
            return {};
    }

    Initiation initiation_;
    Args args_;
};

template<class Initiation, class Args, class... Sigs>
class any_operation_wait final
    : public asio_operation_wait<Initiation, Args, Sigs...> {
public:
    using asio_operation_wait<Initiation, Args, Sigs...>::asio_operation_wait;
};

// A write to a socket, which seldom has to wait. What the kernel did not take
// at once is written by the operation.
template<class Initiation, class Args, class... Sigs>
class write_wait final : public asio_operation_wait<Initiation, Args, Sigs...> {
public:
    using asio_operation_wait<Initiation, Args, Sigs...>::asio_operation_wait;

    bool ready() noexcept {
        if (!this->home().spend_system_call())
            return false;
        auto* const socket =
            socket_of_write<Initiation>::find(this->initiation_);
        boost::system::error_code error;
        if (!socket || !write_now(socket->native_handle(),
                                  std::get<0>(this->args_), written_, error))
            return false;
        done_ = true;
        this->fail(error);
        return true;
    }
    std::size_t result() {
        if (!done_)
            return written_ + asio_result<Sigs...>::result();
        this->rethrow();
        return written_;
    }

private:
    std::size_t written_ = 0;
    bool done_ = false;
};

template<class Initiation, class Args, class... Sigs>
using wait_for_operation =
    std::conditional_t<writes_now<Initiation, Args>,
                       write_wait<Initiation, Args, Sigs...>,
                       any_operation_wait<Initiation, Args, Sigs...>>;

} // namespace detail
TETHER_END_NAMESPACE

#endif
