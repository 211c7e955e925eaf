# SPDX-License-Identifier: BSL-1.0
# Copyright (c) 2026 the tether authors

# Reads include/tether/version.hpp, the only place that states the version.
function(tether_read_version out)
    file(
        STRINGS
        "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../include/tether/version.hpp"
        lines
        REGEX "^#define TETHER_VERSION_(MAJOR|MINOR|PATCH) +[0-9]+$"
    )
    set(version "")
    foreach(part MAJOR MINOR PATCH)
        if(NOT "${lines}" MATCHES "TETHER_VERSION_${part} +([0-9]+)")
            message(FATAL_ERROR "version.hpp does not define TETHER_VERSION_${part}")
        endif()
        list(APPEND version "${CMAKE_MATCH_1}")
    endforeach()
    list(JOIN version "." version)
    set(${out} "${version}" PARENT_SCOPE)
endfunction()
