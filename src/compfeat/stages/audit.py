"""Check every file of a run against its record: ``python -m compfeat audit --help``.

Exit status: 0 where all is as recorded, 1 where a file was changed, is missing or is extra, 2 for a user's mistake (among them
that nothing was recorded).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from compfeat.provenance.audit import report
from compfeat.provenance.chart import affected_lines
from compfeat.provenance.record import read_record

DEFAULT = "data/reference/default"


def parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    form = argparse.RawDescriptionHelpFormatter
    p = argparse.ArgumentParser(prog="python -m compfeat audit", description=__doc__, formatter_class=form)
    p.add_argument("--record", default=DEFAULT, metavar="DIR", help="the record (default: %(default)s)")
    p.add_argument("--project", type=Path, default=Path(), metavar="DIR", help="where the run lies (default: here)")
    p.add_argument("--json", action="store_true", help="print JSON")
    return p


def main(argv: Sequence[str]) -> int:
    """Audit; return the exit status. Raises DataError where there is no record or a file cannot be read."""
    args = parser().parse_args(argv)
    told = report(args.project, read_record(args.project / args.record))
    if args.json:
        print(json.dumps(told, indent=2, sort_keys=True))
    else:
        print("\n".join(lines(told, args.record)))
    return 1 if told["differences"] else 0


def lines(told: Mapping[str, Any], record: str) -> Iterator[str]:
    """Yield the report's lines."""
    counts = ", ".join(f"{told[f'n_{state}']} {state}" for state in ("changed", "missing", "extra"))
    yield f"audit: {told['n_files']} files in {record}: {counts}"
    for difference in told["differences"]:
        yield f"{difference['state']:8} {difference['path']}{_details(difference)}"
    if any(told["affected"].values()):
        yield "What stands on these files, and must not be relied on:"
        yield from affected_lines(told["affected"])
    elif told["differences"]:
        yield "Nothing was made from these."


def _details(difference: Mapping[str, Any]) -> str:
    expected, found = difference["expected"], difference["found"]
    if not expected or not found:
        return ""
    return (
        f": sha256 {found['sha256'][:12]}, recorded {expected['sha256'][:12]}; "
        f"{found['size_bytes']} bytes, recorded {expected['size_bytes']}"
    )
