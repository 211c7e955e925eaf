// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does an Asio operation learn that its task was cancelled? Through a
/// cancellation slot whose handler lives inside the awaiter, because a fresh
/// asio::cancellation_signal would allocate for every wait.
#ifndef TETHER_TASK_DETAIL_CANCEL_SLOT_HPP
#define TETHER_TASK_DETAIL_CANCEL_SLOT_HPP

#include <tether/core/asio.hpp>
#include <tether/detail/config.hpp>
#include <tether/runtime/frame_pool.hpp>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_type.hpp>

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// Holds at most one handler. It stays until it is replaced, cleared, or the
// wait is gone: an operation that completes inside trigger() still runs in it.
class cancel_signal {
public:
    // What Asio's own operations emplace is at most this large.
    static constexpr std::size_t inline_size = 48;

    // The rest is only read while there is a handler.
    cancel_signal() noexcept {} // NOLINT(modernize-use-equals-default)
    cancel_signal(cancel_signal const&) = delete;
    cancel_signal& operator=(cancel_signal const&) = delete;
    ~cancel_signal() { reset(); }

    void trigger(asio::cancellation_type_t type) {
        if (handler_)
            call_(handler_, type);
    }
    bool has_handler() const noexcept {
        return is_native() ? native().slot().has_handler()
                           : handler_ != nullptr;
    }

    void clear() noexcept {
        if (is_native())
            native().slot().clear();
        else
            reset();
    }

    template<class Handler, class... Args>
    Handler& emplace(Args&&... args) {
        static_assert(alignof(Handler) <= alignof(std::max_align_t),
                      "over-aligned cancellation handlers are not supported");
        if (is_native()) [[unlikely]]
            return native().slot().template emplace<Handler>(
                std::forward<Args>(args)...);
        reset();
        constexpr bool fits = sizeof(Handler) <= inline_size;
        void* const at = fits ? buffer_ : frame_pool::allocate(sizeof(Handler));
        struct give_back {
            void* block;
            ~give_back() {
                if (block && !fits)
                    frame_pool::deallocate(block, sizeof(Handler));
            }
        } guard{at};
        auto* const made = ::new (at) Handler(std::forward<Args>(args)...);
        guard.block = nullptr;
        call_ = [](void* h, asio::cancellation_type_t type) {
            (*static_cast<Handler*>(h))(type);
        };
        if constexpr (fits && std::is_trivially_destructible_v<Handler>)
            destroy_ = nullptr;
        else
            destroy_ = [](void* h) noexcept {
                static_cast<Handler*>(h)->~Handler();
                if constexpr (!fits)
                    frame_pool::deallocate(h, sizeof(Handler));
            };
        handler_ = made;
        return *made;
    }

    // The slot as Asio's own type. From then on the handler is kept by a signal
    // of Asio's: one side may clear through this slot what the other emplaced
    // through ours.
    asio::cancellation_slot native_slot() noexcept {
        static_assert(sizeof(asio::cancellation_signal) <= inline_size);
        if (!is_native()) {
            reset();
            handler_ =
                ::new (static_cast<void*>(buffer_)) asio::cancellation_signal;
            call_ = &emit_native;
            destroy_ = [](void* h) noexcept {
                using signal = asio::cancellation_signal;
                static_cast<signal*>(h)->~signal();
            };
        }
        return native().slot();
    }

private:
// Qt has a macro of the name.
#pragma push_macro("emit")
#undef emit
    static void emit_native(void* h, asio::cancellation_type_t type) {
        static_cast<asio::cancellation_signal*>(h)->emit(type);
    }
#pragma pop_macro("emit")
    bool is_native() const noexcept {
        return handler_ && call_ == &emit_native;
    }
    asio::cancellation_signal& native() const noexcept {
        return *static_cast<asio::cancellation_signal*>(handler_);
    }
    void reset() noexcept {
        if (void* const gone = std::exchange(handler_, nullptr))
            if (destroy_)
                destroy_(gone);
    }

    void* handler_ = nullptr;
    void (*call_)(void*, asio::cancellation_type_t);
    void (*destroy_)(void*) noexcept; // null: nothing to do
    alignas(std::max_align_t) std::byte buffer_[inline_size];
};

// The CancellationSlot of Asio's requirements.
class cancel_slot {
public:
    cancel_slot() noexcept = default;
    explicit cancel_slot(cancel_signal& signal) noexcept : signal_(&signal) {}

    template<class Handler, class... Args>
    Handler& emplace(Args&&... args) {
        return signal_->emplace<Handler>(std::forward<Args>(args)...);
    }
    template<class Handler>
    std::decay_t<Handler>& assign(Handler&& handler) {
        return signal_->emplace<std::decay_t<Handler>>(
            std::forward<Handler>(handler));
    }
    void clear() noexcept {
        if (signal_)
            signal_->clear();
    }
    bool is_connected() const noexcept { return signal_ != nullptr; }

    // For code that keeps a handler's slot as Asio's own type, like Beast's
    // WebSockets do while they wait for their turn.
    // NOLINTNEXTLINE(google-explicit-constructor)
    operator asio::cancellation_slot() const {
        if (!signal_)
            return asio::cancellation_slot();
        return signal_->native_slot();
    }
    bool has_handler() const noexcept {
        return signal_ && signal_->has_handler();
    }

    friend bool operator==(cancel_slot a, cancel_slot b) noexcept {
        return a.signal_ == b.signal_;
    }
    friend bool operator!=(cancel_slot a, cancel_slot b) noexcept {
        return a.signal_ != b.signal_;
    }

private:
    cancel_signal* signal_ = nullptr;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
