"""Binds a socket as systemd does, and becomes the program with it as file 3: KIND PLACE MODE PROGRAM.."""

import os
import socket
import sys

kind, place, mode, *program = sys.argv[1:]
family = socket.AF_INET if kind == "tcp" else socket.AF_UNIX
given = socket.socket(family, socket.SOCK_DGRAM if kind == "datagram" else socket.SOCK_STREAM)
if kind == "tcp":
    given.bind(("127.0.0.1", 0))
else:
    os.makedirs(os.path.dirname(place), 0o700, exist_ok=True)
    given.bind(place)
    os.chmod(place, int(mode, 8))
if kind != "datagram":
    given.listen()
keep = os.dup(given.fileno())
os.dup2(keep, 3)
os.set_inheritable(3, True)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="2" if kind == "two" else "1")
os.execvp(program[0], program)
