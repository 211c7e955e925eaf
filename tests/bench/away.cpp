// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
//
// W14: bench_away to_thread|run_on|asio CALLS, whose instructions run.sh
// counts.

#include "away.hpp"

#include <cstdio>
#include <cstdlib>
#include <string_view>

int main(int argc, char** argv) {
    using namespace bench::away;
    std::string_view const where = argc == 3 ? argv[1] : "";
    std::size_t const calls =
        argc == 3 ? std::strtoul(argv[2], nullptr, 10) : 0;
    if (calls != 0 && where == "to_thread")
        return on_thread(calls) > 0 ? 0 : 1;
    if (calls != 0 && where == "run_on")
        return on_pool(calls) > 0 ? 0 : 1;
    if (calls != 0 && where == "asio")
        return by_asio(calls) > 0 ? 0 : 1;
    std::fputs("usage: bench_away to_thread|run_on|asio CALLS\n", stderr);
    return 2;
}
