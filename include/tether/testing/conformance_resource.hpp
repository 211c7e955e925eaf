// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Is this type safe in `with`, whatever ends the work, and whenever?
#ifndef TETHER_TESTING_CONFORMANCE_RESOURCE_HPP
#define TETHER_TESTING_CONFORMANCE_RESOURCE_HPP

#include <tether/detail/config.hpp>
#include <tether/scope/task_group.hpp>
#include <tether/scope/task_handle.hpp>
#include <tether/scope/with.hpp>
#include <tether/scope/with_task_group.hpp>
#include <tether/task/checkpoint.hpp>
#include <tether/task/sleep.hpp>
#include <tether/task/task.hpp>
#include <tether/testing/conformance_suite.hpp>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

TETHER_BEGIN_NAMESPACE
namespace testing {

namespace detail {

template<class Make, class Live>
class resource_rules {
public:
    resource_rules(Make make, Live live)
        : make_(std::move(make)), live_(std::move(live)) {}

    task<> used() {
        auto const resource = make_();
        bool inside = false;
        auto const body = [&](auto&) -> task<> {
            require_rule(live_() == 1, "it is not open inside of the body");
            inside = true;
            co_return;
        };
        co_await with(*resource, body);
        require_rule(inside, "the body did not run");
        require_closed("after the body");
    }

    task<> failed() {
        auto const resource = make_();
        auto const body = [](auto&) -> task<> {
            throw std::runtime_error("the body of a conformance rule");
            co_return;
        };
        bool threw = false;
        try {
            co_await with(*resource, body);
        } catch (std::runtime_error const&) {
            threw = true;
        }
        require_rule(threw, "the error of the body was lost");
        require_closed("after an error of the body");
    }

    // Cancels after ever more turns, then after ever more time, until the work
    // is through: that hits open(), the body and close() wherever they wait.
    task<> stopped() {
        for (int round = 0; round != 75; ++round) {
            auto const resource = make_();
            bool through = false;
            auto const body = [](auto&) -> task<> { co_await checkpoint(); };
            co_await with_task_group([&](task_group& group) -> task<> {
                auto work = group.spawn([&]() -> task<> {
                    co_await with(*resource, body);
                    through = true;
                });
                for (int i = 0; i < round && i != 50; ++i)
                    co_await checkpoint();
                if (round > 50)
                    co_await sleep_for(
                        std::chrono::milliseconds(1LL << (round - 51)));
                work.cancel();
            });
            require_closed("after a cancel in round " + std::to_string(round));
            if (through)
                co_return;
        }
        require_rule(false, "it needs more than an hour");
    }

    task<> stopped_later() {
        auto const resource = make_();
        auto const body = [](auto&) -> task<> { co_await sleep_forever(); };
        co_await with_task_group([&](task_group& group) -> task<> {
            auto work = group.spawn(
                [&]() -> task<> { co_await with(*resource, body); });
            while (live_() == 0)
                co_await sleep_for(std::chrono::milliseconds(1));
            work.cancel();
        });
        require_closed("after a cancel of the body");
    }

    struct entry {
        char const* name;
        task<> (resource_rules::*rule)();
    };
    static std::vector<entry> all() {
        return {
            {"it is open in the body and closed afterwards",
             &resource_rules::used},
            {"it is closed after an error of the body",
             &resource_rules::failed},
            {"it is closed, or was never opened, wherever a cancel hits",
             &resource_rules::stopped},
            {"it is closed when the body is cancelled",
             &resource_rules::stopped_later},
        };
    }

private:
    void require_closed(std::string const& when) {
        require_rule(live_() == 0, "it is still open " + when);
    }

    Make make_;
    Live live_;
};

} // namespace detail

/// The rules of an async_resource.
///
/// Parameters: `make()` gives a std::unique_ptr to a fresh one; `live()` says
/// how many are open at the moment. Both are copied into the suite.
/// Example:
/// ```
/// auto const suite = resource_conformance(
///     [&] { return std::make_unique<connection>(server); },
///     [&] { return server.connections(); });
/// ```
template<class Make, class Live>
[[nodiscard]] conformance_suite resource_conformance(Make make, Live live) {
    using rules = detail::resource_rules<Make, Live>;
    return detail::suite_of(
        std::make_shared<rules>(std::move(make), std::move(live)));
}

} // namespace testing
TETHER_END_NAMESPACE

#endif
