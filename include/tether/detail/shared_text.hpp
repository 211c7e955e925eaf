// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How is a name kept by what outlives its owner, without a copy? As a counted
/// text of one pointer.
#ifndef TETHER_DETAIL_SHARED_TEXT_HPP
#define TETHER_DETAIL_SHARED_TEXT_HPP

#include <tether/detail/config.hpp>

#include <atomic>
#include <cstddef>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// Immutable, null when empty. A copy allocates nothing and does not throw. The
// count is atomic: the reason of a cancel may be dropped on another thread than
// the task that it names.
class shared_text {
public:
    constexpr shared_text() noexcept = default;
    explicit shared_text(std::string_view text) {
        if (text.empty())
            return;
        void* const memory = ::operator new(sizeof(block) + text.size());
        block_ = ::new (memory) block(text.size());
        std::memcpy(chars(), text.data(), text.size());
    }
    shared_text(shared_text const& other) noexcept : block_(other.block_) {
        if (block_)
            block_->owners.fetch_add(1, std::memory_order_relaxed);
    }
    shared_text(shared_text&& other) noexcept
        : block_(std::exchange(other.block_, nullptr)) {}
    shared_text& operator=(shared_text other) noexcept {
        std::swap(block_, other.block_);
        return *this;
    }
    shared_text& operator=(std::string_view text) {
        return *this = shared_text(text);
    }
    ~shared_text() {
        if (!block_ ||
            block_->owners.fetch_sub(1, std::memory_order_acq_rel) != 1)
            return;
        block_->~block();
        ::operator delete(block_);
    }

    std::string_view view() const noexcept {
        return block_ ? std::string_view(chars(), block_->size)
                      : std::string_view();
    }

private:
    struct block {
        explicit block(std::size_t n) noexcept : size(n) {}
        std::atomic<std::size_t> owners{1};
        std::size_t size;
    };

    char* chars() const noexcept { return reinterpret_cast<char*>(block_ + 1); }

    block* block_ = nullptr;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
