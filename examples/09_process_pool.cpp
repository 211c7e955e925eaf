// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// Work that may crash, in processes of its own. A parser that trusts its input
// too much takes down its worker and not the server; a file that would take for
// ever is given up. This program is its own worker.
#include <tether/tether.hpp>

#include <csignal>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <unistd.h>

using namespace std::chrono_literals;
using tether::task;

// --- the worker

std::string parse(std::string file) {
    if (file == "evil.png")
        std::raise(SIGABRT); // as a bug would
    if (file == "bomb.png")
        for (;;)
            ::pause();
    if (file == "text.png")
        throw std::runtime_error("not a picture");
    return std::to_string(file.size()) + " pixels";
}

// --- the server

task<std::string> parse_safely(tether::process_pool& pool, std::string file) {
    try {
        auto const parsed = co_await tether::move_on_after(1s, pool.call(file));
        co_return parsed.value_or("given up");
    } catch (tether::worker_error const& e) {
        co_return std::string("refused, ") + e.what();
    } catch (tether::worker_crashed const& e) {
        co_return "crashed by signal " + std::to_string(e.status().signal());
    }
}

task<> serve(std::string program) {
    tether::process_pool pool(tether::command(std::move(program), "--worker"),
                              {.workers = 2});
    co_await tether::with(pool, [&](tether::process_pool&) -> task<> {
        std::vector<std::string> const files{"cat.png", "evil.png", "bomb.png",
                                             "text.png", "parrot.png"};
        for (std::string const& file : files) {
            std::string const result = co_await parse_safely(pool, file);
            std::printf("%s: %s\n", file.c_str(), result.c_str());
        }
    });
}

int main(int argc, char** argv) {
    if (argc > 1 && std::string_view(argv[1]) == "--worker")
        return tether::serve_frames(&parse);
    tether::run(serve, std::string("/proc/self/exe"));
}
