// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Several tasks failed: what exactly went wrong, where, and in which order?
#ifndef TETHER_CORE_EXCEPTION_GROUP_HPP
#define TETHER_CORE_EXCEPTION_GROUP_HPP

#include <tether/core/detail/error_leaf.hpp>
#include <tether/core/detail/exception_probe.hpp>
#include <tether/core/detail/group_state.hpp>
#include <tether/detail/config.hpp>

#include <concepts>
#include <cstddef>
#include <exception>
#include <iterator>
#include <optional>
#include <ranges>
#include <source_location>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

TETHER_BEGIN_NAMESPACE

class group_leaves;
template<class Group>
struct group_split;

namespace detail {
class group_parts;
template<class Projection>
class member_iterator;
} // namespace detail

/// A tree of errors: what a task group throws, also for a single error.
///
/// Invariant: never empty, members are never null, message and members never
/// change. The members of a group thrown by a task group are its failed tasks
/// in completion order, the trigger of the cancellation is marked, and groups
/// of inner task groups are members with a structure of their own.
/// Ownership: copies share one immutable state; copying is cheap and noexcept,
/// moving is copying. References, views and pointers that a group hands out
/// are valid while any copy of it lives.
/// Threads: copies may be used on different threads at the same time.
/// Example:
/// ```
/// catch (exception_group const& group) {
///     for (exception_group::member m : group)
///         log(m.task_name(), format_error(m.error()));
///     if (auto const* e = group.first<http_error>()) retry(e->url());
/// }
/// ```
class exception_group : public std::exception {
public:
    /// One direct member: an error and what is known of the task that failed.
    class member;
    /// What a member is made of when a program builds a group by itself.
    struct member_init;

    using iterator = detail::member_iterator<member>;

    /// Errors: `std::invalid_argument` when `errors` is empty or holds a null
    /// pointer.
    exception_group(std::string_view message,
                    std::vector<std::exception_ptr> errors);
    /// The same with what is known of the tasks that failed.
    exception_group(std::string_view message, std::vector<member_init> members);

    exception_group(exception_group const& other) noexcept
        : std::exception(other), state_(other.state_) {
        detail::keep(state_);
    }
    exception_group& operator=(exception_group const& other) noexcept {
        detail::keep(other.state_);
        detail::release(std::exchange(state_, other.state_));
        return *this;
    }
    ~exception_group() override { detail::release(state_); }

    /// The message and the number of direct members: "load (2
    /// sub-exceptions)".
    [[nodiscard]] char const* what() const noexcept override {
        return state_->text();
    }
    /// The message alone.
    [[nodiscard]] std::string_view message() const noexcept {
        return state_->message();
    }

    /// Direct members, in order. A forward range of `member` values.
    [[nodiscard]] iterator begin() const noexcept;
    [[nodiscard]] iterator end() const noexcept;
    [[nodiscard]] std::size_t size() const noexcept {
        return state_->members().size;
    }
    /// The direct members' errors: a forward range of
    /// `std::exception_ptr const&`. Not a span, because the members live in
    /// the memory of the tasks that failed.
    [[nodiscard]] auto exceptions() const noexcept;
    /// Every error that is not itself a group, depth first and left to right,
    /// each with the path that leads to it.
    [[nodiscard]] group_leaves leaves() const;
    /// Result: the member that failed first and made the group cancel the
    /// rest; none when nobody marked one.
    [[nodiscard]] std::optional<member> trigger() const noexcept;

    /// The tree contains an error of one of the types, or of a type derived
    /// from one. `std::exception` and the like look at leaves only; inner
    /// groups are looked at when the type is a group.
    template<class... E>
    [[nodiscard]] bool contains() const;
    /// Result: the first such error, or null.
    template<class E>
    [[nodiscard]] E const* first() const;
    /// Result: how many such errors there are.
    template<class... E>
    [[nodiscard]] std::size_t count() const;
    /// Some leaf is not a `std::exception`.
    [[nodiscard]] bool contains_foreign() const;

