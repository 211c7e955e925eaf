// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What was begun on a loop and not brought to its end? What only an await can
/// end hangs on its loop, so that a run names what it leaves open.
#ifndef TETHER_RUNTIME_OPEN_OBJECT_HPP
#define TETHER_RUNTIME_OPEN_OBJECT_HPP

#include <tether/detail/config.hpp>
#include <tether/detail/diagnostics.hpp>
#include <tether/detail/intrusive_list.hpp>

#include <source_location>
#include <string>

TETHER_BEGIN_NAMESPACE
namespace detail {

class loop;

// Linked by loop::opened() until it ends or the loop goes. It keeps its loop,
// or that of a strand would be gone between two tasks.
class open_object : public list_node {
public:
    open_object() noexcept = default;
    open_object(open_object const&) = delete;
    open_object& operator=(open_object const&) = delete;
    ~open_object() { ended(); }

    void ended() noexcept;

    // Null before it was opened and after it has ended or its loop has.
    loop* home() const noexcept { return home_; }
    void set_made(std::source_location where) noexcept { made_ = where; }
    // Static storage; null if it has none.
    void set_name(char const* name) noexcept { name_ = name; }

    std::string to_string() const {
        std::string out = "an async_generator";
        if (name_)
            out += std::string(" \"") + name_ + '"';
        return out + " of " + format_location(made_);
    }

private:
    friend class loop;

    loop* home_ = nullptr;
    char const* name_ = nullptr;
    std::source_location made_;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
