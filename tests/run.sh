#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Copyright (c) 2026 the tether authors
#
# Installs what is missing, configures, builds and runs every test. The same
# by hand, once the packages are there: cmake --workflow --preset gcc-debug
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. cmake/bootstrap.sh

usage() {
    cat <<'TEXT'
usage: tests/run.sh [--preset PRESET] [CTEST-ARGUMENTS...]

Builds PRESET (gcc-debug) into build/PRESET and runs its tests; arguments such
as -R NAME or -L LABEL go to ctest. The presets: gcc-debug gcc-release gcc-asan
clang-tsan clang-libcxx clang-libstdcxx. TETHER_BUILD_DIR builds elsewhere,
CMAKE_BUILD_PARALLEL_LEVEL limits the compilers that run at once.
TEXT
}

preset=gcc-debug
case "${1:-}" in
-h | --help)
    usage
    exit 0
    ;;
--preset)
    [ $# -ge 2 ] || {
        usage >&2
        exit 2
    }
    preset=$2
    shift 2
    ;;
esac

sets="build tests examples"
case "$preset" in clang*) sets="build tests clang" ;; esac
tether_bootstrap "$sets"

directory=${TETHER_BUILD_DIR:-build/$preset}
export CMAKE_BUILD_PARALLEL_LEVEL="${CMAKE_BUILD_PARALLEL_LEVEL:-$(tether_jobs)}"
tether_configure "$preset" "$directory"
# A wrong name is told before everything is built.
if [ $# -gt 0 ] &&
    ctest --test-dir "$directory" -N "$@" | grep -q '^Total Tests: 0$'; then
    echo "tests/run.sh: no test is selected by: $*" >&2
    exit 2
fi
if [ -z "${CI:-}" ]; then
    cmake --build "$directory"
    exec ctest --test-dir "$directory" --output-on-failure --no-tests=error "$@"
fi
# The whole damage: what does not build fails as a test, the rest still runs.
status=0
cmake --build "$directory" -- -k 0 || status=1
ctest --test-dir "$directory" --output-on-failure --no-tests=error "$@" || status=1
exit $status
