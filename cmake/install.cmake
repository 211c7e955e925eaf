# SPDX-License-Identifier: BSL-1.0
# Copyright (c) 2026 the tether authors

# Install rules, the CMake package, the pkg-config file and the Debian package.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(component tether_Development)
# The library is the same on every architecture, so it goes to share/.
set(
    tether_INSTALL_CMAKEDIR
    "${CMAKE_INSTALL_DATADIR}/cmake/tether"
    CACHE STRING "Where the CMake package is installed"
)
set(
    tether_INSTALL_PKGCONFIGDIR
    "${CMAKE_INSTALL_DATADIR}/pkgconfig"
    CACHE STRING "Where tether.pc is installed"
)
mark_as_advanced(tether_INSTALL_CMAKEDIR tether_INSTALL_PKGCONFIGDIR)

# INCLUDES DESTINATION beside the FILE_SET: consumers with CMake before 3.23 do
# not read file sets.
install(
    TARGETS tether
    EXPORT tether-targets
    FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT ${component}
    INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
)
install(
    EXPORT tether-targets
    NAMESPACE tether::
    DESTINATION "${tether_INSTALL_CMAKEDIR}"
    COMPONENT ${component}
)
configure_package_config_file(
    cmake/tether-config.cmake.in
    "${PROJECT_BINARY_DIR}/package/tether-config.cmake"
    INSTALL_DESTINATION "${tether_INSTALL_CMAKEDIR}"
    NO_SET_AND_CHECK_MACRO
)
# Until 1.0 each minor version may break what the one before promised.
write_basic_package_version_file(
    "${PROJECT_BINARY_DIR}/package/tether-config-version.cmake"
    COMPATIBILITY SameMinorVersion
    ARCH_INDEPENDENT
)
install(
    FILES
        "${PROJECT_BINARY_DIR}/package/tether-config.cmake"
        "${PROJECT_BINARY_DIR}/package/tether-config-version.cmake"
    DESTINATION "${tether_INSTALL_CMAKEDIR}"
    COMPONENT ${component}
)

# tether.pc finds the headers from its own place, so the tree can be moved.
cmake_path(
    RELATIVE_PATH CMAKE_INSTALL_FULL_INCLUDEDIR
    BASE_DIRECTORY "${CMAKE_INSTALL_PREFIX}/${tether_INSTALL_PKGCONFIGDIR}"
    OUTPUT_VARIABLE tether_pc_includedir
)
configure_file(
    cmake/tether.pc.in
    "${PROJECT_BINARY_DIR}/package/tether.pc"
    @ONLY
)
install(
    FILES "${PROJECT_BINARY_DIR}/package/tether.pc"
    DESTINATION "${tether_INSTALL_PKGCONFIGDIR}"
    COMPONENT ${component}
)

# cpack -G DEB. Not for a parent project: CPack adds its targets globally.
if(PROJECT_IS_TOP_LEVEL)
    install(
        FILES LICENSE
        DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/libtether-dev"
        RENAME copyright
        COMPONENT ${component}
    )
    set(CPACK_GENERATOR DEB)
    set(CPACK_PACKAGE_NAME libtether-dev)
    set(CPACK_PACKAGE_VENDOR "the tether authors")
    set(CPACK_PACKAGE_CONTACT "the tether authors <tether@localhost>")
    set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
    set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
    set(CPACK_COMPONENTS_ALL ${component})
    set(CPACK_DEB_COMPONENT_INSTALL OFF)
    set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
    set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE all)
    set(CPACK_DEBIAN_PACKAGE_SECTION libdevel)
    set(CPACK_DEBIAN_PACKAGE_DEPENDS "libboost1.81-dev | libboost-dev (>= 1.81)")
    include(CPack)
endif()
