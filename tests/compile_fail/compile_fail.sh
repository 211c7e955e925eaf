#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Copyright (c) 2026 the tether authors
#
# compile_fail.sh SNIPPET COMPILER INCLUDE DIRECTORY [FLAGS...]
#
# The snippet says what must happen: "// compiles", or "// expect: REGEX" for
# text in the errors, in a line for each of several errors. "// only: g++ 12"
# skips other compilers (exit 77).
#
# The snippet "precompile" makes DIRECTORY/all.hpp.gch, tether precompiled, which
# the others use: that takes most of their time.
set -u
snippet=$1 compiler=$2 include=$3 directory=$4
shift 4
set -- -std=c++20 -Wall -Wextra -Werror -I"$include" "$@"
if [ "$snippet" = precompile ]; then
    printf '#include <tether/%s.hpp>\n' tether testing >"$directory/all.hpp"
    exec "$compiler" "$@" -x c++-header "$directory/all.hpp" \
        -o "$directory/all.hpp.gch"
fi
if grep -q '^// only: g++ 12' "$snippet"; then
    version=$("$compiler" -dumpversion)
    if "$compiler" --version | grep -qi clang || [ "${version%%.*}" -ge 13 ]; then
        echo "skipped: for g++ before 13"
        exit 77
    fi
fi
out=$("$compiler" "$@" -fsyntax-only -include "$directory/all.hpp" "$snippet" 2>&1)
status=$?
if grep -q '^// compiles' "$snippet"; then
    [ $status -eq 0 ] && exit 0
    echo "$snippet must compile:"
    echo "$out"
    exit 1
fi
expected=$(sed -n 's,^// expect: ,,p' "$snippet")
if [ -z "$expected" ]; then
    echo "$snippet does not say what to expect"
    exit 1
fi
if [ $status -eq 0 ]; then
    echo "$snippet compiles but must not"
    exit 1
fi
while read -r text; do
    if ! grep -Eq -- "$text" <<<"$out"; then
        echo "$snippet does not compile, but not with '$text':"
        echo "$out"
        exit 1
    fi
done <<<"$expected"
exit 0
