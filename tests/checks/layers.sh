#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Copyright (c) 2026 the tether authors
#
# layers.sh ROOT: do the headers keep to docs/design/physical-structure.md?
set -euo pipefail
cd "$1"
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
mapfile -t files < <(find include/tether -name '*.hpp' | LC_ALL=C sort)
awk -f "$here/layers.awk" "${files[@]}"
# Tests and examples keep to the narrow headers, too.
if grep -rnE '^[ \t]*#[ \t]*include[ \t]*<boost/asio\.hpp>' \
    --include='*.hpp' --include='*.cpp' tests examples docs 2>/dev/null |
    grep -v '^tests/checks/'; then
    echo "include the narrow header of Asio"
    exit 1
fi
echo "${#files[@]} headers keep to the layers"
