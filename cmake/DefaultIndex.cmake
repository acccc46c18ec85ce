# SPDX-License-Identifier: MIT
# The package index that pymode asks when nobody names one. No host stands in this repository: the
# pip of this machine is asked, once, when the project is configured.
set(PYMODE_DEFAULT_INDEX_URL "" CACHE STRING "Simple index (PEP 503) by default; empty: pip's own")

# The URL of the pip that belongs to `python`, or nothing: what is configured, else pip's default.
function(pymode_ask_pip python result)
    set(${result} "" PARENT_SCOPE)
    set(ask [=[
import subprocess, sys
try:
    from pip._internal.models.index import PyPI
except ImportError:
    sys.exit(1)
found = {}
listed = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True)
for line in listed.stdout.splitlines():
    key, _, value = line.partition("=")
    found[key] = value.strip().strip("'\"")
for key in (":env:.index-url", "install.index-url", "global.index-url"):
    if found.get(key):
        print(found[key])
        break
else:
    print(PyPI.simple_url)
]=])
    execute_process(COMMAND ${python} -c "${ask}" OUTPUT_VARIABLE url ERROR_QUIET
        RESULT_VARIABLE status OUTPUT_STRIP_TRAILING_WHITESPACE)
    if(status EQUAL 0 AND url MATCHES "^(https?|file)://")
        set(${result} "${url}" PARENT_SCOPE)
    endif()
endfunction()

set(PYMODE_INDEX_URL_FOUND "${PYMODE_DEFAULT_INDEX_URL}")
if(NOT PYMODE_INDEX_URL_FOUND AND PYMODE_INDEX_URL_OF_PIP)
    set(PYMODE_INDEX_URL_FOUND "${PYMODE_INDEX_URL_OF_PIP}")
endif()
if(NOT PYMODE_INDEX_URL_FOUND)
    pymode_ask_pip(${PYMODE_PYTHON} PYMODE_INDEX_URL_FOUND)
    if(NOT PYMODE_INDEX_URL_FOUND)
        # A Python without pip can make an environment that has one, where python3-venv is there.
        execute_process(COMMAND ${PYMODE_PYTHON} -m venv ${CMAKE_BINARY_DIR}/ask-pip
            OUTPUT_QUIET ERROR_QUIET)
        pymode_ask_pip(${CMAKE_BINARY_DIR}/ask-pip/bin/python PYMODE_INDEX_URL_FOUND)
    endif()
    # A password of the machine that builds must not travel in the executable.
    string(REGEX REPLACE "^([a-z]+://)[^/@]*@" "\\1" PYMODE_INDEX_URL_FOUND
        "${PYMODE_INDEX_URL_FOUND}")
    set(PYMODE_INDEX_URL_OF_PIP "${PYMODE_INDEX_URL_FOUND}" CACHE INTERNAL "What pip said")
endif()
if(NOT PYMODE_INDEX_URL_FOUND)
    message(FATAL_ERROR "No package index is known: ${PYMODE_PYTHON} has no pip that could be asked.\n"
                        "Install python3-pip or python3-venv, or say which index pymode is to ask:\n"
                        "  cmake -DPYMODE_DEFAULT_INDEX_URL=https://HOST/simple …\n")
endif()
