// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// The buffer of a channel against a std::deque, with pushes and pops that were
// opened and with those that were not.
#include "support/test_case.hpp"

#include <tether/stream/detail/item_buffer.hpp>

#include <cstddef>
#include <deque>
#include <memory>
#include <random>
#include <stdexcept>
#include <utility>

namespace {

using tether::detail::item_buffer;

// Owns memory, so that a sanitizer sees an item that is lost or done twice.
struct item {
    explicit item(int n) : number(std::make_unique<int>(n)) {}
    std::unique_ptr<int> number;
};

// A few items fill a block.
struct large : item {
    using item::item;
    char rest[300] = {};
};

template<class T>
void walk(unsigned seed, std::size_t longest) {
    std::mt19937 random(seed);
    item_buffer<T> buffer(longest);
    std::deque<int> model;
    std::size_t pushed = 0;
    std::size_t opened = 0; // pushes at most
    int next = 0;
    for (int i = 0; i != 4000; ++i) {
        switch (random() % 9) {
        case 0:
        case 1:
            if (model.size() < longest) {
                T one(next);
                buffer.push(std::move(one));
                model.push_back(next++);
                ++pushed;
                opened = 0;
            }
            break;
        case 2:
            opened = longest - model.size();
            buffer.open_pushes(opened);
            break;
        case 3:
        case 4: {
            T one(next);
            if (buffer.push_is_open()) {
                buffer.push_opened(one);
                REQUIRE(!one.number);
                REQUIRE(opened-- != 0);
                model.push_back(next++);
                ++pushed;
            }
            break;
        }
        case 5:
            buffer.open_pops();
            break;
        case 6:
        case 7: {
            if (buffer.pop_is_open()) {
                int got = -1;
                buffer.pop_opened([&](T&& out) { got = *out.number; });
                REQUIRE(got == model.front());
                model.pop_front();
            } else if (!model.empty()) {
                REQUIRE(*buffer.front().number == model.front());
                buffer.pop();
                model.pop_front();
            }
            break;
        }
        case 8:
            if (random() % 8 == 0) {
                buffer.push_front(T(-next)); // comes back: not counted
                model.push_front(-next++);
                opened = 0;
            } else if (random() % 2 == 0) {
                buffer.push(T(next)); // staged, and taken back
                buffer.unpush();
                opened = 0;
            }
            break;
        }
        REQUIRE(buffer.size() == model.size());
        REQUIRE(buffer.empty() == model.empty());
        REQUIRE(buffer.pushed() == pushed);
        if (!model.empty())
            REQUIRE(*buffer.front().number == model.front());
    }
}

// Refuses to be moved when it is told to.
struct refusing {
    explicit refusing(int n) : number(n) {}
    refusing(refusing&& other) : number(other.number) {
        if (refuses)
            throw std::runtime_error("not now");
    }
    int number;
    static inline bool refuses = false;
};

} // namespace

TEST_CASE("an item buffer is a queue, whatever was opened in between") {
    for (unsigned seed = 1; seed != 30; ++seed) {
        walk<item>(seed, 1 + seed * 7 % 200);
        walk<large>(seed, 1 + seed % 11);
    }
}

TEST_CASE("nothing is opened before somebody says so, nor after any other "
          "function") {
    item_buffer<item> buffer(8);
    CHECK(!buffer.push_is_open());
    buffer.push(item(0));
    CHECK(!buffer.push_is_open());
    CHECK(!buffer.pop_is_open());
    buffer.open_pushes(2);
    CHECK(buffer.push_is_open());
    item one(1);
    buffer.push_opened(one);
    CHECK(buffer.push_is_open());
    buffer.close_pushes();
    CHECK(!buffer.push_is_open());
    buffer.open_pops();
    CHECK(buffer.pop_is_open());
    buffer.close_pops();
    CHECK(!buffer.pop_is_open());
    CHECK(*buffer.front().number == 0);
}

TEST_CASE("a move that throws leaves the item and the buffer as they were") {
    item_buffer<refusing> buffer(200);
    for (int i = 0; i != 64; ++i)
        buffer.push(refusing(i));
    refusing more(64);
    refusing::refuses = true;
    CHECK_THROWS_AS(buffer.push(std::move(more)), std::runtime_error);
    CHECK_THROWS_AS(buffer.push_front(std::move(more)), std::runtime_error);
    refusing::refuses = false;
    CHECK(buffer.size() == 64);
    buffer.push(std::move(more));
    buffer.open_pushes(1);
    refusing last(65);
    refusing::refuses = true;
    CHECK_THROWS_AS(buffer.push_opened(last), std::runtime_error);
    refusing::refuses = false;
    CHECK(buffer.push_is_open());
    buffer.push_opened(last);
    for (int i = 0; i != 66; ++i) {
        REQUIRE(buffer.front().number == i);
        buffer.pop();
    }
    CHECK(buffer.empty());
}
