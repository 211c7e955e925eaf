// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

#include "plugin.hpp"

#include <tether/scope/with_task_group.hpp>
#include <tether/task/checkpoint.hpp>
#include <tether/task/sleep.hpp>
#include <tether/task/this_task.hpp>

#include <chrono>
#include <stdexcept>

namespace one {

tether::task<seen> look() {
    co_await tether::checkpoint();
    co_return seen{tether::detail::running_loop(), tether::this_task::name(),
                   tether::detail::frame_pool::live()};
}

tether::task<> fail_in_group() {
    co_await tether::with_task_group(
        [](tether::task_group& group) -> tether::task<> {
            group.spawn(tether::named("of one"), []() -> tether::task<> {
                co_await tether::sleep_for(std::chrono::milliseconds(1));
                throw std::domain_error("in a shared library");
            });
            co_await tether::sleep_forever();
        });
}

} // namespace one
