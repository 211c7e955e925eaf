// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How is a value stored that is made later than its owner? Raw storage whose
/// lifetime the owner starts and ends; void and references included.
#ifndef TETHER_DETAIL_MANUAL_LIFETIME_HPP
#define TETHER_DETAIL_MANUAL_LIFETIME_HPP

#include <tether/detail/config.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// Over-aligned values are aligned by hand: the frames of g++ 12 start at
// ordinary alignment, and a promise that is more aligned than its base would
// move the base.
template<class T>
class manual_lifetime {
    static constexpr bool over_aligned = alignof(T) > alignof(std::max_align_t);
    static constexpr std::size_t extra = over_aligned ? alignof(T) : 0;
    static constexpr std::size_t align =
        over_aligned ? alignof(void*) : alignof(T);

public:
    using reference = T&;

    manual_lifetime() noexcept {}
    manual_lifetime(manual_lifetime const&) = delete;
    manual_lifetime& operator=(manual_lifetime const&) = delete;

    template<class... Args>
    T& construct(Args&&... args) {
        return *::new (address()) T(std::forward<Args>(args)...);
    }
    template<class F>
    T& construct_with(F&& make) {
        return *::new (address()) T(std::forward<F>(make)());
    }
    void destroy() noexcept { get().~T(); }
    T& get() noexcept { return *std::launder(static_cast<T*>(address())); }
    T take() { return std::move(get()); }

private:
    void* address() noexcept {
        if constexpr (over_aligned) {
            auto at = reinterpret_cast<std::uintptr_t>(storage_);
            return reinterpret_cast<void*>((at + alignof(T) - 1) &
                                           ~(std::uintptr_t{alignof(T)} - 1));
        } else {
            return storage_;
        }
    }

    alignas(align) std::byte storage_[sizeof(T) + extra];
};

template<class T>
class manual_lifetime<T&> {
public:
    using reference = T&;

    T& construct(T& value) noexcept {
        value_ = std::addressof(value);
        return value;
    }
    template<class F>
    T& construct_with(F&& make) {
        return construct(std::forward<F>(make)());
    }
    void destroy() noexcept {}
    T& get() noexcept { return *value_; }
    T& take() noexcept { return *value_; }

private:
    T* value_ = nullptr;
};

template<class T>
class manual_lifetime<T&&> {
public:
    using reference = T&;

    T& construct(T&& value) noexcept {
        value_ = std::addressof(value);
        return value;
    }
    void destroy() noexcept {}
    T& get() noexcept { return *value_; }
    T&& take() noexcept { return static_cast<T&&>(*value_); }

private:
    T* value_ = nullptr;
};

template<>
class manual_lifetime<void> {
public:
    using reference = void;

    void construct() noexcept {}
    template<class F>
    void construct_with(F&& make) {
        std::forward<F>(make)();
    }
    void destroy() noexcept {}
    void get() noexcept {}
    void take() noexcept {}
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
