#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Copyright (c) 2026 the tether authors
#
# doc_headings.sh ROOT: do comments keep to docs/design/documentation.md?
set -euo pipefail
cd "$1"
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
mapfile -t files < <(find include/tether -name '*.hpp' | LC_ALL=C sort)
awk -f "$here/doc_headings.awk" "${files[@]}"
echo "the comments of ${#files[@]} headers keep to the order"
