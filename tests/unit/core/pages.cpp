// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Do the pages and the checks of the project say what the library's contract
/// leaves to them?
#include "support/catch.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

fs::path root() {
    return fs::path(__FILE__).parent_path() / "../../..";
}

// With blanks between words, wherever the lines break.
std::string page(char const* path) {
    std::ifstream in(root() / path);
    std::string text(std::istreambuf_iterator<char>(in), {});
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
}

// What of `parts` is not there.
std::string missing(char const* path,
                    std::initializer_list<char const*> parts) {
    std::string const text = page(path);
    std::string out;
    for (char const* part : parts)
        if (text.find(part) == std::string::npos)
            out += std::string(out.empty() ? "" : ", ") + part;
    return out;
}

// The files below `directory` in which a line holds all of `parts`.
std::string lines_with(char const* directory, std::vector<std::string> ends,
                       std::initializer_list<char const*> parts) {
    std::string out;
    std::size_t looked_at = 0;
    for (auto const& entry :
         fs::recursive_directory_iterator(root() / directory)) {
        if (std::find(ends.begin(), ends.end(), entry.path().extension()) ==
            ends.end())
            continue;
        ++looked_at;
        std::ifstream in(entry.path());
        for (std::string line; std::getline(in, line);) {
            bool const all =
                std::all_of(parts.begin(), parts.end(), [&](char const* part) {
                    return line.find(part) != std::string::npos;
                });
            if (all)
                out += entry.path().filename().string() + ": " + line + "\n";
        }
    }
    CHECK(looked_at != 0);
    return out;
}

} // namespace

TEST_CASE("CX04 for what cannot await, a page says what takes its place") {
    CHECK(
        missing("docs/cancellation.md",
                {"## What you would have written in Python",
                 "`except CancelledError: await cleanup(); raise` | "
                 "`async_try(body).on_cancel(cleanup)`",
                 "`finally: await close()` | `async_try(body).finally(close)`",
                 "`async with connect() as c:` | `with(connection, body)`",
                 "`async with AsyncExitStack() as stack:` | an "
                 "`async_exit_stack`, `with(stack, body)`",
                 "`except* HTTPError: await tell()` | "
                 "`try_group(body).on<http_error>(tell)`",
                 "`except OSError: await retry()` | `as_outcome(f())`",
                 "Destructors cannot await."}) == "");
}

TEST_CASE("CX05 no destructor of the library is allowed to throw") {
    CHECK(lines_with("include", {".hpp"}, {"~", "noexcept(false)"}) == "");
}

TEST_CASE("CX17 what the library needs of the compiler's options is said by "
          "the first header and by a page") {
    CHECK(missing("include/tether/detail/config.hpp",
                  {"tether needs exceptions: compile without -fno-exceptions",
                   "tether needs RTTI: compile without -fno-rtti"}) == "");
    CHECK(missing("docs/compilers.md", {"-fno-rtti", "-fno-exceptions"}) == "");
    // The compiler is asked by the checks of these names.
    CHECK(missing("tests/header_modes/CMakeLists.txt",
                  {"no_exceptions", "no_rtti"}) == "");
}

TEST_CASE("CX18 every change is tested with g++ and clang, on both standard "
          "libraries, and the examples keep to what g++ 12 can do") {
    CHECK(missing(".ci/run", {"gcc-debug", "gcc-release", "clang-libcxx",
                              "clang-libstdcxx"}) == "");
    for (char const* directory : {"examples", "docs"})
        CHECK(lines_with(directory, {".cpp", ".hpp", ".md"},
                         {"auto", "[", "] = co_await"}) == "");
}

TEST_CASE("CX19 the suites run under ASan, UBSan and TSan") {
    CHECK(missing(".ci/run", {"gcc-asan", "clang-tsan"}) == "");
    CHECK(missing("CMakePresets.json", {"\"TETHER_SANITIZE\": \"address\"",
                                        "\"TETHER_SANITIZE\": \"thread\""}) ==
          "");
}

TEST_CASE("CX24 CX25 a page says what an await changes and which parameters "
          "dangle") {
    CHECK(missing("docs/lifetimes.md",
                  {"`thread_local`", "`errno`", "`std::string_view`",
                   "cppcoreguidelines-avoid-reference-coroutine-parameters",
                   "AddressSanitizer"}) == "");
}

TEST_CASE("AI01 nothing rests on the parts of Asio that are unfinished, and "
          "the check of the layers refuses them") {
    for (char const* part :
         {"<boost/asio/experimental/", "awaitable_operators"})
        CHECK(lines_with("include", {".hpp"}, {"#include", part}) == "");
    CHECK(missing("tests/checks/layers.awk", {"experimental", "parallel_group",
                                              "awaitable_operators"}) == "");
}

TEST_CASE("AI20 the prior art on Asio is compared") {
    CHECK(missing("docs/design/prior-art.md",
                  {"`spawn_group`", "`co_throttle`", "corral", "`wait_group`",
                   "`async_scope`", "#1909", "`counting_scope`"}) == "");
}
