// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What have both ends of a channel in common? A place among the open ends of
/// its core, and the way in which they close.
#ifndef TETHER_STREAM_DETAIL_CHANNEL_END_HPP
#define TETHER_STREAM_DETAIL_CHANNEL_END_HPP

#include <tether/core/errors.hpp>
#include <tether/detail/config.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/stream/detail/stream_core.hpp>
#include <tether/stream/detail/stream_end.hpp>

#include <exception>
#include <string>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

struct channel_access;

template<class T, bool Sends>
class channel_end : private core_end<stream_core<T>> {
public:
    using core = stream_core<T>;

    channel_end() noexcept = default;
    channel_end(channel_end&& other) noexcept { take_over(other); }
    channel_end& operator=(channel_end&& other) noexcept {
        if (this != &other) {
            shut(nullptr);
            take_over(other);
        }
        return *this;
    }
    ~channel_end() { shut(nullptr); }

protected:
    using port = core_end<core>;

    explicit channel_end(core& c) noexcept {
        stream = &c;
        maker = running_task();
        stream->retain();
        side().add(*this);
    }

    core* of() const noexcept { return stream; }
    port* end() noexcept { return this; }
    void made_here() noexcept { maker = running_task(); }

    core& opened(char const* verb) const {
        if (!stream)
            throw closed_resource(std::string(verb) +
                                  " of an end of a channel that is closed");
        stream->check_use();
        return *stream;
    }

    void shut(std::exception_ptr error) noexcept {
        if (!stream)
            return;
        core& c = *std::exchange(stream, nullptr);
        c.check_use_noexcept();
        c.close_waits(*this);
        stream_ends& ends = Sends ? c.senders() : c.receivers();
        ends.remove(*this);
        if constexpr (Sends) {
            if (error)
                c.note_error(std::move(error));
            if (ends.count() == 0)
                c.end();
        } else if (ends.count() == 0) {
            c.break_off();
        }
        c.release();
    }

private:
    using port::maker;
    using port::stream;

    stream_ends& side() noexcept {
        return Sends ? stream->senders() : stream->receivers();
    }
    void take_over(channel_end& other) noexcept {
        if (!other.stream)
            return;
        stream = std::exchange(other.stream, nullptr);
        stream->move_waits(other, *this);
        side().add(*this);
        side().remove(other);
        maker = nullptr;
    }
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
