# SPDX-License-Identifier: MIT
from pathlib import Path

from lib.x import X


def on_fetch(request, env):
    return f"{X} {Path(__file__).parent.joinpath('lib/note.txt').read_text()}"
