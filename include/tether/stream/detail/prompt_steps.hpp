// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does an item come into a stream, or out of it, before a wait is built?
/// In a straight line for what is usual; the wait decides about the rest.
#ifndef TETHER_STREAM_DETAIL_PROMPT_STEPS_HPP
#define TETHER_STREAM_DETAIL_PROMPT_STEPS_HPP

#include <tether/detail/config.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/stream/channel_options.hpp>
#include <tether/stream/detail/stream_core.hpp>

#include <algorithm>
#include <memory>
#include <new>
#include <optional>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// For a task of the running loop `l`; `a` is its awaiter, which knows how to
// begin a wait, and `end` what it came through. True: it has happened, and is
// paid for. What is usual where tasks wait for each other is a straight line,
// and what is not is apart, so that the line saves no registers for it. Where
// the line begins counts as well, see docs/design/performance.md.
template<class T, class Buffer>
class prompt_steps {
    using core = stream_core<T, Buffer>;
    using put_wait = typename core::put;
    using take_wait = typename core::take;

public:
    // A buffer that has been opened needs no look at the rest: nobody waits on
    // the other side, neither end is closed, and the peak will not be exceeded.
    template<class Awaiter>
    [[gnu::always_inline]] static bool put(core& c, T& item, loop& l,
                                           Awaiter& a, stream_end* end) {
        if constexpr (core::windowed)
            if (c.buffer_.push_is_open()) {
                if (!l.pays()) [[unlikely]]
                    return a.take_back();
                c.buffer_.push_opened(item);
                return true;
            }
        return put_with_a_look(c, item, l, a, end);
    }
    template<class Awaiter>
    [[gnu::always_inline]] static bool take(core& c, std::optional<T>& into,
                                            loop& l, Awaiter& a,
                                            stream_end* end) {
        if constexpr (core::windowed)
            if (c.buffer_.pop_is_open()) {
                if (!l.pays()) [[unlikely]]
                    return a.take_back();
                c.buffer_.pop_opened(
                    [&](T&& item) { fill(into, std::move(item)); });
                return true;
            }
        return take_with_a_look(c, into, l, a, end);
    }

private:
    template<class Awaiter>
    [[gnu::noinline, gnu::hot, gnu::aligned(64)]] static bool
    put_with_a_look(core& c, T& item, loop& l, Awaiter& a, stream_end* end) {
        if (!c.takers_.empty()) [[likely]] { // so neither side is closed
            if (!c.takers_.belongs_to(l)) [[unlikely]]
                return a.look_closer();
            if (!l.pays()) [[unlikely]]
                return a.take_back();
            auto& w = static_cast<take_wait&>(c.takers_.front());
            w.receive(item);
            c.count_passed();
            return w.leave_with_item(l);
        }
        if (!l.passes()) [[unlikely]]
            return a.look_closer();
        if (c.capacity_ != 0)
            return keep_or_wait(c, item, l, a, end);
        return wait_for_room(c, item, l, a, end);
    }
    template<class Awaiter>
    [[gnu::always_inline]] static bool
    wait_for_room(core& c, T& item, loop& l, Awaiter& a, stream_end* end) {
        // A line where nobody shall wait belongs to no loop.
        if (!c.putters_.belongs_to(l)) [[unlikely]]
            if (c.closed() || c.on_full_ != overflow::suspend ||
                !c.putters_.adopts(l))
                return a.look_closer();
        return a.begin(l, &c, end, std::addressof(item));
    }
    template<class Awaiter>
    [[gnu::noinline]] static bool keep_or_wait(core& c, T& item, loop& l,
                                               Awaiter& a, stream_end* end) {
        if (c.closed()) [[unlikely]]
            return a.look_closer();
        if (c.buffer_.size() >= c.capacity_) {
            if constexpr (core::windowed)
                c.buffer_.close_pops();
            return wait_for_room(c, item, l, a, end);
        }
        l.pays();
        c.keep(item);
        open_pushes(c);
        return true;
    }

    template<class Awaiter>
    [[gnu::noinline, gnu::hot, gnu::aligned(64)]] static bool
    take_with_a_look(core& c, std::optional<T>& into, loop& l, Awaiter& a,
                     stream_end* end) {
        if (!c.putters_.empty())
            return take_over(c, into, l, a);
        if (!c.buffer_.empty()) [[unlikely]]
            return unkeep(c, into, l, a);
        if (!l.passes()) [[unlikely]]
            return a.look_closer();
        if (!c.takers_.belongs_to(l)) [[unlikely]]
            if (c.ended() || !c.takers_.adopts(l))
                return a.look_closer();
        return a.begin(l, &c, end, std::addressof(into));
    }
    template<class Awaiter>
    [[gnu::always_inline]] static bool
    take_over(core& c, std::optional<T>& into, loop& l, Awaiter& a) {
        if (!c.takers_.empty() || !c.putters_.belongs_to(l)) [[unlikely]]
            return a.look_closer();
        if (!l.pays()) [[unlikely]]
            return a.take_back();
        if (!c.buffer_.empty()) [[unlikely]]
            return take_and_refill(c, into);
        auto& w = static_cast<put_wait&>(c.putters_.front());
        fill(into, std::move(w.item()));
        c.count_passed();
        return w.leave_without_item(l);
    }
    [[gnu::noinline]] static bool take_and_refill(core& c,
                                                  std::optional<T>& into) {
        c.take_now(*::new (static_cast<void*>(&into)) std::optional<T>());
        return true;
    }
    template<class Awaiter>
    [[gnu::noinline]] static bool unkeep(core& c, std::optional<T>& into,
                                         loop& l, Awaiter& a) {
        if (!l.pays()) [[unlikely]]
            return a.take_back();
        fill(into, std::move(c.buffer_.front()));
        c.buffer_.pop();
        if constexpr (core::windowed)
            c.buffer_.open_pops();
        return true;
    }

    // As many as raise the number of items at most to what it was before.
    static void open_pushes(core& c) noexcept {
        if constexpr (core::windowed)
            c.buffer_.open_pushes((std::min)(c.capacity_, c.peak_) -
                                  c.buffer_.size());
    }
    // Where there is no optional yet.
    static void fill(std::optional<T>& into, T&& item) {
        ::new (static_cast<void*>(std::addressof(into)))
            std::optional<T>(std::in_place, std::move(item));
    }
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
