// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// Random programs of senders, receivers, selects, closes and cancels, compared
// with what a sequential queue would do. TETHER_SEEDS says how many.
#include "stream_test.hpp"

#include <tether/stream/channel.hpp>
#include <tether/stream/select.hpp>

#include <cstdlib>
#include <deque>
#include <iostream>
#include <map>
#include <random>
#include <set>

using namespace tether;
using namespace tether_test;

namespace {

std::size_t seeds() {
    if (char const* const text = std::getenv("TETHER_SEEDS"))
        return static_cast<std::size_t>(std::strtoull(text, nullptr, 10));
#if TETHER_SANITIZED
    return 500;
#elif defined(__OPTIMIZE__)
    return 10'000;
#else
    return 1000;
#endif
}

// A line of waiters and a queue, as one would write them on paper. Everything
// happens at once; a wait is an entry with the number of its operation.
class model {
public:
    explicit model(std::size_t capacity) : capacity_(capacity) {}

    void send(int op, int item) {
        if (!receivers_)
            ended_[op] = "broken";
        else if (!takers_.empty())
            deliver(item, op);
        else if (buffer_.size() < capacity_)
            store(item, op);
        else
            putters_.push_back({op, item});
    }
    void receive(int op) {
        if (!buffer_.empty()) {
            take(op, buffer_.front());
            buffer_.pop_front();
            if (!putters_.empty()) {
                auto const [sender, item] = putters_.front();
                putters_.pop_front();
                store(item, sender);
            }
        } else if (!putters_.empty()) {
            auto const [sender, item] = putters_.front();
            putters_.pop_front();
            take(op, item);
            ended_[sender] = "sent";
        } else if (!senders_) {
            ended_[op] = "end";
        } else {
            takers_.push_back(op);
        }
    }
    bool try_send(int item) {
        if (!receivers_ || (takers_.empty() && buffer_.size() >= capacity_))
            return false;
        if (takers_.empty())
            buffer_.push_back(item);
        else
            deliver(item, -1);
        return true;
    }
    void cancel(int op) {
        auto const gone =
            std::erase_if(putters_, [&](auto& p) { return p.first == op; }) +
            std::erase(takers_, op);
        if (gone != 0)
            ended_[op] = "stopped";
    }
    void close_senders() {
        senders_ = false;
        for (int const op : takers_)
            ended_[op] = "end";
        takers_.clear();
    }
    void close_receivers() {
        receivers_ = false;
        for (auto const& [op, item] : putters_)
            ended_[op] = "broken";
        putters_.clear();
        undelivered.insert(undelivered.end(), buffer_.begin(), buffer_.end());
        buffer_.clear();
    }

    std::map<int, std::string> const& ended() const { return ended_; }
    std::size_t buffered() const { return buffer_.size(); }
    std::vector<int> undelivered;

private:
    void take(int op, int item) { ended_[op] = "got " + std::to_string(item); }
    void deliver(int item, int sender) {
        take(takers_.front(), item);
        takers_.pop_front();
        if (sender >= 0)
            ended_[sender] = "sent";
    }
    void store(int item, int sender) {
        buffer_.push_back(item);
        ended_[sender] = "sent";
    }

    std::size_t capacity_;
    bool senders_ = true;
    bool receivers_ = true;
    std::deque<int> buffer_;
    std::deque<std::pair<int, int>> putters_;
    std::deque<int> takers_;
    std::map<int, std::string> ended_;
};

// One program: a driver does one operation after the other, each in a task of
// its own, and lets the tasks run from time to time.
class program {
public:
    explicit program(std::uint64_t seed) : random_(seed) {}

    task<> run() {
        std::size_t const capacity = pick(4);
        model expected(capacity);
        std::vector<int> left;
        auto ends =
            channel<int>(capacity, {}, [&](int&& i) { left.push_back(i); });
        // Operations refer to these; closing is done on clones that are last.
        sender<int>& tx = ends.first;
        receiver<int>& rx = ends.second;
        std::map<int, std::string> ended;
        std::vector<task_handle<void>> handles;
        bool sending = true;
        bool receiving = true;
        // Each task gets its turn before the next operation, so that "at once"
        // in the model is "before the next operation" here; a cancel may come
        // in between.
        auto send_task = [&](int op, int item) -> task<> {
            ended[op] = "stopped";
            try {
                co_await tx.send_from(item);
                ended[op] = "sent";
            } catch (broken_resource const&) {
                ended[op] = "broken";
            }
        };
        auto receive_task = [&](int op) -> task<> {
            ended[op] = "stopped";
            auto item = co_await rx.receive();
            ended[op] = item ? "got " + std::to_string(*item) : "end";
        };
        co_await with_task_group([&](task_group& group) -> task<> {
            std::size_t const steps = 4 + pick(24);
            for (std::size_t i = 0; i != steps; ++i) {
                int const op = static_cast<int>(handles.size());
                std::size_t const dice = pick(20);
                if (dice < 7 && sending) {
                    expected.send(op, 100 + op);
                    handles.push_back(
                        group.spawn(eager, std::ref(send_task), op, 100 + op));
                } else if (dice < 14 && receiving) {
                    expected.receive(op);
                    handles.push_back(
                        group.spawn(eager, std::ref(receive_task), op));
                } else if (dice == 14 && sending) {
                    int item = 1000 + static_cast<int>(i);
                    bool const sent =
                        tx.try_send(std::move(item)) == channel_status::ok;
                    CHECK(sent ==
                          expected.try_send(1000 + static_cast<int>(i)));
                } else if (dice < 18 && !handles.empty()) {
                    std::size_t const which = pick(handles.size());
                    expected.cancel(static_cast<int>(which));
                    handles[which].cancel();
                } else if (dice == 18 && sending && pick(4) == 0) {
                    // Only without waiting senders: they would get "closed".
                    if (tx.statistics().waiting_senders == 0) {
                        expected.close_senders();
                        tx.close();
                        sending = false;
                    }
                } else if (dice == 19 && receiving && pick(4) == 0) {
                    if (rx.statistics().waiting_receivers == 0) {
                        expected.close_receivers();
                        rx.close();
                        receiving = false;
                    }
                }
                if (pick(3) == 0)
                    co_await checkpoint();
                if (receiving)
                    CHECK(rx.statistics().buffered == expected.buffered());
            }
            co_await checkpoint();
            for (std::size_t i = 0; i != handles.size(); ++i) {
                expected.cancel(static_cast<int>(i));
                handles[i].cancel();
            }
        });
        CHECK(ended == expected.ended());
        CHECK(left == expected.undelivered);
    }

private:
    std::size_t pick(std::size_t n) {
        return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_);
    }

