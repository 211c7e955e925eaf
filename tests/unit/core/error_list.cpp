// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

#include "core_test.hpp"
#include "support/catch.hpp"

#include <tether/core/detail/error_leaf.hpp>
#include <tether/core/exception_group.hpp>

#include <exception>
#include <optional>
#include <source_location>
#include <string>
#include <thread>
#include <utility>

using namespace core_test;
using tether::exception_group;
using tether::detail::error_leaf;
using tether::detail::error_list;
using tether::detail::make_exception_group;

namespace {

// The block of a failed task: the leaf and the name it refers to.
struct block : error_leaf {
    block(std::string task, std::exception_ptr failure, int& count)
        : name(std::move(task)), live(count) {
        ++live;
        error = std::move(failure);
        task_name = name;
        spawn_site = std::source_location::current();
        dispose = [](error_leaf* self) noexcept {
            delete static_cast<block*>(self);
        };
    }
    block(block const&) = delete;
    ~block() { --live; }

    std::string name;
    int& live;
};

} // namespace

TEST_CASE("TG17 a group adopts the blocks of the failed tasks") {
    int live = 0;
    std::optional<exception_group> copy;
    {
        error_list list;
        list.push_back(new block("first", runtime("a"), live));
        list.push_back(new block("second", logic("b"), live));
        exception_group const g = make_exception_group("load", std::move(list));
        CHECK(list.empty());
        CHECK(live == 2);
        copy = g;
    }
    CHECK(live == 2);
    CHECK(copy->begin()->task_name() == "first");
    CHECK(std::string(copy->what()) == "load (2 sub-exceptions)");
    copy.reset();
    CHECK(live == 0);
}

TEST_CASE("TG24 the leaves keep the order in which they were added") {
    int live = 0;
    error_list early;
    error_list late;
    early.push_back(new block("1", runtime("a"), live));
    late.push_back(new block("2", runtime("b"), live));
    late.push_back(new block("3", runtime("c"), live));
    early.append(std::move(late));
    CHECK(late.empty());
    early.append(error_list());
    early.push_back(new block("4", runtime("d"), live));
    CHECK(early.size == 4);
    CHECK(shape(make_exception_group("g", std::move(early))) ==
          "g[a, b, c, d]");
    CHECK(live == 0);
}

TEST_CASE("TG23 errors that nobody took are disposed of with the list") {
    int live = 0;
    {
        error_list list;
        for (int i = 0; i < 3; ++i)
            list.push_back(new block("t", runtime("a"), live));
        error_leaf* const taken = list.pop_front();
        CHECK(list.size == 2);
        error_list moved = std::move(list);
        CHECK(live == 3);
        moved = error_list();
        CHECK(live == 1);
        taken->dispose(taken);
    }
    CHECK(live == 0);
}

TEST_CASE("a part keeps the blocks alive that its members are named in") {
    int live = 0;
    std::optional<exception_group> part;
    {
        error_list list;
        list.push_back(
            new block("a name too long for the small buffer of a string",
                      runtime("a"), live));
        list.push_back(new block("other", logic("b"), live));
        exception_group const g = make_exception_group("g", std::move(list));
        part = g.split<std::runtime_error>().match;
    }
    CHECK(live == 2);
    CHECK(part->begin()->task_name() ==
          "a name too long for the small buffer of a string");
    part.reset();
    CHECK(live == 0);
}

TEST_CASE("TG29 groups inside groups are destroyed with their blocks") {
    int live = 0;
    std::exception_ptr error = runtime("bottom");
    for (int i = 0; i < 100'000; ++i) {
        error_list list;
        list.push_back(new block("t", error, live));
        error = ptr(make_exception_group("level", std::move(list)));
    }
    CHECK(live == 100'000);
    std::thread([last = std::exchange(error, nullptr)] {}).join();
    CHECK(live == 0);
}
