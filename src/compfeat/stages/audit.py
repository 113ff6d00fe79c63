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
    affected = told["affected"]
    if not any(affected.values()):
        if told["differences"]:
            yield "Nothing was made from these."
        return
    yield "What stands on these files, and must not be relied on:"
    yield from (f"  figure    {path}" for path in affected["figures"])
    yield from (f"  table     {table['path']}{_rows(table)}" for table in affected["tables"])
    yield from (f"  document  {path}" for path in affected["documents"])
    for number in _numbers(affected["tables"]):
        yield f"  number    {number}"
    if affected["files"]:
        yield f"  and {len(affected['files'])} files on the way there (--json names them)"


def _details(difference: Mapping[str, Any]) -> str:
    expected, found = difference["expected"], difference["found"]
    if not expected or not found:
        return ""
    return (
        f": sha256 {found['sha256'][:12]}, recorded {expected['sha256'][:12]}; "
        f"{found['size_bytes']} bytes, recorded {expected['size_bytes']}"
    )


def _rows(table: Mapping[str, Any]) -> str:
    return "" if table["n_rows"] is None else f"  ({table['n_hit']} of {table['n_rows']} rows)"


def _numbers(tables: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the rows of the headline and of the claims, by their keys: the numbers that the documents tell."""
    for table in tables:
        if Path(table["path"]).name in ("headline.csv", "claims.csv"):
            for key in table["keys"]:
                yield f"{table['path']}: {' '.join(f'{name}={value}' for name, value in key.items())}"
