// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a root start on an executor that another thread may be running, and
/// how does its end come back to an Asio handler?
#ifndef TETHER_TASK_DETAIL_SPAWN_ROOT_HPP
#define TETHER_TASK_DETAIL_SPAWN_ROOT_HPP

#include <tether/core/asio.hpp>
#include <tether/core/errors.hpp>
#include <tether/detail/config.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/runtime/loop_executor.hpp>
#include <tether/runtime/loop_service.hpp>
#include <tether/task/detail/root.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/execution.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// Executors that differ only in how they submit mean the same loop.
template<class E>
asio::any_io_executor executor_of(E& from) {
    asio::any_io_executor out;
    if constexpr (std::is_base_of_v<asio::execution_context,
                                    std::remove_cv_t<E>>)
        out = from.get_executor();
    else
        out = from;
    return asio::prefer(
        asio::prefer(out, asio::execution::outstanding_work.untracked),
        asio::execution::blocking.possibly);
}

// How a result stands beside an error in a completion signature.
template<class T>
struct spawn_value {
    using type = std::conditional_t<std::is_default_constructible_v<T>, T,
                                    std::optional<T>>;
};
template<class T>
struct spawn_value<T&> {
    using type = T*;
};
template<class T>
struct spawn_value<T&&> {
    using type = T*;
};
template<class T>
using spawn_value_t = typename spawn_value<T>::type;

template<class T>
struct spawn_signature_of {
    using type = void(std::exception_ptr, spawn_value_t<T>);
};
template<>
struct spawn_signature_of<void> {
    using type = void(std::exception_ptr);
};
template<class T>
using spawn_signature = typename spawn_signature_of<T>::type;

// What a cancellation signal from outside can reach. `root` is touched on the
// loop only; signals before the start are kept for it.
struct spawn_control {
    explicit spawn_control(asio::any_io_executor on)
        : executor(std::move(on)) {}

    void request(asio::cancellation_type_t type) {
        wanted = wanted | type;
        if (root)
            root->home()->enter([this] { apply(); });
    }
    void apply() {
        using kind = asio::cancellation_type;
        auto const has = [this](asio::cancellation_type_t bit) {
            return (wanted & bit) != kind::none;
        };
        if (has(kind::terminal))
            root->cancel(cancel_kind::foreign, "an Asio cancellation signal");
        else if (has(kind::partial) || has(kind::total))
            root->home()->cancel_soft(*root, root->more().note,
                                      "an Asio cancellation signal", {});
    }

    asio::any_io_executor executor;
    root_base* root = nullptr;
    asio::cancellation_type_t wanted = asio::cancellation_type::none;
};

// Stands in the handler's slot. A signal is always posted: it may come from
// another thread's executor, or from inside a cancel of the same loop.
class spawn_canceller {
public:
    explicit spawn_canceller(std::shared_ptr<spawn_control> control) noexcept
        : control_(std::move(control)) {}
    void operator()(asio::cancellation_type_t type) const {
        asio::post(control_->executor,
                   [control = control_, type] { control->request(type); });
    }

private:
    std::shared_ptr<spawn_control> control_;
};

// The handler with all that it needs to be called: work on its executor.
template<class Handler>
class spawn_handler {
public:
    using executor_type =
        asio::associated_executor_t<Handler, asio::any_io_executor>;
    using allocator_type = asio::associated_allocator_t<Handler>;

    spawn_handler(Handler&& handler, asio::any_io_executor const& fallback)
        : handler_(std::move(handler)),
          work_(asio::get_associated_executor(handler_, fallback)) {}

    allocator_type get_allocator() const noexcept {
        return asio::get_associated_allocator(handler_);
    }
    executor_type executor() const noexcept { return work_.get_executor(); }
    // Work that would keep `context` running beside what is known of the task.
    void forget_work_on(asio::execution_context const& context) noexcept {
        if constexpr (asio::can_query_v<executor_type,
                                        asio::execution::context_t>) {
            if (&asio::query(executor(), asio::execution::context) == &context)
                work_.reset();
        }
    }
    Handler& get() noexcept { return handler_; }

private:
    Handler handler_;
    asio::executor_work_guard<executor_type> work_;
};

// In virtual time only what can happen without time passing keeps the clock
// from jumping. A task that awaits another root of its loop waits for the loop
// alone.
class parked_await {
public:
    parked_await() noexcept = default;
    parked_await(parked_await&& other) noexcept
        : home_(std::exchange(other.home_, nullptr)) {}
    parked_await& operator=(parked_await&&) = delete;
    ~parked_await() {
        if (home_)
            home_->operation_unparked();
    }

    void begin(loop& home) noexcept {
        home_ = &home;
        home.operation_parked();
    }

private:
    loop* home_ = nullptr;
};

