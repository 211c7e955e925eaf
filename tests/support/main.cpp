// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// Our own main: it works with both versions of Catch2 and with libc++, where
// the packaged Catch2 main does not link.
#define CATCH_CONFIG_RUNNER
#include "support/catch.hpp"

int main(int argc, char* argv[]) {
    return Catch::Session().run(argc, argv);
}

// Asio counts the references of an any_io_executor with a release and a fence;
// ThreadSanitizer knows no fences and sees a race in the last release. Those of
// an exception are counted inside of libstdc++, where it sees nothing at all:
// an error that one thread makes and another one reads is a race to it.
#if defined(__SANITIZE_THREAD__)
#define TETHER_TEST_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define TETHER_TEST_TSAN 1
#endif
#endif
#ifdef TETHER_TEST_TSAN
extern "C" char const* __tsan_default_suppressions();
extern "C" char const* __tsan_default_suppressions() {
    return "race:boost::asio::execution::detail::any_executor_base::"
           "destroy_shared\n"
           "race:std::runtime_error::~runtime_error\n";
}
#endif
