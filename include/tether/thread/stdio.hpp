// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Where does a standard stream of a child process lead? To this program, to a
/// file, to nothing, or into a string.
#ifndef TETHER_THREAD_STDIO_HPP
#define TETHER_THREAD_STDIO_HPP

#include <tether/detail/config.hpp>

#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

enum class stdio_kind : unsigned char {
    unset, // the verb decides
    inherit,
    null,
    pipe,
    file,
    append,
    descriptor,
    text,
    capture,
    tail,
    same_as_out
};

struct stdio_access;

} // namespace detail

/// Where standard input, output or error of a child leads.
///
/// Threads: a plain value.
/// Example:
/// ```
/// command("sort").in(stdio::text("b\na\n")).err(stdio::file("sort.log"))
/// ```
class stdio {
public:
    /// The stream of this program.
    [[nodiscard]] static stdio inherit() {
        return stdio(detail::stdio_kind::inherit);
    }
    /// Nothing: the input is empty, the output is dropped.
    [[nodiscard]] static stdio null() {
        return stdio(detail::stdio_kind::null);
    }
    /// A pipe to the body of run_process().
    [[nodiscard]] static stdio pipe() {
        return stdio(detail::stdio_kind::pipe);
    }
    /// A file; for an output it is created, or emptied.
    ///
    /// Parameters: `path` is relative to the directory of this program.
    [[nodiscard]] static stdio file(std::string path) {
        return stdio(detail::stdio_kind::file, std::move(path));
    }
    /// For an output: the same, written at its end.
    [[nodiscard]] static stdio append(std::string path) {
        return stdio(detail::stdio_kind::append, std::move(path));
    }
    /// An open descriptor of this program, which keeps it.
    ///
    /// Errors: std::invalid_argument for a negative one.
    [[nodiscard]] static stdio descriptor(int number) {
        if (number < 0)
            throw std::invalid_argument(
                "stdio::descriptor: " + std::to_string(number) +
                " is no descriptor");
        stdio made(detail::stdio_kind::descriptor);
        made.number_ = number;
        return made;
    }
    /// For the input: `all` and then its end. A child that closes its input
    /// before it has read all is no error, see process_options::check_input.
    [[nodiscard]] static stdio text(std::string all) {
        return stdio(detail::stdio_kind::text, std::move(all));
    }
    /// For an output: all of it, as a string.
    ///
    /// Parameters: more than `limit` bytes are limit_exceeded.
    [[nodiscard]] static stdio capture(std::size_t limit = 16U << 20) {
        stdio made(detail::stdio_kind::capture);
        made.size_ = limit;
        return made;
    }
    /// For an output: its last `size` bytes, as a string.
    [[nodiscard]] static stdio tail(std::size_t size = 4096) {
        stdio made(detail::stdio_kind::tail);
        made.size_ = size;
        return made;
    }
    /// For the error output: where the output leads, as `2>&1` of a shell.
    [[nodiscard]] static stdio same_as_out() {
        return stdio(detail::stdio_kind::same_as_out);
    }

private:
    friend struct detail::stdio_access;

    explicit stdio(detail::stdio_kind kind, std::string text = {})
        : kind_(kind), text_(std::move(text)) {}

    detail::stdio_kind kind_;
    int number_ = -1;
    std::size_t size_ = 0;
    std::string text_; // a path, or the input
};

namespace detail {

struct stdio_access {
    static stdio unset() { return stdio(stdio_kind::unset); }
    static stdio_kind kind(stdio const& s) noexcept { return s.kind_; }
    static int number(stdio const& s) noexcept { return s.number_; }
    static std::size_t size(stdio const& s) noexcept { return s.size_; }
    static std::string const& text(stdio const& s) noexcept { return s.text_; }
    static std::string take_text(stdio& s) noexcept {
        return std::move(s.text_);
    }

    // Whether it makes sense for that stream.
    static bool fits(stdio const& s, bool input, bool error) noexcept {
        switch (s.kind_) {
        case stdio_kind::text:
            return input;
        case stdio_kind::append:
        case stdio_kind::capture:
        case stdio_kind::tail:
            return !input;
        case stdio_kind::same_as_out:
            return error;
        default:
            return true;
        }
    }
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
