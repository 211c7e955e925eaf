// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What is an order of the tasks of a program? A row of picks, random ones from
/// a seed or given ones, with a name under which it can be had again.
#ifndef TETHER_TESTING_DETAIL_ORDERS_HPP
#define TETHER_TESTING_DETAIL_ORDERS_HPP

#include <tether/detail/config.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

TETHER_BEGIN_NAMESPACE
namespace testing::detail {

// Pure bookkeeping. A pick of 0 of n is what happens without a test, so the
// order "x" is the usual one.
class order {
public:
    explicit order(std::uint64_t seed) noexcept
        : random_(true), seed_(seed), state_(seed) {}
    explicit order(std::vector<std::size_t> picks) noexcept
        : given_(std::move(picks)) {}

    // What name() gave. Throws std::invalid_argument for anything else.
    static order named(std::string_view name) {
        char const* at = name.data();
        char const* const end = at + name.size();
        auto const refuse_unless = [&](bool well) {
            if (!well)
                throw std::invalid_argument("explore: '" + std::string(name) +
                                            "' is not the name of an order");
        };
        auto const number = [&] {
            std::uint64_t n = 0;
            auto const read = std::from_chars(at, end, n);
            refuse_unless(read.ec == std::errc());
            at = read.ptr;
            return n;
        };
        if (!name.starts_with('x')) {
            std::uint64_t const seed = number();
            refuse_unless(at == end);
            return order(seed);
        }
        std::vector<std::size_t> picks;
        for (++at; at != end;) {
            if (!picks.empty())
                refuse_unless(*at++ == '.');
            picks.push_back(static_cast<std::size_t>(number()));
        }
        return order(std::move(picks));
    }

    std::string name() const {
        if (random_)
            return std::to_string(seed_);
        std::size_t last = made_.size();
        while (last != 0 && made_[last - 1].picked == 0)
            --last;
        std::string out = "x";
        for (std::size_t i = 0; i < last; ++i) {
            if (i != 0)
                out += '.';
            out += std::to_string(made_[i].picked);
        }
        return out;
    }

    // Less than n, which is not 0.
    std::size_t pick(std::size_t n) {
        std::size_t picked = 0;
        if (random_)
            picked = static_cast<std::size_t>(next_random() % n);
        else if (made_.size() < given_.size())
            picked = (std::min)(given_[made_.size()], n - 1);
        made_.push_back({picked, n});
        return picked;
    }

    // The picks of the order after this one, depth first; empty after the last.
    std::vector<std::size_t> successor() const {
        std::size_t last = made_.size();
        while (last != 0 && made_[last - 1].picked + 1 == made_[last - 1].of)
            --last;
        std::vector<std::size_t> picks;
        for (std::size_t i = 0; i < last; ++i)
            picks.push_back(made_[i].picked);
        if (last != 0)
            ++picks.back();
        return picks;
    }

private:
    struct made {
        std::size_t picked;
        std::size_t of;
    };

    // splitmix64: the same on every platform, and good for seeds in a row.
    std::uint64_t next_random() noexcept {
        state_ += 0x9e3779b97f4a7c15U;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
        return z ^ (z >> 31);
    }

    bool random_ = false;
    std::uint64_t seed_ = 0;
    std::uint64_t state_ = 0;
    std::vector<std::size_t> given_;
    std::vector<made> made_;
};

} // namespace testing::detail
TETHER_END_NAMESPACE

#endif
