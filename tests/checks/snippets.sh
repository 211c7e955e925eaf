#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Copyright (c) 2026 the tether authors
#
# snippets.sh ROOT: does the code in README.md and docs/ match the compiled
# files it quotes? See snippets.awk for the form of a quotation.
set -euo pipefail
cd "$1"
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
mapfile -t pages < <({
    find . -maxdepth 1 -name '*.md'
    find docs -name '*.md'
} | LC_ALL=C sort)
awk -f "$here/snippets.awk" "${pages[@]}"
# Relative links lead somewhere.
status=0
for page in "${pages[@]}"; do
    while read -r target; do
        case "$target" in http* | mailto:* | '#'* | '') continue ;; esac
        if [ ! -e "$(dirname "$page")/${target%%#*}" ]; then
            echo "$page: the link to $target leads nowhere"
            status=1
        fi
    done < <(awk '/^ *```/ { code = !code } !code' "$page" |
        grep -oE '\]\([^)]+\)' | sed -E 's/^\]\(([^) ]+).*\)$/\1/')
done
exit $status
