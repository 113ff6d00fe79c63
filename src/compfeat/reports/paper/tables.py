"""The tables that the paper reads, and what they say things are called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from compfeat.experiment.runs import Comparison
from compfeat.reports import summary
from compfeat.reports.summary import Ladder, Metric

Facts = dict[str, Any]
"""What the template reads, nested; all leaves are text, numbers that lay out, or lists of rows of text."""
PAIR = ["method", "against"]
LADDERS = ["ladder", "against_ladder"]
ENDS = ["bd_rate_percent", "low_percent", "high_percent"]
CELL = ["cut", *PAIR, *LADDERS, "metric"]
CROSSOVER = ["cut", "split", "remote", "ladder", "remote_ladder", "metric", "remote_metric"]
NEEDS = (
    *(
        "points.csv",
        "epochs.csv",
        "headline.csv",
        "intervals.csv",
        "float_intervals.csv",
        "bd_details.csv",
        "claims.csv",
        "crossovers.csv",
        "transforms.csv",
        "codec_states.csv",
        "rate_distortion.csv",
    ),
    *("seeds_intervals.csv", "training_length.csv", "metrics.csv", "methods.csv", "ladders.csv", "comparisons.csv"),
    *("published_points.csv", "published_bd_rate.csv", "published_intervals.csv", "published_paired.csv"),
)
"""Files of the summary that the paper is made from."""


@dataclass(frozen=True)
class Tables:
    """The summary's tables that the paper reads; ``seeds`` are the intervals of a recorded run of several seeds, or have no rows.

    Attributes:
        metrics: those that are compared, in the order of the tasks.
        methods: labels, in the order of display.
        ladders: in the order of display.
        comparisons: in the order of the config.
    """

    points: pd.DataFrame
    epochs: pd.DataFrame
    headline: pd.DataFrame
    intervals: pd.DataFrame
    floats: pd.DataFrame
    details: pd.DataFrame
    claims: pd.DataFrame
    crossovers: pd.DataFrame
    transforms: pd.DataFrame
    codec_states: pd.DataFrame
    distances: pd.DataFrame
    seeds: pd.DataFrame
    lengths: pd.DataFrame
    published_points: pd.DataFrame
    published: pd.DataFrame
    published_intervals: pd.DataFrame
    published_paired: pd.DataFrame
    metrics: list[Metric]
    methods: dict[str, str]
    ladders: dict[str, Ladder]
    comparisons: list[Comparison]

    @classmethod
    def read(cls, files: summary.Tables) -> Tables:
        """Read all of NEEDS. Raises DataError where a file or a column is missing."""
        cells = [*CELL, "seed", *ENDS]
        return cls(
            points=files.csv("points.csv", *summary.POINT, "n_images", "bytes_per_image"),
            epochs=files.csv("epochs.csv", "cut", "training", "seed", "epoch"),
            headline=files.csv("headline.csv", *CELL, "bd_rate_percent", "verdict"),
            intervals=files.csv("intervals.csv", *cells),
            floats=files.csv("float_intervals.csv", "cut", *PAIR, "seed", "metric", "difference", "low", "high"),
            details=files.csv("bd_details.csv", *CELL, "overlap"),
            claims=files.csv(
                "claims.csv", "group", "claim", "source", *PAIR, "cut", "seed", *LADDERS, "metric", "verdict"
            ),
            crossovers=files.csv("crossovers.csv", *CROSSOVER, "seed", "crossing", "crossing_bytes", "better_below"),
            transforms=files.csv("transforms.csv", "cut", "method", "transform", "model_bytes"),
            codec_states=files.csv("codec_states.csv", "cut", "method", "codec", "array_bytes"),
            distances=files.csv("rate_distortion.csv", "cut", "method", "codec", "distance_bpe"),
            seeds=files.csv("seeds_intervals.csv", *cells),
            lengths=files.csv("training_length.csv", "source", *CELL, "seed", *ENDS, "transform", "epochs"),
            published_points=files.csv("published_points.csv", "cut", "method", "codec", "quality", "n_images"),
            published=files.csv("published_bd_rate.csv", "cut", "metric", "fit", "bd_rate_percent"),
            published_intervals=files.csv(
                "published_intervals.csv", "cut", "metric", "fit", "low_percent", "high_percent"
            ),
            published_paired=files.csv("published_paired.csv", "cut", "codec", "quality", "smaller_share"),
            metrics=summary.metrics(files),
            methods=summary.methods(files),
            ladders=summary.ladders(files),
            comparisons=summary.comparisons(files),
        )

    def method(self, name: str) -> str:
        """Return a method's label; its name where this run does not have it."""
        return self.methods.get(name, name)

    def ladder(self, row: Mapping[Any, Any]) -> str:
        """Return the label of a row's ladder, with the anchor's where that is another one."""
        tested, against = (self._ladder(row.get(name)) for name in LADDERS)
        return tested if against in ("", tested) else f"{tested} against {against}"

    def _ladder(self, name: Any) -> str:
        if name is None or pd.isna(name):
            return ""
        return self.ladders[name].label if name in self.ladders else str(name)

    def curve_label(self, curve_name: str) -> str:
        """Return what a metric of a BD-rate is called, of any task that the project has."""
        from compfeat.tasks import TASKS

        own = {metric.curve_name: metric.curve_label for metric in self.metrics}
        if curve_name not in own:
            own |= {m.curve_name: m.curve_label for name in TASKS.names() for m in TASKS.get(name).metrics}
        return own.get(curve_name, curve_name)

    def pairs(self) -> list[tuple[str, str]]:
        """Return the methods that are compared with another one, each with that, in the order of the config."""
        return list(dict.fromkeys((c.method, c.against) for c in self.comparisons))

    def anchor(self) -> str:
        """Return the label of the method that all others are compared with; empty where there are several."""
        names = {against for _, against in self.pairs()}
        return self.method(names.pop()) if len(names) == 1 else ""

    def who(self, row: Mapping[Any, Any]) -> str:
        """Return a row's method, with what it is compared with where not all are compared with the same."""
        return self.method(str(row["method"])) if self.anchor() else self.vs(row)

    def vs(self, row: Mapping[Any, Any]) -> str:
        """Return ``METHOD against METHOD``."""
        return f"{self.method(str(row['method']))} against {self.method(str(row['against']))}"


def match(table: pd.DataFrame, row: Mapping[Any, Any], *keys: str) -> pd.DataFrame:
    """Return the rows of ``table`` that agree with ``row`` in ``keys``."""
    chosen = pd.Series(True, index=table.index)
    for key in keys:
        chosen &= table[key] == row[key]
    return table[chosen]
