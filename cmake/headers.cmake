# SPDX-License-Identifier: BSL-1.0
# Copyright (c) 2026 the tether authors

# Every header that is installed, by layer, lowest first. Written by hand on
# purpose: what is published is a decision. The test check.headers_listed fails
# when this list and include/ differ.

set(TETHER_HEADERS_UMBRELLA
    core.hpp
    scope.hpp
    version.hpp
)
set(TETHER_HEADERS_DETAIL
    detail/config.hpp
    detail/current_loop.hpp
    detail/diagnostics.hpp
    detail/intrusive_list.hpp
    detail/manual_lifetime.hpp
)
set(TETHER_HEADERS_CORE
    core/asio.hpp
    core/cancel_reason.hpp
    core/collapse.hpp
    core/derived_exception_group.hpp
    core/detail/clause_engine.hpp
    core/detail/error_formatter.hpp
    core/detail/error_leaf.hpp
    core/detail/exception_probe.hpp
    core/detail/group_leaves.hpp
    core/detail/group_parts.hpp
    core/detail/group_state.hpp
    core/detail/text.hpp
    core/detail/type_text.hpp
    core/errors.hpp
    core/exception_group.hpp
    core/format_error.hpp
    core/handle_group.hpp
    core/outcome.hpp
)
set(TETHER_HEADERS_RUNTIME
    runtime/cancel_tree.hpp
    runtime/clock.hpp
    runtime/detail/format_tree.hpp
    runtime/frame.hpp
    runtime/frame_pool.hpp
    runtime/handler_memory.hpp
    runtime/loop.hpp
    runtime/loop_executor.hpp
    runtime/loop_service.hpp
    runtime/task_record.hpp
    runtime/timer_queue.hpp
    runtime/wait.hpp
)
set(TETHER_HEADERS_TASK
    task/awaitable.hpp
    task/checkpoint.hpp
    task/detail/body.hpp
    task/detail/drive.hpp
    task/detail/root.hpp
    task/run.hpp
    task/sleep.hpp
    task/task.hpp
    task/this_task.hpp
)
set(TETHER_HEADERS_SCOPE
    scope/as_outcome.hpp
    scope/async_try.hpp
    scope/cancel_scope.hpp
    scope/deadline.hpp
    scope/detail/child.hpp
    scope/detail/group_core.hpp
    scope/detail/group_waits.hpp
    scope/detail/own_scope.hpp
    scope/detail/scoped_body.hpp
    scope/exit_reason.hpp
    scope/scope_outcome.hpp
    scope/shielded.hpp
    scope/soft_cancellable.hpp
    scope/start_signal.hpp
    scope/task_group.hpp
    scope/task_group_options.hpp
    scope/task_handle.hpp
    scope/try_group.hpp
    scope/with.hpp
    scope/with_cancel_scope.hpp
    scope/with_task_group.hpp
)
set(TETHER_HEADERS_COMBINE)
set(TETHER_HEADERS_SYNC)
set(TETHER_HEADERS_STREAM)
set(TETHER_HEADERS_RESILIENCE)
set(TETHER_HEADERS_THREAD)
set(TETHER_HEADERS_SERVICE)
set(TETHER_HEADERS_DEBUG)
set(TETHER_HEADERS_TESTING)

set(TETHER_HEADERS
    ${TETHER_HEADERS_UMBRELLA}
    ${TETHER_HEADERS_DETAIL}
    ${TETHER_HEADERS_CORE}
    ${TETHER_HEADERS_RUNTIME}
    ${TETHER_HEADERS_TASK}
    ${TETHER_HEADERS_SCOPE}
    ${TETHER_HEADERS_COMBINE}
    ${TETHER_HEADERS_SYNC}
    ${TETHER_HEADERS_STREAM}
    ${TETHER_HEADERS_RESILIENCE}
    ${TETHER_HEADERS_THREAD}
    ${TETHER_HEADERS_SERVICE}
    ${TETHER_HEADERS_DEBUG}
    ${TETHER_HEADERS_TESTING}
)
list(
    TRANSFORM TETHER_HEADERS
    PREPEND "${CMAKE_CURRENT_LIST_DIR}/../include/tether/"
    OUTPUT_VARIABLE TETHER_HEADER_FILES
)
