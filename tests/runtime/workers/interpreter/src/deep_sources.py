# SPDX-License-Identifier: MIT
"""Source text that is nested deeply, in every way that the grammar has."""

import ast
import functools
import symtable

from src.deep import Cases

CASES = Cases()
case = CASES.case


def comprehension(depth):
    return "[" * depth + "a" + " for a in b]" * depth


SOURCES = {
    "attributes": "a" + ".b" * 3000,
    "brackets": "(" * 199 + "1" + ")" * 199,
    "calls": "f(" * 90 + "1" + ")" * 90,
    "keywords": "f(a=" * 90 + "1" + ")" * 90,
    "dictionaries": "{**" * 90 + "a" + "}" * 90,
    "lambdas": "lambda a=1:" * 90 + "1",
    "tuples": "(" * 90 + "a" + ",)" * 90,
    "strings": "f'{" * 100 + "1" + "}'" * 100,
    "minus": "-" * 50_000 + "1",
    "sum": "+".join("a" * 20_000),
    "nested_if": "".join(" " * i + "if a:\n" for i in range(97)) + " " * 97 + "pass",
    "functions": "".join(" " * i + "def f(a=1, *b, c=2, **d):\n" for i in range(97))
    + " " * 97
    + "pass",
    "comprehensions": comprehension(15),
    "comprehensions_21": comprehension(21),
    "comprehensions_60": comprehension(60),
    "comprehensions_190": comprehension(190),
    "generators": "(" * 100 + "a" + " for a in b)" * 100,
    "sets": "{" * 100 + "a" + " for a in b}" * 100,
    "dicts": "{1: " * 100 + "a" + " for a in b}" * 100,
    "comprehensions_in_iterable": "[a for a in " * 100 + "b" + "]" * 100,
    "elif": "if a: pass\n" + "elif a: pass\n" * 5_000,
    "else_expression": "a if b else " * 5_000 + "c",
    "not": "not " * 20_000 + "a",
    "power": "a**" * 20_000 + "b",
    "await": "async def f(): " + "await (" * 150 + "a" + ")" * 150,
    "items": "a" + "[0]" * 20_000,
    "called": "a" + "()" * 20_000,
    "nested_items": "a[" * 190 + "0" + "]" * 190,
    "and": "a and (" * 190 + "b" + ")" * 190,
    "compared": "(a < " * 190 + "b" + ")" * 190,
    "patterns": "match a:\n case " + "[" * 190 + "b" + "]" * 190 + ": pass",
    "class_patterns": "match a:\n case " + "A(" * 190 + "b" + ")" * 190 + ": pass",
    "or_patterns": "match a:\n case " + "(1|" * 190 + "2" + ")" * 190 + ": pass",
    "targets": "[" * 190 + "a" + "]" * 190 + " = b",
    "deleted": "del " + "(" * 190 + "a" + ",)" * 190,
    "with": "with " + ", ".join("a" * 3_000) + ": pass",
    "nested_with": "".join(" " * i + "with a:\n" for i in range(19)) + " " * 19 + "pass",
    "nested_try": "".join(" " * i + "try:\n" for i in range(19))
    + " " * 19
    + "pass\n"
    + "".join(" " * (18 - i) + "finally: pass\n" for i in range(19)),
    "nested_for": "".join(" " * i + "for a in b:\n" for i in range(19)) + " " * 19 + "pass",
    "classes": "".join(" " * i + "class A[T](B):\n" for i in range(97)) + " " * 97 + "pass",
    "async_functions": "".join(" " * i + "async def f():\n" for i in range(97)) + " " * 97 + "pass",
    "decorators": "@a\n" * 5_000 + "def f(): pass",
    "assigned": "a = " * 20_000 + "b",
    "walrus": "(a := " * 190 + "b" + ")" * 190,
    "starred": "f(" + "*f(" * 189 + "a" + ")" * 190,
    "annotations": "a: " + "b[" * 190 + "c" + "]" * 190,
    "types": "type A = " + "b[" * 190 + "c" + "]" * 190,
    "slices": "a[" + "b[:" * 190 + "c" + "]" * 191,
    "lambda_defaults": "lambda a=(" * 190 + "1" + "): 1" * 190,
    "lambda_bodies": "lambda: " * 5_000 + "1",
    "implicit_strings": "'a' " * 20_000,
    "unpacked": "*a, " + "b, " * 20_000 + "= c",
    "yield": "def f(): " + "(yield " * 190 + "a" + ")" * 190,
    "format_specs": "f'{a:{b}}' " * 5_000,
    "constants": "-(" * 190 + "1" + ")" * 190,
    "folded_tuples": "(1, " * 190 + "2" + ")" * 190,
}
for name, source in SOURCES.items():
    CASES[name] = functools.partial(
        lambda text: type(compile(text, "deep", "exec")).__name__, source
    )


@case
def compiled_by_hand():
    tree = ast.Constant(1)
    for _ in range(20_000):
        tree = ast.UnaryOp(ast.USub(), tree, lineno=1, col_offset=0)
    return compile(ast.Expression(tree), "deep", "eval")


@case
def parsed_to_tree():
    return ast.parse("-" * 20_000 + "1")


@case
def symbols():
    return symtable.symtable("lambda: " * 300 + "1", "deep", "exec")
