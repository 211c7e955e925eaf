// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Where do frames go that another thread frees, or whose thread has ended?
#include "support/catch.hpp"

#include <tether/runtime/frame_pool.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <set>
#include <thread>
#include <vector>

namespace {

using tether::detail::frame_pool;

struct block {
    void* at;
    std::size_t size;
};

std::vector<block> take(std::size_t count, std::size_t step = 48) {
    std::vector<block> out;
    for (std::size_t i = 0; i != count; ++i) {
        std::size_t const size = 16 + (i * step) % 1500;
        void* const at = frame_pool::allocate(size);
        std::memset(at, static_cast<int>(i & 0xff), size);
        out.push_back({at, size});
    }
    return out;
}

void give(std::vector<block> const& blocks) {
    for (block const& b : blocks)
        frame_pool::deallocate(b.at, b.size);
}

} // namespace

TEST_CASE("blocks are distinct, aligned and counted") {
    std::ptrdiff_t const before = frame_pool::live();
    std::vector<block> const blocks = take(1000);
    CHECK(frame_pool::live() == before + 1000);
    std::set<void*> distinct;
    bool aligned = true;
    bool intact = true;
    for (std::size_t i = 0; i != blocks.size(); ++i) {
        distinct.insert(blocks[i].at);
        // What is aligned to 16 has a size that is a multiple of it.
        std::size_t const align = blocks[i].size % 16 == 0 ? 16 : 8;
        aligned = aligned &&
                  reinterpret_cast<std::uintptr_t>(blocks[i].at) % align == 0;
        auto const* bytes = static_cast<unsigned char const*>(blocks[i].at);
        for (std::size_t k = 0; k != blocks[i].size; ++k)
            intact = intact && bytes[k] == (i & 0xff);
    }
    CHECK(distinct.size() == 1000);
    CHECK(aligned);
    CHECK(intact);
    give(blocks);
    CHECK(frame_pool::live() == before);
}

TEST_CASE("a freed block is used again") {
#if TETHER_SANITIZED
    SUCCEED("the pool steps aside for the sanitizer");
#else
    void* const first = frame_pool::allocate(100);
    frame_pool::deallocate(first, 100);
    void* const second = frame_pool::allocate(100);
    CHECK(first == second);
    frame_pool::deallocate(second, 100);
#endif
}

TEST_CASE("the first blocks of different sizes lie at different places of a "
          "page") {
#if TETHER_SANITIZED
    SUCCEED("the pool steps aside for the sanitizer");
#else
    std::set<std::uintptr_t> places;
    std::thread fresh([&] { // with a pool of its own
        std::vector<block> const blocks = take(16, 64);
        for (block const& b : blocks)
            places.insert(reinterpret_cast<std::uintptr_t>(b.at) % 4096 / 64);
        give(blocks);
    });
    fresh.join();
    CHECK(places.size() == 16);
#endif
}

TEST_CASE("another thread may free blocks while the owner allocates") {
    constexpr int rounds = 200;
    for (int round = 0; round != 5; ++round) {
        std::atomic<std::vector<block>*> handover{nullptr};
        std::atomic<bool> over{false};
        std::thread other([&] {
            for (;;) {
                bool const last = over.load(std::memory_order_acquire);
                if (std::vector<block>* got =
                        handover.exchange(nullptr, std::memory_order_acq_rel)) {
                    give(*got);
                    delete got;
                } else if (last) {
                    return;
                }
            }
        });
        for (int i = 0; i != rounds; ++i) {
            auto* mine = new std::vector<block>(take(20));
            std::vector<block>* expected = nullptr;
            if (!handover.compare_exchange_strong(expected, mine,
                                                  std::memory_order_acq_rel)) {
                give(*mine);
                delete mine;
            }
        }
        over.store(true, std::memory_order_release);
        other.join();
    }
    give(take(100)); // the lists are still sound
    SUCCEED();
}

TEST_CASE("a pool whose thread has ended dies with its last block") {
    for (int round = 0; round != 20; ++round) {
        std::vector<block> orphans;
        std::thread([&] { orphans = take(100); }).join();
        bool intact = true;
        for (std::size_t i = 0; i != orphans.size(); ++i)
            intact = intact && *static_cast<unsigned char const*>(
                                   orphans[i].at) == (i & 0xff);
        CHECK(intact);
        give(orphans);
    }
}

TEST_CASE("blocks are freed while their thread ends") {
    for (int round = 0; round != 50; ++round) {
        std::atomic<std::vector<block>*> handover{nullptr};
        std::thread owner([&] {
            auto* blocks = new std::vector<block>(take(50));
            handover.store(blocks, std::memory_order_release);
        });
        std::vector<block>* got = nullptr;
        while (!(got = handover.load(std::memory_order_acquire))) {
        }
        give(*got);
        delete got;
        owner.join();
    }
    SUCCEED();
}

TEST_CASE("two threads free the last blocks of an orphaned pool") {
    for (int round = 0; round != 50; ++round) {
        std::vector<block> orphans;
        std::thread([&] { orphans = take(40); }).join();
        std::vector<block> const half(orphans.begin() + 20, orphans.end());
        orphans.resize(20);
        std::thread other([&] { give(half); });
        give(orphans);
        other.join();
    }
    SUCCEED();
}
