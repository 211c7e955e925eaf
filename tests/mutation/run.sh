#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Copyright (c) 2026 the tether authors
#
# run.sh [--rotate N] [PATCH...]
#
# Does a test notice when one line of the library is wrong? Each patch changes
# include/ and names, in its first line, the program, the source and the test
# that must turn red. Only that test is compiled; a crash, a hang and a refusal
# to compile count as red. Exits with 1 if a mutant survives or a patch does not
# apply, or if a test is red without any patch.
#
# --rotate N takes N of them, others for each commit (or each day without git).
# CXX and CXXFLAGS choose the compiler, CMAKE_BUILD_PARALLEL_LEVEL how many run at
# once (1); TMPDIR is where it works.
set -u
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
cxx=${CXX:-g++}
read -r -a flags <<<"-std=c++20 -O0 -DTETHER_TEST_ALONE ${CXXFLAGS:-}"
count=0
patches=()
while [ $# -gt 0 ]; do
    case $1 in
    --rotate)
        count=$2
        shift 2
        ;;
    -h | --help)
        sed -n '5,17s/^# \{0,1\}//p' "$0"
        exit 0
        ;;
    *)
        patches+=("$(cd "$(dirname "$1")" && pwd)/$(basename "$1")")
        shift
        ;;
    esac
done
[ ${#patches[@]} -gt 0 ] || patches=("$here"/[0-9]*.patch)
if [ "$count" -gt 0 ] && [ "$count" -lt ${#patches[@]} ]; then
    seed=$(git -C "$root" rev-list --count HEAD 2>/dev/null || date +%j)
    picked=()
    for ((i = 0; i < count; ++i)); do
        picked+=("${patches[((10#$seed * count + i) % ${#patches[@]})]}")
    done
    patches=("${picked[@]}")
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/tether-mutation.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/pch/support" "$work/plain"
cp -r "$root/include" "$work/plain/include"

# Common to all: main() and the precompiled header, neither knows tether.
"$cxx" "${flags[@]}" -I"$root/tests" -x c++-header \
    "$root/tests/support/pch.hpp" -o "$work/pch/support/pch.hpp.gch" &&
    "$cxx" "${flags[@]}" -I"$root/tests" -c "$root/tests/support/main.cpp" \
        -o "$work/main.o" || exit 1
catch=()
[ -f /usr/include/catch2/catch_all.hpp ] && catch=(-lCatch2)

# What follows works in the directory of its lane.
lane=

# reduce SOURCE TEST: the source without the other test cases, so that it
# compiles in a fraction of the time; messages still name its own lines
reduce() {
    awk -v name="${2%\*}" -v source="$root/$1" '
        NR == 1 { printf "#line 1 \"%s\"\n", source }
        /^(TETHER_)?TEST_CASE\(/ { inside = 1; block = "#line " NR "\n" }
        !inside { print; next }
        { block = block $0 "\n" }
        /^}/ {
            inside = 0
            title = block
            sub(/^[^\n]*\n/, "", title)
            gsub(/"\n *"/, "", title)
            sub(/^[^"]*"/, "", title)
            if (index(title, name) == 1) printf "%s", block
        }' "$root/$1" >"$lane/test.cpp"
}
# build TREE PROGRAM DIRECTORY: the directory holds what the source includes
build() {
    "$cxx" "${flags[@]}" -w -I"$work/pch" -include support/pch.hpp \
        -I"$1/include" -I"$root/tests" -I"$3" "$lane/test.cpp" "$work/main.o" \
        -o "$2" "${catch[@]}" -lpthread >"$lane/log" 2>&1
}
# run PROGRAM TEST: 0 green, 1 red. Not told by the shell that it crashed.
run() {
    { timeout 60 "$1" "$2" >"$lane/log" 2>&1 || return 1; } 2>/dev/null
    # A name that matches nothing is no test.
    ! grep -q 'No test' "$lane/log"
}
# try PATCH: 0 if its test turned red
declare -A green
try() {
    local name program source test home
    name=$(basename "$1" .patch)
    IFS='|' read -r program source test <<<"$(head -1 "$1")"
    program=$(xargs <<<"${program#\#}")
    source=$(xargs <<<"$source")
    test=$(sed 's/^ *//; s/ *$//' <<<"$test")
    say() { printf '%-40s %-12s %s\n' "$name" "$1" "$program: $test"; }
    rm -rf "$lane/mutant"
    mkdir "$lane/mutant"
    cp -r "$root/include" "$lane/mutant/include"
    if ! patch -s -F0 -d "$lane/mutant" -p1 <"$1" >"$lane/log" 2>&1; then
        say "NO LONGER APPLIES"
        return 1
    fi
    home=$root/$(dirname "$source")
    reduce "$source" "$test"
    if [ -z "${green["$source|$test"]:-}" ]; then
        if ! build "$work/plain" "$lane/plain" "$home"; then
            say "DOES NOT COMPILE WITHOUT PATCH"
            head -5 "$lane/log"
            return 1
        fi
        if ! run "$lane/plain" "$test"; then
            say "RED WITHOUT PATCH"
            return 1
        fi
        green["$source|$test"]=1
    fi
    if ! build "$lane/mutant" "$lane/mutant/test" "$home"; then
        say "no compile"
    elif run "$lane/mutant/test" "$test"; then
        say "SURVIVED"
        return 1
    else
        say "red"
    fi
}

lanes=${CMAKE_BUILD_PARALLEL_LEVEL:-1}
pids=()
for ((l = 0; l < lanes; ++l)); do
    (
        lane=$work/lane$l
        mkdir "$lane"
        failed=0
        for ((i = l; i < ${#patches[@]}; i += lanes)); do
            try "${patches[i]}" || failed=1
        done
        exit $failed
    ) &
    pids+=($!)
done
failed=0
for pid in "${pids[@]}"; do
    wait "$pid" || failed=1
done
exit $failed
