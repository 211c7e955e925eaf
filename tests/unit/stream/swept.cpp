// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// A stop at every checkpoint of those who use a channel or a select, in
// whatever order they run: what was sent is what arrived.
#include "stream_test.hpp"

#include "support/sweeps.hpp"

#include <tether/stream/channel.hpp>
#include <tether/stream/select.hpp>

#include <algorithm>

using namespace tether;
using namespace tether_test;

namespace {

// Two senders, of which one selects, and two receivers on two channels.
class exchange {
public:
    explicit exchange(std::size_t capacity) : capacity_(capacity) {}

    task<> run() {
        sent_.clear();
        arrived_.clear();
        auto const left = [this](int&& item) { arrived_.push_back(item); };
        auto [a, from_a] = channel<int>(capacity_, {}, left);
        auto [b, from_b] = channel<int>(capacity_, {}, left);
        co_await with_task_group([&](task_group& group) -> task<> {
            for (int id = 0; id != 2; ++id) {
                group.spawn(&exchange::produce, this, id, a.clone(), b.clone());
                group.spawn(&exchange::consume, this, id, from_a.clone(),
                            from_b.clone());
            }
            a.close();
            b.close();
            from_a.close();
            from_b.close();
            co_return;
        });
    }

    bool nothing_lost() {
        std::sort(sent_.begin(), sent_.end());
        std::sort(arrived_.begin(), arrived_.end());
        return sent_ == arrived_;
    }

private:
    task<> produce(int id, sender<int> a, sender<int> b) {
        try {
            for (int i = 0; i != 3; ++i) {
                int const number = 10 * id + i;
                int item = number;
                if (id == 0) {
                    int other = number;
                    (void)co_await select(a.send_from(item),
                                          b.send_from(other));
                } else {
                    sender<int>& to = i == 0 ? a : b;
                    co_await to.send_from(item);
                }
                sent_.push_back(number);
            }
        } catch (broken_resource const&) { // a receiver was stopped
        }
    }
    // From both, in one order or the other, and what the end of one leaves.
    task<> consume(int id, receiver<int> a, receiver<int> b) {
        receiver<int>& first = id == 0 ? a : b;
        receiver<int>& second = id == 0 ? b : a;
        for (bool open = true; open;) {
            auto one = co_await select(first.receive(), second.receive());
            auto& item = one.index() == 0 ? std::get<0>(one) : std::get<1>(one);
            if (item)
                arrived_.push_back(*item);
            open = item.has_value();
        }
        while (auto item = co_await first.receive())
            arrived_.push_back(*item);
        while (auto item = co_await second.receive())
            arrived_.push_back(*item);
    }

    std::size_t capacity_;
    std::vector<int> sent_;
    std::vector<int> arrived_;
};

} // namespace

TEST_CASE("CH46 no stop at any checkpoint of channels and selects, and no "
          "order of senders and receivers, loses an item") {
    for (std::size_t const capacity : {0u, 1u, 2u}) {
        exchange program(capacity);
        auto const body = [&]() -> task<> { return program.run(); };
        auto const kept = [&] { return program.nothing_lost(); };
        sweep_all_stops(body, kept, 10);
        explore_with_stops(300, body, kept);
    }
}
