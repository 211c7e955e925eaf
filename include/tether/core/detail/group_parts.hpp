// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How is a tree of errors built, walked, split and merged without recursion?
#ifndef TETHER_CORE_DETAIL_GROUP_PARTS_HPP
#define TETHER_CORE_DETAIL_GROUP_PARTS_HPP

#include <tether/core/detail/member_test.hpp>
#include <tether/core/exception_group.hpp>

TETHER_BEGIN_NAMESPACE
namespace detail {

class group_parts {
public:
    // Calls visit(leaf, inner) for every inner group and then what is inside,
    // until it returns true.
    template<class Visit>
    static bool visit(exception_group const& group, Visit visit) {
        std::vector<error_leaf const*> path{first_leaf(group)};
        for (;;) {
            error_leaf const& leaf = *path.back();
            exception_group const* const inner = inner_of(leaf);
            if (visit(leaf, inner))
                return true;
            if (inner) {
                path.push_back(first_leaf(*inner));
                continue;
            }
            while (!(path.back() = path.back()->next)) {
                path.pop_back();
                if (path.empty())
                    return false;
            }
        }
    }

    static exception_group adopt(std::string_view message,
                                 error_list&& errors) {
        if (errors.empty())
            throw std::invalid_argument(
                "an exception_group needs at least one error");
        exception_group group(group_state::make(message, errors.size));
        group.state_->own = std::move(errors);
        return group;
    }

    // The same members under new notes and context.
    static exception_group decorated(exception_group const& group) {
        group_state const& from = *group.state_;
        exception_group copy(
            group_state::make(from.message(), from.members().size));
        group_state& state = *copy.state_;
        state.lender = const_cast<group_state*>(&from.keeper());
        keep(state.lender);
        state.origin = from.origin;
        keep(state.origin);
        state.notes = from.notes;
        state.context = from.context;
        return copy;
    }
    static exception_group with_note(exception_group const& group,
                                     std::string note) {
        exception_group copy = decorated(group);
        copy.state_->notes.push_back(std::move(note));
        return copy;
    }
    static exception_group with_context(exception_group const& group,
                                        std::exception_ptr error) {
        exception_group copy = decorated(group);
        copy.state_->context.push_back(std::move(error));
        return copy;
    }

    static group_split<exception_group> split(exception_group const& whole,
                                              member_test matches);
    static exception_group merge(exception_group const& first,
                                 exception_group const& second);

    // `part` as an exception, in the derived type of the group it is part of.
    static std::exception_ptr throwable(exception_group const& group,
                                        exception_group const& part) {
        return group.throwable_part(part);
    }

    // Of one original group, so that merge can restore the order.
    static bool related(exception_group const& a,
                        exception_group const& b) noexcept {
        return &original(a)->keeper() == &original(b)->keeper();
    }

private:
    static exception_group const* inner_of(error_leaf const& leaf) noexcept {
        return exception_group::member(leaf).group();
    }
    static error_leaf const* first_leaf(exception_group const& group) noexcept {
        return group.state_->members().head;
    }
    static group_state* original(exception_group const& group) noexcept {
        return group.state_->origin ? group.state_->origin : group.state_;
    }

    // `error` stands in a part of the group for what `from` has in it.
    static void append_part(error_list& out, error_leaf const& from,
                            std::exception_ptr error) {
        auto leaf = group_leaf::make();
        leaf->error = std::move(error);
        leaf->task_name = from.task_name;
        leaf->spawn_site = from.spawn_site;
        leaf->trigger = from.trigger;
        leaf->source = source_of(from);
        if (group_leaf const* const more = extension(from)) {
            leaf->notes = more->notes;
            leaf->cause = more->cause;
        }
        if (leaf->error == from.error)
            leaf->probed.store(from.probed.load(std::memory_order_acquire),
                               std::memory_order_release);
        out.push_back(leaf.release());
    }

    static exception_group make_part(exception_group const& whole,
                                     error_list&& members) {
        group_state const& from = *whole.state_;
        exception_group part(group_state::make(from.message(), members.size));
        group_state& state = *part.state_;
        state.own = std::move(members);
        state.origin = original(whole);
        keep(state.origin);
        state.notes = from.notes;
        state.context = from.context;
        return part;
    }

    // One half of a group while it is being split, or a group being merged.
    struct half {
        error_list members;
        std::size_t untouched = 0; // members that are in it as a whole

