// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a task wait for an Asio operation? The wait holds the operation's
/// memory, its cancellation slot and its result; the handler only points here.
#ifndef TETHER_TASK_DETAIL_ASIO_WAIT_HPP
#define TETHER_TASK_DETAIL_ASIO_WAIT_HPP

#include <tether/core/asio.hpp>
#include <tether/core/errors.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/made_error.hpp>
#include <tether/detail/manual_lifetime.hpp>
#include <tether/runtime/detail/mailbox.hpp>
#include <tether/runtime/handler_memory.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/runtime/loop_executor.hpp>
#include <tether/runtime/test_hooks.hpp>
#include <tether/runtime/wait.hpp>
#include <tether/task/detail/cancel_slot.hpp>
#include <tether/task/detail/completion.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/post.hpp>

#include <cstddef>
#include <exception>
#include <system_error>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// Holds one step of a composed read or write of Asio with three layers of
// handlers around it; larger states come from the frame pool.
class operation_memory : public handler_memory<240> {
public:
    void deallocate(void* block, std::size_t size) noexcept {
        handler_memory::deallocate(block, size);
        if (freed_ && !in_use())
            std::exchange(freed_, nullptr)(*this);
    }
    void when_freed(void (*f)(operation_memory&) noexcept) noexcept {
        freed_ = f;
    }

private:
    void (*freed_)(operation_memory&) noexcept = nullptr;
};

// What does not depend on the signature. The operation is in flight from
// start() until its handler was called or destroyed; the frame stays so long,
// because the handler's memory and slot are in it.
class asio_wait : public wait, private operation_memory, private letter {
public:
    using memory = operation_memory;

    abort_result abort() noexcept override {
        send(asio::cancellation_type::terminal);
        return abort_result::pending;
    }
    char const* description() const noexcept override {
        return "an Asio operation";
    }

    loop& home() const noexcept { return *record()->home(); }
    memory& storage() noexcept { return *this; }
    cancel_signal& signal() noexcept { return signal_; }

    // The handler was destroyed without having been called, on any thread. The
    // loop is told only when the operation, which may be in the frame, is gone.
    void dropped() noexcept {
        if (running_loop() == &home())
            settle_dropped();
        else if (in_use())
            when_freed([](operation_memory& m) noexcept {
                static_cast<asio_wait&>(m).tell(news_dropped);
            });
        else
            tell(news_dropped);
    }

protected:
    asio_wait() noexcept = default;
    ~asio_wait() = default;

    template<class Initiate>
    void begin(Initiate&& initiate) {
        home().operation_started();
        phase_ = phase::starting;
        try {
            initiate();
        } catch (...) {
            if (phase_ == phase::settled)
                throw;
            // The handler lives on somewhere and refers to this frame.
            fail(std::current_exception());
            threw_ = true;
            phase_ = phase::waiting;
            return;
        }
        if (phase_ == phase::settled)
            finish();
        else
            phase_ = phase::waiting;
    }

    // Asks the operation to stop; at most twice.
    void send(asio::cancellation_type_t type) noexcept {
        loop& l = home();
        // Of a context that goes down the services may be gone already.
        if (l.shutting_down())
            return;
        asio::any_io_executor const there = operation_executor();
        l.quietly([&] { signal_.trigger(type); });
        if (phase_ == phase::waiting) {
            if (there && there != l.executor())
                put_fence(there);
            else if (!l.inside_executor())
                put_fence(l.executor());
        }
    }
    bool in_operation() const noexcept { return phase_ == phase::waiting; }

    // On the loop, once the result is stored.
    void settle() noexcept {
        home().operation_done();
        if (std::exchange(phase_, phase::settled) == phase::waiting &&
            fences_ == 0)
            finish();
    }

    bool threw() const noexcept { return threw_; }
    void fail(boost::system::error_code const& code) noexcept {
        code_ = code;
        failed_ = code.failed();
    }
    void fail(std::exception_ptr const& error) noexcept {
        error_ = error;
        failed_ = true;
    }
    void fail(std::error_code const& code) noexcept {
        fail(made_error([&] { return std::system_error(code); }));
    }
    void rethrow() {
        if (failed_) [[unlikely]]
            throw_error();
    }

private:
    enum class phase : unsigned char { idle, starting, waiting, settled };

