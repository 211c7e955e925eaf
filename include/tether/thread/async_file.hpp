// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How is a file read and written while the loop goes on? With an async_file,
/// whose system calls are made by threads.
#ifndef TETHER_THREAD_ASYNC_FILE_HPP
#define TETHER_THREAD_ASYNC_FILE_HPP

#include <tether/core/asio.hpp>
#include <tether/detail/config.hpp>
// Builds on stream/async_generator.hpp.
#include <tether/stream/async_generator.hpp>
#include <tether/task/task.hpp>
#include <tether/thread/detail/file_calls.hpp>
#include <tether/thread/detail/file_core.hpp>
#include <tether/thread/file_flags.hpp>

#include <boost/asio/buffer.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

TETHER_BEGIN_NAMESPACE
/// A file whose operations a task awaits: async_file, or asio_file<File>.
///
/// A resource for `with`, opened there and closed on every way out. Its
/// position belongs to the object and not to the system: it moves only by bytes
/// that were delivered or written. Threads do the work, see to_thread(); the
/// reads and writes of an asio_file are Asio's.
/// Invariant: opened once, moved only before; never inherited by a program that
/// is executed. Operations that name their offset may overlap.
/// Parameters: `Bytes` is how bytes move; use the names above.
/// Errors: boost::system::system_error with the path in its text;
/// closed_resource after close(), std::logic_error before open();
/// busy_resource for a second operation at the position.
/// On cancellation: an operation in a thread is waited for, one MiB at most,
/// and its result delivered: the stop comes at the next checkpoint. After a
/// stop the position of a read in several pieces is where it was, that of a
/// write behind what was written.
/// Never lost: an open descriptor. What is still open when the context is
/// destroyed is closed by the destructor, whose errors nobody hears.
/// Threads: the loop of the task that opened it.
/// Example:
/// ```
/// async_file file("rows.csv");
/// co_await with(file, [](async_file& f) -> task<> {
///     co_await for_each(f.lines(), [](std::string row) { import(row); });
/// });
/// ```
/// Source: Python's aiofiles, with Asio's names.
template<class Bytes>
class basic_async_file {
public:
    /// Nothing is opened yet.
    ///
    /// Errors: std::invalid_argument for flags that contradict each other.
    explicit basic_async_file(std::string path,
                              file_flags flags = file_flags::read,
                              file_options const& options = {})
        : core_(std::move(path), flags, options) {}

    /// For `with`: opens it.
    ///
    /// Errors: also for a directory, and for pipes, sockets and terminals,
    /// which have no offsets: those are for Asio's streams.
    /// Completes when: it is open. Always a checkpoint.
    /// On cancellation: it is open, or nothing is.
    [[nodiscard("co_await it")]] task<> open() { return core_.open(); }
    /// For `with`: closes it. Closing again does nothing.
    ///
    /// Errors: of the system, say that a network file could not be written
    /// after all; it is closed then, too.
    /// Completes when: the operations under way have ended and it is closed;
    /// new ones are refused meanwhile. Always a checkpoint.
    /// On cancellation: it is closed, or can be closed again.
    [[nodiscard("co_await it")]] task<> close() { return core_.close(); }

    /// Reads at the position.
    ///
    /// Result: the number of bytes; 0 only at the end of the file. At most a
    /// MiB; less than fits only before the end.
    /// Completes when: bytes are there. Always a checkpoint.
    /// On cancellation: see the class.
    [[nodiscard("co_await it")]] task<std::size_t>
    read_some(asio::mutable_buffer to) {
        return core_.read_some(to);
    }
    /// The same at an offset; the position stays where it is.
    [[nodiscard("co_await it")]] task<std::size_t>
    read_some_at(std::uint64_t offset, asio::mutable_buffer to) {
        return core_.read_some_at(offset, to);
    }
    /// Reads from the position to the end, or `max` bytes.
    ///
    /// Completes when: all is there. Always a checkpoint.
    /// On cancellation: see the class.
    [[nodiscard("co_await it")]] task<std::string>
    read(std::size_t max = std::string::npos) {
        return core_.read(max);
    }

