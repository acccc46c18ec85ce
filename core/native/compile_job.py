# SPDX-License-Identifier: MIT
"""Compiles modules: a line of JSON and the sources in, a line of JSON and the bytecode out.

in   {"modules": [{"path": "/app/main.py", "size": 12, "package": false}, ...]}, then the sources,
     one after the other
out  {"modules": [{"size": 345, "names": ["on_fetch"]}, ...]}, then the .pyc files; for a file of a
     package that does not compile {"size": 0, "failure": ...}; or
     {"error": {"kind": "SyntaxError", "message": ..., "path": ..., "line": ..., "column": ...,
                "text": ...}}
"""

import gc
import importlib.util
import json
import marshal
import re
import symtable
import sys

STAR_IMPORT = re.compile(rb"^[ \t]*from[ \t][^\n#]*[ \t]import[ \t]*\(?[ \t]*\*", re.MULTILINE)
UNCHECKED_HASH = (0b01).to_bytes(4, "little")


class Failure(Exception):
    def __init__(self, report):
        self.report = report


def report(path, error):
    """A SyntaxError as data; columns count bytes from 1, 0 is unknown."""
    if not isinstance(error, SyntaxError):
        return {"kind": type(error).__name__, "message": str(error), "path": path,
                "line": 0, "column": 0, "text": ""}
    line = (error.text or "").split("\n")[0].rstrip("\r")
    offset = error.offset or 0
    column = len(line[: offset - 1].encode("utf-8", "replace")) + 1 if offset > 0 else 0
    return {"kind": type(error).__name__, "message": error.msg, "path": path,
            "line": error.lineno or 0, "column": column, "text": line}


def bound_names(path, source):
    """What the module binds at its top level; "*" stands for names that a star import brings."""
    symbols = symtable.symtable(source, path, "exec").get_symbols()
    names = {s.get_name() for s in symbols
             if s.is_assigned() or s.is_imported() or s.is_namespace()}
    if STAR_IMPORT.search(source):
        names.add("*")
    return sorted(names)


def make_pyc(path, source):
    code = compile(source, path, "exec", dont_inherit=True)
    return b"".join((importlib.util.MAGIC_NUMBER, UNCHECKED_HASH,
                     importlib.util.source_hash(source), marshal.dumps(code)))


def compile_module(module, source):
    """The .pyc and what is said of it."""
    path = module["path"]
    try:
        pyc = make_pyc(path, source)
        if module.get("package"):
            return pyc, {"size": len(pyc)}
        return pyc, {"size": len(pyc), "names": bound_names(path, source)}
    except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError) as error:
        said = report(path, error)
        if not module.get("package"):
            raise Failure(said) from error
        failure = f"{said['kind']}: {said['message']} (line {said['line']})"
        return b"", {"size": 0, "failure": failure}


def main():
    gc.disable()  # a compiler makes no cycles worth a collector: 9 % of the time (1,003 modules)
    stdin = sys.stdin.buffer
    try:
        compiled = [compile_module(module, stdin.read(module["size"]))
                    for module in json.loads(stdin.readline())["modules"]]
        header = {"modules": [said for _, said in compiled]}
    except Failure as failure:
        compiled = []
        header = {"error": failure.report}
    stdout = sys.stdout.buffer
    stdout.write(json.dumps(header).encode() + b"\n")
    for pyc, _ in compiled:
        stdout.write(pyc)
    stdout.flush()


main()
