"""``python forked_client.py SOCKET -m NAME ...``: has a fork of the process behind the socket run a module, as if it ran here.

Started for every job, so it imports hardly anything.
"""

import json
import os
import signal
import socket
import sys

LENGTH_BYTES = 8
"""Of the length of a request, sent before it together with this process's input and output."""


def ask(path: str, words: list[str]) -> int:
    """Have a program run for this process; return its exit status."""
    request = {"words": words, "folder": os.getcwd(), "environment": dict(os.environ), "group": os.getpgrp()}  # noqa: PTH109
    data = json.dumps(request).encode()
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        socket.send_fds(connection, [len(data).to_bytes(LENGTH_BYTES, "big")], [0, 1, 2])
        connection.sendall(data)
        status = int(connection.recv(16) or -signal.SIGKILL)
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(ask(sys.argv[1], sys.argv[2:]))
