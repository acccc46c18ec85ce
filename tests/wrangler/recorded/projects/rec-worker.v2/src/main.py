# SPDX-License-Identifier: MIT
from pathlib import Path

from pymode.workers import DurableObject


class Tally(DurableObject):
    def fetch(self, request):
        count = self.ctx.storage.get("count", 0) + 1
        self.ctx.storage.put("count", count)
        return str(count)


class Other(DurableObject):
    pass


def on_fetch(request, env):
    return Path(__file__).with_name("greeting.txt").read_text()


def on_scheduled(event):
    pass


def on_queue(batch):
    pass
