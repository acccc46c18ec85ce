# SPDX-License-Identifier: MIT
"""Tests of the Worker's Python packages under an ordinary CPython 3.13.

python3.13 tests/runtime/python_unit/run.py [-v] [NAME…]
"""

import sys
import unittest

import support

if __name__ == "__main__":
    if sys.version_info[:2] != (3, 13):
        sys.exit(f"these packages are for Python 3.13, this is {sys.version.split()[0]}")
    names = [a for a in sys.argv[1:] if not a.startswith("-")]
    flags = [a for a in sys.argv[1:] if a.startswith("-")]
    discover = ["discover", "-s", str(support.HERE)]
    unittest.main(module=None, argv=["run.py", *(names or discover), *flags])
