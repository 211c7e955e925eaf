# SPDX-License-Identifier: BSL-1.0
# Copyright (c) 2026 the tether authors

# cmake -DPROGRAM=... -DMATCH=... [-DLAUNCHER=...] -P run_and_match.cmake
# cmake -DPROGRAM=... -DEXPECTED=... [-DLAUNCHER=...] -P run_and_match.cmake
# Runs PROGRAM: it must exit with 0, or with -DRESULT=..., and print what matches MATCH, or what stands
# in the file EXPECTED. ctest's own PASS_REGULAR_EXPRESSION would ignore the
# exit code.
execute_process(
    COMMAND ${LAUNCHER} "${PROGRAM}"
    OUTPUT_VARIABLE output
    RESULT_VARIABLE result
)
message("${output}")
if(NOT DEFINED RESULT)
    set(RESULT 0)
endif()
if(NOT result EQUAL RESULT)
    message(FATAL_ERROR "${PROGRAM} ended with ${result}")
endif()
if(EXPECTED)
    file(READ "${EXPECTED}" expected)
    if(NOT output STREQUAL expected)
        message(FATAL_ERROR "${PROGRAM} should print:\n${expected}")
    endif()
elseif(NOT output MATCHES "${MATCH}")
    message(FATAL_ERROR "${PROGRAM} did not print what matches '${MATCH}'")
endif()
