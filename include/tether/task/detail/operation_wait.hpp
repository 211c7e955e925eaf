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

#include <concepts>
#include <cstddef>
#include <functional>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// The whole wait: what to initiate, with which arguments.
template<class Initiation, class Args, class... Sigs>
class asio_operation_wait : public asio_result<Sigs...> {
public:
    static constexpr bool nothrow =
        std::is_nothrow_move_constructible_v<Initiation> &&
        std::is_nothrow_move_constructible_v<Args>;

    asio_operation_wait(Initiation&& initiation, Args&& args) noexcept(nothrow)
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
    using base = asio_operation_wait<Initiation, Args, Sigs...>;

public:
    // `taken`: how much the kernel has taken, if it was asked before.
    write_wait(Initiation&& initiation, Args&& args,
               std::optional<std::size_t> const& taken) noexcept(base::nothrow)
        : base(std::move(initiation), std::move(args)),
          end_(taken.value_or(0)),
          asked_(taken.has_value()) {}

    using prompt = write_end;
    static std::size_t prompt_result(prompt& end) { return end.result(); }

    bool ready() noexcept {
        if (!asked_ && this->home().spend_system_call())
            done_ =
                offer_write(this->initiation_, std::get<0>(this->args_), end_);
        return done_;
    }
    std::size_t result() {
        return done_ ? end_.result() : end_.written + base::result();
    }
    void result_to(prompt& out) { out = prompt(result()); }

private:
    write_end end_;
    bool asked_;
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
