"""Show what was found, and where it lies."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from compfeat.cli.arguments import command
from compfeat.experiment.files import load_config
from compfeat.experiment.layout import Layout
from compfeat.io import read_csv
from compfeat.provenance.findings import made_files, summary_text


def headline(*, config: list[Path], project: Path = Path()) -> None:
    """Show what was found, and where it lies. make paper ends with it.

    Args:
        config: the base configuration and its overlays.
        project: folder that the run lies in.

    Raises:
        DataError: the run has no summary.
        ConfigError: a configuration is missing or is no YAML.
    """
    layout = Layout(str(load_config([project / path for path in config])["output"]), "")
    print(summary_text(project, layout))
    files = made_files(project, layout)
    intervals = layout.table("intervals.csv")
    if intervals in files:
        print("".join(f"{line}\n" for line in missing_intervals(read_csv(project / intervals, ["verdict"]))))
    print("\n".join([f"{len(files)} files:", *(f"  {path}" for path in files)]))


def missing_intervals(intervals: pd.DataFrame) -> list[str]:
    """Return a line for each reason why BD-rates of ``intervals.csv`` have no interval."""
    verdicts = intervals["verdict"]
    reasons = verdicts[verdicts.str.startswith("no interval")].value_counts(sort=False)
    return [f"{count} of {len(intervals)} BD-rates have {reason}." for reason, count in reasons.items()]


def main(argv: Sequence[str]) -> int | None:
    """Run the command."""
    return command(headline, argv)
