# SPDX-License-Identifier: MIT
"""What the Worker's Python adds to the standard library. Programs import `pymode.workers`."""
