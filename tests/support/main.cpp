// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// Our own main: it works with both versions of Catch2 and with libc++, where
// the packaged Catch2 main does not link.
#define CATCH_CONFIG_RUNNER
#include "support/catch.hpp"

int main(int argc, char* argv[]) {
    return Catch::Session().run(argc, argv);
}
