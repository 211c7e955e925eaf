// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How should a random tree of groups end? A program as data, and a plain model
/// of what the statements about groups, scopes and shields say of it.
#ifndef TETHER_TESTS_UNIT_MODEL_GROUP_MODEL_HPP
#define TETHER_TESTS_UNIT_MODEL_GROUP_MODEL_HPP

#include <tether/scope/task_group_options.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace tether_test::model {

using ticks = std::chrono::nanoseconds;

enum class kind { leaf, shielded_leaf, group, scope, deadline, caught };

// One statement of a program; a sequence of them is a task.
struct node {
    kind what = kind::leaf;
    int id = 0;
    ticks time{}; // of a leaf, or until the deadline of a scope
    bool fails = false;
    tether::group_policy policy = tether::fail_fast;
    tether::child_cancel on_cancel = tether::child_cancel::ignore;
    std::vector<node> body;
    std::vector<std::vector<node>> children; // of a group, in order of spawn
    std::vector<int> child_ids;
};

// What somebody outside of the tree does to it.
struct action {
    enum class verb { cancel_group, cancel_task, cancel_scope, reschedule };
    ticks at{};
    verb what = verb::cancel_group;
    int target = 0;
    ticks time{}; // until the new deadline
};

struct program {
    std::vector<node> main;
    std::vector<action> actions; // in order of time, all different
};

inline void print(std::string& out, std::vector<node> const& nodes,
                  std::size_t indent) {
    static constexpr char const* names[] = {"leaf",  "shielded leaf", "group",
                                            "scope", "deadline",      "caught"};
    for (node const& n : nodes) {
        out += std::string(indent, ' ') + std::to_string(n.id) + " " +
               names[static_cast<int>(n.what)] + " " +
               std::to_string(n.time.count()) + (n.fails ? " fails" : "") +
               (n.what == kind::group
                    ? " policy " + std::to_string(static_cast<int>(n.policy)) +
                          " on_cancel " +
                          std::to_string(static_cast<int>(n.on_cancel))
                    : "") +
               "\n";
        print(out, n.body, indent + 2);
        for (std::size_t i = 0; i != n.children.size(); ++i) {
            out += std::string(indent + 2, ' ') + "child " +
                   std::to_string(n.child_ids[i]) + "\n";
            print(out, n.children[i], indent + 4);
        }
    }
}

inline std::string to_text(program const& p) {
    static constexpr char const* verbs[] = {"cancel", "cancel", "cancel",
                                            "reschedule"};
    std::string out;
    print(out, p.main, 0);
    for (action const& a : p.actions)
        out += "at " + std::to_string(a.at.count()) + " " +
               verbs[static_cast<int>(a.what)] + " " +
               std::to_string(a.target) + " " + std::to_string(a.time.count()) +
               "\n";
    return out;
}

// "[b a [d c]]" as "[[c d] a b]": the same errors, whatever their order.
inline std::string unordered(std::string const& text) {
    std::vector<std::vector<std::string>> open(1);
    std::string word;
    auto end_word = [&] {
        if (!word.empty())
            open.back().push_back(std::exchange(word, {}));
    };
    auto joined = [](std::vector<std::string> parts) {
        std::sort(parts.begin(), parts.end());
        std::string out;
        for (auto const& part : parts)
            out += (out.empty() ? "" : " ") + part;
        return out;
    };
    for (char const c : text) {
        if (c == '[') {
            open.emplace_back();
        } else if (c == ']') {
            end_word();
            std::string const group = "[" + joined(open.back()) + "]";
            open.pop_back();
            open.back().push_back(group);
        } else if (c == ' ') {
            end_word();
        } else {
            word += c;
        }
    }
    end_word();
    return joined(open.front());
}

// What is observed of a run.
struct observation {
    // Per task: how it ended and when.
    std::map<int, std::pair<std::string, ticks>> tasks;
    std::map<int, std::string> caught; // errors per catching statement
    std::vector<std::string> sink;     // errors of supervised children
    std::string end;                   // of the whole program
    ticks ended{};

    bool operator==(observation const&) const = default;

    // Without the order of errors, for runs in which two of them came at one
    // instant: the statements do not say which is first then.
    observation without_order() const {
        observation o = *this;
        o.end = unordered(o.end);
        for (auto& [id, text] : o.caught)
            text = unordered(text);
        for (auto& text : o.sink)
            text = unordered(text);
        std::sort(o.sink.begin(), o.sink.end());
        return o;
    }

    std::string text() const {
        std::string out =
            "end " + end + " at " + std::to_string(ended.count()) + "\n";
        for (auto const& [id, how] : tasks)
            out += "  task " + std::to_string(id) + " " + how.first + " at " +
                   std::to_string(how.second.count()) + "\n";
        for (auto const& [id, what] : caught)
            out += "  caught " + std::to_string(id) + " " + what + "\n";
        for (auto const& what : sink)
            out += "  sink " + what + "\n";
        return out;
    }
};

