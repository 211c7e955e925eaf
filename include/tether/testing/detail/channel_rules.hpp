// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What must a channel do? One coroutine per rule.
#ifndef TETHER_TESTING_DETAIL_CHANNEL_RULES_HPP
#define TETHER_TESTING_DETAIL_CHANNEL_RULES_HPP

#include <tether/detail/config.hpp>
#include <tether/scope/cancel_scope.hpp>
#include <tether/scope/task_group.hpp>
#include <tether/scope/task_handle.hpp>
#include <tether/scope/with_cancel_scope.hpp>
#include <tether/scope/with_task_group.hpp>
#include <tether/task/checkpoint.hpp>
#include <tether/task/task.hpp>
#include <tether/testing/conformance_suite.hpp>

#include <algorithm>
#include <exception>
#include <type_traits>
#include <utility>
#include <vector>

TETHER_BEGIN_NAMESPACE
namespace testing::detail {

// Nothing here waits for what another task does but through the channel: it may
// wake its tasks by way of other threads.
template<class Make, class Send, class Receive, class Close>
class channel_rules {
public:
    channel_rules(Make make, Send send, Receive receive, Close close, int room)
        : make_(std::move(make)),
          send_(std::move(send)),
          receive_(std::move(receive)),
          close_(std::move(close)),
          room_(room) {}

