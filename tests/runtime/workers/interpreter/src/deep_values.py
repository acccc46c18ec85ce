# SPDX-License-Identifier: MIT
"""Recursion that CPython does not count: values nested in values of the same kind. Natively most
of it ends the process. Every case ends here, well or in an exception; what was nested is freed
afterwards, in one go."""

import collections
import csv
import functools
import itertools
import operator
import types
import weakref
import xml.etree.ElementTree as ElementTree

from src.deep import Cases, identity, nested

CASES = Cases()
case = CASES.case


class Referable(weakref.ref):
    """A weak reference that can be referred to weakly itself."""

    __slots__ = ("__weakref__", "kept")

    def __new__(cls, target):
        self = super().__new__(cls, target)
        self.kept = target
        return self

    def __init__(self, target):
        super().__init__(target)


class Noted(functools.partial):
    """A partial that is not flattened, since it has attributes."""


def noted(function):
    result = Noted(function)
    result.note = 1
    return result


def methods():
    return nested(lambda value: types.MethodType(value, 1), identity)


def aliases():
    return nested(lambda value: types.GenericAlias(value, int), int)


def proxies():
    return nested(types.MappingProxyType, {"a": 1})


def closures():
    def around(inner):
        return lambda: inner

    return nested(around)


# Calls.


@case
def bound_methods():
    return methods()()


@case
def partials():
    return nested(noted, identity)()


@case
def static_methods():
    return nested(staticmethod, identity)()


@case
def aliases_called():
    return aliases()()


# Hashes.


@case
def hash_of_methods():
    return hash(methods())


@case
def hash_of_aliases():
    return hash(aliases())


@case
def hash_of_slices():
    return hash(nested(lambda value: slice(value, 0)))


@case
def hash_of_proxies():
    return hash(proxies())


@case
def hash_of_references():
    return hash(nested(Referable, identity))


@case
def hash_of_frozen_sets():
    return hash(nested(lambda value: frozenset((value,))))


# Attributes.


@case
def attributes_of_methods():
    return methods().note


@case
def attributes_of_aliases():
    return aliases().note


@case
def attributes_of_partials():
    return nested(noted, identity).note


@case
def abstract_properties():
    return nested(property).__isabstractmethod__


@case
def abstract_static_methods():
    return nested(staticmethod, identity).__isabstractmethod__


@case
def abstract_class_methods():
    return nested(classmethod, identity).__isabstractmethod__


@case
def class_methods_bound():
    return nested(classmethod, identity).__get__(None, int)


@case
def parameters_of_lists():
    return types.GenericAlias(list, nested(lambda value: [value], int)).__parameters__


@case
def parameters_of_tuples():
    return types.GenericAlias(list, (nested(lambda value: (value,), int),)).__parameters__


@case
def parameters_of_aliases():
    return nested(lambda value: list[value], int).__parameters__


# Items.


@case
def item_of_proxies():
    return proxies()["a"]


@case
def length_of_proxies():
    return len(proxies())


@case
def truth_of_proxies():
    return not proxies()


@case
def member_of_proxies():
    return "a" in proxies()


@case
def iterator_of_proxies():
    return iter(proxies())


@case
def reversed_proxies():
    return reversed(proxies())


@case
def union_of_proxies():
    return proxies() | proxies()


@case
def equal_proxies():
    return proxies() == proxies()


@case
def represented_proxies():
    return repr(proxies())


@case
def method_of_proxies():
    return proxies().get("a")


@case
def copied_proxies():
    return proxies().copy()


# Comparisons and representations, which CPython counts.


@case
def equal_methods():
    return methods() == methods()


@case
def equal_dicts():
    return nested(lambda value: {1: value}) == nested(lambda value: {1: value})


@case
def represented_deques():
    return repr(nested(lambda value: collections.deque((value,))))


@case
def represented_partials():
    return repr(nested(noted, identity))


@case
def represented_aliases():
    return repr(aliases())


@case
def represented_namespaces():
    return repr(nested(lambda value: types.SimpleNamespace(a=value)))


# Iterators.


def iterated(make):
    def run():
        return next(nested(make, iter([[1]])))

    return run


