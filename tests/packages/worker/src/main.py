# SPDX-License-Identifier: MIT
"""Runs the code that a test sends, each time in a namespace of its own."""

import traceback
import warnings

warnings.simplefilter("ignore", DeprecationWarning)


def on_fetch(request, env):
    scope = {"__name__": "case", "env": env}
    try:
        exec(compile(request.text(), "<case>", "exec"), scope)
    except Exception:
        return {"error": traceback.format_exc()}
    return {"result": scope.get("result")}
