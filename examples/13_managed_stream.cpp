// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// A stream that must be closed with an await. However its loop is left, it is
// closed, and that has ended, before the next statement.
#include <tether/tether.hpp>

#include <cstdio>
#include <stdexcept>

using namespace std::chrono_literals;
using tether::async_generator, tether::task;

class feed {
public:
    task<> open() {
        std::puts("  open");
        co_return;
    }
    task<int> read() {
        co_await tether::sleep_for(1ms);
        co_return ++last_;
    }
    task<> close() {
        co_await tether::sleep_for(2ms); // a last word to the other side
        std::puts("  close");
    }

private:
    int last_ = 0;
};

async_generator<int> managed_stream() {
    auto& source = co_await tether::keep(feed());
    for (;;) {
        int const item = co_await source.read();
        co_yield item;
    }
}

// Reads until it has enough, fails or waits for ever.
task<> read(async_generator<int>& items, char const* how) {
    std::printf("%s\n", how);
    while (auto item = co_await tether::next(items)) {
        std::printf("  item %d\n", *item);
        if (*item < 2)
            continue;
        switch (*how) {
        case 'b': // break
            co_return;
        case 'e': // error
            throw std::runtime_error("not what was asked for");
        default:
            co_await tether::sleep_forever();
        }
    }
}

task<> leave(char const* how) {
    auto items = managed_stream();
    co_await tether::consume(
        items, [how](async_generator<int>& all) { return read(all, how); });
}

task<> async_main() {
    co_await leave("break");
    std::puts("  after the loop");
    try {
        co_await leave("error");
    } catch (std::runtime_error const& e) {
        std::printf("  caught: %s\n", e.what());
    }
    bool const in_time = co_await tether::move_on_after(50ms, leave("stop"));
    std::printf("  %s\n", in_time ? "in time" : "out of time");
}

int main() {
    tether::run(async_main);
}
