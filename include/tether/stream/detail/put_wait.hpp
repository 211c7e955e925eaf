// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a task wait for room in a stream? With the item still in its own
/// variable, so that a send which does not happen leaves it there.
#ifndef TETHER_STREAM_DETAIL_PUT_WAIT_HPP
#define TETHER_STREAM_DETAIL_PUT_WAIT_HPP

#include <tether/core/closed_error.hpp>
#include <tether/detail/call_site.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/manual_lifetime.hpp>
#include <tether/stream/detail/prompt_steps.hpp>
#include <tether/stream/detail/stream_core.hpp>
#include <tether/stream/detail/stream_end.hpp>
// Builds on sync/detail/wait_op.hpp: every primitive is awaited alike.
#include <tether/sync/detail/wait_op.hpp>

#include <exception>
#include <memory>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

TETHER_BEGIN_NAMESPACE
namespace detail {

// A send (CH09).
template<class T, class Buffer>
class put_wait : public queued_wait {
public:
    using revocable = void;
    using core = stream_core<T, Buffer>;
    using steps = prompt_steps<T, Buffer>;
    static constexpr bool nothrow = std::is_nothrow_move_constructible_v<T>;

    using starts_quietly = void;
    using prompt = std::monostate;
    template<class Awaiter>
    static bool now(loop& home, prompt&, Awaiter& a, core* c, T* item) {
        return steps::put(*c, *item, home, a, &c->no_end());
    }
    template<class Awaiter>
    static bool now(loop& home, prompt&, Awaiter& a, core_end<core>* end,
                    T* item) {
        return end->stream ? steps::put(*end->stream, *item, home, a, end)
                           : a.look_closer();
    }

    put_wait(core* c, stream_end* end, T* item) noexcept
        : core_(c), end_(end), item_(item) {}
    put_wait(core* c, T* item) noexcept : put_wait(c, &c->no_end(), item) {}
    put_wait(core_end<core>* end, T* item) noexcept
        : put_wait(end->stream, end, item) {}
    ~put_wait() {
        if (state_ != stream_wait_state::happened) [[unlikely]]
            withdraw();
    }

    T& item() const noexcept { return *item_; }
    stream_end* end() const noexcept { return end_; }
    void move_end(stream_end& from, stream_end& to) noexcept {
        if (end_ == &from)
            end_ = &to;
    }
    // The core may go before this runs: only its words stay.
    void mark_closed() noexcept { mark(stream_wait_state::closed); }
    void refused(stream_wait_state how) noexcept {
        mark(how);
        complete();
    }
    void settle(stream_wait_state how) noexcept {
        state_ = how;
        complete();
    }
    // Out of its line, by a task of the same loop that took its item. Who has
    // sent is not asked any more whether it stands in a line.
    bool leave_without_item(loop& running) noexcept {
        if (state_ != stream_wait_state::alone) [[unlikely]]
            return leave_select();
        bypass();
        state_ = stream_wait_state::happened;
        running.wake_suspended(this->task());
        return true;
    }
    void fail(std::exception_ptr error) noexcept {
        if constexpr (!nothrow)
            error_ = std::move(error);
        settle(stream_wait_state::failed);
    }

    bool ready() {
        if (!core_) [[unlikely]] {
            state_ = stream_wait_state::closed;
            words_ = &no_stream;
            return true;
        }
        core_->check_use();
        if (core_->closed()) [[unlikely]] {
            mark(core_->ended() ? stream_wait_state::closed
                                : stream_wait_state::broken);
            return true;
        }
        if (!core_->put_now(*item_)) {
            core_->serves_putters(*this->task().home());
            return false;
        }
        state_ = stream_wait_state::happened;
        return true;
    }
    void start() noexcept { core_->wait_to_put(*this); }
    void start_alone() noexcept {
        state_ = stream_wait_state::alone;
        start();
    }
    void result() {
        if (state_ != stream_wait_state::happened) [[unlikely]]
            refuse();
    }

    abort_result abort() noexcept override {
        withdraw();
        return abort_result::done;
    }
    char const* description() const noexcept override {
        return core_->words().room;
    }

private:
    [[gnu::noinline]] bool leave_select() noexcept {
        unlink();
        settle(stream_wait_state::happened);
        return true;
    }
    void mark(stream_wait_state how) noexcept {
        state_ = how;
        words_ = &core_->words();
    }
    void withdraw() noexcept {
        if (linked()) // also among those that an end is closing
            unlink();
    }
    [[noreturn]] void refuse() {
        if constexpr (!nothrow)
            if (state_ == stream_wait_state::failed)
                std::rethrow_exception(std::exchange(error_, nullptr));
        if (state_ == stream_wait_state::broken)
            throw broken_resource(std::string("send into ") + words_->kind +
                                  " whose receivers are all closed");
        throw closed_resource(std::string("send into ") + words_->kind +
                              words_->closed);
    }

    core* core_;
    stream_end* end_;
    T* item_;
    stream_words const* words_; // of a send that is refused
    [[no_unique_address]] std::conditional_t<nothrow, std::monostate,
                                             std::exception_ptr> error_;
    stream_wait_state state_ = stream_wait_state::waiting;
};

// The same with an item of its own, for a copy.
template<class T, class Buffer>
class put_copy_wait final : private manual_lifetime<T>,
                            public put_wait<T, Buffer> {
public:
    template<class Through>
    put_copy_wait(Through* through, T&& item)
        : put_wait<T, Buffer>(
              through, std::addressof(this->construct(std::move(item)))) {}
    ~put_copy_wait() { this->destroy(); }
};

// Awaited at once: it names the sender's variable. `Through` is the core of a
// queue, or the end of a channel.
template<class T, class Buffer, class Through = stream_core<T, Buffer>>
using put_op = wait_op<put_wait<T, Buffer>, Through*, T*>;

// The core of an end is looked up when the wait is made: until then the end may
// be closed, and its core go.
template<class T, class Buffer, class Through = stream_core<T, Buffer>>
class [[nodiscard("co_await the send")]] put_copy_op {
public:
    put_copy_op(Through* through, T const& item, call_site here)
        : through_(through), item_(item), where_(here) {}
    put_copy_wait<T, Buffer> connect() && {
        return put_copy_wait<T, Buffer>(through_, std::move(item_));
    }
    std::source_location where() const noexcept { return location_of(where_); }

private:
    Through* through_;
    T item_;
    call_site where_;
};

} // namespace detail

TETHER_END_NAMESPACE

#endif
