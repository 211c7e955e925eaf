#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Copyright (c) 2026 the tether authors
#
# Installs what is missing, configures, builds one example and runs it. The
# same by hand, once the packages are there: cmake --workflow --preset examples
set -euo pipefail
here=$(pwd)
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$(pwd)
. cmake/bootstrap.sh

usage() {
    cat <<'TEXT'
usage: examples/run.sh [NAME [ARGUMENTS...]]
       examples/run.sh --list

Builds the example NAME (crawler) into build/examples and runs it with
ARGUMENTS. TETHER_BUILD_DIR builds elsewhere.
TEXT
}

# A single file NN_name.cpp is the example 'name'; a directory with a main.cpp
# is the example of that name.
list() {
    local path
    for path in examples/*/main.cpp; do
        [ -e "$path" ] && basename "$(dirname "$path")"
    done
    for path in examples/[0-9][0-9]_*.cpp; do
        [ -e "$path" ] && basename "$path" .cpp | sed 's/^[0-9]*_//'
    done
    return 0
}

name=${1:-crawler}
demonstration=$([ $# -eq 0 ] && echo true || echo false)
[ $# -eq 0 ] || shift
case "$name" in
-h | --help)
    usage
    exit 0
    ;;
--list)
    list
    exit 0
    ;;
esac
if ! list | grep -qxF -- "$name"; then
    echo "There is no example '$name': choose one of $(list | tr '\n' ' ')" >&2
    exit 2
fi

tether_bootstrap "build examples"

directory=${TETHER_BUILD_DIR:-build/examples}
case "$directory" in /*) ;; *) directory=$root/$directory ;; esac
export CMAKE_BUILD_PARALLEL_LEVEL="${CMAKE_BUILD_PARALLEL_LEVEL:-$(tether_jobs)}"
tether_configure examples "$directory"
# The build speaks on stderr, so that the output of the example can be piped.
cmake --build "$directory" --target "example_$name" >&2

cd "$here"
program=$directory/examples/$name
[ -x "$program" ] && [ ! -d "$program" ] || program=$directory/examples/$name/$name
$demonstration || exec "$program" "$@"
# The site that the crawler serves itself has broken pages on purpose. It tells
# of them with status 1, which is no failure of the demonstration.
status=0
"$program" || status=$?
[ $status -ne 1 ] || status=0
exit $status
