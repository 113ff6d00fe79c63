"""How far each point is from what Gaussian features of the same spectrum would take at the same loss of a task (``bounds.csv``).

Source: docs/method.md, "A bound". Only for tasks whose loss is a mean squared error, with the scores ``sse`` and ``n``, and only for
networks whose sensitivity a method's transform has left beside the run.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from compfeat.errors import DataError
from compfeat.experiment.runs import FLOAT, UNCODED, Run, Trained, parse_run
from compfeat.results.gaussian import gaussian_rate
from compfeat.results.measured import POINT_KEYS
from compfeat.results.tables import Inputs, table
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
    tasks = [name for name in e.tasks if TASKS.get(name).likelihood == "regression"]
    points, images = inputs.table("points.csv", *POINT_KEYS, "rate_bpe"), inputs.table("per_image.csv", *POINT_KEYS)
    known = [name for name in tasks if {f"sse_{name}", f"n_{name}"} <= set(images)]
    trainings = {name: method.training for name, method in e.methods.items() if method.sends == "features"}
    spectra = {
        trained: {name: spectrum(features_of(inputs, trained), matrix) for name, matrix in own.items() if name in known}
        for trained, own in sensitivities(inputs, trainings).items()
    }
    rows = []
    for (cut, method, seed), own in points[points["method"].isin(trainings)].groupby(list(POINT_KEYS[:3]), sort=True):
        run = Run(str(cut), str(method), int(str(seed)))
        for name, variances in spectra.get(Trained(run.cut, trainings[run.method], run.seed), {}).items():
            rows += bound_rows(run, name, own, rises(images, run, name), variances)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def sensitivities(inputs: Inputs, trainings: Mapping[str, str]) -> dict[Trained, dict[str, NDArray[np.float64]]]:
    """Return each trained network's sensitivities (C x C) by task, from the first transform that has some, by the methods' names."""
    found: dict[Trained, dict[str, NDArray[np.float64]]] = {}
    for name in sorted(inputs.of("transforms")):
        run = parse_run(name)
        arrays = inputs.arrays("transforms", name)
        own = {
            key.removeprefix(SENSITIVITY): array.astype(np.float64)
            for key, array in arrays.items()
            if key.startswith(SENSITIVITY)
        }
        if own:
            found.setdefault(Trained(run.cut, trainings[run.method], run.seed), own)
    return found


def features_of(inputs: Inputs, trained: Trained) -> NDArray[np.float32]:
    """Return the val features of a network, N x C x h x w. Raises DataError where they are missing or damaged."""
    path = inputs.file("features", trained.id)
    try:
        features: NDArray[np.float32] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"{path}: no features ({error}); delete it and rerun the stage features") from None
    return features


def rises(images: pd.DataFrame, run: Run, task: str) -> dict[tuple[str, str], float]:
    """Return by how much the mean squared error of each of a run's points lies above that on float features, by codec and quality.

    Raises:
        DataError: there are no float features.
    """
    own = images[(images["cut"] == run.cut) & (images["method"] == run.method) & (images["seed"] == run.seed)]
    means = {
        (str(codec), str(quality)): float(
            np.nanmean(mean_squared(rows[f"sse_{task}"].to_numpy(), rows[f"n_{task}"].to_numpy()))
        )
        for (codec, quality), rows in own.groupby(["codec", "quality"], sort=True)
    }
    if (UNCODED, FLOAT) not in means:
        raise DataError(f"per_image.csv: {run.id} has no point {UNCODED}/{FLOAT}; rerun the stage evaluate")
    return {point: mean - means[UNCODED, FLOAT] for point, mean in means.items()}


def bound_rows(
    run: Run,
    task: str,
    points: pd.DataFrame,
    risen: Mapping[tuple[str, str], float],
    variances: NDArray[np.float64],
) -> list[tuple[object, ...]]:
    """Return COLUMNS of one run and task."""
    rows: list[tuple[object, ...]] = []
    for point in points.to_dict("records"):
        key = (str(point["codec"]), str(point["quality"]))
        rise, rate = risen.get(key, 0.0), float(point["rate_bpe"])
        if key[0] != UNCODED and rise > 0 and np.isfinite(rate):
            least = gaussian_rate(variances, rise)
            rows.append((run.cut, run.method, run.seed, *key, task, *map(rounded, (rise, rate, least, rate - least))))
    return rows


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
