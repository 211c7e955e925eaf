// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// expect: the handler is called with an E const&, where E is the
/// \file
/// A handler of one event does not hear of another.
#include <tether/resilience/event_bus.hpp>
#include <tether/task/task.hpp>

struct order_placed {
    int number = 0;
};
struct order_shipped {
    int number = 0;
};

tether::task<> send_mail(order_placed const& order);

void misuse(tether::event_bus& bus) {
    auto const mails = bus.subscribe<order_shipped>(send_mail);
}