    std::mt19937_64 random_;
};

// Channels, loops of senders and receivers that select at random, cancelled and
// closed at random: whatever happens, nothing is lost and nothing comes twice.
class crowd {
public:
    explicit crowd(std::uint64_t seed) : random_(seed) {}

    task<> run() {
        std::vector<std::pair<sender<int>, receiver<int>>> all;
        for (std::size_t i = 0; i != 3; ++i)
            all.push_back(channel<int>(
                pick(3), {}, [this](int&& item) { arrived_.push_back(item); }));
        (void)co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
            co_await with_task_group([&](task_group& group) -> task<> {
                std::vector<task_handle<void>> handles;
                for (int id = 0; id != 6; ++id)
                    handles.push_back(id % 2 == 0
                                          ? group.spawn(&crowd::produce, this,
                                                        id, std::ref(all))
                                          : group.spawn(&crowd::consume, this,
                                                        std::ref(all)));
                std::size_t const steps = pick(30);
                for (std::size_t i = 0; i != steps; ++i) {
                    co_await checkpoint();
                    if (pick(6) == 0)
                        handles[pick(handles.size())].cancel();
                    if (pick(40) == 0)
                        all[pick(3)].first.close();
                    if (pick(40) == 0)
                        all[pick(3)].second.close();
                }
                scope.cancel();
            });
        });
        for (auto& [tx, rx] : all)
            while (auto item = rx.try_receive())
                arrived_.push_back(*item);
        all.clear();
        std::sort(sent_.begin(), sent_.end());
        std::sort(arrived_.begin(), arrived_.end());
        CHECK(arrived_ == sent_);
    }

private:
    using channels = std::vector<std::pair<sender<int>, receiver<int>>>;

    task<> produce(int id, channels& all) {
        for (int i = 0;; ++i) {
            int item = id * 1000 + i;
            auto& a = all[pick(3)].first;
            auto& b = all[pick(3)].first;
            bool taken = false;
            try {
                if (pick(2) == 0) {
                    co_await a.send_from(item);
                } else {
                    (void)co_await select(a.send_from(item), b.send_from(item));
                }
                taken = true;
            } catch (closed_error const&) {
            }
            if (taken)
                sent_.push_back(id * 1000 + i);
            if (pick(3) == 0)
                co_await checkpoint();
        }
    }
    task<> consume(channels& all) {
        for (;;) {
            auto& a = all[pick(3)].second;
            auto& b = all[pick(3)].second;
            try {
                if (pick(2) == 0) {
                    auto item = co_await a.receive();
                    if (item)
                        arrived_.push_back(*item);
                } else {
                    auto first = co_await select(a.receive(), b.receive());
                    auto& item = first.index() == 0 ? std::get<0>(first)
                                                    : std::get<1>(first);
                    if (item)
                        arrived_.push_back(*item);
                }
            } catch (closed_error const&) {
            }
            if (pick(3) == 0)
                co_await checkpoint();
        }
    }
    std::size_t pick(std::size_t n) {
        return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_);
    }

    std::mt19937_64 random_;
    std::vector<int> sent_;
    std::vector<int> arrived_;
};

template<class Program>
void run_seeds() {
    std::size_t const count = seeds();
    std::uint64_t const fresh = std::random_device()();
    INFO("fresh seed " << fresh);
    std::cout << "fresh seed " << fresh << '\n';
    for (std::size_t i = 0; i <= count; ++i) {
        std::uint64_t const seed = i == count ? fresh : i;
        INFO("seed " << seed);
        run_virtual([seed]() -> task<> {
            Program p(seed);
            co_await p.run();
        });
    }
}

} // namespace

TEST_CASE("CH04 CH05 random operations and cancels end as a sequential queue "
          "says") {
    run_seeds<program>();
}

TEST_CASE("CH46 crowds of senders, receivers and selects, cancelled and closed "
          "at random, lose nothing and duplicate nothing") {
    run_seeds<crowd>();
}
