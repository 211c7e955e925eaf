// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What does a loop look like in text? The tree of its tasks and scopes with
/// the places where they wait.
#ifndef TETHER_RUNTIME_DETAIL_FORMAT_TREE_HPP
#define TETHER_RUNTIME_DETAIL_FORMAT_TREE_HPP

#include <tether/core/detail/text.hpp>
#include <tether/detail/config.hpp>
#include <tether/runtime/loop.hpp>

#include <algorithm>
#include <cstddef>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

TETHER_BEGIN_NAMESPACE
namespace detail {

class tree_formatter {
public:
    explicit tree_formatter(loop& l) : loop_(l) {}

    // Without recursion: a tree may be deeper than the stack.
    std::string format() {
        find_starting();
        std::vector<entry> left;
        push_children(left, loop_.roots(), 0);
        while (!left.empty()) {
            entry const at = left.back();
            left.pop_back();
            line(*at.node, at.depth);
            push_children(left, *at.node, at.depth + 1);
        }
        return std::move(out_);
    }

private:
    static constexpr std::size_t max_indent = 40;

    struct entry {
        scope_node* node;
        std::size_t depth;
    };

    static bool is_starting(task_record const& r) noexcept {
        return r.parent()->kind() == scope_kind::start;
    }
    // Until it is ready, a child of group.start() hangs under its caller; it
    // is shown where it will be (TG68).
    static scope_node* shown_under(scope_node& node) noexcept {
        if (node.kind() != scope_kind::record)
            return nullptr;
        auto const& r = static_cast<task_record const&>(node);
        return is_starting(r) && r.extra() ? r.extra()->shown_under : nullptr;
    }
    void find_starting() {
        for (scope_node* at = &loop_.roots(); at;
             at = at->next_in(loop_.roots(), true))
            if (scope_node* const group = shown_under(*at))
                starting_.emplace_back(group, at);
    }
    void push_children(std::vector<entry>& left, scope_node& node,
                       std::size_t depth) {
        std::size_t const before = left.size();
        for (scope_node* at = node.first_child(); at; at = at->next_sibling())
            if (!shown_under(*at))
                left.push_back({at, depth});
        for (auto const& [group, child] : starting_)
            if (group == &node)
                left.push_back({child, depth});
        std::reverse(left.begin() + static_cast<std::ptrdiff_t>(before),
                     left.end());
    }

    void line(scope_node& node, std::size_t depth) {
        out_.append(2 * (depth < max_indent ? depth : max_indent), ' ');
        if (node.kind() == scope_kind::record)
            task(static_cast<task_record&>(node));
        else
            scope(static_cast<operation_scope&>(node));
        marks(node);
        out_ += '\n';
    }

    void task(task_record& r) {
        out_ += "task";
        if (!r.name().empty()) {
            out_ += ' ';
            append_quoted(out_, r.name());
        }
        if (has_place(r.spawned_at)) {
            out_ += " spawned at ";
            append_place(out_, r.spawned_at);
        }
        if (is_starting(r))
            out_ += ", starting";
        if (wait const* const w = r.waiting()) {
            out_ += ", waits for ";
            out_ += w->description();
        } else if (&r == loop_.current()) {
            out_ += ", running";
        } else if (!r.started()) {
            out_ += ", not yet run";
        } else if (r.parked) {
            out_ += ", ready";
        }
        frame_base const* const leaf = r.leaf();
        if (leaf && has_place(leaf->where)) {
            out_ += " at ";
            append_place(out_, leaf->where);
        }
    }

    void scope(operation_scope& s) {
        switch (s.kind()) {
        case scope_kind::record:
            break;
        case scope_kind::group:
            out_ += "group";
            break;
        case scope_kind::deadline:
            out_ += "deadline";
            break;
        case scope_kind::cancel_scope:
            out_ += "cancel scope";
            break;
        case scope_kind::shield:
            out_ += "shield";
            break;
        case scope_kind::cleanup:
            out_ += "cleanup";
            break;
        case scope_kind::start:
            out_ += "start";
            break;
        case scope_kind::combinator:
            out_ += "combinator";
            break;
        case scope_kind::service:
            out_ += "service";
            break;
        case scope_kind::binding:
            out_ += "binding";
            break;
        case scope_kind::thread:
            out_ += "thread";
            break;
        case scope_kind::elsewhere:
            out_ += "on another executor";
            break;
        }
        if (!s.label.empty()) {
            out_ += ' ';
            append_quoted(out_, s.label);
        }
        if (s.timer && s.timer->armed()) {
            out_ += ", due in ";
            out_ += duration_text(s.timer->due() - loop_.now());
        }
    }

    // Who looks for what does not end reads here how long it was asked to.
    void marks(scope_node const& node) {
        if (node.shielded()) {
            out_ += ", shielded";
            if (node.parent() && node.parent()->effective()) {
                out_ += ", outer cancel pending";
                since(cancelling_node(*node.parent()));
            }
        }
        if (node.cancelled()) {
            out_ += ", cancelled";
            since(&node);
            if (cancel_note const* note = note_of(node))
                out_ += " (" + note->reason().to_string() + ")";
        } else if (node.effective()) {
            out_ += ", cancelled from outside";
            since(cancelling_node(node));
        } else if (node.soft_effective()) {
            out_ += ", asked to end";
        }
        if (node.kind() == scope_kind::record && node.effective() &&
            static_cast<task_record const&>(node).waiting())
            out_ += ", still waiting";
    }

    // A scope cancelled before it was entered has no time.
    void since(scope_node const* by) {
        cancel_note const* const note = by ? note_of(*by) : nullptr;
        if (!note || note->at == time_point{})
            return;
        out_ += ' ';
        out_ += duration_text(loop_.now() - note->at);
        out_ += " ago";
    }

    loop& loop_;
    std::string out_;
    std::vector<std::pair<scope_node*, scope_node*>> starting_;
};

inline std::string format_tree(loop& l) {
    return tree_formatter(l).format();
}

} // namespace detail
TETHER_END_NAMESPACE

#endif
