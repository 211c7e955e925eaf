// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a file keep its promises, whatever moves its bytes? What
/// async_file and asio_file have in common.
#ifndef TETHER_THREAD_DETAIL_FILE_CORE_HPP
#define TETHER_THREAD_DETAIL_FILE_CORE_HPP

#include <tether/core/asio.hpp>
#include <tether/detail/config.hpp>
// Builds on stream/async_generator.hpp.
#include <tether/stream/async_generator.hpp>
#include <tether/task/task.hpp>
#include <tether/thread/detail/file_calls.hpp>
#include <tether/thread/detail/file_state.hpp>
#include <tether/thread/detail/line_buffer.hpp>
#include <tether/thread/to_thread.hpp>

#include <boost/asio/buffer.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// The most that is moved at once: a cancel waits for it.
inline constexpr std::size_t file_piece = 1 << 20;
inline constexpr std::size_t small_file_piece = 1 << 16;

// How the bytes of an async_file move: in threads.
class file_threads {
public:
    void open(file_descriptor file) noexcept { file_ = std::move(file); }
    int number() const noexcept { return file_.get(); }
    // To be closed; nothing is under way any more.
    file_descriptor& take_back() noexcept { return file_; }

    auto read_at(to_thread_options const& how, std::uint64_t offset,
                 asio::mutable_buffer to) {
        return to_thread(how, [file = number(), offset, to] {
            return read_file_at(file, offset, to);
        });
    }
    auto write_at(to_thread_options const& how, std::uint64_t offset,
                  asio::const_buffer from) {
        return to_thread(how, [file = number(), offset, from] {
            return write_file_at(file, offset, from);
        });
    }

private:
    file_descriptor file_;
};

template<class Bytes>
class file_core {
public:
    file_core(std::string path, file_flags flags, file_options const& options)
        : state_(std::move(path), flags, options) {}

    file_state const& state() const noexcept { return state_; }
    int number() const noexcept { return bytes_.number(); }

    task<> open() {
        file_state& s = state_.unused();
        auto made = co_await to_thread(
            s.in_thread(), [path = s.path().c_str(), flags = s.flags(),
                            permissions = s.permissions()] {
                return open_file(path, flags, permissions);
            });
        throw_if_failed("open", made.error);
        bytes_.open(std::move(made.file));
        s.opened();
    }
    // The thread empties the descriptor: whatever becomes of us meanwhile, its
    // number is closed once.
    task<> close() {
        state_.closes();
        co_await state_.idle.wait();
        int const error = co_await to_thread(
            state_.in_thread(),
            [&file = bytes_.take_back()] { return file.close(); });
        throw_if_failed("close", error);
    }

    task<std::size_t> read_some(asio::mutable_buffer to) {
        auto const alone = state_.at_position.use();
        std::size_t const n = co_await read_some_at(state_.position, to);
        state_.position += n;
        co_return n;
    }
    task<std::size_t> read_some_at(std::uint64_t offset,
                                   asio::mutable_buffer to) {
        file_result const got = co_await fetch(offset, to);
        if (got.value == 0)
            throw_if_failed("read", got.error);
        co_return static_cast<std::size_t>(got.value);
    }
    task<std::string> read(std::size_t max) {
        auto const alone = state_.at_position.use();
        std::string all = co_await read_from(state_.position, max);
        state_.position += all.size();
        co_return all;
    }

    async_generator<std::string> chunks(std::size_t size) {
        if (size == 0)
            throw std::invalid_argument("chunks of 0 bytes of " +
                                        state_.path());
        for (std::uint64_t at = state_.position;;) {
            std::string chunk = co_await read_from(at, size);
            if (chunk.empty())
                co_return;
            at += chunk.size();
            state_.position = at;
            co_yield yield_from(chunk);
        }
    }
    async_generator<std::string> lines(std::size_t max) {
        line_buffer text(state_.path(), max);
        std::uint64_t at = state_.position; // behind what is in `text`
        for (std::size_t n = 1; n != 0; at += n) {
            while (std::optional<std::string> line = text.next()) {
                state_.position = at - text.held();
                co_yield yield_from(*line);
            }
            n = co_await read_some_at(at, text.prepare(small_file_piece));
            text.commit(n);
        }
        if (text.held() != 0) {
            std::string rest = text.take_rest();
            state_.position = at;
            co_yield yield_from(rest);
        }
    }

    task<> write(asio::const_buffer from) {
        auto const alone = state_.at_position.use();
        do {
            file_result const put = co_await store(state_.position, from);
            from += static_cast<std::size_t>(put.value);
            if (!state_.appends())
                state_.position += put.value;
            throw_if_failed("write", put.error);
        } while (from.size() != 0);
    }
    task<> write_at(std::uint64_t offset, asio::const_buffer from) {
        if (state_.appends())
            throw std::logic_error("write_at of " + state_.path() +
                                   ", which was opened with append: everything "
                                   "goes to its end, use write()");
        do {
            file_result const put = co_await store(offset, from);
            from += static_cast<std::size_t>(put.value);
            offset += put.value;
            throw_if_failed("write", put.error);
        } while (from.size() != 0);
    }

    void seek(std::uint64_t position) {
        auto const alone = state_.at_position.use();
        state_.position = position;
    }

    // Another call to the system, in a thread.
    template<class F>
    task<std::uint64_t> ask(char const* verb, F system_call) {
        file_use const use(state_, verb);
        file_result const answer = co_await to_thread(
            state_.in_thread(), [file = bytes_.number(), system_call] {
                return system_call(file);
            });
        throw_if_failed(verb, answer.error);
        co_return answer.value;
    }

private:
    void throw_if_failed(char const* verb, int error) const {
        if (error != 0)
            throw_file_error(verb, state_.path(), error);
    }

    // A piece of what is wanted, and what it came to.
    task<file_result> fetch(std::uint64_t offset, asio::mutable_buffer to) {
        file_use const use(state_, "read");
        co_return co_await bytes_.read_at(state_.in_thread(), offset,
                                          asio::buffer(to, file_piece));
    }
    task<file_result> store(std::uint64_t offset, asio::const_buffer from) {
        file_use const use(state_, "write");
        co_return co_await bytes_.write_at(state_.in_thread(), offset,
                                           asio::buffer(from, file_piece));
    }
    // Begins small, as most files are, and asks for the size of the others.
    task<std::string> read_from(std::uint64_t offset, std::size_t max) {
        std::string all;
        for (std::size_t piece = small_file_piece;; piece = file_piece) {
            std::size_t const have = all.size();
            std::size_t const room = (std::min)(piece, max - have);
            all.resize(have + room);
            file_result const got = co_await fetch(
                offset + have, asio::buffer(all.data() + have, room));
            throw_if_failed("read", got.error);
            all.resize(have + static_cast<std::size_t>(got.value));
            if (got.value < room || all.size() == max)
                co_return all;
            if (have == 0) {
                std::uint64_t const end = co_await ask("size", file_size);
                if (end > offset)
                    all.reserve(static_cast<std::size_t>(
                        (std::min<std::uint64_t>)(max, end - offset)));
            }
        }
    }

    file_state state_;
    Bytes bytes_;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
