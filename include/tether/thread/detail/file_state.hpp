// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What does a file know beside its bytes? Its name, whether it is open, where
/// it stands and how many operations are under way.
#ifndef TETHER_THREAD_DETAIL_FILE_STATE_HPP
#define TETHER_THREAD_DETAIL_FILE_STATE_HPP

#include <tether/core/errors.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/diagnostics.hpp>
// Builds on sync/event.hpp and sync/resource_guard.hpp.
#include <tether/sync/event.hpp>
#include <tether/sync/resource_guard.hpp>
#include <tether/thread/file_flags.hpp>
#include <tether/thread/to_thread.hpp>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

class file_state {
public:
    file_state(std::string path, file_flags flags, file_options const& options)
        : path_(std::move(path)), flags_(flags), options_(options) {
        if (path_.find('\0') != std::string::npos)
            throw std::invalid_argument("the name of a file holds a zero byte: "
                                        "the system would end it there");
        if (char const* const wrong = contradiction(flags))
            throw std::invalid_argument("file_flags: " + std::string(wrong));
    }
    // Only before it is opened.
    file_state(file_state&& other)
        : path_(std::move(other.unused().path_)),
          flags_(other.flags_),
          options_(other.options_) {}
    ~file_state() {
        if (in_use_ != 0)
            fatal("an async_file was destroyed while an operation of it was "
                  "under way: await the operation first");
    }

    std::string const& path() const noexcept { return path_; }
    file_flags flags() const noexcept { return flags_; }
    unsigned permissions() const noexcept { return options_.permissions; }
    bool appends() const noexcept {
        return has_flag(flags_, file_flags::append);
    }
    // Its threads and their calls are called as the file is.
    to_thread_options in_thread() const noexcept {
        return {options_.limiter, path_};
    }
    bool is_open() const noexcept { return phase_ == phase::open; }

    file_state& unused() {
        if (phase_ != phase::made)
            throw std::logic_error("the file " + path_ +
                                   " was opened before: an async_file is "
                                   "opened once, and not moved afterwards");
        return *this;
    }
    void opened() noexcept { phase_ = phase::open; }
    void check_open(char const* verb) const {
        if (phase_ == phase::made)
            throw std::logic_error(std::string(verb) + " of " + path_ +
                                   ", which is not open: use it inside of "
                                   "with(file, body), or await open() first");
        if (phase_ == phase::closed)
            throw closed_resource(std::string(verb) + " of " + path_ +
                                  ", which is closed");
    }
    // From now on operations are refused; `idle` tells when the last has ended.
    void closes() {
        if (phase_ == phase::made)
            check_open("close");
        phase_ = phase::closed;
        if (in_use_ == 0)
            idle.set();
    }

    std::uint64_t position = 0;
    resource_guard at_position{"the position of a file"};
    event idle;

private:
    friend class file_use;
    enum class phase : unsigned char { made, open, closed };

    static char const* contradiction(file_flags flags) noexcept {
        bool const writes =
            has_flag(flags, file_flags::write | file_flags::append);
        if (!writes && !has_flag(flags, file_flags::read))
            return "neither read nor write nor append was asked for";
        if (!writes && has_flag(flags, file_flags::truncate))
            return "truncate needs write";
        if (has_flag(flags, file_flags::exclusive) &&
            !has_flag(flags, file_flags::create))
            return "exclusive needs create";
        return nullptr;
    }

    std::string path_;
    file_flags flags_;
    file_options options_;
    std::size_t in_use_ = 0;
    phase phase_ = phase::made;
};

// An operation that is under way: the descriptor stays until it has ended, for
// its number could soon be that of another file.
class file_use {
public:
    file_use(file_state& file, char const* verb) : file_(file) {
        file.check_open(verb);
        ++file.in_use_;
    }
    file_use(file_use const&) = delete;
    file_use& operator=(file_use const&) = delete;
    ~file_use() {
        if (--file_.in_use_ == 0 && !file_.is_open())
            file_.idle.set();
    }

private:
    file_state& file_;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
