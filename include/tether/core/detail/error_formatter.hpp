// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How is a tree of errors turned into lines of text?
#ifndef TETHER_CORE_DETAIL_ERROR_FORMATTER_HPP
#define TETHER_CORE_DETAIL_ERROR_FORMATTER_HPP

#include <tether/core/detail/exception_probe.hpp>
#include <tether/core/detail/text.hpp>
#include <tether/core/detail/type_text.hpp>
#include <tether/core/errors.hpp>
#include <tether/core/exception_group.hpp>
#include <tether/detail/config.hpp>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

TETHER_BEGIN_NAMESPACE
namespace detail {

// An error held by a pointer, by a reference of the caller, or both.
struct error_in_hand {
    std::exception_ptr pointer;
    std::exception const* object = nullptr;
};

// Type and text of something thrown that is no std::exception.
inline std::string foreign_text(std::exception_ptr const& error) {
    try {
        std::rethrow_exception(error);
    } catch (forced_exit const& e) {
        return type_text(typeid(e)) + ": " + e.what();
    } catch (char const* text) {
        return std::string("char const*: ") + (text ? text : "(null)");
    } catch (std::string const& text) {
        return "std::string: " + text;
    } catch (int number) {
        return "int: " + std::to_string(number);
    } catch (...) {
        return current_exception_type_text();
    }
}

// Lines break where the text breaks; other control characters would let an
// error message rewrite the terminal.
inline void append_printable(std::string& out, std::string_view text,
                             std::size_t indent) {
    static constexpr char digits[] = "0123456789abcdef";
    for (std::size_t i = 0; i < text.size(); ++i) {
        auto const c = static_cast<unsigned char>(text[i]);
        if (c == '\n') {
            out += '\n';
            out.append(indent, ' ');
        } else if (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n') {
            continue;
        } else if ((c < 0x20 && c != '\t') || c == 0x7f) {
            out += "\\x";
            out += digits[c >> 4];
            out += digits[c & 15];
        } else {
            out += text[i];
        }
    }
}

inline std::string_view without_line_end(std::string_view text) noexcept {
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r'))
        text.remove_suffix(1);
    return text;
}

class error_formatter {
public:
    error_formatter(std::string& out, std::size_t width, std::size_t depth)
        : out_(out), width_(width), depth_(depth) {}

    void write(error_in_hand error) {
        entry top;
        top.error = std::move(error);
        top.content = 2;
        pending_.push_back(std::move(top));
        while (!pending_.empty()) {
            entry now = std::move(pending_.back());
            pending_.pop_back();
            show(now);
        }
    }

private:
    // One line to write, with what it needs to know to add the lines below.
    struct entry {
        error_in_hand error; // neither: only the lead is written
        std::string lead;
        std::size_t indent = 0;  // of the line
        std::size_t content = 0; // of what is below it
        std::size_t level = 0;   // of groups around it
        std::size_t causes = 0;  // that led here in a row
        bool follow = false;     // stop where an error was shown before
        std::vector<std::string> notes;
        std::exception_ptr cause; // kept beside the error
    };

    void show(entry& now) {
        if (!out_.empty())
            out_ += '\n';
        out_.append(now.indent, ' ');
        append_printable(out_, now.lead, now.content);
        if (!now.error.pointer && !now.error.object) {
            if (now.lead.empty())
                out_ += "no error";
            return;
        }
        std::exception const* const error =
            now.error.object ? now.error.object
                             : as_std_exception(now.error.pointer);
        if (!error) {
            std::string const text = foreign_text(now.error.pointer);
            append_printable(out_, without_line_end(text), now.content);
            below_.clear();
            add_cause(now, now.cause);
            add_notes(now, now.notes);
            flush();
            return;
        }
        append_printable(out_, type_text(typeid(*error)), now.content);
        char const* const text = error->what();
        out_ += ": ";
        append_printable(out_, without_line_end(text ? text : "(null)"),
                         now.content);
        bool const first_time = shown_.insert(object_of(*error)).second;
        if (now.follow && !first_time) {
            out_ += " (shown above)";
            return;
        }
        below_.clear();
        auto const* const group = dynamic_cast<exception_group const*>(error);
        if (group)
            add_members(now, *group);
        std::exception_ptr const own_cause = cause_of(*error);
        add_cause(now, own_cause);
        if (now.cause && now.cause != own_cause)
            add_cause(now, now.cause);
        if (group) {
            for (std::exception_ptr const& context : group->contexts())
                add_error(now, context, "context: ");
            add_notes(now, group->notes());
        }
        add_notes(now, now.notes);
        flush();
    }

