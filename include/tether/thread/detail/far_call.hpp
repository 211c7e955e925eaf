// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a plain function run on another executor for a task? It is called
/// there once, with a token that says when its result is not wanted any more.
#ifndef TETHER_THREAD_DETAIL_FAR_CALL_HPP
#define TETHER_THREAD_DETAIL_FAR_CALL_HPP

#include <tether/core/errors.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/current_loop.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/runtime/stop_hook.hpp>
#include <tether/thread/detail/far_work.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <version>

#if defined(__cpp_lib_jthread)
#include <stop_token>
#endif

TETHER_BEGIN_NAMESPACE
namespace detail {

// Called like the function of a std::thread: with copies, as rvalues.
struct plain_call {
    template<class F, class... Args>
    static decltype(auto) call(F& fn, Args&... args) {
        return std::invoke(std::move(fn), std::move(args)...);
    }
    static std::shared_ptr<stop_hook> hook() noexcept { return nullptr; }
};

#if defined(__cpp_lib_jthread)
// The same with a token in front, as the function of a std::jthread.
class token_call {
    struct source final : stop_hook {
        void request_stop() noexcept override { made.request_stop(); }
        std::stop_source made;
    };

public:
    template<class F, class... Args>
    decltype(auto) call(F& fn, Args&... args) {
        return std::invoke(std::move(fn), source_->made.get_token(),
                           std::move(args)...);
    }
    std::shared_ptr<stop_hook> hook() const noexcept { return source_; }

private:
    std::shared_ptr<source> const source_ = std::make_shared<source>();
};

template<class F, class... Args>
using far_call_kind =
    std::conditional_t<std::is_invocable_v<F, std::stop_token, Args...>,
                       token_call, plain_call>;
#else
template<class F, class... Args>
using far_call_kind = plain_call;
#endif

template<class F, class... Args>
concept far_callable = std::is_invocable_v<F, Args...> ||
                       !std::is_same_v<far_call_kind<F, Args...>, plain_call>;

// What the task gets: values and lvalue references.
template<class F, class... Args>
using far_call_result =
    decltype(std::declval<far_call_kind<F, Args...>&>().call(
        std::declval<F&>(), std::declval<Args&>()...));
template<class R>
using far_value = std::conditional_t<std::is_lvalue_reference_v<R>, R,
                                     std::remove_cvref_t<R>>;

template<class F, class... Args>
class far_call final
    : public far_result<far_value<far_call_result<F, Args...>>> {
public:
    template<class G, class... As>
    far_call(asio::any_io_executor there, G&& fn, As&&... args)
        : far_call::far_result(std::move(there)),
          call_(std::in_place, std::forward<G>(fn), std::forward<As>(args)...) {
    }

    void discard() noexcept override {
        call_.reset();
        this->reset_value();
        this->let_go();
    }
    // Callbacks of the token are foreign code: they run after the walk.
    void ask_to_stop(loop& home, far_stop&&) noexcept override {
        if (std::shared_ptr<stop_hook> hook = kind_.hook())
            home.request_stop(std::move(hook));
    }

private:
    struct function {
        template<class G, class... As>
        explicit function(G&& g, As&&... as)
            : fn(std::forward<G>(g)), args(std::forward<As>(as)...) {}

        F fn;
        std::tuple<Args...> args;
    };

    void run() override {
        call();
        call_.reset();
        this->let_go();
        this->ended();
    }
    void call() noexcept {
        worker_base here{&this->carried()};
        struct works_for {
            ~works_for() { current_worker = outer; }
            worker_base* outer;
        } const afterwards{std::exchange(current_worker, &here)};
        try {
            this->store([this]() -> far_value<far_call_result<F, Args...>> {
                return std::apply(
                    [this](Args&... args) -> decltype(auto) {
                        return kind_.call(call_->fn, args...);
                    },
                    call_->args);
            });
        } catch (cancelled_error const&) {
            this->fails(std::current_exception(), far_end::cancelled);
        } catch (...) {
            this->fails(std::current_exception());
        }
    }

    far_call_kind<F, Args...> kind_;
    std::optional<function> call_;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
