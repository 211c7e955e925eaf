#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Copyright (c) 2026 the tether authors
#
# Builds and runs the benchmarks with g++ -O2.
#
#   tests/bench/run.sh [--check] [--sweeps=N] [--only=W2]
#
# Prints a table; with --check the exit code is 1 when a row misses its limit.
# W10 counts the user instructions of the server with callgrind, and W14 those of
# a call.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
. cmake/bootstrap.sh

build=build/bench
check=false
only=""
for argument in "$@"; do
    case "$argument" in
    --check) check=true ;;
    --only=*) only=${argument#--only=} ;;
    esac
done

cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_CXX_FLAGS_RELEASE="-O2 -DNDEBUG" -DTETHER_BUILD_TESTS=OFF \
    -DTETHER_BUILD_EXAMPLES=OFF -DTETHER_BUILD_BENCH=ON >/dev/null
cmake --build "$build" -j2 \
    --target tether_bench bench_echo_server bench_echo_client bench_away
programs=$(dirname "$(find "$build" -name tether_bench -type f | head -1)")

status=0
"$programs/tether_bench" "$@" || status=1

# Instructions of `rounds` requests on each of 64 connections.
instructions() { # SERVER ROUNDS
    local directory port pid
    directory=$(mktemp -d)
    mkfifo "$directory/port"
    valgrind --tool=callgrind --callgrind-out-file="$directory/out" \
        "$programs/bench_echo_server" "$1" 64 \
        >"$directory/port" 2>"$directory/log" &
    pid=$!
    read -r port <"$directory/port"
    "$programs/bench_echo_client" "$port" 64 "$2"
    wait "$pid"
    awk '/^summary:/ { print $2 }' "$directory/out"
    rm -r "$directory"
}
# The difference of two lengths leaves the start-up out. The middle of three:
# how many messages a turn of the server finds depends on the client.
per_request() { # SERVER
    local short long i
    for i in 1 2 3; do
        short=$(instructions "$1" 20)
        long=$(instructions "$1" 120)
        echo $(((long - short) / 6400))
    done | sort -n | sed -n 2p
}
# Of a call that goes away and comes home.
per_call() { # WHERE
    local out short long
    out=$(mktemp)
    for calls in 1000 11000; do
        valgrind --tool=callgrind --callgrind-out-file="$out" \
            "$programs/bench_away" "$1" "$calls" 2>/dev/null
        short=${long:-0}
        long=$(awk '/^summary:|^totals:/ { print $2; exit }' "$out")
    done
    rm "$out"
    echo $(((long - short) / 10000))
}
row() { # ID NAME OURS THEIRS LIMIT
    awk -v id="$1" -v name="$2" -v a="$3" -v b="$4" -v limit="$5" 'BEGIN {
        r = a / b
        printf "%-4s %-34s %9d %-2s %9d %-2s %8.3f %8.3g %s\n", id, name,
            a, "in", b, "in", r, limit, r <= limit ? "" : "MISSED"
        exit r <= limit ? 0 : 1
    }' || status=1
}

if [ -z "$only" ] || [ "$only" = W10 ]; then
    if command -v valgrind >/dev/null; then
        callbacks=$(per_request callbacks)
        row W10 "echo, per request, and awaitable" "$(per_request tether)" \
            "$(per_request awaitable)" 0.75
        row W10 "serve_tcp, and callbacks" "$(per_request serve_tcp)" \
            "$callbacks" 0.95
        row W10 "with a soft end, and callbacks" "$(per_request draining)" \
            "$callbacks" 1.35
    else
        echo "W10 was not measured: valgrind is not installed"
        status=1
    fi
fi
if [ -z "$only" ] || [ "$only" = W14 ]; then
    if command -v valgrind >/dev/null; then
        away=$(per_call asio)
        row W14 "to_thread, in instructions" "$(per_call to_thread)" "$away" 1.0
        row W14 "run_on, in instructions" "$(per_call run_on)" "$away" 1.1
    else
        echo "W14 was not counted: valgrind is not installed"
        status=1
    fi
fi
$check || exit 0
exit $status