    /// Result: the errors of these types, in the same nesting, with the
    /// messages, notes and context of each group; the same group when all
    /// match, none when none does.
    template<class... E>
        requires(sizeof...(E) > 0)
    [[nodiscard]] std::optional<exception_group> subgroup() const;
    /// The same with `pred(std::exception_ptr const&)`, asked for each inner
    /// group first (true takes it whole) and then for each leaf.
    template<std::predicate<std::exception_ptr const&> Pred>
    [[nodiscard]] std::optional<exception_group> subgroup(Pred pred) const;
    /// The same with `pred(E const&)`, asked for each error that is an `E`.
    template<class E, std::predicate<E const&> Pred>
    [[nodiscard]] std::optional<exception_group> subgroup(Pred pred) const;

    /// Result: {match, rest}; each leaf is in exactly one of them.
    template<class... E>
        requires(sizeof...(E) > 0)
    [[nodiscard]] group_split<exception_group> split() const;
    /// The same with `pred(std::exception_ptr const&)`, as in subgroup().
    template<std::predicate<std::exception_ptr const&> Pred>
    [[nodiscard]] group_split<exception_group> split(Pred pred) const;
    /// The same with `pred(E const&)`, as in subgroup().
    template<class E, std::predicate<E const&> Pred>
    [[nodiscard]] group_split<exception_group> split(Pred pred) const;

    /// Free text about this group, oldest first.
    [[nodiscard]] std::span<std::string const> notes() const noexcept {
        return state_->notes;
    }
    /// Result: the same group with one more note. This one does not change.
    [[nodiscard]] exception_group with_note(std::string note) const;

    /// What was going on when the group failed, without being a member: a
    /// deadline that had fired when a cleanup failed.
    [[nodiscard]] std::span<std::exception_ptr const>
    contexts() const noexcept {
        return state_->context;
    }
    /// Result: the first context that is an `E`, or null.
    template<class E>
    [[nodiscard]] E const* context() const {
        for (std::exception_ptr const& error : state_->context) {
            if (auto const* const found = detail::exception_as<E>(
                    error, detail::as_std_exception(error)))
                return found;
        }
        return nullptr;
    }
    /// Result: the same group with one more context.
    /// Errors: `std::invalid_argument` when `error` is null.
    [[nodiscard]] exception_group with_context(std::exception_ptr error) const;

    /// The same object: copies of one group, not groups that look alike.
    [[nodiscard]] bool same_as(exception_group const& other) const noexcept {
        return state_ == other.state_;
    }

private:
    friend class detail::group_parts;
    friend exception_group
    detail::make_exception_group(std::string_view message,
                                 detail::error_list&& errors);
    template<class Derived>
    friend class derived_exception_group;

    // Takes over one reference.
    explicit exception_group(detail::group_state* state) noexcept
        : state_(state) {}

    // How a part of this group is thrown; derived_exception_group keeps the
    // derived type here.
    [[nodiscard]] virtual std::exception_ptr
    throwable_part(exception_group part) const {
        return std::make_exception_ptr(std::move(part));
    }

    detail::group_state* state_;
};

/// An error and what is known of the task that failed, to build a group of.
///
/// Parameters: `error` is not null; everything is owned.
struct exception_group::member_init {
    /// The error; not null.
    std::exception_ptr error;
    /// The name of the failed task, or "body"; may be empty.
    std::string task_name;
    /// Where the failed task was spawned; line 0 when it is not known.
    std::source_location spawn_site;
    /// It failed first and made the group cancel the rest.
    bool trigger = false;
    /// Free text about this error, oldest first.
    std::vector<std::string> notes;
    /// What the error was a consequence of, when the error cannot say it.
    std::exception_ptr cause;

    /// A member without notes and cause.
    explicit member_init(std::exception_ptr the_error, std::string name = {},
                         std::source_location spawned_at = {},
                         bool is_trigger = false)
        : error(std::move(the_error)),
          task_name(std::move(name)),
          spawn_site(spawned_at),
          trigger(is_trigger) {}
};

