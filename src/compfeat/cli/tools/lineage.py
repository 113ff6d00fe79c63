"""Show where a file or a number comes from, back to the images."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from compfeat.errors import ConfigError
from compfeat.provenance.lineage import inside, lineage_report, read_graph
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
    report = lineage_report(project, read_graph(project), inside(project, path), parse_row(row))
    print(json.dumps(report, indent=2, ensure_ascii=False) if format_ == "json" else "\n".join(lineage_lines(report)))


def parse_row(words: Sequence[str]) -> dict[str, str]:
    """Return the cells that ``COLUMN=VALUE`` name.

    Raises:
        ConfigError: a word has no equals sign.
    """
    wrong = [word for word in words if "=" not in word]
    if wrong:
        raise ConfigError(f"--row {wrong[0]}: expected COLUMN=VALUE, such as cut=c256")
    return {column: value for column, _, value in (word.partition("=") for word in words)}
