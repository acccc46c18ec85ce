# SPDX-License-Identifier: MIT
# Every library comes from the system. All that is missing is reported at once, with the Debian
# packages to install.

set(PYMODE_MISSING_PACKAGES "")

# The name of a CMake package, how it is found (CONFIG or MODULE), the Debian package. A macro: what the package sets
# (Boost_VERSION_MAJOR) is for everybody.
macro(pymode_require package mode debian)
    if("${mode}" STREQUAL "CONFIG")
        find_package(${package} CONFIG QUIET)
    else()
        find_package(${package} MODULE QUIET)
    endif()
    if(NOT ${package}_FOUND)
        list(APPEND PYMODE_MISSING_PACKAGES ${debian})
    endif()
endmacro()

# libzip's own package file stops the configuration when its tools are not there, so they are
# looked for first.
foreach(tool zipcmp zipmerge ziptool)
    find_program(PYMODE_${tool} ${tool})
    mark_as_advanced(PYMODE_${tool})
    if(NOT PYMODE_${tool})
        list(APPEND PYMODE_MISSING_PACKAGES ${tool})
    endif()
endforeach()
if(NOT PYMODE_MISSING_PACKAGES)
    pymode_require(libzip CONFIG libzip-dev)
endif()

pymode_require(Boost CONFIG libboost-dev) # Beast, which is headers alone
pymode_require(CLI11 CONFIG libcli11-dev)
pymode_require(CURL MODULE libcurl4-openssl-dev)
pymode_require(fmt CONFIG libfmt-dev)
pymode_require(nlohmann_json CONFIG nlohmann-json3-dev)
pymode_require(OpenSSL MODULE libssl-dev)
pymode_require(spdlog CONFIG libspdlog-dev)
pymode_require(tomlplusplus CONFIG libtomlplusplus-dev)
pymode_require(Threads MODULE build-essential)
if(PYMODE_TESTS)
    pymode_require(Catch2 CONFIG catch2)
endif()
find_program(PYMODE_PYTHON NAMES python3)
if(NOT PYMODE_PYTHON)
    list(APPEND PYMODE_MISSING_PACKAGES python3)
endif()

if(PYMODE_MISSING_PACKAGES)
    list(JOIN PYMODE_MISSING_PACKAGES " " packages)
    message(FATAL_ERROR "Libraries or tools are missing. On Debian and Ubuntu:\n"
                        "  apt-get install ${packages}\n")
endif()

# Our targets become visible in folders below this one too.
foreach(target libzip::zip CURL::libcurl OpenSSL::Crypto OpenSSL::SSL Boost::headers)
    if(TARGET ${target})
        set_target_properties(${target} PROPERTIES IMPORTED_GLOBAL TRUE)
    endif()
endforeach()

if(CMAKE_BUILD_TYPE STREQUAL "Debug")
    find_program(PYMODE_CCACHE ccache)
    mark_as_advanced(PYMODE_CCACHE)
    if(PYMODE_CCACHE)
        set(CMAKE_CXX_COMPILER_LAUNCHER ${PYMODE_CCACHE})
    endif()
endif()
