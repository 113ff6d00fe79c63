"""What Gaussian features of the same spectrum would take at the same loss of the tasks (``gaussian_reference.csv``).

Source: docs/explanation/transforms.md, "Gaussian reference". Only for tasks whose loss is a mean squared error, with the scores
``sse`` and ``n``, and only for networks whose sensitivity a method's transform has left beside the run.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from compfeat.errors import DataError
from compfeat.results.gaussian import Mixture
from compfeat.results.measured import POINT_KEYS
from compfeat.results.tables.base import Inputs, table
from compfeat.settings.runs import FLOAT, UNCODED, Run, Trained, parse_run
from compfeat.tasks.base import TASKS, mean_squared
from compfeat.transforms.base import SENSITIVITY

COLUMNS = (*POINT_KEYS, "task", "mse_rise", "rate_bpe", "reference_bpe", "excess_bpe")
ALL_TASKS = "all"
"""Stands in a task's place in rows about all of them at once."""
RATIOS = np.geomspace(1e-3, 1e3, 13)
"""Weights of a task against the first that are tried; the least rate counts."""


@table(
    "gaussian_reference.csv",
    needs=("features", "transforms"),
    tables=("points.csv", "per_image.csv"),
    uses=("tasks", "methods"),
)
def make_gaussian_reference(inputs: Inputs) -> pd.DataFrame:
    """Return a row a coded point and task whose mean squared error lies above that on float features, and one of all at once.

    ``mse_rise``: by how much, in the squared unit of the task's output; empty for all tasks. ``rate_bpe``: bits per feature element
    of the point. ``reference_bpe``: the least rate of Gaussian features at which no task rises more. ``excess_bpe``: the one minus
    the other.

    Raises:
        DataError: a file is missing or damaged, or a run has no float features.
    """
    e = inputs.experiment
    points, images = inputs.table("points.csv", *POINT_KEYS, "rate_bpe"), inputs.table("per_image.csv", *POINT_KEYS)
    regressions = [name for name in e.tasks if TASKS.get(name).likelihood == "regression"]
    regressions = [name for name in regressions if {f"sse_{name}", f"n_{name}"} <= set(images)]
    trainings = {name: method.training for name, method in e.methods.items() if method.sends == "features"}
    references = {
        trained: mixtures(
            covariances(inputs.features(trained)), {name: by_task[name] for name in regressions if name in by_task}
        )
        for trained, by_task in sensitivities(inputs, trainings).items()
    }
    rows: list[tuple[object, ...]] = []
    run_keys = list(POINT_KEYS[:3])
    for (cut, method, seed), run_points in points[points["method"].isin(trainings)].groupby(run_keys, sort=True):
        run = Run(str(cut), str(method), int(str(seed)))
        of_tasks = references.get(Trained(run.cut, trainings[run.method], run.seed), {})
        of_run = images[(images[run_keys] == [cut, method, seed]).all(axis=1)]
        risen = {task: rises(of_run, run, task) for task in of_tasks if task != ALL_TASKS}
        for row in run_points[run_points["codec"] != UNCODED].to_dict("records"):
            rate = float(row["rate_bpe"])
            rise = {task: by_point.get((row["codec"], row["quality"]), 0.0) for task, by_point in risen.items()}
            for task, tried in of_tasks.items():
                limits = rise if task == ALL_TASKS else {task: rise[task]}
                if np.isfinite(rate) and all(limit > 0 for limit in limits.values()):
                    reference = min(mixture.rate(limits) for mixture in tried)
                    numbers = (rounded(number) for number in (rate, reference, rate - reference))
                    rows.append((*(row[key] for key in POINT_KEYS), task, rounded(limits.get(task, np.nan)), *numbers))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def mixtures(by_frequency: NDArray[np.float64], by_task: Mapping[str, NDArray[np.float64]]) -> dict[str, list[Mixture]]:
    """Return the mixtures of each task, one each, and of ALL_TASKS if there are several, one for each ratio of weights.

    Args:
        by_frequency: see ``covariances``.
        by_task: sensitivities (C x C) by task.
    """
    alone = {task: [Mixture.of(by_frequency, {task: by_task[task]}, {task: 1.0})] for task in by_task}
    if len(by_task) < 2:
        return alone
    # In units of what all of the features' variance costs, so that ratios compare.
    costs = {task: max(float(mixture.variances.sum()), np.finfo(float).tiny) for task, (mixture,) in alone.items()}
    weights = [dict(zip(by_task, (1.0, *ratios), strict=True)) for ratios in product(RATIOS, repeat=len(by_task) - 1)]
    scaled = ({task: weight / costs[task] for task, weight in chosen.items()} for chosen in weights)
    return alone | {ALL_TASKS: [Mixture.of(by_frequency, by_task, chosen) for chosen in scaled]}


def sensitivities(inputs: Inputs, trainings: Mapping[str, str]) -> dict[Trained, dict[str, NDArray[np.float64]]]:
    """Return each trained network's sensitivities (C x C) by task, from the first transform that has some, by the methods' names."""
    by_network: dict[Trained, dict[str, NDArray[np.float64]]] = {}
    for name in sorted(inputs.of("transforms")):
        run, arrays = parse_run(name), inputs.arrays("transforms", name)
        by_task = {
            key.removeprefix(SENSITIVITY): array.astype(np.float64)
            for key, array in arrays.items()
            if key.startswith(SENSITIVITY)
        }
        if by_task:
            by_network.setdefault(Trained(run.cut, trainings[run.method], run.seed), by_task)
    return by_network


def rises(images: pd.DataFrame, run: Run, task: str) -> dict[tuple[str, str], float]:
    """Return by how much the mean squared error of each of a run's points lies above that on float features, by codec and quality.

    Raises:
        DataError: there are no float features.
    """
    errors = mean_squared(images[f"sse_{task}"].to_numpy(), images[f"n_{task}"].to_numpy())
    means = (
        images.assign(error=errors)
        .groupby(["codec", "quality"])["error"]
        .agg(lambda values: np.nanmean(values.to_numpy()))
    )
    by_point: dict[Any, float] = means.to_dict()
    if (UNCODED, FLOAT) not in by_point:
        raise DataError(f"per_image.csv: {run.id} has no point {UNCODED}/{FLOAT}; rerun the stage evaluate")
    return {point: mean - by_point[UNCODED, FLOAT] for point, mean in by_point.items()}


def rounded(value: float) -> float:
    """Return ``value`` to the digits that do not depend on the processor."""
    return float(f"{value:.9g}")


def covariances(features: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the covariances of the channels (F x C x C) at each frequency of features N x C x h x w about the mean of each element.

    Frequencies are those of the orthonormal 2-D DCT-II, in rows. They are divided by h w, so that their sum weighed by a sensitivity
    is the loss of sending nothing but the means.
    """
    from scipy.fft import dctn

    channels, area = features.shape[1], features.shape[2] * features.shape[3]
    mean = features.mean(axis=0, dtype=np.float64)
    total = np.zeros((area, channels, channels))
    for tensor in features:
        spectrum = dctn(tensor - mean, axes=(-2, -1), norm="ortho").reshape(channels, area)
        total += spectrum.T[:, :, None] * spectrum.T[:, None, :]
    covariance: NDArray[np.float64] = total / (len(features) * area)
    return covariance
