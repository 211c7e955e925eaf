# SPDX-License-Identifier: BSL-1.0
# Copyright (c) 2026 the tether authors
# shellcheck shell=bash
#
# Sourced by tests/run.sh, examples/run.sh and .ci/run: installs what a build
# needs and does not find. Set TETHER_SKIP_BOOTSTRAP=1 to do without.

# What is needed: set, how to see that it is there, and its package on
# Debian 12, Debian 13 and Ubuntu 24.04. A probe is a command, a pattern of
# files, a header of the compiler (or one of two), or the headers of Boost from
# a version on.
tether_requirements() {
    cat <<'TABLE'
build    command g++                          g++                           g++                       g++
build    command cmake                        cmake                         cmake                     cmake
build    command ninja                        ninja-build                   ninja-build               ninja-build
build    boost   108100                       libboost1.81-dev              libboost-dev              libboost-dev
tests    header  catch2/catch_version_macros.hpp|catch2/catch.hpp catch2   catch2                    catch2
tests    command pkg-config                   pkg-config                    pkgconf                   pkgconf
tests    command patch                        patch                         patch                     patch
tests    header  liburing.h                   liburing-dev                  liburing-dev              liburing-dev
tests    header  sqlite3.h                    libsqlite3-dev                libsqlite3-dev            libsqlite3-dev
examples header  fmt/format.h                 libfmt-dev                    libfmt-dev                libfmt-dev
examples header  gumbo.h                      libgumbo-dev                  libgumbo-dev              libgumbo-dev
examples header  openssl/ssl.h                libssl-dev                    libssl-dev                libssl-dev
examples header  sqlite3.h                    libsqlite3-dev                libsqlite3-dev            libsqlite3-dev
examples file    /usr/lib/*/cmake/boost_program_options-1.[89]* libboost-program-options1.81-dev libboost-program-options-dev libboost-program-options-dev
clang    command clang++-19                   clang-19                      clang-19                  clang-19
clang    file    /usr/lib/llvm-19/include/c++/v1/coroutine libc++-19-dev    libc++-19-dev             libc++-19-dev
clang    file    /usr/lib/llvm-19/lib/libc++abi.so libc++abi-19-dev         libc++abi-19-dev          libc++abi-19-dev
clang    file    /usr/lib/llvm-19/lib/clang/19/lib/*/libclang_rt.asan* libclang-rt-19-dev libclang-rt-19-dev libclang-rt-19-dev
tools    command clang-format-19              clang-format-19               clang-format-19           clang-format-19
tools    command doxygen                      doxygen                       doxygen                   doxygen
TABLE
}

# tether_missing SETS COLUMN: the packages (column 4, 5 or 6) of those sets
# that are not there, on one line.
tether_missing() {
    local sets=" $1 " column=$2 packages="" found condition i
    local set kind probe debian12 debian13 ubuntu name
    local source='#if __has_include(<boost/version.hpp>)
#include <boost/version.hpp>
#else
#define BOOST_VERSION 0
#endif
'
    local -a header_packages=()
    while read -r set kind probe debian12 debian13 ubuntu; do
        case "$sets" in *" $set "*) ;; *) continue ;; esac
        case "$column" in
        4) name=$debian12 ;;
        5) name=$debian13 ;;
        *) name=$ubuntu ;;
        esac
        condition=""
        case "$kind" in
        command) command -v "$probe" >/dev/null 2>&1 || packages+=" $name" ;;
        file) compgen -G "$probe" >/dev/null || packages+=" $name" ;;
        boost) condition="BOOST_VERSION >= $probe" ;;
        header) condition="__has_include(<${probe//|/>) || __has_include(<}>)" ;;
        esac
        if [ -n "$condition" ]; then
            source+="#if $condition"$'\n'
            source+="tether_found_${#header_packages[@]}"$'\n#endif\n'
            header_packages+=("$name")
        fi
    done < <(tether_requirements)
    # One run of the preprocessor for all headers; without a compiler none of
    # them counts as found.
    found=" $(printf '%s' "$source" | g++ -E -P -x c++ - 2>/dev/null |
        tr '\n' ' ') "
    for i in "${!header_packages[@]}"; do
        case "$found" in
        *" tether_found_$i "*) ;;
        *) packages+=" ${header_packages[$i]}" ;;
        esac
    done
    printf '%s' "${packages# }"
}

# tether_bootstrap SETS: returns 0 when everything in SETS is there.
tether_bootstrap() {
    local sets=$1 missing column=4 run=""
    [ -z "${TETHER_SKIP_BOOTSTRAP:-}" ] || return 0
    local ID="" VERSION_ID=""
    # shellcheck disable=SC1091
    [ ! -r /etc/os-release ] || . /etc/os-release
    case "$ID:$VERSION_ID" in
    debian:12*) column=4 ;;
    ubuntu:*) column=6 ;;
    *) column=5 ;;
    esac
    missing=$(tether_missing "$sets" "$column")
    [ -n "$missing" ] || return 0

    if command -v apt-get >/dev/null 2>&1; then
        if [ "$(id -u)" = 0 ]; then
            run="env"
        elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
            run="sudo -n env"
        fi
    fi
    if [ -n "$run" ]; then
        echo "Installing $missing" >&2
        # --no-remove: on Debian 12 libboost1.81-dev conflicts with the older
        # libboost-dev, and libc++1-19 with that of 14; what to give up is not
        # ours to decide, but on a machine that is there for the tests.
        local keep=--no-remove
        [ -z "${TETHER_MAY_REMOVE:-}" ] || keep=""
        # shellcheck disable=SC2086
        if $run DEBIAN_FRONTEND=noninteractive sh -c '
            options="-qq -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3"
            apt-get $options update &&
            apt-get $options install -y --no-install-recommends "$@"
            ' sh $keep $missing </dev/null >&2 &&
            [ -z "$(tether_missing "$sets" "$column")" ]; then
            return 0
        fi
        missing=$(tether_missing "$sets" "$column")
    fi
    cat >&2 <<SENTENCE
These packages are missing and could not be installed: on Debian 12 \
$(tether_missing "$sets" 4); on Debian 13 $(tether_missing "$sets" 5); on \
Ubuntu 24.04 $(tether_missing "$sets" 6).
SENTENCE
    return 1
}

# tether_jobs: how many compilers may run at once: one per core, and a
# sanitizer build takes up to 2 GB each.
tether_jobs() {
    local cores memory
    cores=$(nproc 2>/dev/null || echo 2)
    memory=$(awk '/^MemTotal/ { print int($2 / 2097152) }' /proc/meminfo \
        2>/dev/null || echo 2)
    [ "$memory" -ge 1 ] || memory=1
    echo $((cores < memory ? cores : memory))
}

# tether_configure PRESET DIRECTORY [ARGUMENTS...]: nothing is printed unless
# it fails; a build that is configured already is left to Ninja.
tether_configure() {
    local preset=$1 directory=$2 output
    shift 2
    if [ $# -eq 0 ] && [ "$directory/build.ninja" -nt CMakePresets.json ]; then
        return 0
    fi
    output=$(cmake --preset "$preset" -B "$directory" "$@" 2>&1) || {
        printf '%s\n' "$output" >&2
        return 1
    }
}
