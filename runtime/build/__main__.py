# SPDX-License-Identifier: MIT
"""``python3 -m runtime.build``: builds what is missing and fills the output folder."""

from __future__ import annotations

import sys

from .cli import main

sys.exit(main(sys.argv[1:]))
