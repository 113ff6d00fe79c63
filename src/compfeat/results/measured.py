"""What the stages before left of each point: every image's scores and bytes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from compfeat.errors import DataError
from compfeat.io import read_json
from compfeat.results.inputs import Inputs
from compfeat.settings.runs import UNCODED, Comparison, Point, Run, parse_run
from compfeat.tasks.base import TASKS, Metric, metrics_of
from compfeat.transport.ledger import read_ledger

LEDGER_BYTES = ("payload_bytes", "header_bytes", "side_info_bytes")
"""Columns of a ledger, beside ``image_id``: what one image weighs."""
POINT_KEYS = ("cut", "method", "seed", "codec", "quality")
NETWORK_KEYS = ("channels", "feature_height", "feature_width", "input_height", "input_width")


@dataclass(frozen=True)
class Measured:
    """One point.

    Attributes:
        image_ids: in the order of all arrays.
        network: its network's description, with NETWORK_KEYS.
        scores: by task and score, each (N, ...).
        ledger: image_id and LEDGER_BYTES of every image; None for the uncoded points.
        sends: what its method sends: features or image.
        image_scores: where it sends the image, each (N,): how far the decoded image itself is from the original.
    """

    point: Point
    image_ids: list[str]
    network: dict[str, Any]
    scores: dict[str, dict[str, NDArray[Any]]]
    ledger: pd.DataFrame | None
    sends: str
    image_scores: dict[str, NDArray[Any]] = field(default_factory=dict)

    def metrics(self, weights: NDArray[np.float64] | None = None) -> dict[str, NDArray[np.float64]]:
        """Return every metric under every row of ``weights`` (R x N), (R,); without weights, of all images, each once, (1,)."""
        rows = np.ones((1, len(self.image_ids))) if weights is None else weights
        # A metric needs no names of classes: it is computed from scores alone.
        measured = [TASKS.get(task)(()).measure(scores, rows) for task, scores in self.scores.items()]
        if self.image_scores:
            errors = TASKS.get("reconstruction")(()).measure(self.image_scores, rows)
            measured.append({of_image: errors[name] for name, of_image in image_metrics().items()})
        return {name: values for metrics in measured for name, values in metrics.items()}

    def total_bytes(self) -> NDArray[np.float64] | None:
        """Return every image's bytes, (N,); None where nothing is coded."""
        return None if self.ledger is None else self.ledger[list(LEDGER_BYTES)].sum(axis=1).to_numpy(float)


def image_metrics() -> dict[str, str]:
    """Return the metrics that a decoded image itself has, where the image is sent, by name, each with its column of points.csv."""
    return {metric.name: metric.of_image for metric in TASKS.get("reconstruction").metrics if metric.of_image}


def compared_metrics(tasks: Sequence[str]) -> list[Metric]:
    """Return the metrics of tasks that BD-rates, figures and claims are about, in the order of the tasks."""
    return [metric for _, metric in metrics_of(tasks) if metric.compared]


def keys(point: Point) -> dict[str, Any]:
    """Return the key columns of a point."""
    run = {"cut": point.run.cut, "method": point.run.method, "seed": point.run.seed}
    return run | {"codec": point.codec, "quality": point.quality}


def counterparts(runs: Collection[Run], comparison: Comparison) -> list[tuple[Run, Run]]:
    """Return the runs of a comparison, each with that of the anchor at the same cut and seed, sorted.

    Raises:
        DataError: one of the two methods lacks a run that the other has, or there are none.
    """
    cuts = [
        {(run.cut, run.seed) for run in runs if run.method == name} for name in (comparison.method, comparison.against)
    ]
    both = f"comparison of {comparison.method} with {comparison.against}"
    for cut, seed in sorted(cuts[0] ^ cuts[1]):
        raise DataError(f"{both}: cut {cut}, seed {seed} has one of them only; run both, or remove the comparison")
    if not cuts[0]:
        raise DataError(f"{both}: neither has a run; run both, or remove the comparison")
    return [(Run(cut, comparison.method, seed), Run(cut, comparison.against, seed)) for cut, seed in sorted(cuts[0])]


def measured_points(inputs: Inputs) -> Iterator[Measured]:
    """Yield every point, sorted by run, codec and quality; with one run's and codec's files in memory.

    Raises:
        DataError: a file is missing or lacks something, or not all of them are about the same images.
    """
    first: list[str] | None = None
    for name in sorted(inputs.of("scores")):
        run_id, _, codec = name.rpartition("/")
        run = parse_run(run_id)
        method = inputs.experiment.methods[run.method]
        network = _network(inputs, run, method.training)
        arrays = inputs.arrays("scores", name)
        path = inputs.file("scores", name)
        if "image_id" not in arrays:
            raise DataError(f"{path}: lacks image_id; rerun the stage evaluate")
        ids = [str(image_id) for image_id in arrays["image_id"]]
        if not ids:
            raise DataError(f"{path}: no images; expected at least one; rerun the stage evaluate")
        first = ids if first is None else first
        if ids != first:
            raise DataError(
                f"{path}: {len(ids)} images, those of the first run {len(first)}, or their ids or order differ; "
                "evaluate all runs on one split"
            )
        ledgers = {} if codec == UNCODED else read_ledger(inputs.file("ledgers", name))
        for quality in sorted({key.partition("/")[0] for key in arrays if "/" in key}):
            scores: dict[str, dict[str, NDArray[Any]]] = {}
            for task in inputs.experiment.tasks:
                start = f"{quality}/{task}/"
                of_task = {key.removeprefix(start): array for key, array in arrays.items() if key.startswith(start)}
                if not of_task or any(len(array) != len(ids) for array in of_task.values()):
                    raise DataError(
                        f"{path}: lacks scores of {task} at {quality} for {len(ids)} images; rerun evaluate"
                    )
                scores[task] = of_task
            point = Point(run, codec, quality)
            if codec != UNCODED:
                _check_ledger(ledgers, quality, ids, inputs.file("ledgers", name))
            images = {
                score: arrays[key] for score in ("sse", "n") if (key := f"{quality}/decoded_image/{score}") in arrays
            }
            yield Measured(point, ids, network, scores, ledgers.get(quality), method.sends, images)


def _network(inputs: Inputs, run: Run, training: str) -> dict[str, Any]:
    path = inputs.file("descriptions", f"{run.cut}/{training}/seed{run.seed}")
    network: dict[str, Any] = read_json(path)
    missing = [key for key in NETWORK_KEYS if key not in network]
    if missing:
        raise DataError(f"{path}: lacks key {missing[0]!r}; rerun the stage train")
    return network


def _check_ledger(ledgers: Mapping[str, pd.DataFrame], quality: str, ids: list[str], path: Path) -> None:
    """Raise DataError where the ledgers of ``path`` lack a quality, or are of other images than ``ids``."""
    if quality not in ledgers:
        raise DataError(f"{path}: lacks quality {quality}; rerun the stage encode")
    coded = ledgers[quality]["image_id"].astype(str).tolist()
    if coded != ids:
        raise DataError(
            f"{path}: {len(coded)} images at {quality}, the scores have {len(ids)}, or their ids or order differ; "
            "rerun the stages encode and evaluate"
        )
