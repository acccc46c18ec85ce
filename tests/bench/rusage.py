# SPDX-License-Identifier: MIT
"""Runs a command and says what it took, as one JSON line on descriptor 3: rusage.py COMMAND…

`peak` is the largest resident set of the command and of what it waited for, in bytes.
"""

import json
import os
import sys
import time

start = time.perf_counter()
pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(pid, 0)
seconds = time.perf_counter() - start
answer = {
    "code": os.waitstatus_to_exitcode(status),
    "seconds": seconds,
    "cpu": usage.ru_utime + usage.ru_stime,
    "peak": usage.ru_maxrss * 1024,
}
os.write(3, json.dumps(answer).encode())
