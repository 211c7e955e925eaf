# SPDX-License-Identifier: BSL-1.0
# Copyright (c) 2026 the tether authors

# Options of our own tests, examples and benchmarks. They are set on the
# directory, never on the interface of tether::tether.

set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
# From 3.28 on CMake looks for modules in C++20 code; there are none.
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)

add_compile_options(-Wall -Wextra -Wshadow -Wconversion)
if(TETHER_WERROR)
    add_compile_options(-Werror)
endif()
add_compile_definitions(BOOST_ASIO_NO_DEPRECATED)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Collecting garbage is a tenth of the time of g++; a unit takes 1 GB at most.
    add_compile_options("SHELL:--param ggc-min-heapsize=1500000")
endif()

set(TETHER_TEST_TIMEOUT 600)
if(TETHER_SANITIZE STREQUAL "address")
    set(flags -fsanitize=address,undefined -fno-sanitize-recover=undefined)
    if(NOT TETHER_SANITIZE_MEMBERS)
        # Of a null pointer and of freed memory ASan tells.
        list(APPEND flags -fno-sanitize=null,alignment,object-size,vptr)
    endif()
    add_compile_options(${flags} -fno-omit-frame-pointer)
    add_link_options(${flags})
    set(TETHER_TEST_TIMEOUT 1800)
elseif(TETHER_SANITIZE STREQUAL "thread")
    # It knows no fences, with which Asio counts the owners of an executor; Boost
    # counts without them.
    add_compile_definitions(BOOST_ASIO_DISABLE_STD_ATOMIC)
    add_compile_options(-fsanitize=thread)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        # Asio fences its handlers; what they guard is behind mutexes as well.
        add_compile_options(-Wno-tsan)
    else()
        # Some tests replace operator new, which the static runtime has, too.
        execute_process(
            COMMAND "${CMAKE_CXX_COMPILER}" -print-resource-dir
            OUTPUT_VARIABLE runtime
            OUTPUT_STRIP_TRAILING_WHITESPACE
            COMMAND_ERROR_IS_FATAL ANY
        )
        add_link_options(-shared-libsan "-Wl,-rpath,${runtime}/lib/linux")
    endif()
    add_link_options(-fsanitize=thread)
    set(TETHER_TEST_TIMEOUT 1800)
    # TSan of g++ 12 does not start where the kernel randomises more than 28
    # bits of an address.
    execute_process(
        COMMAND setarch -R true
        RESULT_VARIABLE no_setarch
        OUTPUT_QUIET
        ERROR_QUIET
    )
    if(NOT no_setarch)
        set(CMAKE_CROSSCOMPILING_EMULATOR setarch -R) # up to CMake 3.28
        set(CMAKE_TEST_LAUNCHER setarch -R)
    endif()
elseif(TETHER_SANITIZE)
    message(FATAL_ERROR "TETHER_SANITIZE is '${TETHER_SANITIZE}': use 'address', 'thread' or nothing")
endif()

# Asio, compiled once for every program of this build.
add_library(tether_asio OBJECT "${PROJECT_SOURCE_DIR}/tests/support/asio_impl.cpp")
target_link_libraries(tether_asio PUBLIC tether::tether)
target_compile_definitions(tether_asio PUBLIC BOOST_ASIO_SEPARATE_COMPILATION)

include("${CMAKE_CURRENT_LIST_DIR}/precompiled.cmake")
