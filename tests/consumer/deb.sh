#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Copyright (c) 2026 the tether authors
#
# deb.sh CPACK BUILD VERSION: makes the Debian package and looks inside.
set -euo pipefail
directory=$2/deb
rm -rf "$directory"
"$1" --config "$2/CPackConfig.cmake" -G DEB -B "$directory"
package=$directory/libtether-dev_$3_all.deb
fields=$(dpkg-deb -f "$package" Package Version Architecture Depends)
echo "$fields"
[ "$fields" = "Package: libtether-dev
Version: $3
Architecture: all
Depends: libboost1.81-dev | libboost-dev (>= 1.81)" ]
contents=$(dpkg-deb -c "$package")
for file in usr/include/tether/version.hpp \
    usr/share/cmake/tether/tether-config.cmake \
    usr/share/pkgconfig/tether.pc usr/share/doc/libtether-dev/copyright; do
    grep -qE " \./$file\$" <<<"$contents" || {
        echo "$file is not in the package"
        exit 1
    }
done
