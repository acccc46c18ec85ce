# SPDX-License-Identifier: MIT
# The kinds of targets there are, each as one function with explicit source lists.

# What every target of ours has in common: includes from the root, warnings, sanitizers.
add_library(pymode_common INTERFACE)
target_include_directories(pymode_common INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_definitions(pymode_common INTERFACE PYMODE_VERSION="${PROJECT_VERSION}")
target_link_libraries(pymode_common INTERFACE pymode_warnings pymode_sanitizers)

# pymode_layer(project SOURCES a.cpp b.cpp LINK pymode_base): the static library pymode_project.
function(pymode_layer name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINK")
    add_library(pymode_${name} STATIC ${arg_SOURCES})
    target_link_libraries(pymode_${name} PUBLIC pymode_common ${arg_LINK})
endfunction()

# pymode_executable(SOURCES main.cpp … LINK …): the executable `pymode` at the top of the build
# folder, with the runtime inside. It needs few shared libraries: the C++ library is linked in, and
# no symbol of a static library is exported (the native CPython carries its own zlib, which must not
# take the place of the one that libcurl and libzip use).
function(pymode_executable)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "" "SOURCES;LINK")
    add_executable(pymode ${arg_SOURCES})
    target_link_libraries(pymode PRIVATE pymode_common ${arg_LINK} pymode_assets pymode_python)
    target_link_options(pymode PRIVATE -Wl,--exclude-libs,ALL -Wl,--gc-sections -Wl,--as-needed)
    if(NOT PYMODE_SANITIZE)
        target_link_options(pymode PRIVATE -static-libstdc++ -static-libgcc)
    endif()
    if(CMAKE_BUILD_TYPE STREQUAL "Release")
        target_link_options(pymode PRIVATE -s)
    endif()
    set_target_properties(pymode PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
endfunction()

# pymode_unit_test(project SOURCES project_test.cpp LINK pymode_project): the executable
# project_test, one ctest and a part of the target unit_tests. It has Catch2's main, an empty table of embedded
# files and tests/unit/support.
function(pymode_unit_test name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINK")
    add_executable(${name}_test ${arg_SOURCES})
    target_link_libraries(${name}_test PRIVATE pymode_common ${arg_LINK} pymode_test_support)
    target_compile_definitions(${name}_test PRIVATE
        PYMODE_TEST_DATA="${CMAKE_CURRENT_SOURCE_DIR}" PYMODE_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    add_dependencies(unit_tests ${name}_test)
    add_test(NAME unit.${name} COMMAND ${name}_test)
    set_tests_properties(unit.${name} PROPERTIES TIMEOUT 120 LABELS unit)
endfunction()
