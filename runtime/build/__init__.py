# SPDX-License-Identifier: MIT
"""Builds the runtime: CPython for the Worker and for the executable, side modules, snapshot and
image.

Run as ``python3 -m runtime.build`` from the root of the repository; needs Python 3.11 and nothing
else.
"""
