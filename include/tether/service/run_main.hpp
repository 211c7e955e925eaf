// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What does main() return? The exit code of its main task: `run_main` says
/// what the shell and the service manager expect.
#ifndef TETHER_SERVICE_RUN_MAIN_HPP
#define TETHER_SERVICE_RUN_MAIN_HPP

#include <tether/core/errors.hpp>
#include <tether/core/format_error.hpp>
#include <tether/detail/config.hpp>
#include <tether/task/detail/body.hpp>
#include <tether/task/runner.hpp>

#include <cstdio>
#include <exception>
#include <string>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE

/// The exit code that tells how a program ended.
///
/// Result: 0 without an error; 128 + the number of the signal for `interrupted`
/// and `forced_exit`, 130 for SIGINT and 143 for SIGTERM; 1 for any other.
/// Threads: any.
[[nodiscard]] inline int
exit_code_of(std::exception_ptr const& error) noexcept {
    if (!error)
        return 0;
    try {
        std::rethrow_exception(error);
    } catch (interrupted const& e) {
        return 128 + e.signal_number();
    } catch (forced_exit const& e) {
        return 128 + e.signal_number();
    } catch (...) {
        return 1;
    }
}

/// Runs `fn(args...)` as the main task of a program.
///
/// Parameters: as runner::run(). Without options SIGINT and SIGTERM interrupt
/// the task; a program that handles them itself, with a graceful_shutdown, asks
/// for none with `run_options{}`.
/// Result: the exit code: of a task<int> its value, of another one 0; for an
/// error exit_code_of().
/// Errors: none; the tree of an error that has no signal goes to stderr, a
/// text that the library writes because this is the end of the program. So do
/// the reports of debug mode (options.debug, TETHER_DEBUG=1), because nobody
/// else is there to hear them.
/// Threads: as runner::run().
/// Example:
/// ```
/// int main() { return tether::run_main(serve); }
/// ```
template<class F, class... Args>
    requires detail::spawnable<F, Args...>
[[nodiscard("return it from main()")]] int run_main(run_options options, F&& fn,
                                                    Args&&... args) {
    using value = typename detail::body_for<F, Args...>::value_type;
    std::exception_ptr error;
    try {
        runner app(options);
        app.on_debug_report([](debug_report const& found) {
            std::fprintf(stderr, "%s\n", found.text.c_str());
        });
        if constexpr (std::is_same_v<value, int>) {
            int const code =
                app.run(std::forward<F>(fn), std::forward<Args>(args)...);
            app.close();
            return code;
        } else {
            static_cast<void>(
                app.run(std::forward<F>(fn), std::forward<Args>(args)...));
            app.close();
            return 0;
        }
    } catch (...) {
        error = std::current_exception();
    }
    int const code = exit_code_of(error);
    if (code == 1) {
        std::string const text = format_error(error);
        std::fprintf(stderr, "%s\n", text.c_str());
    }
    return code;
}
/// \overload
template<class F, class... Args>
    requires detail::spawnable<F, Args...>
[[nodiscard("return it from main()")]] int run_main(F&& fn, Args&&... args) {
    run_options options;
    options.interrupt = true;
    options.terminate = true;
    return run_main(options, std::forward<F>(fn), std::forward<Args>(args)...);
}

TETHER_END_NAMESPACE

#endif