class generator {
public:
    explicit generator(std::uint64_t seed) : random_(seed) {}

    program make() {
        program p;
        p.main = sequence(0, 1 + pick(2));
        std::size_t const n = pick(7);
        for (std::size_t i = 0; i != n; ++i) {
            action a;
            a.at = time() * 2;
            a.what = static_cast<action::verb>(pick(4));
            a.target =
                static_cast<int>(pick(static_cast<std::size_t>(next_id_) + 1));
            a.time = time();
            p.actions.push_back(a);
        }
        std::sort(p.actions.begin(), p.actions.end(),
                  [](auto& a, auto& b) { return a.at < b.at; });
        return p;
    }

private:
    std::size_t pick(std::size_t n) {
        return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_);
    }
    // Wide enough that no two instants of a run coincide by chance.
    ticks time() {
        return ticks(
            std::uniform_int_distribution<long long>(1, 1LL << 44)(random_));
    }
    std::vector<node> sequence(int depth, std::size_t length) {
        std::vector<node> out;
        for (std::size_t i = 0; i != length; ++i)
            out.push_back(statement(depth));
        return out;
    }
    node statement(int depth) {
        node n;
        n.id = next_id_++;
        n.time = time();
        std::size_t const dice = depth >= 4 ? pick(4) : pick(12);
        if (dice < 4) {
            n.what = dice == 0 ? kind::shielded_leaf : kind::leaf;
            n.fails = pick(5) == 0;
        } else if (dice < 8) {
            n.what = kind::group;
            n.policy = static_cast<tether::group_policy>(pick(3));
            n.on_cancel = static_cast<tether::child_cancel>(pick(2));
            std::size_t const count = pick(5);
            for (std::size_t i = 0; i != count; ++i) {
                n.child_ids.push_back(next_id_++);
                n.children.push_back(sequence(depth + 1, pick(3)));
            }
            n.body = sequence(depth + 1, pick(3));
        } else {
            n.what = dice < 10    ? kind::scope
                     : dice == 10 ? kind::deadline
                                  : kind::caught;
            n.body = sequence(depth + 1, 1 + pick(2));
        }
        return n;
    }

    std::mt19937_64 random_;
    int next_id_ = 1;
};

// Interprets a program by the statements alone: a tree of scopes with flags,
// waits with a due time, and continuations.
class interpreter {
public:
    // Whether two errors met one group, or the sink, at one instant.
    bool ties() const noexcept { return ties_; }

    observation run(program const& p) {
        bool over = false;
        sequence(root_, p.main, 0, [&](result r) {
            seen_.end =
                r.error.empty() ? (r.stopped ? "stopped" : "ok") : r.error;
            seen_.ended = now_;
            over = true;
        });
        settle();
        std::size_t next = 0;
        while (!over) {
            bool const act = next != p.actions.size() &&
                             (events_.empty() ||
                              p.actions[next].at < events_.begin()->first);
            if (act) {
                now_ = p.actions[next].at;
                perform(p.actions[next++]);
            } else {
                auto const event = events_.begin();
                now_ = event->first;
                auto const what = std::move(event->second);
                events_.erase(event);
                what();
            }
            settle();
        }
        return seen_;
    }

private:
    struct result {
        bool stopped = false;
        std::string error;
    };
    using continuation = std::function<void(result)>;

    struct scope {
        scope* up = nullptr;
        bool cancelled = false;
        bool shield = false;
        bool live = true;
        bool expired = false;
        unsigned version = 0; // of the deadline

        bool effective() const {
            return cancelled || (!shield && up && up->effective());
        }
        bool asked_from_outside() const {
            return !shield && up && up->effective();
        }
    };
    struct waiting {
        scope* in;
        continuation then;
    };
    struct group {
        scope* own;
        node const* of;
        std::size_t live = 0;
        bool body_ended = false;
        bool stopped = false;
        std::vector<std::string> errors;
        continuation then;
        ticks last_error{-1};
    };

    void note_time(ticks& last) {
        ties_ = ties_ || last == now_;
        last = now_;
    }

    scope& make(scope& up) {
        scopes_.emplace_back();
        scopes_.back().up = &up;
        return scopes_.back();
    }

    void sequence(scope& in, std::vector<node> const& nodes, std::size_t at,
                  continuation then) {
        if (at == nodes.size()) {
            then({});
            return;
        }
        statement(in, nodes[at], [this, &in, &nodes, at, then](result r) {
            if (r.stopped || !r.error.empty())
                then(r);
            else
                sequence(in, nodes, at + 1, then);
        });
    }

    void statement(scope& in, node const& n, continuation then) {
        switch (n.what) {
        case kind::leaf:
            leaf(in, n, std::move(then));
            break;
        case kind::shielded_leaf: {
            scope& shield = make(in);
            shield.shield = true;
            leaf(shield, n, std::move(then));
            break;
        }
        case kind::scope:
        case kind::deadline:
            limited(in, n, std::move(then));
            break;
        case kind::caught:
            sequence(in, n.body, 0, [this, &n, then](result r) {
                if (!r.error.empty())
                    seen_.caught[n.id] = std::exchange(r.error, {});
                then(r);
            });
            break;
        case kind::group:
            open(in, n, std::move(then));
            break;
        }
    }

