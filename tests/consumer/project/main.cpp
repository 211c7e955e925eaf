// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

#include <tether/version.hpp>

#include <cstring>

char const* version_seen_elsewhere();

int main() {
    return std::strcmp(version_seen_elsewhere(), TETHER_VERSION_STRING);
}
