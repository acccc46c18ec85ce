# SPDX-License-Identifier: MIT
"""Imports what the query names."""

import importlib

from pymode.workers import Request, Response


def on_fetch(request: Request) -> Response:
    try:
        importlib.import_module(request.query["module"])
    except ImportError as error:
        return Response(f"{type(error).__name__}: {error}")
    return Response("imported")
