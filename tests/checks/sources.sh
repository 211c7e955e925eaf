#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Copyright (c) 2026 the tether authors
#
# sources.sh ROOT: does every file carry the licence, and is nothing left for
# later? Looks at the files git knows, or at all files outside build/ where
# there is no git.
set -euo pipefail
cd "$1"
if git rev-parse --show-toplevel >/dev/null 2>&1; then
    mapfile -t files < <(git ls-files --cached --others --exclude-standard)
else
    mapfile -t files < <(find . -type f -not -path './build/*' | sed 's#^\./##')
fi
status=0
for file in "${files[@]}"; do
    [ -f "$file" ] || continue
    case "$file" in
    LICENSE | *.json | *.patch | *.expected) continue ;; # no place for a comment
    esac
    if ! head -n 4 "$file" | grep -q 'SPDX-License-Identifier: BSL-1.0'; then
        echo "$file: the first lines lack 'SPDX-License-Identifier: BSL-1.0'"
        status=1
    fi
    # The pattern is split so that it does not find itself.
    if grep -nHE '\b(TO''DO|FIX''ME|XX''X)\b' "$file"; then
        echo "$file: finish it, or write it down in docs/"
        status=1
    fi
    case "$file" in
    *.md) ;;
    *)
        if grep -nHE '[[:blank:]]+$' "$file"; then
            echo "$file: blanks at the end of a line"
            status=1
        fi
        ;;
    esac
done
[ ${#files[@]} -gt 0 ] || status=1
[ $status -ne 0 ] || echo "${#files[@]} files looked at"
exit $status
