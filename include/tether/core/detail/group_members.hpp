// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What do the member functions of exception_group do? Their definitions.
#ifndef TETHER_CORE_DETAIL_GROUP_MEMBERS_HPP
#define TETHER_CORE_DETAIL_GROUP_MEMBERS_HPP

#include <tether/core/detail/group_parts.hpp>
#include <tether/core/detail/member_test.hpp>

TETHER_BEGIN_NAMESPACE
namespace detail {

// Splits by a test and keeps one half; the other is dropped unread.
template<class Test>
std::optional<exception_group> matching_part(exception_group const& group,
                                             Test test) {
    return group_parts::split(group, member_test(test)).match;
}

} // namespace detail

inline exception_group::exception_group(std::string_view message,
                                        std::vector<member_init> members)
    : state_(nullptr) {
    detail::error_list list;
    for (member_init& from : members) {
        if (!from.error)
            throw std::invalid_argument(
                "an exception_group cannot have a null exception_ptr as a "
                "member");
        auto leaf = detail::group_leaf::make();
        leaf->name = std::move(from.task_name);
        leaf->task_name = leaf->name;
        leaf->error = std::move(from.error);
        leaf->spawn_site = from.spawn_site;
        leaf->trigger = from.trigger;
        leaf->notes = std::move(from.notes);
        leaf->cause = std::move(from.cause);
        list.push_back(leaf.release());
    }
    *this = detail::group_parts::adopt(message, std::move(list));
}

inline exception_group::exception_group(std::string_view message,
                                        std::vector<std::exception_ptr> errors)
    : exception_group(message, std::vector<member_init>(
                                   std::make_move_iterator(errors.begin()),
                                   std::make_move_iterator(errors.end()))) {}

inline exception_group exception_group::with_note(std::string note) const {
    return detail::group_parts::with_note(*this, std::move(note));
}

inline exception_group
exception_group::with_context(std::exception_ptr error) const {
    if (!error)
        throw std::invalid_argument(
            "exception_group::with_context needs an exception, got null");
    return detail::group_parts::with_context(*this, std::move(error));
}

template<class... E>
bool exception_group::contains() const {
    return detail::group_parts::visit(*this, detail::is_any_of<E...>);
}

template<class E>
E const* exception_group::first() const {
    static_assert(!std::is_pointer_v<E>,
                  "first<E> points to the exception object; a thrown pointer "
                  "has none that could be pointed to: use contains<E>()");
    E const* found = nullptr;
    detail::group_parts::visit(*this, [&found](detail::error_leaf const& leaf,
                                               exception_group const* inner) {
        if (!detail::member_is<E>(leaf, inner))
            return false;
        found = detail::exception_as<E>(leaf.error, detail::probe(leaf));
        return true;
    });
    return found;
}

template<class... E>
std::size_t exception_group::count() const {
    std::size_t found = 0;
    detail::group_parts::visit(*this, [&found](detail::error_leaf const& leaf,
                                               exception_group const* inner) {
        if (detail::is_any_of<E...>(leaf, inner))
            ++found;
        return false;
    });
    return found;
}

inline bool exception_group::contains_foreign() const {
    return detail::group_parts::visit(
        *this, [](detail::error_leaf const& leaf, exception_group const*) {
            return detail::probe(leaf) == nullptr;
        });
}

template<class... E>
    requires(sizeof...(E) > 0)
std::optional<exception_group> exception_group::subgroup() const {
    return detail::matching_part(*this, detail::is_any_of<E...>);
}
template<std::predicate<std::exception_ptr const&> Pred>
std::optional<exception_group> exception_group::subgroup(Pred pred) const {
    return detail::matching_part(*this, detail::test_of_pointer(pred));
}
template<class E, std::predicate<E const&> Pred>
std::optional<exception_group> exception_group::subgroup(Pred pred) const {
    return detail::matching_part(*this, detail::test_of_type<E>(pred));
}

template<class... E>
    requires(sizeof...(E) > 0)
group_split<exception_group> exception_group::split() const {
    auto test = detail::is_any_of<E...>;
    return detail::group_parts::split(*this, detail::member_test(test));
}
template<std::predicate<std::exception_ptr const&> Pred>
group_split<exception_group> exception_group::split(Pred pred) const {
    auto test = detail::test_of_pointer(pred);
    return detail::group_parts::split(*this, detail::member_test(test));
}
template<class E, std::predicate<E const&> Pred>
group_split<exception_group> exception_group::split(Pred pred) const {
    auto test = detail::test_of_type<E>(pred);
    return detail::group_parts::split(*this, detail::member_test(test));
}

inline exception_group merge(exception_group const& first,
                             exception_group const& second) {
    return detail::group_parts::merge(first, second);
}

TETHER_END_NAMESPACE

#endif
