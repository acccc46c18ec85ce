# SPDX-License-Identifier: MIT
"""Imports every module of the standard library and tells which ones raise, and how."""

import os
import sys

from pymode._missing_table import REASONS

LIBRARY = "/lib/python3.13"


def on_fetch(request):
    left_out = {name for name in REASONS if "." in name}
    names = sorted(found() | set(sys.stdlib_module_names) | left_out)
    failures = {}
    for name in names:
        try:
            __import__(name)
        except BaseException as error:
            failures[name] = f"{type(error).__name__}: {error}"
    return {"tried": len(names), "failures": failures}


def found():
    """Names of everything importable: files of the image, built-in and frozen modules."""
    names = set(sys.builtin_module_names)
    for folder, folders, files in os.walk(LIBRARY):
        if folder == LIBRARY:
            folders[:] = [f for f in folders if f not in ("lib-dynload", "site-packages")]
            names.update(f.split(".")[0] for f in os.listdir(LIBRARY + "/lib-dynload"))
        package = folder[len(LIBRARY) + 1 :].replace("/", ".")
        for file in files:
            stem, _, suffix = file.partition(".")
            if suffix != "pyc" or stem == "__main__":
                continue  # a __main__ is a program, to be run and not to be imported
            name = package if stem == "__init__" else f"{package}.{stem}".lstrip(".")
            names.add(name)
    names.discard("")
    return names