    static constexpr unsigned news_dropped = 1;
    static constexpr unsigned news_fence = 2;
    static constexpr unsigned news_second_fence = 4;

    // Queued behind what a cancel made the operation queue. Destroyed uncalled,
    // its executor's context goes down, and the queue is gone as well.
    class fence {
    public:
        fence(asio_wait& w, unsigned news) noexcept : wait_(&w), news_(news) {}
        fence(fence&& other) noexcept
            : wait_(std::exchange(other.wait_, nullptr)), news_(other.news_) {}
        ~fence() {
            if (wait_)
                wait_->tell(news_);
        }
        void operator()() {
            asio_wait* const w = std::exchange(wait_, nullptr);
            loop& l = w->home();
            if (l.inside_executor())
                l.enter([w] { w->fence_passed(); });
            else
                w->tell(news_);
        }

    private:
        asio_wait* wait_;
        unsigned news_;
    };

    // Where the operation runs, if its initiation says so.
    virtual asio::any_io_executor operation_executor() const noexcept = 0;

    void put_fence(asio::any_io_executor const& there) {
        unsigned const news = fenced_once_ ? news_second_fence : news_fence;
        fenced_once_ = true;
        ++fences_;
        home().operation_started(); // as if the operation went on
        asio::post(there, fence(*this, news));
    }
    void tell(unsigned news) noexcept {
        home().tell(*this, news, [](letter& l, unsigned what) noexcept {
            auto& self = static_cast<asio_wait&>(l);
            if ((what & news_fence) != 0)
                self.fence_passed();
            if ((what & news_second_fence) != 0)
                self.fence_passed();
            if ((what & news_dropped) != 0)
                self.settle_dropped();
        });
    }
    void settle_dropped() noexcept {
        dropped_ = true;
        loop& l = home();
        settle();
        l.release();
    }
    [[noreturn]] void throw_error() {
        if (error_)
            std::rethrow_exception(std::exchange(error_, nullptr));
        throw boost::system::system_error(code_);
    }
    // Asio's co_spawn posts an emission that comes from outside of its executor
    // and refers to the slot's handler in it: the frame stays until what was
    // posted there before the fence has run (AI09).
    void fence_passed() noexcept {
        loop& l = home();
        if (--fences_ == 0 && phase_ == phase::settled)
            finish();
        l.operation_ended();
    }

    // Only what the cancel itself caused counts as a stop; whatever else the
    // operation came to, value or error, is delivered.
    void finish() noexcept {
        if (failed_ || dropped_ || home().shutting_down()) [[unlikely]]
            finish_oddly();
        else
            complete();
    }
    [[gnu::noinline]] void finish_oddly() noexcept {
        if (home().shutting_down() || (asked_to_stop() && only_cancelled()))
            return complete_stopped();
        if (dropped_ && !error_)
            fail(made_error([this] {
                return operation_abandoned(record()->name(),
                                           record()->leaf()->where);
            }));
        complete();
    }
    // A shield that was raised after the abort does not take it back.
    bool asked_to_stop() const noexcept {
        return stop_requested() || record()->abort_sent;
    }
    bool only_cancelled() const noexcept {
        if (threw_)
            return false;
        if (dropped_)
            return true;
        return error_ ? means_cancelled(error_) : means_cancelled(code_);
    }

    cancel_signal signal_;
    std::exception_ptr error_;
    boost::system::error_code code_;
    phase phase_ = phase::idle;
    bool failed_ = false;
    bool threw_ = false;
    bool dropped_ = false;
    bool fenced_once_ = false;
    unsigned char fences_ = 0;
};

// Adds the value. Does not depend on what was initiated, so that the handler
// type, and with it the operation, is shared by all uses of a signature.
template<class... Sigs>
class asio_result : public asio_wait {
public:
    using value_type = completion_value_t<Sigs...>;

