// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// Two handlers hear of each order. One of them fails; the other does not
// notice, and nothing is lost: the error and the order are in the report.
#include <tether/tether.hpp>

#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <utility>

using namespace std::chrono_literals;
using tether::task, tether::task_group;

struct order_placed {
    order_placed(int number, std::string address)
        : id(number), mail(std::move(address)) {}
    int id;
    std::string mail;
};

task<> send_mail(order_placed const& order) {
    co_await tether::sleep_for(1ms);
    if (order.mail.empty())
        throw std::runtime_error("no address");
    std::printf("mail to %s\n", order.mail.c_str());
}

task<> async_main() {
    int counted = 0;
    auto const shop = [&](task_group& group) -> task<> {
        tether::event_bus bus(group);
        bus.on_error([](tether::event_failure const& failure) {
            auto const* const order = failure.event<order_placed>();
            std::printf("order %d: %s\n", order ? order->id : 0,
                        tether::format_error(failure.error()).c_str());
        });
        auto const mails = bus.subscribe<order_placed>(send_mail);
        auto const analytics = bus.subscribe<order_placed>(
            [&](order_placed const&) { ++counted; });
        co_await bus.publish(order_placed(1, "ann@example.org"));
        co_await bus.publish(order_placed(2, ""));
        co_await bus.publish(order_placed(3, "bob@example.org"));
        co_await bus.close(); // returns when all of them are handled
    };
    co_await tether::with_task_group(shop);
    std::printf("%d orders counted\n", counted);
}

int main() {
    tether::run(async_main);
}