/// One direct member of a group, as seen from outside.
///
/// Invariant: refers to its group and is valid as long as that lives.
/// Threads: immutable.
class exception_group::member {
public:
    /// The error, an inner group included; never null.
    [[nodiscard]] std::exception_ptr const& error() const noexcept {
        return leaf_->error;
    }
    /// The name of the failed task, or "body"; empty when it has none.
    [[nodiscard]] std::string_view task_name() const noexcept {
        return leaf_->task_name;
    }
    /// Where the failed task was spawned; line 0 when it is not known.
    [[nodiscard]] std::source_location spawn_site() const noexcept {
        return leaf_->spawn_site;
    }
    /// It failed first and made the group cancel the rest.
    [[nodiscard]] bool is_trigger() const noexcept { return leaf_->trigger; }
    /// Free text about this member, oldest first.
    [[nodiscard]] std::span<std::string const> notes() const noexcept {
        auto const* const more = detail::extension(*leaf_);
        if (!more)
            return {};
        return more->notes;
    }
    /// What the error was a consequence of, or null.
    [[nodiscard]] std::exception_ptr cause() const noexcept {
        auto const* const more = detail::extension(*leaf_);
        return more ? more->cause : nullptr;
    }
    /// Result: the error as an `E`, or null.
    template<class E>
    [[nodiscard]] E const* as() const noexcept {
        return detail::exception_as<E>(leaf_->error, detail::probe(*leaf_));
    }
    /// Result: the inner group, or null when this is a leaf.
    [[nodiscard]] exception_group const* group() const noexcept {
        return dynamic_cast<exception_group const*>(detail::probe(*leaf_));
    }

private:
    friend class group_leaves;
    friend class detail::group_parts;
    template<class Projection>
    friend class detail::member_iterator;

    explicit member(detail::error_leaf const& leaf) noexcept : leaf_(&leaf) {}

    detail::error_leaf const* leaf_;
};

namespace detail {

// Walks the list of members and shows each as a Projection: the member handle,
// or a reference to its exception_ptr.
template<class Projection>
class member_iterator {
public:
    // A handle has no address: what -> goes through is kept in a temporary.
    struct arrow {
        Projection shown;
        [[nodiscard]] auto* operator->() const noexcept { return &shown; }
    };

    using iterator_concept = std::forward_iterator_tag;
    using iterator_category = std::input_iterator_tag;
    using value_type = std::remove_cvref_t<Projection>;
    using difference_type = std::ptrdiff_t;
    using reference = Projection;
    using pointer = arrow;

    member_iterator() noexcept = default;
    explicit member_iterator(error_leaf const* leaf) noexcept : leaf_(leaf) {}

    [[nodiscard]] Projection operator*() const noexcept {
        if constexpr (std::is_reference_v<Projection>)
            return leaf_->error;
        else
            return Projection(*leaf_);
    }
    [[nodiscard]] arrow operator->() const noexcept { return {**this}; }
    member_iterator& operator++() noexcept {
        leaf_ = leaf_->next;
        return *this;
    }
    member_iterator operator++(int) noexcept {
        member_iterator const before = *this;
        leaf_ = leaf_->next;
        return before;
    }
    friend bool operator==(member_iterator const&,
                           member_iterator const&) noexcept = default;

private:
    error_leaf const* leaf_ = nullptr;
};

} // namespace detail

/// Both halves of a group; at least one is there.
template<class Group>
struct group_split {
    /// What matched.
    std::optional<Group> match;
    /// What did not.
    std::optional<Group> rest;
};

/// Puts two parts of one group together again, in the original order; all of
/// it gives the original group.
///
/// Result: groups that are not parts of one group become the two members of a
/// new group.
[[nodiscard]] exception_group merge(exception_group const& first,
                                    exception_group const& second);

inline exception_group::iterator exception_group::begin() const noexcept {
    return iterator(state_->members().head);
}
inline exception_group::iterator exception_group::end() const noexcept {
    return iterator();
}
inline auto exception_group::exceptions() const noexcept {
    using errors = detail::member_iterator<std::exception_ptr const&>;
    return std::ranges::subrange(errors(state_->members().head), errors());
}
inline std::optional<exception_group::member>
exception_group::trigger() const noexcept {
    for (member const m : *this) {
        if (m.is_trigger())
            return m;
    }
    return std::nullopt;
}

TETHER_END_NAMESPACE

#include <tether/core/detail/group_leaves.hpp>
#include <tether/core/detail/group_members.hpp>

#endif
