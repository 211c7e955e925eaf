// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What does a child process run? A program with its arguments, environment,
/// directory and standard streams.
#ifndef TETHER_THREAD_COMMAND_HPP
#define TETHER_THREAD_COMMAND_HPP

#include <tether/detail/config.hpp>
#include <tether/thread/stdio.hpp>

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

TETHER_BEGIN_NAMESPACE
namespace detail {

struct environment_change {
    std::string name;
    std::optional<std::string> value; // none: it is removed
};

struct command_data {
    std::string program;
    std::vector<std::string> arguments;
    std::vector<environment_change> environment;
    bool empty_environment = false;
    bool own_group = false;
    std::string directory;
    stdio in = stdio_access::unset();
    stdio out = stdio_access::unset();
    stdio err = stdio_access::unset();
};

struct command_access;

// What the system would read to a zero byte only.
inline std::string whole(std::string text, char const* what) {
    if (auto const at = text.find('\0'); at != std::string::npos)
        throw std::invalid_argument(
            std::string("command: ") + what + " '" + std::string(text.c_str()) +
            "...' has a zero byte at " + std::to_string(at) +
            ": the system would cut it there");
    return text;
}

// As a shell would take it.
inline void append_argument(std::string& out, std::string_view text) {
    static constexpr std::string_view plain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
        "_-./=:,@%+";
    if (!text.empty() && text.find_first_not_of(plain) == text.npos) {
        out += text;
        return;
    }
    out += '\'';
    for (char const c : text) {
        if (c == '\'')
            out += "'\\''";
        else
            out += c;
    }
    out += '\'';
}

} // namespace detail

/// A program and how it is started.
///
/// A program whose name has no slash is looked for in the PATH of this program.
/// There is no shell: arguments are passed as they are.
/// Parameters: copied; what is not said is inherited, and the standard streams
/// are those that run_process() chooses.
/// Errors: std::invalid_argument for an empty name, a zero byte in a string, a
/// stream that leads where it cannot, a bad name of a variable.
/// Threads: a plain value.
/// Example:
/// ```
/// auto const sorted = co_await run_process(
///     command("sort", "-n").in(stdio::text("10\n9\n")));
/// ```
class command {
public:
    /// The program and its arguments.
    template<class... Args>
    explicit command(std::string program, Args&&... arguments) {
        if (program.empty())
            throw std::invalid_argument("command: the program has no name");
        data_.program = detail::whole(std::move(program), "the program");
        (arg(std::forward<Args>(arguments)), ...);
    }

    /// \{
    /// Adds an argument.
    command& arg(std::string text) & {
        data_.arguments.push_back(
            detail::whole(std::move(text), "the argument"));
        return *this;
    }
    command&& arg(std::string text) && {
        return std::move(arg(std::move(text)));
    }
    /// \}
    /// \{
    /// Sets a variable of the environment.
    command& env(std::string name, std::string value) & {
        change(std::move(name), detail::whole(std::move(value), "the value"));
        return *this;
    }
    command&& env(std::string name, std::string value) && {
        return std::move(env(std::move(name), std::move(value)));
    }
    /// \}
    /// \{
    /// Removes a variable of the environment.
    command& unset_env(std::string name) & {
        change(std::move(name), std::nullopt);
        return *this;
    }
    command&& unset_env(std::string name) && {
        return std::move(unset_env(std::move(name)));
    }
    /// \}
    /// \{
    /// Inherits no variable: the child has those that env() sets.
    command& clear_env() & noexcept {
        data_.empty_environment = true;
        return *this;
    }
    command&& clear_env() && noexcept { return std::move(clear_env()); }
    /// \}
    /// \{
    /// The directory it starts in; a relative name of the program is meant from
    /// there.
    command& cwd(std::string directory) & {
        data_.directory = detail::whole(std::move(directory), "the directory");
        return *this;
    }
    command&& cwd(std::string directory) && {
        return std::move(cwd(std::move(directory)));
    }
    /// \}
    /// \{
    /// A process group of its own: signals go to the child and to all that it
    /// starts, and what is left of them when it has ended is killed. A Ctrl-C
    /// in a terminal does not reach it.
    command& own_group() & noexcept {
        data_.own_group = true;
        return *this;
    }
    command&& own_group() && noexcept { return std::move(own_group()); }
    /// \}
    /// \{
    /// Where its standard input leads.
    command& in(stdio stream) & {
        connect(data_.in, std::move(stream), "input", true, false);
        return *this;
    }
    command&& in(stdio stream) && { return std::move(in(std::move(stream))); }
    /// \}
    /// \{
    /// Where its standard output leads.
    command& out(stdio stream) & {
        connect(data_.out, std::move(stream), "output", false, false);
        return *this;
    }
    command&& out(stdio stream) && { return std::move(out(std::move(stream))); }
    /// \}
    /// \{
    /// Where its error output leads.
    command& err(stdio stream) & {
        connect(data_.err, std::move(stream), "error output", false, true);
        return *this;
    }
    command&& err(stdio stream) && { return std::move(err(std::move(stream))); }
    /// \}

    /// Result: the program and its arguments as a shell would take them.
    [[nodiscard]] std::string to_string() const {
        std::string text;
        detail::append_argument(text, data_.program);
        for (std::string const& argument : data_.arguments) {
            text += ' ';
            detail::append_argument(text, argument);
        }
        return text;
    }

private:
    friend struct detail::command_access;

    void change(std::string name, std::optional<std::string> value) {
        if (name.empty() || name.find('=') != name.npos)
            throw std::invalid_argument("command: '" + name +
                                        "' is no name of a variable");
        std::string checked = detail::whole(std::move(name), "the variable");
        data_.environment.push_back({std::move(checked), std::move(value)});
    }
    void connect(stdio& to, stdio&& stream, char const* what, bool input,
                 bool error) const {
        if (!detail::stdio_access::fits(stream, input, error))
            throw std::invalid_argument("command: the " + std::string(what) +
                                        " of '" + to_string() +
                                        "' cannot lead there");
        to = std::move(stream);
    }

    detail::command_data data_;
};

namespace detail {

struct command_access {
    static command_data& data(command& c) noexcept { return c.data_; }
    static command_data const& data(command const& c) noexcept {
        return c.data_;
    }
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
