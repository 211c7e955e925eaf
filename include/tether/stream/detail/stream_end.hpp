// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Through what does a task reach a stream? The ends of one side, the waits
/// that came through them, and the words of their sentences.
#ifndef TETHER_STREAM_DETAIL_STREAM_END_HPP
#define TETHER_STREAM_DETAIL_STREAM_END_HPP

#include <tether/detail/config.hpp>
#include <tether/detail/intrusive_list.hpp>

#include <cstddef>

TETHER_BEGIN_NAMESPACE
namespace detail {

class task_record;

// The words of one kind of stream, for sentences and dumps.
struct stream_words {
    char const* kind;
    char const* item;
    char const* room;
    char const* alone;  // instead of `item`: only the receiver could send one
    char const* closed; // "... that is closed"
};

// Of an end that was closed.
inline constexpr stream_words no_stream{"a stream", "", "", "",
                                        " through an end that is closed"};

// The handle through which an operation was begun; the waits that came through
// it end when it is closed (CH14).
struct stream_end : list_node {
    task_record const* maker = nullptr; // lost in a move: then nobody knows
    bool waited = false;                // perhaps somebody waits through it

    void note_wait() noexcept {
        if (!waited) [[unlikely]] // or it would be a store for each wait
            waited = true;
    }
};

// The same of a handle to a core that may be gone.
template<class Core>
struct core_end : stream_end {
    Core* stream = nullptr;
};

// The open ends of one side.
class stream_ends {
public:
    std::size_t count() const noexcept { return count_; }
    void add(stream_end& e) noexcept {
        ends_.push_back(e);
        ++count_;
    }
    void remove(stream_end& e) noexcept {
        e.unlink();
        --count_;
    }
    bool all_made_by(task_record const* r) noexcept {
        bool all = count_ != 0;
        ends_.for_each([&](stream_end& e) { all = all && e.maker == r; });
        return all;
    }

private:
    intrusive_list<stream_end> ends_;
    std::size_t count_ = 0;
};

enum class stream_wait_state : unsigned char {
    idle,     // a receive before its start, which does not keep the core yet
    waiting,  // a receive: or it has happened, when an item is in its place
    alone,    // the same, and no part of a select
    happened, // sent
    taken,    // the receiver has the item
    closed,   // the own end was closed
    broken,   // a send: nobody is left to receive
    ended,    // a receive: nobody is left to send
    failed,   // a send: the item's move threw
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
