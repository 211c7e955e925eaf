// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Which scopes does a cancel reach? The tree of scopes and its marks, as
/// plain bookkeeping without Asio.
#ifndef TETHER_RUNTIME_CANCEL_TREE_HPP
#define TETHER_RUNTIME_CANCEL_TREE_HPP

#include <tether/detail/config.hpp>

#include <cstdint>

TETHER_BEGIN_NAMESPACE
namespace detail {

// What a scope is, for the dump and for the casts from a node to its owner.
enum class scope_kind : std::uint8_t {
    record,
    group,
    deadline,
    cancel_scope,
    shield,
    cleanup,
    start,
    combinator,
    service,
    binding,
    thread,
    elsewhere, // work on another executor, for which its task waits
};

// A node of the cancel tree. Invariant: effective_ == cancelled_ ||
// forced_ || (!shielded_ && parent && parent->effective_), kept by every
// function here, so that a checkpoint reads one flag. `forced` marks ignore
// shields. The tree is walked without recursion and without a stack.
// A record runs one line of code, so it has at most one child: the outermost of
// the scopes it is inside of. It keeps the innermost, from which a walk climbs
// to the child; a task costs one pointer for both.
class scope_node {
public:
    explicit scope_node(scope_kind kind) noexcept : kind_(kind) {}
    scope_node(scope_node const&) = delete;
    scope_node& operator=(scope_node const&) = delete;

    scope_kind kind() const noexcept { return kind_; }
    scope_node* parent() const noexcept { return parent_; }
    scope_node* first_child() const noexcept {
        scope_node* at = below_;
        if (kind_ == scope_kind::record) {
            while (at && at->parent_ != this)
                at = at->parent_;
        }
        return at;
    }
    scope_node* next_sibling() const noexcept { return next_; }

    // Asked to stop by itself, not through its parent.
    bool cancelled() const noexcept { return cancelled_; }
    // A checkpoint below this node stops.
    bool effective() const noexcept { return effective_; }
    bool forced() const noexcept { return forced_; }
    bool shielded() const noexcept { return shielded_; }
    bool soft() const noexcept { return soft_; }
    bool soft_effective() const noexcept { return soft_effective_; }

    // Does a stop that reaches this node from inside end here? The outermost
    // cancelled scope wins, so a node passes on what its parent also asked.
    bool absorbs() const noexcept {
        return cancelled_ && !stopped_from_outside();
    }
    bool stopped_from_outside() const noexcept {
        if (!parent_)
            return false;
        return shielded_ ? parent_->forced_ : parent_->effective_;
    }

    void attach(scope_node& parent) noexcept {
        link(parent);
        if (marked() || parent.marked()) [[unlikely]]
            refresh_here();
    }

    // Hangs this node with all below it under another parent. Its own mark may
    // be new too, so it is reached like the nodes below it.
    template<class Reach>
    void move_to(scope_node& parent, Reach&& reach) {
        detach();
        link(parent);
        spread(reach);
    }

    void detach() noexcept {
        scope_node* first = parent_->below_;
        if (parent_->kind_ == scope_kind::record) {
            parent_->below_ = nullptr;
        } else if (first == this) {
            parent_->below_ = next_;
            if (next_)
                next_->prev_ = prev_;
        } else {
            prev_->next_ = next_;
            (next_ ? next_ : first)->prev_ = prev_;
        }
        parent_ = nullptr;
        next_ = prev_ = nullptr;
    }

    bool attached() const noexcept { return parent_ != nullptr; }

    // Marks this node and what it reaches, parents before children. Calls
    // reach.reached(node) where the effective mark is new,
    // reach.softly_reached(node) where the soft one is, and
    // reach.blocked(node) at a shield that holds the mark off.
    template<class Reach>
    void mark_cancelled(Reach&& reach) {
        cancelled_ = true;
        spread(reach);
    }
    template<class Reach>
    void mark_forced(Reach&& reach) {
        forced_ = true;
        spread(reach);
    }
    template<class Reach>
    void set_shielded(bool on, Reach&& reach) {
        shielded_ = on;
        spread(reach);
    }
    template<class Reach>
    void mark_soft(Reach&& reach) {
        soft_ = true;
        spread(reach);
    }

