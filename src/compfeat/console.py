"""The script ``compfeat``: the library's commands; every other name is one of the pipeline's, as for ``python -m compfeat``."""

from __future__ import annotations

import importlib
import sys

from compfeat.cli.arguments import command
from compfeat.errors import CompfeatError

COMMANDS = {
    "fit": "Fit a codec to features",
    "compress": "Code features",
    "decompress": "Decode bitstreams",
    "info": "Say what a bitstream or a codec is",
    "bd-rate": "Compare two curves of rate and metric",
}
"""Functions of ``compfeat.cli.library``, each but ``bd_rate`` in its module ``codec``."""


def main() -> int:
    """Run the command line's words; return the exit status, 2 for a user's mistake, printed as one line."""
    name, *argv = sys.argv[1:] or ["--help"]
    try:
        if name in ("-h", "--help"):
            lines = [f"  {command_name:12} {what}" for command_name, what in COMMANDS.items()]
            print("usage: compfeat NAME ...     (compfeat NAME --help explains one)\n", *lines, sep="\n")
            print("\nAll other names are the pipeline's: python -m compfeat lists them.")
            return 0
        if name in COMMANDS:
            module = importlib.import_module(f"compfeat.cli.library.{'bd_rate' if name == 'bd-rate' else 'codec'}")
            return command(getattr(module, name.replace("-", "_")), argv, "compfeat") or 0
        from compfeat.__main__ import console

        return console()
    except CompfeatError as error:
        print(f"compfeat {name}: error: {error}", file=sys.stderr)
    except ModuleNotFoundError as error:
        print(
            f"compfeat {name}: error: package {error.name} not found; expected the pipeline's packages; "
            "pip install 'compfeat[workflow]'",
            file=sys.stderr,
        )
    return 2
