// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// On which executor do the handlers of our operations run? On the loop's: one
/// concrete eight-byte executor, so that no wait pays for type erasure.
#ifndef TETHER_RUNTIME_LOOP_EXECUTOR_HPP
#define TETHER_RUNTIME_LOOP_EXECUTOR_HPP

#include <tether/core/asio.hpp>
#include <tether/detail/config.hpp>
#include <tether/runtime/loop.hpp>

#include <boost/asio/execution.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/require.hpp>

#include <cstdint>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// Associated with every handler the library passes to Asio, so that the
// intermediate handlers of composed operations stay on the loop as well. Valid
// while an operation of the loop is in flight; users get executor() instead.
class loop_executor {
public:
    explicit loop_executor(loop& home) noexcept
        : bits_(reinterpret_cast<std::uintptr_t>(&home)) {}

    asio::execution_context& query(asio::execution::context_t) const noexcept {
        return home().context();
    }
    asio::execution::blocking_t
    query(asio::execution::blocking_t) const noexcept {
        return never() ? asio::execution::blocking_t(
                             asio::execution::blocking.never)
                       : asio::execution::blocking_t(
                             asio::execution::blocking.possibly);
    }
    loop_executor
    require(asio::execution::blocking_t::possibly_t) const noexcept {
        return loop_executor(bits_ & ~std::uintptr_t{1}, 0);
    }
    loop_executor require(asio::execution::blocking_t::never_t) const noexcept {
        return loop_executor(bits_ | std::uintptr_t{1}, 0);
    }

    template<class F>
    void execute(F&& f) const {
        if (asio::io_context* plain = home().plain_context()) {
            // Where a handler of the context runs already, as nearly always,
            // f is called in place, without the copy that Asio would make.
            if (never())
                asio::require(plain->get_executor(),
                              asio::execution::blocking.never)
                    .execute(std::forward<F>(f));
            else if (plain->get_executor().running_in_this_thread())
                static_cast<std::remove_reference_t<F>&&>(f)();
            else
                plain->get_executor().execute(std::forward<F>(f));
        } else if (home().orphaned()) {
            // No context, no call: the handler goes with f.
        } else if (never()) {
            asio::require(home().executor(), asio::execution::blocking.never)
                .execute(std::forward<F>(f));
        } else {
            home().executor().execute(std::forward<F>(f));
        }
    }

    friend bool operator==(loop_executor a, loop_executor b) noexcept {
        return a.bits_ == b.bits_;
    }
    friend bool operator!=(loop_executor a, loop_executor b) noexcept {
        return a.bits_ != b.bits_;
    }

    loop& home() const noexcept {
        return *reinterpret_cast<loop*>(bits_ & ~std::uintptr_t{1});
    }

private:
    loop_executor(std::uintptr_t bits, int) noexcept : bits_(bits) {}
    bool never() const noexcept { return (bits_ & 1) != 0; }

    std::uintptr_t bits_;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
