#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Copyright (c) 2026 the tether authors
#
# format.sh ROOT [FILE...]: would clang-format-19 change a file? Exits 77, which
# ctest counts as skipped, where that version is missing.
set -euo pipefail
cd "$1"
shift
if ! command -v clang-format-19 >/dev/null; then
    echo "clang-format-19 is missing"
    [ -n "${TETHER_REQUIRE_TOOLS:-}" ] && exit 1
    exit 77
fi
files=("$@")
if [ ${#files[@]} -eq 0 ]; then
    mapfile -t files < <(find include tests examples docs \
        \( -name '*.hpp' -o -name '*.cpp' \) -type f | LC_ALL=C sort)
fi
clang-format-19 --dry-run --Werror "${files[@]}"
echo "${#files[@]} files are formatted"
