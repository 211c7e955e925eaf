// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Which marks does the cancel tree spread, and where do they stop?
#include "support/catch.hpp"

#include <tether/runtime/cancel_tree.hpp>

#include <cstddef>
#include <deque>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace {

using tether::detail::scope_kind;
using tether::detail::scope_node;

struct recorder {
    std::vector<scope_node*> fresh;
    std::vector<scope_node*> held_off;
    std::vector<scope_node*> soft;
    void reached(scope_node& n) { fresh.push_back(&n); }
    void blocked(scope_node& n) { held_off.push_back(&n); }
    void softly_reached(scope_node& n) { soft.push_back(&n); }
};

struct node : scope_node {
    node() : scope_node(scope_kind::group) {}
};

// root -> a -> (b, c -> d)
struct family {
    node root, a, b, c, d;
    family() {
        a.attach(root);
        b.attach(a);
        c.attach(a);
        d.attach(c);
    }
};

} // namespace

TEST_CASE("a cancel reaches the node and all below it, parents first") {
    family f;
    recorder r;
    f.a.mark_cancelled(r);
    CHECK(r.fresh == std::vector<scope_node*>{&f.a, &f.b, &f.c, &f.d});
    CHECK(f.d.effective());
    CHECK_FALSE(f.d.cancelled());
    CHECK_FALSE(f.root.effective());
    recorder again;
    f.c.mark_cancelled(again);
    CHECK(again.fresh.empty());
}

TEST_CASE("the outermost cancelled scope absorbs, the others pass on") {
    family f;
    recorder r;
    f.c.mark_cancelled(r);
    CHECK(f.c.absorbs());
    CHECK_FALSE(f.d.absorbs());
    f.a.mark_cancelled(r);
    CHECK_FALSE(f.c.absorbs());
    CHECK(f.a.absorbs());
    CHECK(f.c.stopped_from_outside());
}

TEST_CASE("a shield holds a cancel off and tells so; a forced mark goes "
          "through") {
    family f;
    recorder r;
    f.c.set_shielded(true, r);
    f.a.mark_cancelled(r);
    CHECK(r.fresh == std::vector<scope_node*>{&f.a, &f.b});
    CHECK(r.held_off == std::vector<scope_node*>{&f.c});
    CHECK_FALSE(f.d.effective());
    recorder forced;
    f.root.mark_forced(forced);
    CHECK(f.d.effective());
    CHECK(f.c.stopped_from_outside());
}

TEST_CASE("taking a shield down delivers the pending cancel at once") {
    family f;
    recorder r;
    f.c.set_shielded(true, r);
    f.a.mark_cancelled(r);
    recorder down;
    f.c.set_shielded(false, down);
    CHECK(down.fresh == std::vector<scope_node*>{&f.c, &f.d});
}

TEST_CASE("a node attached below a cancelled one is cancelled") {
    family f;
    recorder r;
    f.a.mark_cancelled(r);
    node late;
    late.attach(f.c);
    CHECK(late.effective());
    CHECK_FALSE(late.cancelled());
}

TEST_CASE("children stay in order and leave in any order") {
    node root;
    std::deque<node> kids(6);
    for (node& k : kids)
        k.attach(root);
    auto order = [&] {
        std::vector<std::size_t> out;
        for (scope_node* at = root.first_child(); at; at = at->next_sibling())
            for (std::size_t i = 0; i != kids.size(); ++i)
                if (at == &kids[i])
                    out.push_back(i);
        return out;
    };
    CHECK(order() == std::vector<std::size_t>{0, 1, 2, 3, 4, 5});
    kids[0].detach();
    kids[3].detach();
    CHECK(order() == std::vector<std::size_t>{1, 2, 4, 5});
    kids[5].detach();
    kids[0].attach(root);
    CHECK(order() == std::vector<std::size_t>{1, 2, 4, 0});
    for (std::size_t i : {1U, 2U, 4U, 0U})
        kids[i].detach();
    CHECK(root.first_child() == nullptr);
    CHECK_FALSE(kids[0].attached());
}

TEST_CASE("soft marks spread apart from hard ones and stop at soft shields") {
    family f;
    recorder r;
    f.c.set_soft_shielded(true, r);
    f.a.mark_soft(r);
    CHECK(r.soft == std::vector<scope_node*>{&f.a, &f.b});
    CHECK(f.b.soft_effective());
    CHECK_FALSE(f.d.soft_effective());
    CHECK_FALSE(f.b.effective());
}

TEST_CASE("random trees: the cached mark is what the definition says") {
    std::mt19937 random(20261121);
    auto pick = [&](std::size_t n) {
        return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
    };
    for (int round = 0; round != 200; ++round) {
        node root;
        std::deque<node> nodes(30);
        std::vector<scope_node*> all{&root};
        for (node& n : nodes) {
            n.attach(*all[pick(all.size())]);
            all.push_back(&n);
        }
        recorder r;
        for (int i = 0; i != 20; ++i) {
            scope_node& n = *all[1 + pick(all.size() - 1)];
            switch (pick(4)) {
            case 0:
                n.mark_cancelled(r);
                break;
            case 1:
                n.set_shielded(!n.shielded(), r);
                break;
            case 2:
                if (pick(8) == 0)
                    n.mark_forced(r);
                break;
            case 3: { // moved below another node that is not inside it
                scope_node& to = *all[pick(all.size())];
                bool inside = false;
                for (scope_node* at = &to; at; at = at->parent())
                    inside = inside || at == &n;
                if (!inside) {
                    n.move_to(to, r);
                }
                break;
            }
            }
            bool right = true;
            for (scope_node* at : all) {
                scope_node* const p = at->parent();
                bool const expected = at->cancelled() || at->forced() ||
                                      (!at->shielded() && p && p->effective());
                right = right && at->effective() == expected;
                right = right && !(p && p->forced() && !at->forced());
            }
            REQUIRE(right);
        }
    }
}

TEST_CASE("a chain of 10^5 scopes is cancelled without recursion") {
    node root;
    std::deque<node> chain(100'000);
    scope_node* parent = &root;
    for (node& n : chain) {
        n.attach(*parent);
        parent = &n;
    }
    recorder r;
    root.mark_cancelled(r);
    CHECK(r.fresh.size() == chain.size() + 1);
    CHECK(chain.back().effective());
}