    template<class Sig, class... As>
    void completed(As&&... as) {
        loop& l = home(); // a strand's loop may be gone after it
        if (l.orphaned()) [[unlikely]]
            return this->dropped(); // nobody takes the value any more
        l.enter_with_reference([&] {
            try {
                store<Sig>(std::forward<As>(as)...);
            } catch (...) {
                fail(std::current_exception());
            }
            settle();
        });
    }

    value_type result() {
        rethrow();
        if constexpr (!std::is_void_v<value_type>)
            return value_.take();
    }

protected:
    asio_result() noexcept = default;
    ~asio_result() {
        if (has_value_)
            value_.destroy();
    }

private:
    template<class Sig, class... As>
    void store(As&&... as) {
        if (threw())
            return; // the error of the initiation goes first
        if constexpr (has_error<As...>)
            store_after_error<Sig>(std::forward<As>(as)...);
        else
            store_value<Sig>(std::forward<As>(as)...);
    }
    template<class Sig, class E, class... As>
    void store_after_error(E&& error, As&&... as) {
        test_hooks* const hooks = home().hooks();
        if (is_error(error))
            fail(error);
        else if (!hooks || !fail_instead<E>(hooks->completing(*record())))
            store_value<Sig>(std::forward<As>(as)...);
    }
    // What a test puts in the place of a value, as the operation would say it.
    template<class E>
    bool fail_instead(boost::system::error_code const& code) {
        if (!code.failed())
            return false;
        if constexpr (std::is_same_v<std::remove_cvref_t<E>,
                                     boost::system::error_code>)
            fail(code);
        else
            fail(std::make_exception_ptr(boost::system::system_error(code)));
        return true;
    }
    template<class Sig, class... As>
    void store_value(As&&... as) {
        using own = typename value_of_signature<Sig>::type;
        if constexpr (!std::is_void_v<value_type>) {
            if constexpr (std::is_same_v<own, value_type>)
                value_.construct(std::forward<As>(as)...);
            else
                value_.construct(std::in_place_type<not_void<own>>,
                                 std::forward<As>(as)...);
            has_value_ = true;
        }
    }

    manual_lifetime<value_type> value_;
    bool has_value_ = false;
};

// One call operator per signature, with exactly its parameters, so that
// whatever converts to them may be passed.
template<class Handler, class Sig>
struct handler_call;
template<class Handler, class... As>
struct handler_call<Handler, void(As...)> {
    void operator()(As... as) {
        static_cast<Handler*>(this)->template call<void(As...)>(
            static_cast<As&&>(as)...);
    }
};

// Move-only; owns the promise that the wait will hear of the end.
template<class... Sigs>
class asio_handler : public handler_call<asio_handler<Sigs...>, Sigs>... {
public:
    using executor_type = loop_executor;
    using allocator_type = handler_allocator<void, asio_wait::memory>;
    using cancellation_slot_type = cancel_slot;

    explicit asio_handler(asio_result<Sigs...>& w) noexcept : wait_(&w) {}
    asio_handler(asio_handler&& other) noexcept
        : handler_call<asio_handler, Sigs>()...,
          wait_(std::exchange(other.wait_, nullptr)) {}
    asio_handler& operator=(asio_handler&& other) noexcept {
        asio_handler gone(std::move(*this));
        wait_ = std::exchange(other.wait_, nullptr);
        return *this;
    }
    ~asio_handler() {
        if (wait_)
            wait_->dropped();
    }

    using handler_call<asio_handler, Sigs>::operator()...;

    executor_type get_executor() const noexcept {
        return loop_executor(wait_->home());
    }
    allocator_type get_allocator() const noexcept {
        return allocator_type(wait_->storage());
    }
    cancellation_slot_type get_cancellation_slot() const noexcept {
        return cancel_slot(wait_->signal());
    }

private:
    template<class, class>
    friend struct handler_call;

    template<class Sig, class... As>
    void call(As&&... as) {
        std::exchange(wait_, nullptr)
            ->template completed<Sig>(std::forward<As>(as)...);
    }

    asio_result<Sigs...>* wait_;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
