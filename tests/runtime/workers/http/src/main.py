# SPDX-License-Identifier: MIT
"""Answers whose form on the wire matters. tests/runtime/http.test.mjs looks at it."""

import gzip
import os
import threading
import time

from pymode.workers import Request, Response

TEXT = b"squeezed " * 1000
finished = []


def on_fetch(request: Request, env, ctx):
    return ROUTES[request.path](request)


def hello(request):
    return Response("hello", headers={"X-Method": request.method})


def squeezed(request):
    return Response(
        gzip.compress(TEXT), headers={"Content-Encoding": "gzip", "Content-Type": "text/plain"}
    )


def wrong_length(request):
    return Response("twelve bytes", headers={"Content-Length": "5"})


def pieces(request):
    yield b"one "
    time.sleep(0.01)
    yield b"two"


def sized(request):
    return Response(pieces(request), headers={"Content-Length": "7"})


def streamed(request):
    return Response(pieces(request))


def size(request):
    return str(len(request.bytes()))


def slow(request):
    try:
        time.sleep(0.3)
    finally:
        finished.append("slow")
    return "nobody reads this"


def seen(request):
    return [finished, threading.active_count()]


def exits(request):
    os._exit(3)


def unload(request):
    """A side module that is not there, and a file that is none."""
    from importlib.machinery import ExtensionFileLoader, ModuleSpec

    problems = []
    for path in ("/nowhere/x.so", "/app/src/main.py"):
        loader = ExtensionFileLoader("x", path)
        try:
            loader.create_module(ModuleSpec("x", loader, origin=path))
        except ImportError as error:
            problems.append(str(error))
    return problems


def libraries(request):
    import bz2
    import lzma
    import sqlite3
    import unicodedata
    import xml.etree.ElementTree as tree

    data = bytes(range(256)) * 100
    return {
        "bz2": bz2.decompress(bz2.compress(data)) == data,
        "lzma": lzma.decompress(lzma.compress(data)) == data,
        "sqlite3": sqlite3.connect(":memory:")
        .execute("select upper('a') || sqlite_version() > ''")
        .fetchone(),
        "unicodedata": unicodedata.name("ä"),
        "tree": tree.fromstring("<a><b>c</b></a>")[0].text,
        "jp": "日本".encode("shift_jis").hex(),
    }


ROUTES = {
    "/" + function.__name__: function for function in list(globals().values()) if callable(function)
}
