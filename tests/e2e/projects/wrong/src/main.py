# SPDX-License-Identifier: MIT
"""What goes wrong in handlers; tests/e2e/wrong.test.ts asks for each."""


def broken_body(request):
    return request.json()


def wrong_type(request):
    return 42


def descend(depth):
    return 0 if depth == 0 else 1 + descend(depth - 1)


def recursion(request):
    return str(descend(100_000))


def allocation(request):
    return str(len(bytearray(1 << 30)))


def on_fetch(request, env):
    return globals()[request.path.removeprefix("/")](request)
