# SPDX-License-Identifier: MIT
"""Runs one of CPython's own test files and tells how it went: /?name=test_json"""

import importlib
import io
import os
import sys
import unittest

WORK = "/tmp/work"


def on_fetch(request):
    prepare()
    name = request.query["name"]
    output = io.StringIO()
    suite = unittest.defaultTestLoader.loadTestsFromModule(importlib.import_module("test." + name))
    result = unittest.TextTestRunner(output, verbosity=1).run(suite)
    problems = {test.id(): text for test, text in [*result.failures, *result.errors]}
    return {
        "run": result.testsRun,
        "failed": len(problems),
        "skipped": len(result.skipped),
        "problems": problems,
        "unexpected": [test.id() for test in result.unexpectedSuccesses],
    }


def prepare():
    """What CPython's own runner (libregrtest) would set up."""
    os.makedirs(WORK, exist_ok=True)
    os.chdir(WORK)
    sys.path[:] = [entry for entry in sys.path if entry != ""]
    from test.support import threading_helper

    # test.support takes it for granted that a WASI build has no threads; this one has.
    threading_helper.can_start_thread = True