    void leaf(scope& in, node const& n, continuation then) {
        result const at_end{false, n.fails ? "e" + std::to_string(n.id) : ""};
        if (in.effective()) { // every wait is a checkpoint
            then({true, {}});
            return;
        }
        waits_.push_back({&in, std::move(then)});
        auto const here = std::prev(waits_.end());
        events_.emplace(now_ + n.time, [here, at_end] {
            if (!here->then)
                return; // was stopped
            continuation const go = std::exchange(here->then, nullptr);
            go(at_end);
        });
    }

    void limited(scope& in, node const& n, continuation then) {
        scope& own = make(in);
        by_id_[n.id] = &own;
        arm(own, n.time);
        sequence(own, n.body, 0, [&own, &n, then](result r) {
            own.live = false;
            if (r.stopped && own.cancelled && !own.asked_from_outside()) {
                r.stopped = false;
                if (n.what == kind::deadline && own.expired)
                    r.error = "timeout";
            }
            then(r);
        });
    }
    void arm(scope& s, ticks after) {
        unsigned const version = ++s.version;
        events_.emplace(now_ + after, [&s, version] {
            if (s.live && s.version == version && !s.cancelled) {
                s.cancelled = true;
                s.expired = true;
            }
        });
    }

    void open(scope& in, node const& n, continuation then) {
        scope& own = make(in);
        by_id_[n.id] = &own;
        groups_.push_back(
            {&own, &n, n.children.size(), false, false, {}, std::move(then)});
        group& g = groups_.back();
        sequence(own, n.body, 0, [this, &g](result r) {
            g.body_ended = true;
            g.stopped = g.stopped || r.stopped;
            if (!r.error.empty()) { // whatever the policy
                note_time(g.last_error);
                g.errors.push_back(r.error);
                g.own->cancelled = true;
            }
            close_if_over(g);
        });
        for (std::size_t i = 0; i != n.children.size(); ++i) {
            scope& task = make(own);
            int const id = n.child_ids[i];
            by_id_[id] = &task;
            sequence(task, n.children[i], 0, [this, &g, &task, id](result r) {
                ended(g, task, id, std::move(r));
            });
        }
    }
    void ended(group& g, scope& task, int id, result r) {
        task.live = false;
        bool const failed = !r.error.empty();
        seen_.tasks[id] = {r.stopped ? "cancelled"
                           : failed  ? "failed"
                                     : "finished",
                           now_};
        if (r.stopped) {
            if (!task.cancelled || task.asked_from_outside())
                g.stopped = true;
            else if (g.of->on_cancel == tether::child_cancel::fail)
                r.error = "cancelled";
        }
        if (!r.error.empty()) {
            if (g.of->policy == tether::supervise) {
                note_time(last_sink_);
                seen_.sink.push_back(r.error);
            } else {
                note_time(g.last_error);
                g.errors.push_back(r.error);
                if (g.of->policy == tether::fail_fast)
                    g.own->cancelled = true;
            }
        }
        --g.live;
        close_if_over(g);
    }
    void close_if_over(group& g) {
        if (!g.body_ended || g.live != 0 || !g.then)
            return;
        g.own->live = false;
        continuation const then = std::exchange(g.then, nullptr);
        if (!g.errors.empty()) {
            std::string text = "[";
            for (auto const& e : g.errors)
                text += (text.size() > 1 ? " " : "") + e;
            then({false, text + "]"});
        } else {
            then({g.stopped && g.own->asked_from_outside(), {}});
        }
    }

    void perform(action const& a) {
        auto const found = by_id_.find(a.target);
        if (found == by_id_.end() || !found->second->live)
            return;
        // The kinds of target do not share ids, so any cancel hits one kind.
        scope& s = *found->second;
        if (a.what == action::verb::reschedule) {
            if (!s.cancelled && s.version != 0)
                arm(s, a.time);
        } else {
            s.cancelled = true;
        }
    }

    // Stops every wait that a cancel reaches, until nothing changes.
    void settle() {
        for (bool again = true; again;) {
            again = false;
            for (auto at = waits_.begin(); at != waits_.end(); ++at) {
                if (at->then && at->in->effective()) {
                    continuation const go = std::exchange(at->then, nullptr);
                    go({true, {}});
                    again = true;
                }
            }
        }
    }

    ticks now_{};
    scope root_;
    std::deque<scope> scopes_;
    std::deque<group> groups_;
    std::list<waiting> waits_;
    std::multimap<ticks, std::function<void()>> events_;
    std::map<int, scope*> by_id_;
    ticks last_sink_{-1};
    bool ties_ = false;
    observation seen_;
};

} // namespace tether_test::model

#endif