ITERATORS = {
    "csv": csv.reader,
    "enumerate": enumerate,
    "filter": lambda value: filter(None, value),
    "zip": zip,
    "tee": lambda value: itertools.tee(value, 1)[0],
    "islice": lambda value: itertools.islice(value, 5),
    "groupby": itertools.groupby,
    "starmap": lambda value: itertools.starmap(identity, value),
    "takewhile": lambda value: itertools.takewhile(identity, value),
    "accumulate": itertools.accumulate,
    "cycle": itertools.cycle,
    "pairwise": itertools.pairwise,
    "batched": lambda value: itertools.batched(value, 1, strict=False),
    "chain_of": lambda value: itertools.chain.from_iterable([value]),
    "called": lambda value: iter(value.__next__, None),
    "generator": lambda value: (item for item in value),
}
for name, make in ITERATORS.items():
    run = iterated(make)
    run.__name__ = f"next_of_{name}"
    case(run)


# Generators and coroutines that delegate to each other.


def delegate(depth):
    if depth:
        yield from delegate(depth - 1)
    else:
        yield


def started():
    generator = delegate(3_000)
    next(generator)
    return generator


def delegate_to(inner):
    yield from inner


def built():
    """Begun inside out: each `next` passes through all that were there before."""
    generator = delegate(0)
    next(generator)
    try:
        for _ in range(20_000):
            outer = delegate_to(generator)
            next(outer)
            generator = outer
    except (RecursionError, StopIteration):
        return outer
    return generator


@case
def thrown_into_generators():
    return started().throw(ValueError)


@case
def closed_generators():
    return started().close()


@case
def dropped_generators():
    return started() and None


@case
def thrown_into_delegates():
    return built().throw(ValueError)


@case
def closed_delegates():
    return built().close()


async def await_deep(depth):
    if depth:
        return await await_deep(depth - 1)
    return await Suspended()


class Suspended:
    def __await__(self):
        yield


@case
def cancelled_coroutines():
    coroutine = await_deep(3_000)
    try:
        coroutine.send(None)
    except RecursionError:
        return None
    return coroutine.throw(ValueError)


@case
def closed_coroutines():
    coroutine = await_deep(3_000)
    coroutine.send(None)
    return coroutine.close()


class Asynchronous:
    def __aiter__(self):
        return self

    async def __anext__(self):
        return 1


@case
def awaited_with_default():
    return nested(lambda value: anext(Asynchronous(), value), None).__await__().send(None)


# Classes.


def classes():
    return nested(lambda value: type("Deep", (value,), {}), object, 1200)


@case
def inherited():
    return classes()


@case
def changed_ancestor():
    class Root:
        pass

    last = nested(lambda value: type("Deep", (value,), {}), Root, 1200)
    for _ in range(3):
        last().__class__
        getattr(last, "missing", None)
        Root.note = 1
        Root.__len__ = lambda self: 3
    return len(last())


# Exceptions.


@case
def chained_exceptions():
    def linked(cause):
        error = ValueError()
        error.__cause__ = cause
        return error

    return nested(linked)


@case
def split_groups():
    group = nested(lambda value: ExceptionGroup("", [value]), ValueError(), 20_000)
    return group.split(TypeError)


@case
def represented_groups():
    return repr(nested(lambda value: ExceptionGroup("", [value]), ValueError(), 20_000))


# Freed in one go, with nothing between that counts.


@case
def freed_closures():
    return closures() and None


@case
def freed_generators():
    return nested(delegate_to) and None


@case
def freed_functions():
    def decorated(function):
        @functools.wraps(function)
        def wrapper():
            return function()

        return wrapper

    return nested(decorated, identity, 50_000) and None


@case
def freed_instances():
    class Link:
        __slots__ = ("next",)

        def __init__(self, following):
            self.next = following

    return nested(Link) and None


@case
def freed_with_finalizers():
    class Link:
        def __init__(self, following):
            self.next = following

        def __del__(self):
            pass

    return nested(Link, None, 20_000) and None


@case
def freed_cells():
    return nested(types.CellType) and None


@case
def freed_views():
    return nested(lambda value: memoryview(value), b"a") and None


@case
def freed_elements():
    def child(parent):
        element = ElementTree.Element("a")
        if parent is not None:
            element.append(parent)
        return element

    return nested(child) and None


@case
def freed_deques():
    return nested(lambda value: collections.deque((value,))) and None


@case
def freed_ordered():
    return nested(lambda value: collections.OrderedDict(a=value)) and None


@case
def freed_getters():
    return nested(lambda value: operator.methodcaller("a", value)) and None
