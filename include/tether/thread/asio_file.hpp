// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How is a file read and written by io_uring? With the file class of an Asio
/// that was built for it, in an asio_file.
#ifndef TETHER_THREAD_ASIO_FILE_HPP
#define TETHER_THREAD_ASIO_FILE_HPP

#include <tether/core/asio.hpp>
#include <tether/detail/config.hpp>
#include <tether/task/task.hpp>
#include <tether/task/this_task.hpp>
#include <tether/task/use_task.hpp>
#include <tether/thread/async_file.hpp>
#include <tether/thread/detail/file_calls.hpp>
#include <tether/thread/detail/file_core.hpp>
#include <tether/thread/to_thread.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// How the bytes of an asio_file move: as operations of Asio.
template<class File>
class file_of_asio {
public:
    void open(file_descriptor file) {
        file_.emplace(this_task::executor(), file.get());
        file.release();
    }
    int number() const noexcept { return file_ ? native() : -1; }
    file_descriptor& take_back() {
        if (file_) {
            closing_ = file_descriptor(file_->release());
            file_.reset();
        }
        return closing_;
    }

    task<file_result> read_at(to_thread_options const&, std::uint64_t offset,
                              asio::mutable_buffer to) {
        file_result all;
        while (to.size() != 0) {
            auto const one = co_await result_of(file_->async_read_some_at(
                offset + all.value, asio::mutable_buffer(to), use_task));
            all.value += one.value;
            all.error = one.error;
            if (one.value == 0)
                break;
            to += static_cast<std::size_t>(one.value);
        }
        co_return all;
    }
    task<file_result> write_at(to_thread_options const&, std::uint64_t offset,
                               asio::const_buffer from) {
        return result_of(file_->async_write_some_at(offset, from, use_task));
    }

private:
    int native() const noexcept {
        return const_cast<File&>(*file_).native_handle();
    }
    // Asio takes the end of a file for an error. A cancel can interrupt what it
    // could not prevent; the next attempt is where the task stops.
    template<class Operation>
    static task<file_result> result_of(Operation operation) {
        try {
            std::size_t const n = co_await std::move(operation);
            co_return file_result{n, 0};
        } catch (boost::system::system_error const& e) {
            if (e.code() == asio::error::eof)
                co_return file_result{};
            co_return file_result{0, e.code().value()};
        }
    }

    std::optional<File> file_;
    file_descriptor closing_;
};

} // namespace detail

/// An async_file whose reads and writes are operations of an Asio file.
///
/// The same in every other respect: opening, closing, sizes and syncs, which
/// Asio would do on the loop and without `O_CLOEXEC`, are done by threads. A
/// read or write that is cancelled is taken back if it has not begun, and else
/// waited for and delivered.
/// Parameters: `File` is boost::asio::random_access_file, which is there where
/// BOOST_ASIO_HAS_FILE is, on Linux with BOOST_ASIO_HAS_IO_URING and liburing.
/// Errors: those of async_file; where the kernel refuses io_uring, Asio's when
/// the file is opened.
/// Threads: the loop of the task that opened it. Asio has one read and one
/// write of a file in flight, the next ones wait.
/// Example:
/// ```
/// using uring_file = asio_file<boost::asio::random_access_file>;
/// uring_file log("log", file_flags::append | file_flags::create);
/// ```
template<class File>
using asio_file = basic_async_file<detail::file_of_asio<File>>;

TETHER_END_NAMESPACE

#endif
