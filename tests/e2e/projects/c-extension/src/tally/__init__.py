# SPDX-License-Identifier: MIT
"""Counts."""

from ._tally import Tally

__all__ = ["Tally"]
