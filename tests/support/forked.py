"""Python programs that start by fork, off a process that has imported the heavy packages already.

Importing is most of what a small run takes: torch takes two seconds per job, Snakemake more. ``argv("-m", "snakemake", ...)``
does what ``python -m snakemake ...`` does, in its caller's folder, environment and process group, with its caller's input and
output; so do the jobs that such a run starts. The project's own package is imported again, from where PYTHONPATH says.

What forks share is the seed of Python's hashes. The run whose bytes others are compared with is one of real processes
(``tests/conftest.py``), so nothing rests on a fork being the same.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import json
import os
import runpy
import select
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from functools import cache
from pathlib import Path
from typing import NoReturn

IMPORTED = (
    "snakemake.cli",
    "snakemake.report.html_reporter",
    "smart_open",
    "pandas",
    "scipy.interpolate",
    "torch",
    "safetensors.torch",
    "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_pdf",
    "seaborn",
    "altair",
)
CLIENT = Path(__file__).with_name("forked_client.py")
MOST_BYTES = 1 << 20
"""Of a request, which holds an environment."""
CAN_FORK = sys.platform == "linux"
"""Elsewhere, libraries do not bear a fork; programs start as usual."""


def argv(*words: str) -> list[str]:
    """Return the command that does what ``python`` does with these words: ``-m``, a module's name, and its arguments."""
    return [sys.executable, *(["-IS", str(CLIENT), str(server())] if CAN_FORK else []), *words]


def variables() -> dict[str, str]:
    """Return what has bash start ``python -m compfeat`` in the same way: the file that it reads first."""
    return {"BASH_ENV": str(server().with_suffix(".bash"))} if CAN_FORK else {}


@cache
def server() -> Path:
    """Start the process that is forked, which ends with this one; return its socket."""
    from compfeat.determinism import ENVIRONMENT

    folder = tempfile.TemporaryDirectory(prefix="forked-")
    path = Path(folder.name) / "socket"
    words = shlex.join([sys.executable, "-IS", str(CLIENT), str(path)])
    function = f'python() {{ if [[ "$1 $2" == "-m compfeat" ]]; then {words} "$@"; else command python "$@"; fi; }}\n'
    path.with_suffix(".bash").write_text(function)
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    process = subprocess.Popen(
        [sys.executable, __file__, str(path)],
        cwd=folder.name,
        env=inherited | ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None and process.stdout is not None
    atexit.register(folder.cleanup)
    atexit.register(process.communicate)  # closes its input, and waits
    assert process.stdout.readline() == b"ready\n"
    return path


def serve(path: str) -> NoReturn:
    """Import, then fork a program a request, until the input ends."""
    for module in IMPORTED:
        importlib.import_module(module)
    assert "compfeat" not in sys.modules, "forks import their own"
    # What is there already is looked at by no collection of garbage, which would copy its pages.
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nothing is left over of forks that have ended
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listening:
        listening.bind(path)
        listening.listen(64)
        print("ready", flush=True)
        while listening in select.select([listening, sys.stdin], [], [])[0]:
            connection, _ = listening.accept()
            with connection:
                if os.fork() == 0:
                    listening.close()
                    answer(connection)
    os._exit(0)


def answer(connection: socket.socket) -> NoReturn:
    """Run what is asked for, and say how it ended; where it is killed, the connection ends without a word."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    request, streams, _, _ = socket.recv_fds(connection, MOST_BYTES, 3)
    for own, given in enumerate(streams):
        os.dup2(given, own)
        os.close(given)
    status = run(**json.loads(request))
    with contextlib.suppress(OSError):  # nobody may be there any more
        connection.sendall(str(status).encode())
    # Taking all modules apart would take longer than most programs do.
    os._exit(0)


def run(words: list[str], folder: str, environment: dict[str, str], group: int) -> int:
    """Do what ``python -m NAME ...`` does, in a folder, an environment and a process group; return its exit status."""
    os.setpgid(0, group)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    # In place of the folder of this file.
    sys.path[:1] = [folder, *filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))]
    sys.argv = words[1:]
    status: object = None
    try:
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        status = ended.code
    except BaseException:
        traceback.print_exc()
        status = 1
    if isinstance(status, str):
        print(status, file=sys.stderr)
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    return status if isinstance(status, int) else int(status is not None)


if __name__ == "__main__":
    serve(sys.argv[1])
