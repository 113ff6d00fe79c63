"""Compare your own run with the recorded one: ``python -m compfeat verify --help``.

Told is, folder by folder, how many files are identical to the byte, where the two runs part (files that differ though all that
their jobs read is identical), and how far rates, metrics and BD-rates are off. On another kind of processor training may
round otherwise, so that networks and all that follows differ a little: then the numbers count, not the bytes.

Exit status: 0 where every file is identical, 1 where not, 2 for a user's mistake.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from compfeat.provenance.record import LISTED, read_record
from compfeat.provenance.verify import UNITS, verify


def parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    form = argparse.RawDescriptionHelpFormatter
    p = argparse.ArgumentParser(prog="python -m compfeat verify", description=__doc__, formatter_class=form)
    p.add_argument("--record", default="data/reference/default", metavar="DIR", help="default: %(default)s")
    p.add_argument("--project", type=Path, default=Path(), metavar="DIR", help="where the run lies (default: here)")
    p.add_argument("--json", action="store_true", help="print JSON")
    return p


def main(argv: Sequence[str]) -> int:
    """Compare; return the exit status. Raises DataError where there is no record, or no run to compare with it."""
    args = parser().parse_args(argv)
    reference = args.project / args.record
    told = verify(args.project, read_record(reference), reference)
    print(json.dumps(told, indent=2, sort_keys=True) if args.json else "\n".join(lines(told)))
    return 0 if told["identical"] else 1


def lines(told: Mapping[str, Any]) -> Iterator[str]:
    """Yield the report's lines."""
    yield "verify: identical to the byte" if told["identical"] else "verify: not identical"
    for folder, counts in told["stages"].items():
        yield f"  {folder:26} " + ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    if told["first"]:
        yield "The runs part at files that differ though all that their jobs read is identical:"
        yield from (f"  {path}" for path in told["first"][:LISTED])
        if len(told["first"]) > LISTED:
            yield f"  and {len(told['first']) - LISTED} more (--json names them)"
    for name, title in (("points", "points"), ("bd_rates", "BD-rates")):
        yield from _numbers(title, told[name])


def _numbers(title: str, compared: Mapping[str, Any]) -> Iterator[str]:
    missing, more = len(compared["only_reference"]), len(compared["only_own"])
    others = f"; {missing} only in the record, {more} only here" if missing or more else ""
    yield f"{title}: {compared['n_common']} compared{others}"
    for name, told in compared["measures"].items():
        yield f"  {name:16} {_how_far(name, told)}"


def _how_far(name: str, told: Mapping[str, Any]) -> str:
    """Return in words how far a measure is off."""
    lost = f"; {told['n_lost']} refused only here, {told['n_gained']} only in the record" if _uneven(told) else ""
    if told["n"] == 0:
        return f"none that both have{lost}"
    if told["n"] == told["n_equal"]:
        return f"all {told['n']} equal{lost}"
    return (
        f"{told['n_equal']} of {told['n']} equal; off by {told['mean']:.3g}{UNITS[name]} in the mean, "
        f"at most {told['largest']:.3g}{UNITS[name]} ({told['own']:.6g} for {told['reference']:.6g} at {told['at']}){lost}"
    )


def _uneven(told: Mapping[str, Any]) -> bool:
    return bool(told["n_lost"] or told["n_gained"])