    // Shielding against outer soft cancels is switched apart from the hard.
    bool soft_shielded() const noexcept { return soft_shielded_; }
    template<class Reach>
    void set_soft_shielded(bool on, Reach&& reach) {
        soft_shielded_ = on;
        spread(reach);
    }

    // The next node of a depth-first walk below `root`.
    scope_node* next_in(scope_node const& root, bool descend) noexcept {
        if (scope_node* const child = descend ? first_child() : nullptr)
            return child;
        scope_node* at = this;
        while (at != &root) {
            if (at->next_)
                return at->next_;
            at = at->parent_;
        }
        return nullptr;
    }

protected:
    // The innermost scope of a record, which is the record itself outside of
    // all. A scope that is entered hangs below the innermost of that moment.
    scope_node* innermost_of_record() const noexcept {
        return below_ ? below_ : const_cast<scope_node*>(this);
    }
    void set_innermost_of_record(scope_node& node) noexcept {
        below_ = &node == this ? nullptr : &node;
    }

    // Of a record: false as long as no scope it was in was effective, so that
    // its checkpoints need not look.
    bool look_first_of_record() const noexcept { return look_first_; }
    void set_look_first_of_record(bool on) noexcept { look_first_ = on; }

private:
    void link(scope_node& parent) noexcept {
        parent_ = &parent;
        next_ = nullptr;
        prev_ = this;
        scope_node* const first = parent.below_;
        if (!first) {
            parent.below_ = this;
        } else {
            prev_ = first->prev_;
            first->prev_->next_ = this;
            first->prev_ = this;
        }
    }

    // Nothing to hand down, and nothing of its own.
    bool marked() const noexcept {
        return cancelled_ | effective_ | forced_ | soft_ | soft_effective_;
    }
    void refresh_here() noexcept {
        forced_ = forced_ || (parent_ && parent_->forced_);
        effective_ = cancelled_ || forced_ ||
                     (!shielded_ && parent_ && parent_->effective_);
        look_first_ = look_first_ || effective_;
        soft_effective_ =
            soft_ || (!soft_shielded_ && parent_ && parent_->soft_effective_);
    }

    template<class Reach>
    void spread(Reach& reach) {
        for (scope_node* at = this; at;) {
            bool const was_forced = at->forced_;
            bool const was = at->effective_;
            bool const was_soft = at->soft_effective_;
            at->refresh_here();
            if (at->soft_effective_ && !was_soft)
                reach.softly_reached(*at);
            if (at->effective_ && !was)
                reach.reached(*at);
            else if (at->shielded_ && !at->effective_ && at->parent_ &&
                     at->parent_->effective_)
                reach.blocked(*at);
            bool const changed = at->effective_ != was ||
                                 at->forced_ != was_forced ||
                                 at->soft_effective_ != was_soft;
            at = at->next_in(*this, changed || at == this);
        }
    }

    scope_node* parent_ = nullptr;
    scope_node* below_ = nullptr; // the first child, or a record's innermost
    scope_node* next_ = nullptr;
    scope_node* prev_ = nullptr; // of the first child: the last child
    scope_kind kind_;
    bool cancelled_ : 1 = false;
    bool effective_ : 1 = false;
    bool forced_ : 1 = false;
    bool shielded_ : 1 = false;
    bool soft_ : 1 = false;
    bool soft_effective_ : 1 = false;
    bool soft_shielded_ : 1 = false;
    bool look_first_ : 1 = false;
};

// For marks on a tree that no task is in yet.
struct no_reach {
    void reached(scope_node&) noexcept {}
    void softly_reached(scope_node&) noexcept {}
    void blocked(scope_node&) noexcept {}
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
