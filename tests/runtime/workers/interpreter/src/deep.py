# SPDX-License-Identifier: MIT
"""Recursion of every kind that might end in a trap. Each case ends, well or in an exception."""

import copy
import functools
import itertools
import json
import pickle
import re
import sqlite3
import sys

DEEP = 100_000

sys.setrecursionlimit(200_000)

CASES = {}


def case(function):
    CASES[function.__name__] = function
    return function


def nested(make, seed=None, depth=DEEP):
    value = seed
    for _ in range(depth):
        value = make(value)
    return value


def identity(*arguments):
    return arguments


class Cases(dict):
    """Cases whose outcome is the type of what they return, for values too deep to be shown."""

    def case(self, function):
        self[function.__name__] = lambda: type(function()).__name__
        return function


@case
def sorted_key():
    return sorted([1, 2], key=lambda _: sorted_key())


@case
def compared_by_key():
    def compare(a, b):
        return len(sorted([2, 1], key=functools.cmp_to_key(compare)))

    return compare(1, 2)


@case
def substituted():
    def replace(match):
        return re.sub("a", replace, "a")

    return replace(None)


@case
def attribute():
    class Endless:
        def __getattr__(self, name):
            return getattr(self, name + "x")

    return Endless().a


@case
def represented():
    class Endless:
        def __repr__(self):
            return repr(self)

    return repr(Endless())


@case
def compared():
    return nested(lambda value: [value]) == nested(lambda value: [value])


@case
def represented_list():
    return len(repr(nested(lambda value: [value])))


@case
def hashed():
    return hash(nested(lambda value: (value,)))


@case
def instance_of():
    return isinstance("", nested(lambda value: (value,), int))


@case
def chained():
    return next(nested(itertools.chain, iter([1])))


@case
def mapped():
    return next(nested(lambda value: map(abs, value), iter([1])))


@case
def json_read():
    return json.loads("[" * DEEP)


@case
def json_written():
    return json.dumps(nested(lambda value: [value]))


@case
def pickled():
    return len(pickle.dumps(nested(lambda value: [value])))


@case
def copied():
    return len(copy.deepcopy(nested(lambda value: [value])))


@case
def freed():
    nested(lambda value: (value,))
    return "freed"


@case
def sql_function():
    connection = sqlite3.connect(":memory:")

    def again(value):
        return connection.execute("select again(1)").fetchone()[0]

    connection.create_function("again", 1, again)
    return connection.execute("select again(1)").fetchone()
