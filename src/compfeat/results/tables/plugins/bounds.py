"""How far each point is from what Gaussian features of the same spectrum would take at the same loss of a task (``bounds.csv``).

Source: docs/method.md, "A bound". Only for tasks whose loss is a mean squared error, with the scores ``sse`` and ``n``, and only for
networks whose sensitivity a method's transform has left beside the run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from compfeat.errors import DataError
from compfeat.experiment.runs import FLOAT, UNCODED, Run, Trained, parse_run
from compfeat.results.gaussian import gaussian_rate
from compfeat.results.measured import POINT_KEYS
from compfeat.results.tables.base import Inputs, table
from compfeat.tasks.base import TASKS, mean_squared
from compfeat.transforms.base import SENSITIVITY

COLUMNS = (*POINT_KEYS, "task", "mse_rise", "rate_bpe", "bound_bpe", "excess_bpe")


@table(
    "bounds.csv",
    needs=("features", "transforms"),
    tables=("points.csv", "per_image.csv"),
    uses=("tasks", "methods"),
)
def make(inputs: Inputs) -> pd.DataFrame:
    """Return a row a coded point and task whose mean squared error lies above that on float features.

    ``mse_rise``: by how much, in the squared unit of the task's output. ``rate_bpe``: bits per feature element of the point.
    ``bound_bpe``: what the bound says of such a rise. ``excess_bpe``: the one minus the other.

    Raises:
        DataError: a file is missing or damaged, or a run has no float features.
    """
    e = inputs.experiment
    points, images = inputs.table("points.csv", *POINT_KEYS, "rate_bpe"), inputs.table("per_image.csv", *POINT_KEYS)
    known = [name for name in e.tasks if TASKS.get(name).likelihood == "regression"]
    known = [name for name in known if {f"sse_{name}", f"n_{name}"} <= set(images)]
    trainings = {name: method.training for name, method in e.methods.items() if method.sends == "features"}
    spectra = {
        trained: {name: spectrum(inputs.features(trained), own[name]) for name in own if name in known}
        for trained, own in sensitivities(inputs, trainings).items()
    }
    rows: list[tuple[object, ...]] = []
    run_keys = list(POINT_KEYS[:3])
    for (cut, method, seed), own in points[points["method"].isin(trainings)].groupby(run_keys, sort=True):
        run = Run(str(cut), str(method), int(str(seed)))
        of_run = images[(images[run_keys] == [cut, method, seed]).all(axis=1)]
        for task, variances in spectra.get(Trained(run.cut, trainings[run.method], run.seed), {}).items():
            rise = rises(of_run, run, task)
            for row in own[own["codec"] != UNCODED].to_dict("records"):
                risen, rate = rise.get((row["codec"], row["quality"]), 0.0), float(row["rate_bpe"])
                if risen > 0 and np.isfinite(rate):
                    bound = gaussian_rate(variances, risen)
                    numbers = (rounded(number) for number in (risen, rate, bound, rate - bound))
                    rows.append((*(row[key] for key in POINT_KEYS), task, *numbers))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def sensitivities(inputs: Inputs, trainings: Mapping[str, str]) -> dict[Trained, dict[str, NDArray[np.float64]]]:
    """Return each trained network's sensitivities (C x C) by task, from the first transform that has some, by the methods' names."""
    found: dict[Trained, dict[str, NDArray[np.float64]]] = {}
    for name in sorted(inputs.of("transforms")):
        run, arrays = parse_run(name), inputs.arrays("transforms", name)
        own = {
            key.removeprefix(SENSITIVITY): array.astype(np.float64)
            for key, array in arrays.items()
            if key.startswith(SENSITIVITY)
        }
        if own:
            found.setdefault(Trained(run.cut, trainings[run.method], run.seed), own)
    return found


def rises(images: pd.DataFrame, run: Run, task: str) -> dict[tuple[str, str], float]:
    """Return by how much the mean squared error of each of a run's points lies above that on float features, by codec and quality.

    Raises:
        DataError: there are no float features.
    """
    errors = mean_squared(images[f"sse_{task}"].to_numpy(), images[f"n_{task}"].to_numpy())
    means = (
        images.assign(error=errors).groupby(["codec", "quality"])["error"].agg(lambda own: np.nanmean(own.to_numpy()))
    )
    by_point: dict[Any, float] = means.to_dict()
    if (UNCODED, FLOAT) not in by_point:
        raise DataError(f"per_image.csv: {run.id} has no point {UNCODED}/{FLOAT}; rerun the stage evaluate")
    return {point: mean - by_point[UNCODED, FLOAT] for point, mean in by_point.items()}


def rounded(value: float) -> float:
    """Return ``value`` to the digits that do not depend on the processor."""
    return float(f"{value:.9g}")


def spectrum(features: NDArray[np.float32], sensitivity: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the variances of the components of features (N x C x h x w), weighted by a sensitivity, by channel and frequency.

    They are C x h x w, in the unit of the loss, and add up to the loss of sending nothing but the mean: component i is the i-th
    principal one of R (f - mean), R the symmetric root of ``sensitivity``; frequencies are those of the orthonormal 2-D DCT-II.
    """
    from scipy.fft import dctn

    channels, area = features.shape[1], features.shape[2] * features.shape[3]
    values, vectors = np.linalg.eigh((sensitivity + sensitivity.T) / 2)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    mean = features.mean(axis=(0, 2, 3), dtype=np.float64)[:, None]
    total = np.zeros((channels, channels))
    for tensor in features:
        columns = root @ (tensor.reshape(channels, -1) - mean)
        total += columns @ columns.T
    basis = np.linalg.eigh(total)[1].T @ root
    sums = np.zeros((channels, *features.shape[2:]))
    for tensor in features:
        components = (basis @ (tensor.reshape(channels, -1) - mean)).reshape(tensor.shape)
        sums += dctn(components, axes=(-2, -1), norm="ortho") ** 2
    variances: NDArray[np.float64] = sums / (len(features) * area)
    return variances
