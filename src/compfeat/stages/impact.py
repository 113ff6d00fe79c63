"""Tell what of a run would change with a file, a package or a setting: ``python -m compfeat impact --help``.

The path is a file of the run, a source image, a module (``src/compfeat/codecs/hevc.py``), a rule file, or the configuration;
``tool:NAME`` is a package or program that jobs use, ``config:KEY`` a key such as ``config:train.noise_steps``, for which
``dvc.yaml`` knows the stages.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from compfeat.provenance.chart import affected_lines
from compfeat.provenance.impact import impact
from compfeat.provenance.lineage import inside, read_graph


def parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    form = argparse.RawDescriptionHelpFormatter
    p = argparse.ArgumentParser(prog="python -m compfeat impact", description=__doc__, formatter_class=form)
    p.add_argument("path", help="a file, tool:NAME or config:KEY")
    p.add_argument("--project", type=Path, default=Path(), metavar="DIR", help="where the run lies (default: here)")
    p.add_argument("--json", action="store_true", help="print JSON")
    return p


def main(argv: Sequence[str]) -> None:
    """Print what depends on it. Raises DataError for an unknown file, ConfigError for an unknown package or key."""
    args = parser().parse_args(argv)
    named = args.path.startswith(("tool:", "config:"))
    path = args.path if named else inside(args.project, args.path)
    told = impact(args.project, read_graph(args.project), path)
    print(json.dumps(told, indent=2, sort_keys=True) if args.json else "\n".join(lines(told)))


def lines(told: Mapping[str, Any]) -> Iterator[str]:
    """Yield the report's lines."""
    rules = ", ".join(told["rules"])
    yield f"{told['path']}: {told['what']}; " + (f"read or run by {rules}" if rules else "no job reads or runs it")
    if any(told[name] for name in ("figures", "tables", "documents", "files")):
        yield "What would change with it:"
        yield from affected_lines(told)
