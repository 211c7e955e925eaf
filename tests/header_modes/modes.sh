#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Copyright (c) 2026 the tether authors
#
# modes.sh MODE COMPILER FLAGS...: what the compiler must refuse, and what the
# preprocessor must not see.
set -uo pipefail
mode=$1 compiler=$2
shift 2

# refused SENTENCE FLAGS...: tether.hpp does not compile and says why.
refused() {
    local sentence=$1 output
    shift
    output=$(echo '#include <tether/tether.hpp>' |
        "$compiler" "$@" -fsyntax-only -x c++ - 2>&1) && {
        echo "it compiles"
        return 1
    }
    [[ $output == *"$sentence"* ]] || {
        echo "the compiler does not say: $sentence"
        echo "$output" | head -n 20
        return 1
    }
}

macros() { # HEADER FLAGS...: the macros defined after HEADER
    local header=$1
    shift
    echo "#include \"$header\"" | "$compiler" "$@" -std=c++20 -dM -E -x c++ - |
        sed -E 's/^#define ([A-Za-z0-9_]+).*/\1/' | LC_ALL=C sort -u
}

case $mode in
no_exceptions)
    refused "tether needs exceptions: compile without -fno-exceptions" \
        "$@" -std=c++20 -fno-exceptions
    ;;
no_rtti)
    refused "tether needs RTTI: compile without -fno-rtti" \
        "$@" -std=c++20 -fno-rtti
    ;;
no_coroutines)
    refused "tether needs C++20 coroutines: compile with -std=c++20 or later" \
        "$@" -std=c++17
    ;;
macro_leak)
    before=$(macros prelude.hpp "$@") && after=$(macros all.hpp "$@") || exit 1
    grep -q '^TETHER_VERSION_MAJOR$' <<<"$after" || exit 1
    leaked=$(LC_ALL=C comm -13 <(echo "$before") <(echo "$after") |
        grep -v '^TETHER_')
    if [ -n "$leaked" ]; then
        echo "macros without the prefix TETHER_: $leaked"
        exit 1
    fi
    ;;
fwd_without_asio)
    output=$(echo '#include <tether/fwd.hpp>' |
        "$compiler" "$@" -std=c++20 -E -x c++ -) || exit 1
    if grep -m 3 '^# .*boost/' <<<"$output"; then
        echo "fwd.hpp includes Boost"
        exit 1
    fi
    ;;
unused_coroutines)
    # g++ 12 compiles an inline coroutine into each unit, used or not, with all
    # that it calls: in a header they are templates.
    object=$(mktemp) || exit 1
    trap 'rm -f "$object"' EXIT
    printf '#include <tether/%s.hpp>\n' tether testing |
        "$compiler" "$@" -std=c++20 -O0 -c -x c++ - -o "$object" || exit 1
    found=$(nm -C "$object") || exit 1
    if grep -F '.Frame*)' <<<"$found"; then
        echo "these coroutines are compiled although nobody calls them"
        exit 1
    fi
    ;;
esac
