#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Copyright (c) 2026 the tether authors
#
# doxygen.sh ROOT OUTPUT: builds the reference; a public entity without a
# comment is an error. Exits 77, "skipped", where Doxygen is missing.
set -euo pipefail
if ! command -v doxygen >/dev/null; then
    echo "doxygen is missing"
    [ -n "${TETHER_REQUIRE_TOOLS:-}" ] && exit 1
    exit 77
fi
mkdir -p "$2"
version=$(sed -nE 's/^#define TETHER_VERSION_STRING "(.*)"$/\1/p' \
    "$1/include/tether/version.hpp")
sed -e "s|@ROOT@|$1|g" -e "s|@OUTPUT@|$2|g" -e "s|@VERSION@|$version|g" \
    "$1/docs/Doxyfile.in" >"$2/Doxyfile"
# What the language or the standard library gives a fixed meaning needs no
# comment: special members, operators, the members of ranges and exceptions.
fixed='Member (~|operator|begin\(|end\(|size\(|empty\(|what\(|await_[a-z]+\(|'
fixed+='make_awaiter\(|connect\(|where\(\) const noexcept .function. of class tether::[a-z_]*_op |'
fixed+='get_return_object\(|initial_suspend\(|final_suspend\(|return_[a-z]+\(|'
fixed+='(value_type|difference_type|reference|pointer|promise_type|iterator|'
fixed+='const_iterator|iterator_category|iterator_concept|size_type|'
fixed+='completion_signature|awaitable_type) \(typedef\))'
special='Member ([a-z_]+)\((const )?\1( const)? ?(<[^>]*> )?&'
trivial='Member ([a-z_]+)\(\) ?(noexcept|=default|=delete)*[^(]*\(function\) of '
trivial+='(class|struct) [A-Za-z_:<> ]*:\1 is not'
if ! doxygen "$2/Doxyfile" >"$2/log" 2>&1; then
    tail -n 20 "$2/log"
    exit 1
fi
# Doxygen repeats itself for members of nested classes.
# A macro that its header undefines is nothing a user can name.
helpers=$(sed -nE 's/^#undef (TETHER_[A-Z_]+)$/\1/p' \
    "$1"/include/tether/*/*.hpp | tr '\n' '|')
left=$(sort -u "$2/warnings" |
    sed -E -e "/$fixed/d" -e "/$special/d" -e "/$trivial/d" \
        -e "/Member (${helpers}#)\(.*macro definition/d")
if [ -n "$left" ]; then
    printf '%s\n' "$left"
    exit 1
fi
[ -e "$2/html/index.html" ]
echo "reference written to $2/html"
