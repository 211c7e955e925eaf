#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Copyright (c) 2026 the tether authors
#
# Does each check turn red for what it is there to find? Every case is a small
# tree with one mistake, and the sentence the check must print.
set -uo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failed=0 cases=0

# header PATH [BODY]: writes a header that keeps all rules, then BODY.
header() {
    local guard
    guard=TETHER_$(tr 'a-z/.' 'A-Z__' <<<"$1")
    mkdir -p "$tree/include/tether/$(dirname "$1")"
    printf '%s\n' "// SPDX-License-Identifier: BSL-1.0" \
        "// Copyright (c) 2026 the tether authors" "/// \\file" \
        "/// What is this?" "#ifndef $guard" "#define $guard" "" \
        "${2:-}" "" "int a;" "int b;" "int c;" "#endif" \
        >"$tree/include/tether/$1"
}

# expect CHECK pass|SENTENCE: runs the check, then starts a new tree.
expect() {
    local output status
    cases=$((cases + 1))
    mkdir -p "$tree/include/tether" "$tree/docs" "$tree/cmake" "$tree/tests" \
        "$tree/examples"
    output=$("$here/$1.sh" "$tree" 2>&1)
    status=$?
    if [ "$2" = pass ]; then
        [ $status -eq 0 ] || {
            echo "$1 rejects what is right: $output"
            failed=1
        }
    elif [ $status -eq 0 ] || [[ $output != *"$2"* ]]; then
        echo "$1 should say '$2', but: status $status, $output"
        failed=1
    fi
    rm -rf "${tree:?}"/*
}

# Layers
header core/a.hpp '#include <tether/detail/b.hpp>'
header detail/b.hpp '#include <vector>'
header core.hpp '#include <tether/core/a.hpp>'
expect layers pass
header core/a.hpp '#include <tether/scope/b.hpp>'
header scope/b.hpp
expect layers "layer core must not include the higher layer scope"
header sync/a.hpp '#include <tether/combine/b.hpp>'
header combine/b.hpp
expect layers "are peers"
header sync/a.hpp '// Builds on combine/b.hpp for its waits.
#include <tether/combine/b.hpp>'
header combine/b.hpp
expect layers pass
header core/a.hpp '#include <tether/core/b.hpp>'
header core/b.hpp '#include <tether/core/a.hpp>'
expect layers "include cycle: "
header core/a.hpp 'TETHER_BEGIN_NAMESPACE
#include <tether/core/detail/b.hpp>'
header core/detail/b.hpp '#include <tether/core/a.hpp>'
expect layers pass
header core/a.hpp '#include <tether/core/detail/b.hpp>'
header core/detail/b.hpp '#include <tether/core/a.hpp>'
expect layers "include cycle: "
header wrong/a.hpp
expect layers "'wrong' is not a layer"
header core/a.hpp '#include <tether/detail.hpp>'
header detail.hpp
expect layers "only an umbrella includes the umbrella"
header core.hpp '#include <tether/detail/config.hpp>
#include <tether/scope/a.hpp>'
expect layers "the umbrella of core includes headers of core only"
header tether.hpp '#include <tether/testing.hpp>'
expect layers "debug and testing are opt-in"
header detail/a.hpp '#include <boost/asio/post.hpp>'
expect layers "the standard library only"
header core/a.hpp '#include <boost/asio.hpp>'
expect layers "include the narrow header of Asio"
header core/a.hpp '#include <boost/json.hpp>'
expect layers "the library uses Boost.Asio and Boost.System"
header core/a.hpp '#include <boost/asio/experimental/channel.hpp>'
expect layers "experimental parts"
header core/a.hpp '#include <boost/asio/steady_timer.hpp>'
expect layers "only one header of layer runtime includes a timer"
header runtime/a.hpp '#include <boost/asio/steady_timer.hpp>'
header runtime/b.hpp '#include <boost/asio/system_timer.hpp>'
expect layers "a second header with a timer"
header scope/a.hpp 'void f() { asio::co_spawn(1); }'
expect layers "asio::co_spawn is used in exactly one header"
header task/a.hpp 'void f() { asio::co_spawn(1); }'
expect layers pass
header core/a.hpp '#include <fmt/format.h>'
expect layers "{fmt} is for layers debug and testing"
header core/a.hpp '    post(executor, f);'
expect layers "a call into Asio is qualified: asio::post"
header core/a.hpp '    return async_initiate<Token, void()>(f, token);'
expect layers "a call into Asio is qualified: asio::async_initiate"
header core/a.hpp '    asio::post(executor, f); x.post(f); void post(F f); // post(f)'
expect layers pass
header core/a.hpp
sed -i 's/TETHER_CORE_A_HPP/A_HPP/' "$tree/include/tether/core/a.hpp"
expect layers "the guard is not TETHER_CORE_A_HPP"

# Headings
header core/a.hpp '/// What it is.
///
/// Result: a number.
/// Errors: none.
int f();
/// A thing.
/// Invariant: none is lost.
class [[nodiscard("co_await; it")]] thing {
};
class later;
/// Waits.
/// Completes when: it is done.
/// On cancellation: stops.
[[nodiscard("co_await it")]] int g();
/// The same until a time.
[[nodiscard("co_await it")]] int g(int);'
expect doc_headings pass
header core/a.hpp '/// What it is.
template<class A, std::copyable B>
auto f(std::span<A> a, B b) {
}'
expect doc_headings pass
header core/a.hpp '/// What it is.
/// Errors: none.
/// Result: a number.
int f();'
expect doc_headings "'Result:' comes before 'Errors:'"
header core/a.hpp '/// What it is.
/// Result: a number.
/// Result: a number.
int f();'
expect doc_headings "stands there twice"
header core/a.hpp '/// What it is.
/// Returns: a number.
int f();'
expect doc_headings "'Returns:' is not one of the headings"
header core/a.hpp '/// What it is.
/// \return a number.
int f();'
expect doc_headings "use the headings"
header core/a.hpp '/// What it is.
template<class T>
class thing final {
};'
expect doc_headings "a class states"
header core/a.hpp '/// What it is.
/// Completes when: it is done.
int f();'
expect doc_headings "come together"
header core/a.hpp '/// What it is.
[[nodiscard("co_await it")]] int f();'
expect doc_headings "what is awaited has"
header core/a.hpp
sed -i 's/What is this?/This./' "$tree/include/tether/core/a.hpp"
expect doc_headings "the question this header answers"

# The list of headers
header core/a.hpp
mkdir -p "$tree/cmake"
printf 'set(X\n    core/a.hpp\n)\n' >"$tree/cmake/headers.cmake"
expect headers_listed pass
header core/a.hpp
header core/b.hpp
mkdir -p "$tree/cmake"
printf 'set(X\n    core/a.hpp\n    core/c.hpp\n)\n' >"$tree/cmake/headers.cmake"
expect headers_listed "Add to cmake/headers.cmake:
    core/b.hpp
Remove from cmake/headers.cmake:
    core/c.hpp"

# Sources
header core/a.hpp
expect sources pass
header core/a.hpp "// TO""DO: later"
expect sources "finish it"
header core/a.hpp "int x; "
expect sources "blanks at the end of a line"
mkdir -p "$tree/cmake"
echo "set(x)" >"$tree/cmake/x.cmake"
expect sources "lack 'SPDX"

# Format
if command -v clang-format-19 >/dev/null; then
    cp "$here/../../.clang-format" "$tree/.clang-format"
    header core/a.hpp "int x;"
    expect format pass
    header core/a.hpp "int  x;"
    expect format "clang-formatted"
fi

# Quotations
page() {
    mkdir -p "$tree/docs" "$tree/examples"
    printf '# Title\n\n```cpp\n%s\n```\n' "$1" >"$tree/docs/page.md"
    printf '%s\n' '// SPDX-License-Identifier: BSL-1.0' '' 'int a;' '// [part]' \
        '    if (a)' '        b();' '// [part]' 'int c;' \
        '// ctest-match: x' >"$tree/examples/a.cpp"
}
page '// file: examples/a.cpp part
if (a)
    b();'
expect snippets pass
page '// file: examples/a.cpp part
if (a)
    c();'
expect snippets "this block differs from examples/a.cpp part"
page '// file: examples/a.cpp other
if (a)'
expect snippets "not two"
page '// file: examples/b.cpp part'
expect snippets "there is no file examples/b.cpp"
page '// file: examples/a.cpp
int a;
    if (a)
        b();
int c;'
expect snippets pass
page ''
printf '%s\n' '<!-- file: tests/a.txt part -->' '```cmake' 'set(x)' '```' >"$tree/docs/page.md"
mkdir -p "$tree/tests"
printf '%s\n' '# [part]' '    set(x)' '# [part]' >"$tree/tests/a.txt"
expect snippets pass
page 'int x;'
printf '%s\n' '<!-- file: examples/b.expected -->' '```' 'out' '```' >"$tree/docs/page.md"
echo other >"$tree/examples/b.expected"
expect snippets "this block differs from examples/b.expected"
page 'int x;'
echo '[a](gone.md)' >>"$tree/docs/page.md"
expect snippets "the link to gone.md leads nowhere"

[ $failed -eq 0 ] && echo "$cases cases"
exit $failed