    task<> order() {
        auto const channel = make_();
        std::vector<int> got;
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn([&]() -> task<> {
                for (int i = 0; i != room_ + 5; ++i)
                    co_await send_(*channel, i);
                close_(*channel);
            });
            co_await drain(*channel, got);
        });
        require_rule(got == numbers(room_ + 5),
                     "the items came out in another order, or not all");
    }

    task<> bounded() {
        auto const channel = make_();
        int sent = 0;
        std::vector<int> got;
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn([&]() -> task<> {
                for (; sent != room_ + 3; ++sent)
                    co_await send_(*channel, sent);
                close_(*channel);
            });
            co_await turns();
            require_rule(sent <= room_, "more items were sent than it holds");
            co_await drain(*channel, got);
        });
        require_rule(got == numbers(room_ + 3),
                     "the items of a sender that waited did not come out");
    }

    task<> exactly_once() {
        auto const channel = make_();
        std::vector<int> got;
        co_await with_task_group([&](task_group& group) -> task<> {
            for (int i = 0; i != 3; ++i)
                group.spawn([&] { return drain(*channel, got); });
            auto const senders = [&](task_group& inner) -> task<> {
                for (int i = 0; i != 3; ++i)
                    inner.spawn([&, i]() -> task<> {
                        for (int k = 0; k != 5; ++k)
                            co_await send_(*channel, 5 * i + k);
                    });
                co_return;
            };
            co_await with_task_group(senders);
            close_(*channel);
        });
        std::sort(got.begin(), got.end());
        require_rule(got == numbers(15),
                     "with several senders and receivers an item was lost or "
                     "came out twice");
    }

    task<> receivers_in_order() {
        auto const channel = make_();
        std::vector<std::vector<int>> got(3);
        co_await with_task_group([&](task_group& group) -> task<> {
            for (auto& mine : got)
                group.spawn([&] { return take(*channel, mine); });
            co_await turns();
            for (int i = 0; i != 3; ++i)
                co_await send_(*channel, i);
        });
        require_rule(got == std::vector<std::vector<int>>{{0}, {1}, {2}},
                     "the receivers were not served in their order");
    }

    task<> senders_in_order() {
        auto const channel = make_();
        std::vector<int> got;
        co_await fill(*channel);
        co_await with_task_group([&](task_group& group) -> task<> {
            for (int i = 0; i != 3; ++i)
                group.spawn([&, i]() -> task<> {
                    co_await send_(*channel, room_ + i);
                });
            co_await turns();
            for (int i = 0; i != room_ + 3; ++i)
                co_await take(*channel, got);
        });
        require_rule(got == numbers(room_ + 3),
                     "the senders were not served in their order");
    }

    task<> cancelled_receiver() {
        auto const channel = make_();
        std::vector<int> first;
        std::vector<int> second;
        co_await with_task_group([&](task_group& group) -> task<> {
            auto leaving = group.spawn([&] { return take(*channel, first); });
            group.spawn([&] { return take(*channel, second); });
            co_await turns();
            leaving.cancel();
            co_await send_(*channel, 1);
        });
        require_rule(first.empty() && second == std::vector<int>{1},
                     "a cancelled receiver got an item, or another did not");
    }

    task<> cancelled_with_item() {
        auto const channel = make_();
        std::vector<int> got;
        co_await with_task_group([&](task_group& group) -> task<> {
            auto leaving = group.spawn([&] { return take(*channel, got); });
            co_await turns();
            co_await send_(*channel, 1);
            leaving.cancel(); // the item is on its way
            co_await leaving.wait();
            close_(*channel);
            co_await drain(*channel, got);
        });
        require_rule(got == std::vector<int>{1},
                     "an item was lost with a receiver that was cancelled "
                     "after the hand-over");
    }

    // While it waits, and after its item was taken.
    task<> cancelled_sender() {
        for (bool const taken : {false, true}) {
            auto const channel = make_();
            std::vector<int> got;
            bool sent = false;
            co_await fill(*channel);
            co_await with_task_group([&](task_group& group) -> task<> {
                auto leaving = group.spawn([&]() -> task<> {
                    co_await send_(*channel, room_);
                    sent = true;
                });
                co_await turns();
                if (taken)
                    co_await take(*channel, got);
                leaving.cancel();
                co_await leaving.wait();
                close_(*channel);
                co_await drain(*channel, got);
            });
            require_rule(got == numbers(sent ? room_ + 1 : room_),
                         "the item of a cancelled sender was lost, or came "
                         "out although its send did not end");
            require_rule(sent == taken, "the send did not end as it should");
        }
    }

    task<> checkpoints() {
        auto const channel = make_();
        bool reached = false;
        auto const sending = [&](cancel_scope& scope) -> task<> {
            scope.cancel();
            co_await send_(*channel, -1);
            reached = true;
        };
        co_await with_cancel_scope(sending);
        require_rule(!reached, "sending is not a checkpoint");
        co_await fill(*channel);
        auto const receiving = [&](cancel_scope& scope) -> task<> {
            scope.cancel();
            auto const item = co_await receive_(*channel);
            static_cast<void>(item);
            reached = true;
        };
        co_await with_cancel_scope(receiving);
        require_rule(!reached, "receiving is not a checkpoint");
        std::vector<int> got;
        close_(*channel);
        co_await drain(*channel, got);
        require_rule(got == numbers(room_),
                     "a stopped send or receive changed what is inside");
    }

    task<> end() {
        auto const channel = make_();
        std::vector<int> got;
        co_await fill(*channel);
        close_(*channel);
        co_await drain(*channel, got);
        co_await drain(*channel, got); // the end stays
        require_rule(got == numbers(room_),
                     "what was inside did not come out after the close");
        auto const other = make_();
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn([&] { return drain(*other, got); });
            co_await turns();
            close_(*other);
        });
        bool refused = false;
        try {
            co_await send_(*other, 1);
        } catch (std::exception const&) {
            refused = true;
        }
        require_rule(refused, "it can be sent to after it was closed");
    }

    struct entry {
        char const* name;
        task<> (channel_rules::*rule)();
    };
    static std::vector<entry> all() {
        return {
            {"items come out in the order in which they went in",
             &channel_rules::order},
            {"a sender waits while it is full", &channel_rules::bounded},
            {"each item comes out once", &channel_rules::exactly_once},
            {"receivers are served in the order in which they came",
             &channel_rules::receivers_in_order},
            {"senders are served in the order in which they came",
             &channel_rules::senders_in_order},
            {"a receiver that is cancelled takes nothing",
             &channel_rules::cancelled_receiver},
            {"a receiver that is cancelled after the hand-over loses nothing",
             &channel_rules::cancelled_with_item},
            {"a sender that is cancelled has sent, or it has not",
             &channel_rules::cancelled_sender},
            {"sending and receiving are checkpoints, also without waiting",
             &channel_rules::checkpoints},
            {"after the close comes what is inside, then the end",
             &channel_rules::end},
        };
    }

private:
    using channel_type = std::remove_reference_t<
        decltype(*std::declval<std::invoke_result_t<Make&>&>())>;

    static task<> turns() {
        for (int i = 0; i != 5; ++i)
            co_await checkpoint();
    }
    static std::vector<int> numbers(int n) {
        std::vector<int> all;
        for (int i = 0; i != n; ++i)
            all.push_back(i);
        return all;
    }
    task<> fill(channel_type& channel) {
        for (int i = 0; i != room_; ++i)
            co_await send_(channel, i);
    }
    task<> take(channel_type& channel, std::vector<int>& to) {
        auto item = co_await receive_(channel);
        require_rule(static_cast<bool>(item), "it ended without a close");
        to.push_back(*item);
    }
    task<> drain(channel_type& channel, std::vector<int>& to) {
        while (auto item = co_await receive_(channel))
            to.push_back(*item);
    }

    Make make_;
    Send send_;
    Receive receive_;
    Close close_;
    int room_;
};

} // namespace testing::detail
TETHER_END_NAMESPACE

#endif
