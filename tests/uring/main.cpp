// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// Runs the tests where the kernel gives rings; says so and skips, which is no
// pass, where it refuses: containers often forbid the system call.
#define CATCH_CONFIG_RUNNER
#include "support/catch.hpp"

#include <cstdio>
#include <cstring>

#include <liburing.h>

int main(int argc, char* argv[]) {
    io_uring ring;
    int const refused = io_uring_queue_init(2, &ring, 0);
    if (refused < 0) {
        std::printf("test_uring: skipped, io_uring_queue_init: %s\n",
                    std::strerror(-refused));
        return 77;
    }
    io_uring_queue_exit(&ring);
    return Catch::Session().run(argc, argv);
}
