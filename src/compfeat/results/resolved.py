"""The whole experiment in one file, ``experiment.json``, with what follows from the plug-ins that it names.

It stands beside the tables. Reports read there what things are called, in which order they are shown, and what is compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from compfeat.errors import ConfigError, DataError
from compfeat.experiment.config import Experiment, part_of
from compfeat.settings.runs import Comparison
from compfeat.tasks.base import Metric, metrics_of

SECTIONS = tuple(name for name in Experiment.model_fields if name not in ("figures", "keep", "keep_features"))
"""The sections in the file: all that say how results are made. Neither what is drawn nor what is kept on the disk is among them."""
EXPERIMENT, RESOLVED = "experiment.json", "resolved"
"""The file, and its key beside the sections."""


@dataclass(frozen=True)
class Resolved:
    """An experiment, and what follows from it.

    Attributes:
        experiment: its SECTIONS.
        comparisons: every comparison on every ladder that it is about.
        lossless: whether each codec and quality is, over all methods; the qualities of a codec from fine to coarse.
        metrics: of every task, in the order of the tasks.
    """

    experiment: Experiment
    comparisons: tuple[Comparison, ...]
    lossless: Mapping[tuple[str, str], bool]
    metrics: tuple[tuple[str, Metric], ...]

    @classmethod
    def of(cls, e: Experiment) -> Resolved:
        """Return what follows from an experiment."""
        lossless = {point for method in e.methods for point in e.lossless(method)}
        points = [(codec, quality) for codec in e.codecs for quality in e.qualities_of(codec)]
        metrics = tuple(metrics_of(e.tasks))
        return cls(e, tuple(e.resolved_comparisons()), {point: point in lossless for point in points}, metrics)

    def dumped(self) -> dict[str, Any]:
        """Return the content of the file."""
        qualities = [{"codec": c, "quality": q, "lossless": lossless} for (c, q), lossless in self.lossless.items()]
        metrics = [
            {"task": task, "curve_name": metric.curve_name, "curve_label": metric.curve_label} | asdict(metric)
            for task, metric in self.metrics
        ]
        return self.experiment.model_dump(mode="json", include=set(SECTIONS)) | {
            RESOLVED: {"comparisons": list(map(asdict, self.comparisons)), "qualities": qualities, "metrics": metrics}
        }

    @classmethod
    def read(cls, values: Mapping[str, Any], where: str) -> Resolved:
        """Return what ``dumped`` has made.

        Args:
            where: the file, for messages.

        Raises:
            DataError: it is another file, or of another version.
        """
        derived = ("curve_name", "curve_label")
        try:
            resolved = values[RESOLVED]
            metrics = [dict(row) for row in resolved["metrics"]]
            return cls(
                part_of({name: section for name, section in values.items() if name != RESOLVED}),
                tuple(Comparison(**row) for row in resolved["comparisons"]),
                {(row["codec"], row["quality"]): row["lossless"] for row in resolved["qualities"]},
                tuple(
                    (row.pop("task"), Metric(**{k: v for k, v in row.items() if k not in derived})) for row in metrics
                ),
            )
        except (KeyError, TypeError, ConfigError) as error:
            raise DataError(f"{where}: not the experiment of this run ({error}); rerun the stage gather") from None