    /// What follows the position, in chunks of `size` bytes, the last one
    /// shorter.
    ///
    /// Parameters: the generator refers to the file, and goes on behind its own
    /// last chunk, also when the position was moved meanwhile.
    /// Result: a generator, which leaves the position behind each chunk.
    [[nodiscard("for_each() it")]] async_generator<std::string>
    chunks(std::size_t size = detail::small_file_piece) {
        return core_.chunks(size);
    }
    /// The same in lines, without their `\n`.
    ///
    /// Parameters: `max` bytes in a line.
    /// Errors: std::length_error for a longer line.
    [[nodiscard("for_each() it")]] async_generator<std::string>
    lines(std::size_t max = detail::file_piece) {
        return core_.lines(max);
    }

    /// Writes all of it at the position; with file_flags::append at the end of
    /// the file, which leaves the position where it is.
    ///
    /// Errors: the position is behind what was written all the same.
    /// Completes when: the system has taken it, see sync_all(). Always a
    /// checkpoint.
    /// On cancellation: see the class.
    [[nodiscard("co_await it")]] task<> write(asio::const_buffer from) {
        return core_.write(from);
    }
    /// Writes all of it at an offset; the position stays where it is.
    ///
    /// Errors: std::logic_error with file_flags::append, where the system would
    /// ignore the offset.
    /// Completes when: as write().
    /// On cancellation: a beginning of it may have been written.
    [[nodiscard("co_await it")]] task<> write_at(std::uint64_t offset,
                                                 asio::const_buffer from) {
        return core_.write_at(offset, from);
    }

    /// The size of the file in bytes.
    ///
    /// Completes when: the system has said it. Always a checkpoint.
    /// On cancellation: see the class.
    [[nodiscard("co_await it")]] task<std::uint64_t> size() {
        return core_.ask("size", detail::file_size);
    }
    /// Cuts the file off behind `size` bytes, or lengthens it with zeros.
    ///
    /// Completes when: the system has done it. Always a checkpoint.
    /// On cancellation: see the class.
    [[nodiscard("co_await it")]] task<> resize(std::uint64_t size) {
        co_await core_.ask("resize", [size](int file) {
            return detail::resize_file(file, size);
        });
    }
    /// Waits until what was written is on the disk.
    ///
    /// Errors: data that the system had taken could not be written; whether a
    /// second call tells it again depends on the system.
    /// Completes when: the system says so. Always a checkpoint.
    /// On cancellation: see the class.
    [[nodiscard("co_await it")]] task<> sync_all() {
        co_await core_.ask(
            "sync", [](int file) { return detail::sync_file(file, false); });
    }
    /// The same without what is not needed to read it back, say the times.
    [[nodiscard("co_await it")]] task<> sync_data() {
        co_await core_.ask(
            "sync", [](int file) { return detail::sync_file(file, true); });
    }

    /// Moves the position; also behind the end.
    void seek(std::uint64_t position) { core_.seek(position); }
    /// Where the next read() or write() begins.
    [[nodiscard]] std::uint64_t position() const noexcept {
        return core_.state().position;
    }
    /// The path it was made with.
    [[nodiscard]] std::string const& path() const noexcept {
        return core_.state().path();
    }
    /// Whether it can be used.
    [[nodiscard]] bool is_open() const noexcept {
        return core_.state().is_open();
    }
    /// The descriptor, for calls that are not here, say `flock`; -1 if it is
    /// not open. It stays the file's.
    [[nodiscard]] int native_handle() const noexcept { return core_.number(); }

private:
    detail::file_core<Bytes> core_;
};

/// The file for every platform: threads read and write it.
using async_file = basic_async_file<detail::file_threads>;

TETHER_END_NAMESPACE

#endif
