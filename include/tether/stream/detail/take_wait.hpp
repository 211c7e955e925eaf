// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a task wait for an item of a stream? With a place for it, where it
/// lies until the task runs.
#ifndef TETHER_STREAM_DETAIL_TAKE_WAIT_HPP
#define TETHER_STREAM_DETAIL_TAKE_WAIT_HPP

#include <tether/core/closed_error.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/manual_lifetime.hpp>
#include <tether/stream/detail/prompt_steps.hpp>
#include <tether/stream/detail/stream_core.hpp>
#include <tether/stream/detail/stream_end.hpp>
// Builds on sync/detail/wait_op.hpp: every primitive is awaited alike.
#include <tether/sync/detail/wait_op.hpp>

#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// Ends the life of an item that was moved out; one that an exception kept here
// goes back.
template<class T, class Buffer = item_buffer<T>>
struct item_guard {
    stream_core<T, Buffer>& core;
    manual_lifetime<T>& item;
    int exceptions = std::uncaught_exceptions();

    ~item_guard() {
        if (std::uncaught_exceptions() > exceptions)
            core.give_back(item.get());
        item.destroy();
    }
};

// A receive. An item that was handed over lives in `into` until the task runs;
// an item there says that the receive has happened.
template<class T, class Buffer>
class take_wait : public queued_wait {
public:
    using core = stream_core<T, Buffer>;
    using place = std::optional<T>;

    using starts_quietly = void;
    static place prompt_result(place& out) noexcept {
        return out ? place(std::move(*out)) : place();
    }

    take_wait(core* c, stream_end* end, place* into) noexcept
        : core_(c), end_(end), into_(into) {}
    take_wait(core* c, place* into) noexcept
        : take_wait(c, &c->no_end(), into) {}
    take_wait(core_end<core>* end, place* into) noexcept
        : take_wait(end->stream, end, into) {}
    ~take_wait() {
        if (state_ != stream_wait_state::taken) [[unlikely]]
            end_early();
    }

    stream_end* end() const noexcept { return end_; }
    void move_end(stream_end& from, stream_end& to) noexcept {
        if (end_ == &from)
            end_ = &to;
    }
    void mark_closed() noexcept { state_ = stream_wait_state::closed; }
    void settle(stream_wait_state how) noexcept {
        state_ = how;
        complete();
    }
    void receive(T& item) {
        if constexpr (std::is_nothrow_move_constructible_v<T>)
            ::new (static_cast<void*>(into_)) place(std::move(item)); // empty
        else
            into_->emplace(std::move(item));
    }
    void received() noexcept { complete(); }
    // Out of its line, by a task of the same loop that gave it an item. Who has
    // one is not asked any more whether it stands in a line.
    bool leave_with_item(loop& running) noexcept {
        if (state_ != stream_wait_state::alone) [[unlikely]]
            return leave_select();
        bypass();
        running.wake_suspended(this->task());
        return true;
    }

    bool ready() {
        if (!core_) {
            state_ = stream_wait_state::closed;
            return true;
        }
        core_->check_use();
        if (core_->take_now(*into_))
            state_ = stream_wait_state::waiting;
        else if (core_->ended())
            state_ = stream_wait_state::ended;
        else
            return has_to_wait();
        core_->retain();
        return true;
    }
    void start() noexcept { start_as(stream_wait_state::waiting); }
    void start_alone() noexcept { start_as(stream_wait_state::alone); }
    void result() noexcept {}
    // The item is in its place `into`, or nothing is at the end.
    void check_result(place const& into) {
        if (into) [[likely]]
            core_->release();
        else
            check_end();
    }

    abort_result abort() noexcept override {
        withdraw();
        return abort_result::done;
    }
    char const* description() const noexcept override {
        return core_->awaited_by(record());
    }

protected:
    // What ready() answers when start() is to follow: the line belongs to the
    // loop of this task from now on.
    bool has_to_wait() noexcept {
        core_->serves_takers(*this->task().home());
        return false;
    }
    // False at the end; throws what closed the channel, or the misuse.
    bool has_item() {
        if (*into_) [[likely]]
            return true;
        if (state_ == stream_wait_state::ended) {
            core_->rethrow_error();
            return false;
        }
        stream_words const& words = core_ ? core_->words() : no_stream;
        throw closed_resource(std::string("receive from ") + words.kind +
                              words.closed);
    }
    // If `move_out` throws, the item is still here, and the destructor gives it
    // back.
    template<class F>
    void take_item(F&& move_out) {
        move_out(**into_);
        into_->reset();
        state_ = stream_wait_state::taken;
        core_->release();
    }
    core* core_;

private:
    void start_as(stream_wait_state how) noexcept {
        core_->retain();
        state_ = how;
        core_->wait_to_take(*this);
    }
    [[gnu::noinline]] bool leave_select() noexcept {
        unlink();
        complete();
        return true;
    }
    [[gnu::noinline]] void check_end() {
        has_item();
        core_->release();
    }
    void end_early() noexcept {
        bool const keeps = core_ && state_ != stream_wait_state::idle;
        if (*into_) {
            core_->give_back(**into_);
            into_->reset();
        } else {
            withdraw();
        }
        if (keeps)
            core_->release();
    }
    void withdraw() noexcept {
        if (linked()) // also among those that an end is closing
            unlink();
    }

    stream_end* end_;
    place* into_;
    stream_wait_state state_ = stream_wait_state::idle;
};

// The same with a place of its own: for items whose move may throw, and for
// whoever may end without the result.
template<class T, class Buffer>
class own_take_wait : private std::optional<T>, public take_wait<T, Buffer> {
    using base = take_wait<T, Buffer>;

public:
    using revocable = void;
    using core = typename base::core;
    using steps = prompt_steps<T, Buffer>;

    using filling = base;
    using prompt = typename base::place;
    template<class Awaiter>
        requires std::is_nothrow_move_constructible_v<T>
    static bool now(loop& home, prompt& out, Awaiter& a, core* c) {
        return steps::take(*c, out, home, a, &c->no_end());
    }
    template<class Awaiter>
        requires std::is_nothrow_move_constructible_v<T>
    static bool now(loop& home, prompt& out, Awaiter& a, core_end<core>* end) {
        return end->stream ? steps::take(*end->stream, out, home, a, end)
                           : a.look_closer();
    }

    own_take_wait(core* c, stream_end* end) noexcept : base(c, end, this) {}
    explicit own_take_wait(core* c) noexcept // null: of what was closed
        : own_take_wait(c, c ? &c->no_end() : nullptr) {}
    explicit own_take_wait(core_end<core>* end) noexcept
        : own_take_wait(end->stream, end) {}

    std::optional<T> result() {
        std::optional<T> out;
        result_into(out);
        return out;
    }
    // For whoever would have to move what it gives: if that throws, the item is
    // lost.
    void result_into(std::optional<T>& out) {
        if (this->has_item())
            this->take_item([&](T& item) { out.emplace(std::move(item)); });
    }
};

// `Through` is the core of a queue, or the end of a channel.
template<class T, class Buffer, class Through = stream_core<T, Buffer>>
using take_op = wait_op<own_take_wait<T, Buffer>, Through*>;

} // namespace detail

TETHER_END_NAMESPACE

#endif
