# SPDX-License-Identifier: MIT
"""Recursion in the C libraries of the standard library: marshal, pickle, re, expat, SQLite."""

import copy
import functools
import marshal
import pickle
import re
import sqlite3
import xml.etree.ElementTree as ElementTree

from src.deep import DEEP, Cases, identity, nested

CASES = Cases()
case = CASES.case


# Serialisation.


@case
def marshalled():
    return marshal.dumps(nested(lambda value: (value,)))


@case
def unmarshalled():
    return marshal.loads(b"\xa9\x01" * 1990 + b"N")


@case
def unmarshalled_lists():
    return marshal.loads(b"[\x01\0\0\0" * 1990 + b"N")


@case
def unpickled():
    return pickle.loads(b"N" + b"\x85" * DEEP + b".")


@case
def pickled_dicts():
    return pickle.dumps(nested(lambda value: {1: value}))


# C libraries.


def element(depth):
    root = ElementTree.Element("a")
    last = root
    for _ in range(depth):
        last = ElementTree.SubElement(last, "a")
    return root


@case
def copied_elements():
    return copy.deepcopy(element(20_000))


@case
def pickled_elements():
    return pickle.dumps(element(20_000))


@case
def text_of_elements():
    return list(element(20_000).itertext())


@case
def parsed_elements():
    return ElementTree.fromstring("<a>" * 20_000 + "</a>" * 20_000)


@case
def written_elements():
    return ElementTree.tostring(element(20_000))


@case
def content_model():
    from xml.parsers import expat

    parser = expat.ParserCreate()
    parser.ElementDeclHandler = identity
    model = "(" * 20_000 + "a" + ")" * 20_000
    return parser.Parse(f"<!DOCTYPE a [<!ELEMENT a {model}>]><a/>", True)


@case
def pattern_of_groups():
    return re.compile("(?:a" * 5_000 + ")?" * 5_000)


@case
def pattern_matched():
    return re.match("(?:" * 90 + "a" + "b?)*" * 90, "ab" * 20_000)


def queried(sql, *values):
    return sqlite3.connect(":memory:").execute(sql, values).fetchone()


QUERIES = {
    "sum": "select " + "+".join("1" * 990),
    "minus": "select " + "-(" * 400 + "1" + ")" * 400,
    "not": "select " + "not " * 990 + "1",
    "cases": "select " + "case when 1 then " * 300 + "1" + " end" * 300,
    "selects": "select (" * 80 + "select 1" + ")" * 80,
    "from": "select * from (" * 80 + "select 1" + ")" * 80,
    "calls": "select " + "abs(" * 300 + "1" + ")" * 300,
    "unions": "select 1" + " union all select 1" * 490,
    "like": "select '" + "a" * 5_000 + "' like '" + "%a" * 2_499 + "b'",
    "glob": "select '" + "a" * 5_000 + "' glob '" + "*a" * 2_499 + "b'",
    "long_pattern": "select 'a' like '" + "%a" * 24_000 + "'",
    "json": "select json('" + "[" * 990 + "]" * 990 + "')",
    "json_deeper": "select json('" + "[" * 5_000 + "]" * 5_000 + "')",
    "json_patch": "select json_patch('" + "','".join(['{"a":' * 900 + "1" + "}" * 900] * 2) + "')",
    "json_tree": "select count(*) from json_tree('" + "[" * 900 + "]" * 900 + "')",
    "with": "with recursive n(i) as (select 1 union all select i+1 from n where i<20000)"
    " select count(*) from n",
}
for name, sql in QUERIES.items():
    CASES[f"sql_{name}"] = functools.partial(lambda text: type(queried(text)).__name__, sql)


@case
def sql_triggers():
    connection = sqlite3.connect(":memory:")
    connection.executescript(
        "pragma recursive_triggers=on; create table a(i);"
        "create trigger t after insert on a begin insert into a values(new.i + 1); end;"
    )
    return connection.execute("insert into a values(1)")


@case
def sql_views():
    connection = sqlite3.connect(":memory:")
    connection.execute("create view v0 as select 1 as a")
    for i in range(300):
        connection.execute(f"create view v{i + 1} as select a from v{i}")
    return connection.execute("select a from v300").fetchone()
