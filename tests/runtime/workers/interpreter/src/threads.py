# SPDX-License-Identifier: MIT
"""Green threads."""

import queue
import select
import threading
import time

import _pymode

CASES = {}
log = []
wake, waiting = threading.Event(), threading.Event()


def case(function):
    CASES[function.__name__] = function
    return function


def hand_to_and_fro(turns):
    """Two threads that take turns: each turn suspends both."""
    here, there = threading.Semaphore(0), threading.Semaphore(0)

    def answer():
        for _ in range(turns):
            there.acquire()
            here.release()

    thread = threading.Thread(target=answer)
    thread.start()
    for _ in range(turns):
        there.release()
        here.acquire()
    thread.join()


@case
def joined_for_ever():
    lock = threading.Lock()
    lock.acquire()
    thread = threading.Thread(target=lock.acquire)
    thread.start()
    thread.join()


@case
def queue_for_ever():
    queue.Queue().get()


@case
def event_for_ever():
    threading.Event().wait()


@case
def left_behind():
    """A thread that waits when its request is over: it is cancelled, and its `finally` runs."""

    def wait():
        try:
            threading.Event().wait()
        except SystemExit:
            log.append("cancelled")
            raise
        finally:
            log.append("finally")

    threading.Thread(target=wait).start()
    return "answered"


@case
def what_was_left():
    return log


@case
def stack_sizes():
    accepted = []
    for size in (1024, 64 << 10, 1 << 20, 32 << 20, 64 << 20):
        try:
            threading.stack_size(size)
        except ValueError:
            continue
        accepted.append(size)
    threading.stack_size(0)
    return accepted


@case
def as_many_as_possible():
    event = threading.Event()
    threads = []
    try:
        for _ in range(2000):
            thread = threading.Thread(target=event.wait)
            thread.start()
            threads.append(thread)
    except RuntimeError as error:
        reason = str(error)
    event.set()
    for thread in threads:
        thread.join()
    return [len(threads) > 100, reason]


@case
def hand_over():
    """Eight producers and a small queue: every put blocks."""
    line = queue.Queue(2)
    threads = [
        threading.Thread(target=lambda i=i: [line.put((i, k)) for k in range(20)]) for i in range(8)
    ]
    for thread in threads:
        thread.start()
    items = {line.get() for _ in range(160)}
    for thread in threads:
        thread.join()
    return len(items)


@case
def counted():
    """Eight threads that compute take turns, and a lock keeps them apart."""
    lock = threading.Lock()
    total = 0

    def add():
        nonlocal total
        for _ in range(20_000):
            with lock:
                total += 1

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return total


@case
def spinning():
    """A loop that never gives up its turn does not keep a timer from ending it."""
    done = []
    threading.Timer(0.01, lambda: done.append(1)).start()
    while not done:
        pass
    return "ended"


@case
def yielding():
    done = []
    threading.Timer(0.01, lambda: done.append(1)).start()
    while not done:
        time.sleep(0)
    return "ended"


@case
def time_limits():
    start = time.monotonic()
    condition = threading.Condition()
    with condition:
        waited = condition.wait(0.02)
    acquired = threading.Semaphore(0).acquire(timeout=0.02)
    selected = select.select([], [], [], 0.02)
    return [waited, acquired, selected, time.monotonic() - start >= 0.055]


@case
def local_data():
    local = threading.local()
    seen = queue.Queue()

    def remember(number):
        local.number = number
        time.sleep(0.001)
        seen.put(local.number == number)

    threads = [threading.Thread(target=remember, args=(i,)) for i in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [seen.get() for _ in range(10)].count(True)


@case
def allocations():
    outcomes = []
    for make in (
        lambda: bytearray(1 << 30),
        lambda: "x" * (1 << 30),
        lambda: [0] * (1 << 28),
        lambda: list(range(50_000_000)),
    ):
        try:
            make()
            outcomes.append("made")
        except MemoryError:
            outcomes.append("MemoryError")
    return [*outcomes, _pymode.memory() <= 120 << 20]


@case
def is_awaited():
    """Whether a request waits in `own_request`."""
    return waiting.is_set()
