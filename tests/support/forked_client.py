"""``python forked_client.py SOCKET -m NAME ...``: has a fork of the process behind the socket run a module, as if it ran here.

Started for every job, so it imports hardly anything.
"""

import json
import os
import signal
import socket
import sys


def ask(path: str, words: list[str]) -> int:
    """Have a program run for this process; return its exit status."""
    request = {"words": words, "folder": os.getcwd(), "environment": dict(os.environ), "group": os.getpgrp()}  # noqa: PTH109
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
        connection.connect(path)
        socket.send_fds(connection, [json.dumps(request).encode()], [0, 1, 2])
        status = int(connection.recv(16) or -signal.SIGKILL)
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(ask(sys.argv[1], sys.argv[2:]))
