# SPDX-License-Identifier: MIT
"""The standard library's HTTP clients in a Worker: each route is one of them."""

import http.client
import json
import threading
import urllib.error
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar


def on_fetch(request, env):
    return ROUTES[request.path](env.UPSTREAM)


def get(upstream):
    with urllib.request.urlopen(upstream + "/echo?q=%C3%A4") as response:
        return [response.status, response.headers.get_all("Set-Cookie"), json.load(response)]


def post(upstream):
    data = urllib.parse.urlencode({"a": "ü"}).encode()
    request = urllib.request.Request(upstream + "/echo", data, {"X-Own": "yes"}, method="PUT")
    with urllib.request.urlopen(request) as response:
        answer = json.load(response)
    return [answer[name] for name in ("method", "body", "type", "own")]


def redirect(upstream):
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    opener.open(upstream + "/echo").read()
    with opener.open(upstream + "/redirect") as response:
        answer = json.load(response)
    return [response.url.removeprefix(upstream), answer["url"], answer["cookie"]]


def errors(upstream):
    seen = []
    try:
        urllib.request.urlopen(upstream + "/teapot")
    except urllib.error.HTTPError as error:
        seen.append([error.code, error.reason, error.read().decode()])
    try:
        urllib.request.urlopen("http://127.0.0.1:1/")
    except urllib.error.URLError as error:
        seen.append(type(error.reason).__name__)
    try:
        urllib.request.urlopen(upstream + "/silent", timeout=0.05)
    except TimeoutError:
        seen.append("timeout")
    try:
        with urllib.request.urlopen(upstream + "/broken") as response:
            response.read()
    except (OSError, http.client.HTTPException) as error:
        seen.append(type(error).__name__)
    return seen


def low(upstream):
    host = upstream.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=30)
    connection.request("GET", "/gzip")
    packed = connection.getresponse()
    text = packed.read().decode()
    connection.request("HEAD", "/bytes")
    head = connection.getresponse()
    head.read()
    connection.request("GET", "/bytes")
    data = connection.getresponse().read()
    connection.request("DELETE", "/nothing")
    nothing = connection.getresponse()
    pieces = (piece for piece in (b"one", b"two", b"three"))
    chunked = {"Transfer-Encoding": "chunked"}
    connection.request("POST", "/echo", pieces, encode_chunked=True, headers=chunked)
    sent = json.load(connection.getresponse())
    return [
        len(text),
        packed.getheader("content-encoding"),
        head.status,
        data == bytes(i % 251 for i in range(100_000)),
        [nothing.status, nothing.read().decode()],
        sent["body"],
    ]


def pieces(upstream):
    with urllib.request.urlopen(upstream + "/pieces") as response:
        return [line.decode().strip() for line in response]


def together(upstream):
    """Requests of many threads overlap."""
    results = []

    def one(number):
        with urllib.request.urlopen(f"{upstream}/echo?{number}") as response:
            results.append(json.load(response)["url"])

    threads = [threading.Thread(target=one, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(results)


ROUTES = {f"/{f.__name__}": f for f in (get, post, redirect, errors, low, pieces, together)}
