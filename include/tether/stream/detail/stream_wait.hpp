// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a task wait for room in a stream, or for an item of it? With the
/// item in the sender's variable, or in the receiver's wait.
#ifndef TETHER_STREAM_DETAIL_STREAM_WAIT_HPP
#define TETHER_STREAM_DETAIL_STREAM_WAIT_HPP

#include <tether/core/errors.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/manual_lifetime.hpp>
#include <tether/stream/detail/stream_core.hpp>
// Builds on sync/detail/wait_op.hpp: every primitive is awaited alike.
#include <tether/sync/detail/wait_op.hpp>
#include <tether/task/awaitable.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

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

// A send. The item stays in the sender's variable until it has a place, so a
// send that does not happen leaves it there (CH09).
template<class T, class Buffer>
class put_wait : public queued_wait {
public:
    using revocable = void;
    using core = stream_core<T, Buffer>;
    static constexpr bool nothrow = std::is_nothrow_move_constructible_v<T>;

    using starts_quietly = void;
    using prompt = std::monostate;
    static attempt now(loop& home, prompt&, core* c, T* item) {
        return c->put_at_once(*item, home);
    }
    static attempt now(loop& home, prompt&, core_end<core>* end, T* item) {
        return end->stream ? end->stream->put_at_once(*item, home)
                           : attempt::unusual;
    }

    put_wait(core* c, stream_end* end, T* item) noexcept
        : core_(c), end_(end), item_(item) {}
    put_wait(core* c, T* item) noexcept : put_wait(c, nullptr, item) {}
    put_wait(core_end<core>* end, T* item) noexcept
        : put_wait(end->stream, end, item) {}
    ~put_wait() {
        if (linked()) [[unlikely]]
            withdraw();
    }

    T& item() const noexcept { return *item_; }
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
    void happens(loop& running) noexcept {
        state_ = stream_wait_state::happened;
        complete_in(running);
    }
    void fail(std::exception_ptr error) noexcept {
        if constexpr (!nothrow)
            error_ = std::move(error);
        settle(stream_wait_state::failed);
    }

    bool ready() {
        if (!core_) [[unlikely]] {
            state_ = stream_wait_state::closed;
            return true;
        }
        core_->check_use();
        if (core_->closed()) [[unlikely]] {
            state_ = core_->ended() ? stream_wait_state::closed
                                    : stream_wait_state::broken;
            words_ = &core_->words();
            return true;
        }
        if (!core_->put_now(*item_))
            return false;
        state_ = stream_wait_state::happened;
        return true;
    }
    // From here on the core may go before this runs: only its words stay.
    void start() noexcept {
        words_ = &core_->words();
        core_->wait_to_put(*this);
    }
    void result() {
        if (state_ != stream_wait_state::happened) [[unlikely]]
            refuse();
    }

    abort_result abort() noexcept override {
        withdraw();
        return abort_result::done;
    }
    char const* description() const noexcept override { return words_->room; }

private:
    void withdraw() noexcept {
        if (!linked())
            return;
        if (state_ == stream_wait_state::waiting)
            core_->leave(*this);
        else
            unlink(); // among those that an end is closing
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
    stream_words const* words_ = &no_stream;
    [[no_unique_address]] std::conditional_t<nothrow, std::monostate,
                                             std::exception_ptr> error_;
    stream_wait_state state_ = stream_wait_state::waiting;
};

// The same with an item of its own, for a copy.
template<class T, class Buffer>
class put_copy_wait final : private manual_lifetime<T>,
                            public put_wait<T, Buffer> {
public:
    put_copy_wait(stream_core<T, Buffer>* c, stream_end* end, T&& item)
        : put_wait<T, Buffer>(
              c, end, std::addressof(this->construct(std::move(item)))) {}
    ~put_copy_wait() { this->destroy(); }
};

// A receive. An item that was handed over lives here until the task runs.
template<class T, class Buffer>
class take_wait : public queued_wait {
public:
    using revocable = void;
    using core = stream_core<T, Buffer>;

    // An item whose move may throw is safe in the wait until it is delivered.
    using starts_quietly = void;
    using prompt = std::optional<T>;
    static attempt now(loop& home, prompt& out, core* c)
        requires std::is_nothrow_move_constructible_v<T>
    {
        return c->take_at_once(out, home);
    }
    static attempt now(loop& home, prompt& out, core_end<core>* end)
        requires std::is_nothrow_move_constructible_v<T>
    {
        return end->stream ? end->stream->take_at_once(out, home)
                           : attempt::unusual;
    }
    static std::optional<T> prompt_result(prompt& out) noexcept {
        return out ? std::optional<T>(std::move(*out)) : std::optional<T>();
    }