    void add_members(entry const& now, exception_group const& group) {
        std::size_t const limit =
            now.level < depth_ ? (std::min)(width_, group.size()) : 0;
        std::size_t index = 0;
        for (exception_group::member const member : group) {
            if (index == limit)
                break;
            entry below;
            below.error = {member.error(), nullptr};
            below.indent = now.content;
            below.content = now.content + 4;
            below.level = now.level + 1;
            below.lead = member_lead(index++, member);
            below.notes.assign(member.notes().begin(), member.notes().end());
            below.cause = member.cause();
            below_.push_back(std::move(below));
        }
        if (std::size_t const more = group.size() - limit) {
            add_line(now,
                     "... and " + std::to_string(more) +
                         (more == 1 ? " more exception" : " more exceptions"));
        }
    }

    static std::string member_lead(std::size_t index,
                                   exception_group::member member) {
        std::string lead = "[" + std::to_string(index) + "] ";
        std::size_t const start = lead.size();
        auto const separate = [&lead, start](char const* by) {
            if (lead.size() != start)
                lead += by;
        };
        if (!member.task_name().empty()) {
            lead += "task ";
            append_quoted(lead, member.task_name());
        }
        if (has_place(member.spawn_site())) {
            separate(" ");
            lead += "spawned at ";
            append_place(lead, member.spawn_site());
        }
        if (member.is_trigger()) {
            separate(", ");
            lead += "failed first";
        }
        // The error goes to a line of its own when there is much before it.
        separate(":\n");
        return lead;
    }

    void add_cause(entry const& now, std::exception_ptr const& cause) {
        if (!cause)
            return;
        if (now.causes == depth_) {
            add_line(now, "... and further causes");
            return;
        }
        add_error(now, cause, "caused by ");
    }

    void add_error(entry const& now, std::exception_ptr const& error,
                   char const* lead) {
        entry below;
        below.error = {error, nullptr};
        below.lead = lead;
        // A chain of causes is flat; what a cause contains is indented.
        below.indent = now.causes == 0 ? now.content : now.indent;
        below.content = below.indent + 2;
        below.level = now.level;
        below.causes = now.causes + 1;
        below.follow = true;
        below_.push_back(std::move(below));
    }

    void add_notes(entry const& now, std::span<std::string const> notes) {
        for (std::string const& note : notes)
            add_line(now, "note: " + note);
    }

    void add_line(entry const& now, std::string text) {
        entry below;
        below.lead = std::move(text);
        below.indent = now.content;
        below.content = now.content + 2;
        below_.push_back(std::move(below));
    }

    // The stack gives the last entry first.
    void flush() {
        pending_.insert(pending_.end(),
                        std::make_move_iterator(below_.rbegin()),
                        std::make_move_iterator(below_.rend()));
        below_.clear();
    }

    static std::exception_ptr cause_of(std::exception const& error) noexcept {
        if (auto const* const failed = dynamic_cast<task_failed const*>(&error))
            return failed->cause();
        if (auto const* const nested =
                dynamic_cast<std::nested_exception const*>(&error))
            return nested->nested_ptr();
        return nullptr;
    }

    static void const* object_of(std::exception const& error) noexcept {
        return dynamic_cast<void const*>(&error);
    }

    std::string& out_;
    std::size_t width_;
    std::size_t depth_;
    std::vector<entry> pending_;
    std::vector<entry> below_;
    std::unordered_set<void const*> shown_;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
