// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What is opened for the standard streams of a child, and which ends of it
/// stay here?
#ifndef TETHER_THREAD_DETAIL_CHILD_STREAMS_HPP
#define TETHER_THREAD_DETAIL_CHILD_STREAMS_HPP

#include <tether/detail/config.hpp>
#include <tether/thread/command.hpp>
#include <tether/thread/detail/file_descriptor.hpp>
#include <tether/thread/stdio.hpp>

#include <array>
#include <cerrno>
#include <string>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

TETHER_BEGIN_NAMESPACE
namespace detail {

// The child's ends are closed here as soon as it has them.
class child_streams {
public:
    child_streams(command_data const& c, std::string const& line)
        : line_(&line) {
        open(c.in, 0, "input");
        open(c.out, 1, "output");
        open(c.err, 2, "error output");
    }

    // -1 for what the child inherits.
    std::array<int, 3> theirs() const noexcept {
        return {theirs_[0].get(), theirs_[1].get(), theirs_[2].get()};
    }
    file_descriptor take_ours(std::size_t number) noexcept {
        return std::move(ours_[number]);
    }

private:
    void open(stdio const& to, std::size_t number, char const* name) {
        bool const input = number == 0;
        file_descriptor& child = theirs_[number];
        switch (stdio_access::kind(to)) {
        case stdio_kind::unset:
        case stdio_kind::inherit:
            break;
        case stdio_kind::null:
            child = open_file("/dev/null", input ? O_RDONLY : O_WRONLY,
                              what(name, "/dev/null"));
            break;
        case stdio_kind::file:
            child = open_file(stdio_access::text(to),
                              input ? O_RDONLY : O_WRONLY | O_CREAT | O_TRUNC,
                              what(name, stdio_access::text(to)));
            break;
        case stdio_kind::append:
            child =
                open_file(stdio_access::text(to), O_WRONLY | O_CREAT | O_APPEND,
                          what(name, stdio_access::text(to)));
            break;
        case stdio_kind::descriptor:
            child = copy_of(stdio_access::number(to), name);
            break;
        case stdio_kind::same_as_out:
            child = copy_of(theirs_[1].get() >= 0 ? theirs_[1].get() : 1, name);
            break;
        case stdio_kind::pipe:
        case stdio_kind::text:
        case stdio_kind::capture:
        case stdio_kind::tail:
            pipe_ends both = make_pipe(what(name, "a pipe"));
            child = std::move(input ? both.read : both.write);
            ours_[number] = std::move(input ? both.write : both.read);
            break;
        }
    }
    file_descriptor copy_of(int descriptor, char const* name) const {
        file_descriptor made(::fcntl(descriptor, F_DUPFD_CLOEXEC, 3));
        if (made.get() < 0)
            throw_system(
                errno, what(name, "descriptor " + std::to_string(descriptor)));
        return made;
    }
    std::string what(char const* name, std::string const& path) const {
        return "cannot start '" + *line_ + "', its " + name + " is " + path;
    }

    std::string const* line_;
    std::array<file_descriptor, 3> theirs_;
    std::array<file_descriptor, 3> ours_;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
