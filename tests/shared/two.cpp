// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

#include "plugin.hpp"

#include <tether/task/checkpoint.hpp>
#include <tether/task/this_task.hpp>

namespace two {

tether::task<seen> look() {
    co_await tether::checkpoint();
    co_return seen{tether::detail::running_loop(), tether::this_task::name(),
                   tether::detail::frame_pool::live()};
}

void spawn_into(tether::task_group& group, int& count) {
    for (int left = count; left != 0; --left)
        group.spawn([&count]() -> tether::task<> {
            co_await tether::checkpoint();
            --count;
        });
}

} // namespace two
