# SPDX-License-Identifier: MIT
"""dialogue.py TEXT=ANSWER… -- COMMAND…: runs it on a pseudo-terminal and answers its questions.

Each ANSWER is typed once its TEXT has appeared. What the terminal received goes to standard output.
"""

import os
import pty
import sys

separator = sys.argv.index("--")
dialogue = [item.split("=", 1) for item in sys.argv[1:separator]]
command = sys.argv[separator + 1 :]
pid, terminal = pty.fork()
if pid == 0:
    os.execv(command[0], command)
received = b""
answered = 0
while True:
    try:
        data = os.read(terminal, 65536)
    except OSError:  # Linux answers EIO when the other side is closed
        break
    if not data:
        break
    received += data
    while dialogue and dialogue[0][0].encode() in received[answered:]:
        text, answer = dialogue.pop(0)
        answered = received.index(text.encode(), answered) + len(text.encode())
        os.write(terminal, answer.encode())
os.write(1, received)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
