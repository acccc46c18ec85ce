# SPDX-License-Identifier: MIT
# What the executable carries: the runtime and the wheelhouse (built by `python3 -m runtime.build`),
# the examples that `pymode init` copies, the recipes and the script of the development server; and
# the native CPython it is linked with.

set(PYMODE_RUNTIME_DIR ${CMAKE_SOURCE_DIR}/build/runtime)
set(PYMODE_RUNTIME_STAMP ${CMAKE_BINARY_DIR}/runtime.stamp)

if(PYMODE_RUNTIME)
    # The build driver finds out by itself what is up to date; this list only decides when it is
    # asked.
    file(GLOB_RECURSE runtime_inputs CONFIGURE_DEPENDS
        runtime/build/*.py runtime/build/*.toml runtime/build/*.txt
        runtime/interpreter/*.c runtime/interpreter/*.h runtime/interpreter/*.s
        runtime/interpreter/*.txt runtime/host/*.ts runtime/host/*.json runtime/python/*
        third_party/*.toml third_party/*.patch recipes/*.toml recipes/*.txt)
    list(FILTER runtime_inputs EXCLUDE REGEX "/(__pycache__|node_modules|\\.[a-z_]+_cache)/")
    add_custom_command(
        OUTPUT ${PYMODE_RUNTIME_STAMP}
        BYPRODUCTS
            ${PYMODE_RUNTIME_DIR}/manifest.json
            ${PYMODE_RUNTIME_DIR}/native/libpython3.13.a
            ${PYMODE_RUNTIME_DIR}/native/link.txt
        COMMAND ${PYMODE_PYTHON} -m runtime.build --output ${PYMODE_RUNTIME_DIR}
            --bundler $<TARGET_FILE:stdlib-bundler>
            --recipe-builder $<TARGET_FILE:recipe-builder>
        COMMAND ${CMAKE_COMMAND} -E touch ${PYMODE_RUNTIME_STAMP}
        DEPENDS stdlib-bundler recipe-builder ${runtime_inputs}
        WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
        USES_TERMINAL
        COMMENT "Building the runtime (the first time takes a while)")
    set(embedded_runtime --runtime ${PYMODE_RUNTIME_DIR})
    set(embedded_depends ${PYMODE_RUNTIME_STAMP} ${PYMODE_RUNTIME_DIR}/manifest.json)
endif()
add_custom_target(pymode_runtime DEPENDS ${embedded_depends})

# The table of embedded files (core/bundle/assets.hpp).
set(PYMODE_TEMPLATES hello api) # `pymode init --template hello` gives examples/hello-worker
foreach(template IN LISTS PYMODE_TEMPLATES)
    list(APPEND embedded_templates
        --tree templates/${template} ${CMAKE_SOURCE_DIR}/examples/${template}-worker)
endforeach()
file(GLOB_RECURSE embedded_sources CONFIGURE_DEPENDS
    examples/* runtime/dev/* recipes/*.toml)
list(FILTER embedded_sources EXCLUDE REGEX "/(__pycache__|node_modules|\\.[a-z_]+_cache)/")
# What is linked into the executable itself travels with its licence too (`doctor --licenses`).
foreach(package libfmt-dev libtomlplusplus-dev libcli11-dev nlohmann-json3-dev libspdlog-dev
        libstdc++-12-dev)
    set(copyright /usr/share/doc/${package}/copyright)
    if(EXISTS ${copyright})
        list(APPEND embedded_licenses --file licenses/${package}.txt ${copyright})
    else()
        message(WARNING "No licence of ${package} in ${copyright}: do not give this build away")
    endif()
endforeach()

# Boost's own list has two megabytes, of all its files; what is linked in (Asio, Beast and their like)
# is under the Boost Software License.
set(copyright /usr/share/doc/libboost${Boost_VERSION_MAJOR}.${Boost_VERSION_MINOR}-dev/copyright)
set(boost_license "")
if(EXISTS ${copyright})
    file(READ ${copyright} boost_copyright)
    string(FIND "${boost_copyright}" " Boost Software License - Version 1.0" begin)
    if(begin GREATER -1)
        string(SUBSTRING "${boost_copyright}" ${begin} 3000 boost_license)
        string(FIND "${boost_license}" "\nLicense: " end)
        string(SUBSTRING "${boost_license}" 0 ${end} boost_license)
    endif()
endif()
if(boost_license)
    set(license ${CMAKE_BINARY_DIR}/licenses/libboost-dev.txt)
    file(CONFIGURE OUTPUT ${license} @ONLY CONTENT
        "Boost @Boost_VERSION@ (Asio, Beast and the libraries below them)\n\n@boost_license@\n")
    list(APPEND embedded_licenses --file licenses/libboost-dev.txt ${license})
else()
    message(WARNING "No licence of Boost in ${copyright}: do not give this build away")
endif()

set(embedded_dir ${CMAKE_BINARY_DIR}/assets)
add_custom_command(
    OUTPUT ${embedded_dir}/assets.S ${embedded_dir}/assets.cpp
    COMMAND ${PYMODE_PYTHON} ${CMAKE_SOURCE_DIR}/cmake/embed.py --output ${embedded_dir}
        ${embedded_templates} --tree dev ${CMAKE_SOURCE_DIR}/runtime/dev
        --tree recipes ${CMAKE_SOURCE_DIR}/recipes
        ${embedded_licenses} ${embedded_runtime}
    DEPENDS ${CMAKE_SOURCE_DIR}/cmake/embed.py ${embedded_sources} ${embedded_depends}
    COMMENT "Embedding files")
add_library(pymode_assets STATIC ${embedded_dir}/assets.S ${embedded_dir}/assets.cpp)
target_link_libraries(pymode_assets PRIVATE pymode_common)
add_dependencies(pymode_assets pymode_runtime)

# run_python: with the interpreter, or saying that there is none.
if(PYMODE_RUNTIME)
    add_library(pymode_python STATIC core/native/python.cpp)
    # A system include: CPython's headers do not pass our warnings.
    target_include_directories(pymode_python SYSTEM PRIVATE ${PYMODE_RUNTIME_DIR}/native/include)
    set_source_files_properties(core/native/python.cpp PROPERTIES
        OBJECT_DEPENDS ${PYMODE_RUNTIME_STAMP})
    # link.txt names the system libraries that go with the archive; the linker reads it itself, as
    # it need not exist yet when CMake runs.
    target_link_libraries(pymode_python PUBLIC
        ${PYMODE_RUNTIME_DIR}/native/libpython3.13.a
        -Wl,@${PYMODE_RUNTIME_DIR}/native/link.txt)
else()
    add_library(pymode_python STATIC core/native/python_absent.cpp)
endif()
target_link_libraries(pymode_python PUBLIC pymode_common)
add_dependencies(pymode_python pymode_runtime)