    take_wait(core* c, stream_end* end) noexcept : core_(c), end_(end) {}
    explicit take_wait(core* c) noexcept : take_wait(c, nullptr) {}
    explicit take_wait(core_end<core>* end) noexcept
        : take_wait(end->stream, end) {}
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
    void happens(loop& running) noexcept {
        state_ = stream_wait_state::happened;
        complete_in(running);
    }
    void receive(T& item) { item_.construct(std::move(item)); }

    bool ready() {
        if (!core_) {
            state_ = stream_wait_state::closed;
            return true;
        }
        core_->check_use();
        if (core_->take_now(item_))
            state_ = stream_wait_state::happened;
        else if (core_->ended())
            state_ = stream_wait_state::ended;
        else
            return false;
        core_->retain();
        return true;
    }
    void start() noexcept {
        core_->retain();
        state_ = stream_wait_state::waiting;
        core_->wait_to_take(*this);
    }
    std::optional<T> result() {
        std::optional<T> out;
        if (has_item())
            take_item([&](T& item) { out.emplace(std::move(item)); });
        return out;
    }
    // The wait may end in `f`.
    template<class F>
    void result_to(F&& f) {
        if (state_ != stream_wait_state::happened) [[unlikely]]
            return result_of_none(f);
        core& c = *core_;
        T item(std::move(item_.get()));
        item_.destroy();
        state_ = stream_wait_state::taken;
        f(std::move(item));
        c.release();
    }

    abort_result abort() noexcept override {
        withdraw();
        return abort_result::done;
    }
    char const* description() const noexcept override {
        return core_->awaited_by(record());
    }

protected:
    // False at the end; throws what closed the channel, or the misuse.
    bool has_item() {
        if (state_ == stream_wait_state::happened) [[likely]]
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
        move_out(item_.get());
        item_.destroy();
        state_ = stream_wait_state::taken;
        core_->release();
    }
    core* core_;

private:
    template<class F>
    [[gnu::noinline]] void result_of_none(F& f) {
        has_item(); // throws what there is to throw
        f();
    }
    void end_early() noexcept {
        bool const keeps = core_ && state_ != stream_wait_state::idle;
        if (state_ == stream_wait_state::happened) {
            core_->give_back(item_.get());
            item_.destroy();
        } else {
            withdraw();
        }
        if (keeps)
            core_->release();
    }
    void withdraw() noexcept {
        if (!linked())
            return;
        if (state_ == stream_wait_state::waiting)
            core_->leave(*this);
        else
            unlink();
    }

    stream_end* end_;
    manual_lifetime<T> item_;
    stream_wait_state state_ = stream_wait_state::idle;
};

// A send names the sender's variable, so it is awaited at once. `Through` is
// the core of a queue, or the end of a channel.
template<class T, class Buffer, class Through = stream_core<T, Buffer>>
using put_op = wait_op<put_wait<T, Buffer>, Through*, T*>;
template<class T, class Buffer, class Through = stream_core<T, Buffer>>
using take_op = wait_op<take_wait<T, Buffer>, Through*>;

template<class T, class Buffer>
class [[nodiscard("co_await the send")]] put_copy_op {
public:
    put_copy_op(stream_core<T, Buffer>* c, stream_end* end, T const& item,
                std::source_location here)
        : core_(c), end_(end), item_(item), where_(here) {}
    put_copy_wait<T, Buffer> connect() && {
        return put_copy_wait<T, Buffer>(core_, end_, std::move(item_));
    }
    std::source_location where() const noexcept { return where_; }

private:
    stream_core<T, Buffer>* core_;
    stream_end* end_;
    T item_;
    std::source_location where_;
};

// g++ before 13 destroys such a temporary twice in a co_await expression, and
// std::move(name) cannot be told from a temporary.
template<class T>
inline constexpr bool item_destroyed_twice =
    TETHER_GCC_DOUBLE_DESTROY && std::is_aggregate_v<T> &&
    !std::is_trivially_destructible_v<T>;

} // namespace detail

/// The sentence users see when g++ 12 would destroy their item twice.
#define TETHER_CHECK_ITEM(T)                                                   \
    static_assert(!::tether::detail::item_destroyed_twice<T>,                  \
                  "g++ before 13 destroys an aggregate twice when it is a "    \
                  "temporary in a co_await expression: name the item first "   \
                  "(T item{...};) and write send_from(item), which moves it "  \
                  "out when it is sent, or give T a constructor")

TETHER_END_NAMESPACE

#endif
