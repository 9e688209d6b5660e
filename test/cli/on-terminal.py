"""Runs a command on a terminal of its own and types into it.

Reads {"command": [...], "env": {...}, "steps": [[expected, typed, shell?], ...], "columns": n} from standard input; writes
{"output": all that the terminal showed, "status": exit status, or minus the signal}.
A step waits until `expected` has been shown since the step before, runs the command `shell` if there is one, then
types `typed`.
"""

import fcntl
import json
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time

task = json.load(sys.stdin)
pid, terminal = pty.fork()
if pid == 0:
    os.environ.update(task["env"])
    os.execvp(task["command"][0], task["command"])
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, task["columns"], 0, 0))

shown = b""
seen = 0
steps = list(task["steps"])
deadline = time.time() + 60
while time.time() < deadline:
    readable, _, _ = select.select([terminal], [], [], 0.1)
    if readable:
        try:
            piece = os.read(terminal, 65536)
        except OSError:
            break
        if not piece:
            break
        shown += piece
    while steps and steps[0][0].encode() in shown[seen:]:
        expected, typed, *shell = steps.pop(0)
        seen = shown.index(expected.encode(), seen) + len(expected.encode())
        for command in shell:
            subprocess.run(command, shell=True, check=True)
        os.write(terminal, typed.encode())
else:
    os.kill(pid, 9)
_, status = os.waitpid(pid, 0)
json.dump({"output": shown.decode("utf8", "replace"), "status": os.waitstatus_to_exitcode(status)}, sys.stdout)
