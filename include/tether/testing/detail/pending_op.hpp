// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does an object without a system call keep the operation of somebody who
/// waits for it? As a handler in the handler's own memory, until it is
/// completed, cancelled or dropped with the context.
#ifndef TETHER_TESTING_DETAIL_PENDING_OP_HPP
#define TETHER_TESTING_DETAIL_PENDING_OP_HPP

#include <tether/core/asio.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/diagnostics.hpp>
#include <tether/detail/intrusive_list.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/runtime/loop_service.hpp>

#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/error_code.hpp>

#include <memory>
#include <mutex>
#include <new>
#include <stdexcept>
#include <tuple>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

using boost::system::error_code;

// A handler with what it will be called with; always posted, because nobody
// may be called back from inside the call that completed him.
template<class Handler, class... Results>
class posted_handler {
public:
    using allocator_type = asio::associated_allocator_t<Handler>;

    posted_handler(Handler&& h, error_code const& code, Results&&... results)
        : handler_(std::move(h)),
          code_(code),
          results_(std::move(results)...) {}
    allocator_type get_allocator() const noexcept {
        return asio::get_associated_allocator(handler_);
    }
    void operator()() {
        std::apply(
            [this](Results&... results) {
                std::move(handler_)(code_, std::move(results)...);
            },
            results_);
    }

private:
    Handler handler_;
    error_code code_;
    std::tuple<Results...> results_;
};

template<class Handler, class Executor, class... Results>
void post_result(Handler&& handler, Executor const& otherwise,
                 error_code const& code, Results... results) {
    using own = std::decay_t<Handler>;
    auto const to = asio::get_associated_executor(handler, otherwise);
    asio::post(
        to, posted_handler<own, Results...>(own(std::forward<Handler>(handler)),
                                            code, std::move(results)...));
}

template<class Result>
class pending_op;

// What keeps pending operations.
template<class Result>
class op_keeper {
public:
    // The one who waits gave up: takes the operation out and ends it.
    virtual void cancel(pending_op<Result>& op) noexcept = 0;

protected:
    ~op_keeper() = default;
};

// An operation of signature void(error_code, Result). Counts as parked in the
// loop, which alone can complete it.
template<class Result>
class pending_op : public list_node {
public:
    pending_op(pending_op const&) = delete;
    pending_op& operator=(pending_op const&) = delete;

    // Each ends the life of the object.
    void complete(error_code const& code, Result result = {}) noexcept {
        leave();
        finish(code, std::move(result));
    }
    void drop() noexcept {
        leave();
        destroy();
    }

protected:
    explicit pending_op(loop& home) noexcept : home_(&home) {
        home.operation_parked();
    }
    ~pending_op() = default;

private:
    virtual void finish(error_code const& code, Result&& result) noexcept = 0;
    virtual void destroy() noexcept = 0;
    void leave() noexcept {
        if (linked())
            unlink();
        home_->operation_unparked();
    }

    loop* home_;
};

template<class Handler, class Executor, class Result>
class pending_handler final : public pending_op<Result> {
public:
    static pending_op<Result>& make(Handler&& h, Executor const& executor,
                                    loop& home, op_keeper<Result>& keeper) {
        allocator a(asio::get_associated_allocator(h));
        auto* const at = traits::allocate(a, 1);
        auto* const made = ::new (static_cast<void*>(at))
            pending_handler(std::move(h), executor, home);
        auto slot = asio::get_associated_cancellation_slot(made->handler_);
        if (slot.is_connected()) {
            try {
                slot.template emplace<canceller>(*made, keeper);
            } catch (...) {
                made->drop();
                throw;
            }
        }
        return *made;
    }

private:
    using allocator =
        typename std::allocator_traits<asio::associated_allocator_t<Handler>>::
            template rebind_alloc<pending_handler>;
    using traits = std::allocator_traits<allocator>;

    // All three types end an operation that has done nothing so far. Clearing
    // the slot destroys this object, so nothing is read after the call.
    struct canceller {
        canceller(pending_handler& o, op_keeper<Result>& k) noexcept
            : op(&o), keeper(&k) {}
        void operator()(asio::cancellation_type_t type) const noexcept {
            if (type != asio::cancellation_type::none)
                keeper->cancel(*op);
        }
        pending_handler* op;
        op_keeper<Result>* keeper;
    };

    pending_handler(Handler&& h, Executor const& executor, loop& home)
        : pending_op<Result>(home),
          handler_(std::move(h)),
          executor_(executor) {}

    void finish(error_code const& code, Result&& result) noexcept override {
        try {
            Executor const executor = executor_;
            post_result(take(), executor, code, std::move(result));
        } catch (...) {
            fatal("out of memory while an operation on a double of the network "
                  "was completed");
        }
    }
    void destroy() noexcept override { static_cast<void>(take()); }

    Handler take() noexcept {
        allocator a(asio::get_associated_allocator(handler_));
        asio::get_associated_cancellation_slot(handler_).clear();
        Handler h(std::move(handler_));
        this->~pending_handler();
        traits::deallocate(a, this, 1);
        return h;
    }

    Handler handler_;
    Executor executor_;
};

class memory_service;

// State that pending operations refer to. It may outlive the context: by then
// it has no loop and no operations.
class memory_object : public list_node,
                      public std::enable_shared_from_this<memory_object> {
public:
    memory_object(memory_object const&) = delete;
    memory_object& operator=(memory_object const&) = delete;

    loop* home() const noexcept { return home_; }

    // Called by every operation: doubles are not shared between loops.
    void check_use() const {
        loop* const running = running_loop();
        if (running && running != home_)
            throw std::logic_error(
                "an in-memory stream serves the loop of the executor it was "
                "made for, and a task of another loop uses it");
    }

protected:
    template<class Executor>
    explicit memory_object(Executor const& executor);
    ~memory_object();

    // The context goes down: drops all operations, forgets the timers.
    virtual void abandon() noexcept = 0;

private:
    friend class memory_service;
    loop* home_;
    memory_service* service_;
};

// A real socket's operations are dropped by Asio's reactor; those of doubles
// by this service. They are owned by objects in frames that wait for them, so
// nobody else could begin.
class memory_service final : public asio::execution_context::service {
public:
    static inline asio::execution_context::id id;

    explicit memory_service(asio::execution_context& context)
        : asio::execution_context::service(context) {}

    void add(memory_object& object) {
        std::lock_guard const lock(mutex_);
        objects_.push_back(object);
    }
    void remove(memory_object& object) {
        std::lock_guard const lock(mutex_);
        object.unlink();
    }

private:
    void shutdown() noexcept override {
        while (!objects_.empty()) {
            memory_object& first = objects_.pop_front();
            auto const alive = first.weak_from_this().lock();
            first.abandon();
            std::exchange(first.home_, nullptr)->release();
        }
    }

    std::mutex mutex_; // a context may have several loops
    intrusive_list<memory_object> objects_;
};

template<class Executor>
memory_object::memory_object(Executor const& executor)
    : home_(&loop_service::acquire(asio::any_io_executor(executor))),
      service_(&asio::use_service<memory_service>(home_->context())) {
    service_->add(*this);
}

inline memory_object::~memory_object() {
    if (!home_)
        return;
    service_->remove(*this);
    home_->release();
}

} // namespace detail
TETHER_END_NAMESPACE

#endif
