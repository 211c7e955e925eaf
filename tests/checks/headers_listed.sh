#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Copyright (c) 2026 the tether authors
#
# headers_listed.sh ROOT: does cmake/headers.cmake list what include/ holds?
set -euo pipefail
cd "$1"
listed=$(sed -nE 's/^ +([a-z0-9_/]+\.hpp)$/\1/p' cmake/headers.cmake | LC_ALL=C sort)
present=$(cd include/tether && find . -name '*.hpp' | sed 's#^\./##' | LC_ALL=C sort)
status=0
missing=$(LC_ALL=C comm -13 <(echo "$listed") <(echo "$present"))
if [ -n "$missing" ]; then
    echo "Add to cmake/headers.cmake:"
    while read -r header; do echo "    $header"; done <<<"$missing"
    status=1
fi
surplus=$(LC_ALL=C comm -23 <(echo "$listed") <(echo "$present"))
if [ -n "$surplus" ]; then
    echo "Remove from cmake/headers.cmake:"
    while read -r header; do echo "    $header"; done <<<"$surplus"
    status=1
fi
twice=$(echo "$listed" | uniq -d)
if [ -n "$twice" ]; then
    echo "Listed twice in cmake/headers.cmake: $twice"
    status=1
fi
[ $status -ne 0 ] || echo "$(echo "$listed" | wc -l) headers are listed"
exit $status
