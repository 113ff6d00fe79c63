"""Show where a file or a number comes from, back to the images."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from compfeat.errors import ConfigError
from compfeat.provenance.graph import Graph
from compfeat.provenance.jobs import read_jobs
from compfeat.provenance.lineage import inside, lineage_report
from compfeat.provenance.text import lineage_lines


def lineage(
    path: str, *, row: Sequence[str] = (), format_: Literal["text", "json"] = "text", project: Path = Path()
) -> None:
    """Show where a file or a number comes from, back to the images.

    For example: python -m compfeat lineage results/summarise/bd_rate.csv --row cut=c256 --row ladder=hevc --row metric=miou

    Args:
        path: a file of the run.
        row: COLUMN=VALUE: only these rows of a table; may be given more than once.
        format_: what to print.
        project: folder that the run lies in.

    Raises:
        DataError: the file is not of the run.
        ConfigError: there is no such row.
    """
    for word in row:
        if "=" not in word:
            raise ConfigError(f"--row {word}: expected COLUMN=VALUE, such as cut=c256")
    cells = {column: value for column, _, value in (word.partition("=") for word in row)}
    report = lineage_report(project, Graph.of(project, read_jobs(project)), inside(project, path), cells)
    print(json.dumps(report, indent=2, ensure_ascii=False) if format_ == "json" else "\n".join(lineage_lines(report)))