        void add(error_leaf const& from, std::exception_ptr const& error) {
            append_part(members, from, error);
            if (error == from.error)
                ++untouched;
        }
        bool all_of(exception_group const& group) const noexcept {
            return untouched == group.size() && members.size == group.size();
        }
        // What the enclosing level puts in: the group itself if all of it is
        // here, a part, or null.
        std::exception_ptr finish(exception_group const& group,
                                  std::exception_ptr const& self) {
            if (members.empty())
                return nullptr;
            if (all_of(group))
                return self;
            return group.throwable_part(make_part(group, std::move(members)));
        }
        std::optional<exception_group>
        finish_outermost(exception_group const& group) {
            if (members.empty())
                return std::nullopt;
            if (all_of(group))
                return group;
            return make_part(group, std::move(members));
        }
    };
};

inline group_split<exception_group>
group_parts::split(exception_group const& whole, member_test matches) {
    struct level {
        explicit level(exception_group const& g) noexcept
            : group(&g), at(first_leaf(g)) {}
        exception_group const* group;
        error_leaf const* at;
        half match;
        half rest;
    };
    std::vector<level> levels;
    levels.emplace_back(whole);
    for (;;) {
        level& now = levels.back();
        if (now.at) {
            exception_group const* const inner = inner_of(*now.at);
            if (matches(*now.at, inner)) {
                now.match.add(*now.at, now.at->error);
            } else if (inner) {
                levels.emplace_back(*inner);
                continue;
            } else {
                now.rest.add(*now.at, now.at->error);
            }
            now.at = now.at->next;
            continue;
        }
        if (levels.size() == 1)
            return {now.match.finish_outermost(*now.group),
                    now.rest.finish_outermost(*now.group)};
        level& outer = *(levels.end() - 2);
        std::exception_ptr const& self = outer.at->error;
        if (auto const match = now.match.finish(*now.group, self))
            outer.match.add(*outer.at, match);
        if (auto const rest = now.rest.finish(*now.group, self))
            outer.rest.add(*outer.at, rest);
        outer.at = outer.at->next;
        levels.pop_back();
    }
}

inline exception_group group_parts::merge(exception_group const& first,
                                          exception_group const& second) {
    if (!related(first, second)) {
        return exception_group(
            "errors of several origins",
            std::vector{throwable(first, first), throwable(second, second)});
    }
    // Both are subsequences of the members of the group they came from.
    struct level {
        level(exception_group const& g, exception_group const& a,
              exception_group const& b) noexcept
            : group(&g),
              at(first_leaf(g)),
              left(first_leaf(a)),
              right(first_leaf(b)) {}

        static error_leaf const* here(error_leaf const* part,
                                      error_leaf const& member) noexcept {
            return part && source_of(*part) == source_of(member) ? part
                                                                 : nullptr;
        }
        void next() noexcept {
            if (here(left, *at))
                left = left->next;
            if (here(right, *at))
                right = right->next;
            at = at->next;
        }

        exception_group const* group;
        error_leaf const* at;
        error_leaf const* left;
        error_leaf const* right;
        half merged;
    };
    group_state* const state = original(first);
    keep(state);
    exception_group const whole(state);
    std::vector<level> levels;
    levels.emplace_back(whole, first, second);
    for (;;) {
        level& now = levels.back();
        if (now.at) {
            error_leaf const* const left = level::here(now.left, *now.at);
            error_leaf const* const right = level::here(now.right, *now.at);
            if (left && right && left->error != right->error) {
                exception_group const* const a = inner_of(*left);
                exception_group const* const b = inner_of(*right);
                exception_group const* const inner = inner_of(*now.at);
                if (a && b && inner && related(*a, *inner) &&
                    related(*b, *inner)) {
                    levels.emplace_back(*inner, *a, *b);
                    continue;
                }
            }
            if (left)
                now.merged.add(*now.at, left->error);
            if (right && (!left || left->error != right->error))
                now.merged.add(*now.at, right->error);
            now.next();
            continue;
        }
        if (levels.size() == 1)
            break;
        level& outer = *(levels.end() - 2);
        if (auto const error = now.merged.finish(*now.group, outer.at->error))
            outer.merged.add(*outer.at, error);
        outer.next();
        levels.pop_back();
    }
    exception_group result = *levels.back().merged.finish_outermost(whole);
    // What was said about the parts since they were parted.
    for (exception_group const* const part : {&first, &second}) {
        group_state const& said = *part->state_;
        for (std::size_t i = state->notes.size(); i < said.notes.size(); ++i)
            result = with_note(result, said.notes[i]);
        for (std::size_t i = state->context.size(); i < said.context.size();
             ++i)
            result = with_context(result, said.context[i]);
    }
    return result;
}

inline exception_group make_exception_group(std::string_view message,
                                            error_list&& errors) {
    return group_parts::adopt(message, std::move(errors));
}

} // namespace detail
TETHER_END_NAMESPACE

#endif
