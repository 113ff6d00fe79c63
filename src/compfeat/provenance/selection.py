"""Which files a row of a summary table was made from: runs and points by the row's own cells."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import pandas as pd

from compfeat.analysis.bd_table import ANCHOR_LOSS
from compfeat.analysis.claims import THIS_RUN
from compfeat.grid import ANY_RUN, UNCODED, WARM_START, Layout
from compfeat.provenance.jobs import Job

OWNED = re.compile(
    re.escape(ANY_RUN.id).replace(r"\{", "(?P<").replace(r"\}", ">[^/]+)")
    + r"(?:/(?P<codec>[^/]+)/(?P<quality>[^/]+))?/[^/]+$"
)
"""The end of the path of a file that belongs to a run, or to a point of it."""
EVALUATED = re.compile(r"val\..*")
"""Prepared files of the split whose images the tables name."""
ROW_KEYS = ("claim", "source", "cut", "loss", "seed", "codec", "quality", "ladder", "metric", "method")
"""Columns that name a row. Others hold what was found."""
SETTINGS = "ladders.csv"
"""A table of the configuration, which stands on nothing that was measured."""
BY_RUN = {"epochs.csv"}
ALONE = {"points.csv", "per_image.csv", "epochs.csv", "feature_statistics.csv", "point_intervals.csv"}
"""Tables of which each row tells of one run or point. Those of all others are taken to compare a loss with the baseline."""
LADDER_ONLY = {"bd_rate.csv", "intervals.csv"}
"""Tables of BD-rates alone. Other tables by ladder are taken to tell of float features too."""
FLOATS_ONLY = {"float_intervals.csv", "claims.csv"}
"""Tables whose rows without a ladder tell of float features."""
SUMMARY = PurePosixPath(Layout("", "").summary("x")).parent.name
NOT_OF_THE_RUN = ("published_", "seeds_")
"""Tables of numbers that other runs, or the paper's authors, measured."""


@dataclass(frozen=True)
class Selection:
    """What a row stands on. None means any; the names are texts, as in paths."""

    own: bool = True
    """Whether it was measured in this run, rather than published."""
    cuts: frozenset[str] | None = None
    losses: frozenset[str] | None = None
    seeds: frozenset[str] | None = None
    codecs: frozenset[str] | None = None
    qualities: frozenset[str] | None = None
    image: str | None = None
    curves: bool = False
    """Whether it tells of the training epoch by epoch."""

    def keeps(self, path: str, job: Job, made: bool) -> bool:
        """Return whether the row stands on the file ``path``, which ``job`` reads and (``made``) another job made."""
        name = PurePosixPath(path).name
        if self.image is not None and EVALUATED.fullmatch(PurePosixPath(job.outputs[0]).name) and job.rule == "prepare":
            return name.endswith(".csv") or name.startswith(f"{self.image}_")
        if _is_summary(job.outputs[0]):
            if made != self.own:
                return False
            if name == "epochs.csv" and not self.curves:
                return False
        return self.covers(path)

    def covers(self, path: str) -> bool:
        """Return whether ``path`` belongs to no run, or to a run and point of this selection."""
        match = OWNED.search(path)
        if match is None:
            return True
        losses = None if self.losses is None else self.losses | {WARM_START}
        wanted = {"cut": self.cuts, "loss": losses, "seed": self.seeds}
        wanted |= {"codec": self.codecs, "quality": self.qualities} if match["codec"] else {}
        return all(values is None or match[name] in values for name, values in wanted.items())


def _is_summary(path: str) -> bool:
    return PurePosixPath(path).parent.name == SUMMARY


def selection_of(table: str, row: Mapping[str, Any], ladders: Mapping[str, frozenset[str]]) -> Selection:
    """Return what one row of a table stands on.

    Args:
        table: the file's name, such as ``bd_rate.csv``.
        row: the row's cells by column, empty ones as ``""``.
        ladders: from a ladder's name to its codecs (``ladders.csv``).
    """
    cells = {name: str(row.get(name, "")) for name in (*ROW_KEYS, "image_id")}
    if table.startswith(NOT_OF_THE_RUN) or cells["source"] not in ("", THIS_RUN):
        return Selection(own=False)
    if table == SETTINGS:
        return Selection(cuts=frozenset())
    codecs = frozenset({cells["codec"]}) if cells["codec"] else ladders.get(cells["ladder"])
    qualities = frozenset({cells["quality"]}) if cells["quality"] else None
    if codecs and not cells["codec"] and table not in LADDER_ONLY:
        codecs |= {UNCODED}
    elif not codecs and table in FLOATS_ONLY:
        codecs, qualities = frozenset({UNCODED}), frozenset({"float"})
    elif table in BY_RUN:
        codecs = frozenset()
    losses = {cells["loss"]} | (set() if table in ALONE else {ANCHOR_LOSS})
    return Selection(
        cuts=_only(cells["cut"]),
        losses=frozenset(losses) if cells["loss"] else None,
        seeds=_only(cells["seed"].removesuffix(".0")),
        codecs=codecs,
        qualities=qualities,
        image=cells["image_id"] or None,
        curves=table in BY_RUN,
    )


def _only(value: str) -> frozenset[str] | None:
    return frozenset({value}) if value else None


def read_ladders(table: pd.DataFrame) -> dict[str, frozenset[str]]:
    """Return the codecs of each ladder of ``ladders.csv``."""
    return {str(name): frozenset(map(str, group["codec"])) for name, group in table.groupby("ladder")}
