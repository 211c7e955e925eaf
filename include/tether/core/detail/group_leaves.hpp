// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How are the leaves of a tree of errors visited, each with its path?
///
/// The part of core/exception_group.hpp that needs the whole class.
#ifndef TETHER_CORE_DETAIL_GROUP_LEAVES_HPP
#define TETHER_CORE_DETAIL_GROUP_LEAVES_HPP

#include <tether/core/exception_group.hpp>

TETHER_BEGIN_NAMESPACE

/// One step of the way from a group to a leaf.
///
/// Threads: as the group.
class group_path_step {
public:
    [[nodiscard]] exception_group const& group() const noexcept {
        return *group_;
    }
    /// Which member of `group()` the way goes through, from 0.
    [[nodiscard]] std::size_t index() const noexcept { return index_; }

private:
    friend class group_leaves;

    group_path_step(exception_group const& group,
                    detail::error_leaf const& first) noexcept
        : group_(&group), at_(&first) {}

    exception_group const* group_;
    detail::error_leaf const* at_;
    std::size_t index_ = 0;
};

/// A leaf on the way of `exception_group::leaves()`: a member that is not a
/// group, and the path to it from the outermost group.
///
/// Invariant: the path has at least one step; it is valid until the walk goes
/// on.
class group_leaf_view : public exception_group::member {
public:
    [[nodiscard]] std::span<group_path_step const> path() const noexcept {
        return path_;
    }

private:
    friend class group_leaves;
    group_leaf_view(exception_group::member leaf,
                    std::span<group_path_step const> path) noexcept
        : member(leaf), path_(path) {}

    std::span<group_path_step const> path_;
};

/// The single-pass range of `exception_group::leaves()`. It keeps its group
/// alive and does not recurse, whatever the depth.
///
/// Invariant: at most one walk at a time; `begin()` starts again.
class group_leaves {
public:
    class iterator {
    public:
        using iterator_concept = std::input_iterator_tag;
        using value_type = group_leaf_view;
        using difference_type = std::ptrdiff_t;

        [[nodiscard]] group_leaf_view operator*() const noexcept {
            return {exception_group::member(*walk_->steps_.back().at_),
                    walk_->steps_};
        }
        iterator& operator++() {
            walk_->advance();
            return *this;
        }
        void operator++(int) { walk_->advance(); }
        friend bool operator==(iterator const& it,
                               std::default_sentinel_t) noexcept {
            return it.at_end();
        }

    private:
        friend class group_leaves;
        explicit iterator(group_leaves* walk) noexcept : walk_(walk) {}
        bool at_end() const noexcept { return walk_->steps_.empty(); }

        group_leaves* walk_;
    };

    /// Starts the walk from the beginning.
    [[nodiscard]] iterator begin() {
        steps_.clear();
        enter(group_);
        settle();
        return iterator(this);
    }
    [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }

private:
    friend class exception_group;
    explicit group_leaves(exception_group group) noexcept
        : group_(std::move(group)) {}

    void enter(exception_group const& group) {
        steps_.push_back(group_path_step(group, *(*group.begin()).leaf_));
    }
    // Goes down until the current member is a leaf.
    void settle() {
        while (auto const* const inner =
                   exception_group::member(*steps_.back().at_).group())
            enter(*inner);
    }
    // To the next member after the current one and all inside it.
    bool step() {
        while (!steps_.empty()) {
            group_path_step& last = steps_.back();
            last.at_ = last.at_->next;
            ++last.index_;
            if (last.at_)
                return true;
            steps_.pop_back();
        }
        return false;
    }
    void advance() {
        if (step())
            settle();
    }

    exception_group group_;
    std::vector<group_path_step> steps_;
};

inline group_leaves exception_group::leaves() const {
    return group_leaves(*this);
}

TETHER_END_NAMESPACE

#endif
