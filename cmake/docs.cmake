# SPDX-License-Identifier: BSL-1.0
# Copyright (c) 2026 the tether authors

find_program(TETHER_DOXYGEN doxygen REQUIRED)
add_custom_target(
    docs
    COMMAND
        "${PROJECT_SOURCE_DIR}/tests/checks/doxygen.sh" "${PROJECT_SOURCE_DIR}"
        "${PROJECT_BINARY_DIR}/docs"
    USES_TERMINAL
)