// Stands for asio::detached, where nobody would hear of an error.
struct detached_end {
    template<class... Result>
    void operator()(Result&&...) const noexcept {}
};

// Called by the root with its end; the user's handler runs later, so that it
// may do anything, also destroy what the task was started on.
template<class T, class Handler>
class spawn_done {
public:
    spawn_done(spawn_handler<Handler>&& handler,
               std::shared_ptr<spawn_control> control, loop& home)
        : handler_(std::move(handler)), control_(std::move(control)) {
        if (!home.virtual_time()) {
            work_ = asio::prefer(control_->executor,
                                 asio::execution::outstanding_work.tracked);
            return;
        }
        handler_.forget_work_on(home.context());
        if constexpr (std::is_same_v<
                          typename spawn_handler<Handler>::executor_type,
                          loop_executor>) {
            if (&handler_.executor().home() == &home)
                awaited_.begin(home);
        }
    }
    spawn_done(spawn_done&&) = default;
    ~spawn_done() {
        if (control_)
            control_->root = nullptr;
    }

    void operator()(root_result<T>&& result) {
        std::exchange(control_, nullptr)->root = nullptr;
        if constexpr (std::is_same_v<Handler, detached_end>) {
            // What is thrown here goes to the sink of the loop, or out of run.
            if (result.error && !result.stopped)
                refuse(std::move(result.error));
        } else {
            auto const to = handler_.executor();
            asio::post(to, call(std::move(handler_), std::move(result)));
        }
    }

private:
    [[noreturn]] static void refuse(std::exception_ptr error) {
        try {
            std::rethrow_exception(std::move(error));
        } catch (...) {
            std::throw_with_nested(
                internal_error("a detached task failed, whose error nobody "
                               "receives"));
        }
    }

    class call {
    public:
        using allocator_type = typename spawn_handler<Handler>::allocator_type;

        call(spawn_handler<Handler>&& handler, root_result<T>&& result)
            : handler_(std::move(handler)), result_(std::move(result)) {}
        allocator_type get_allocator() const noexcept {
            return handler_.get_allocator();
        }
        void operator()() {
            if constexpr (std::is_void_v<T>)
                std::move(handler_.get())(std::move(result_.error));
            else if (!result_.value)
                std::move(handler_.get())(std::move(result_.error),
                                          spawn_value_t<T>());
            else
                std::move(handler_.get())(
                    std::exception_ptr(),
                    spawn_value_t<T>(std::move(*result_.value)));
        }

    private:
        spawn_handler<Handler> handler_;
        root_result<T> result_;
    };

    spawn_handler<Handler> handler_;
    std::shared_ptr<spawn_control> control_;
    asio::any_io_executor work_;
    parked_await awaited_;
};

// Posted from the calling thread; runs on the executor and finds the loop.
template<class Body, class Handler>
class spawn_start {
public:
    using allocator_type = typename spawn_handler<Handler>::allocator_type;
    using T = typename Body::value_type;

    spawn_start(Body&& work, Handler&& handler,
                std::shared_ptr<spawn_control> control)
        : body_(std::move(work)),
          handler_(std::move(handler), control->executor),
          control_(std::move(control)) {}
    spawn_start(spawn_start&&) = default;

    allocator_type get_allocator() const noexcept {
        return handler_.get_allocator();
    }
    void operator()() {
        spawn_control& control = *control_;
        loop& l = loop_service::acquire(control.executor);
        struct releaser {
            loop& home;
            ~releaser() { home.release(); }
        } const reference{l};
        l.enter([&] {
            using done = spawn_done<T, Handler>;
            auto* const made = new root<Body, done>(
                std::move(body_), done(std::move(handler_), control_, l), {});
            control.root = made;
            made->start(l);
            if (control.root)
                control.apply();
        });
    }

private:
    Body body_;
    spawn_handler<Handler> handler_;
    std::shared_ptr<spawn_control> control_;
};

class initiate_spawn {
public:
    using executor_type = asio::any_io_executor;

    explicit initiate_spawn(asio::any_io_executor executor)
        : executor_(std::move(executor)) {}
    executor_type get_executor() const noexcept { return executor_; }

    template<class Handler, class Body>
    void operator()(Handler&& handler, Body&& work) const {
        using handler_type = std::decay_t<Handler>;
        auto control = std::make_shared<spawn_control>(executor_);
        auto slot = asio::get_associated_cancellation_slot(handler);
        if (slot.is_connected())
            slot.template emplace<spawn_canceller>(control);
        spawn_start<std::decay_t<Body>, handler_type> start(
            std::forward<Body>(work),
            handler_type(std::forward<Handler>(handler)), std::move(control));
        asio::post(executor_, std::move(start));
    }

private:
    asio::any_io_executor executor_;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
