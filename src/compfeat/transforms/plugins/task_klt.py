"""The task-weighted Karhunen-Loeve transform: uncorrelated components in which noise costs the tasks alike in every direction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from pydantic import Field

from compfeat.arrays import evenly_spaced
from compfeat.codecs.base import State
from compfeat.errors import DataError
from compfeat.tasks.weights import TaskWeights, problem_of
from compfeat.transforms.base import SENSITIVITY, TRANSFORMS, FitSource
from compfeat.transforms.decorrelation import Matrix, floored
from compfeat.transforms.linear import Linear, LinearOptions, fitted
from compfeat.transforms.sensitivity import Sensitivity, sensitivities


class Options(LinearOptions):
    """What the tasks' sensitivities are made of."""

    floor: float = Field(
        0.1,
        ge=0.001,
        le=1,
        description="e: share of the sensitivity that is the same in all directions; 1 is the plain KLT",
    )
    weights: TaskWeights = Field(
        default_factory=dict,
        description="how much each task's relative loss counts, by task; 1 for those that are not named",
    )
    balanced: bool = Field(
        False,
        description="whether pixels of a task with classes count more the rarer their class is in the train split",
    )
    sensitivity_images: int | None = Field(
        32, ge=1, description="train images that sensitivities are taken of, evenly spaced; null for all"
    )
    directions: int = Field(4, ge=1, description="random directions of each task's output per image")
    seed: int = Field(0, ge=0, description="of the random directions")


@TRANSFORMS.register("task_klt")
class TaskKlt(Linear[Options]):
    """T = U^T R, R the root of the tasks' sensitivity (docs/explanation/transforms.md, "Fitting the matrix")."""

    @classmethod
    def problem(cls, options: Options, tasks: Sequence[str]) -> str | None:
        return problem_of(options.weights, tasks)

    @classmethod
    def fit(cls, source: FitSource, options: Options) -> State:
        """Return the state, with each task's M (C x C, float32) as SENSITIVITY and the task's name.

        Raises:
            DataError: a feature or a loss is not finite, or no task depends on the features.
        """
        positions = evenly_spaced(len(source.features), options.sensitivity_images)
        band = options.band(source.features)
        found = sensitivities(source, positions, options.directions, options.seed, options.balanced, band)
        state = fitted(source, options, weighted(found, options.weights, options.floor))
        return state | {f"{SENSITIVITY}{name}": own.matrix.astype(np.float32) for name, own in found.items()}


def weighted(found: Mapping[str, Sensitivity], weights: Mapping[str, float], floor: float) -> Matrix:
    """Return M_e of each band, bands x C x C: (1 - e) C M_b / tr M + e I, with M_b the weighted sum of the tasks' M_bt / L_t.

    M is the same sum over all frequencies, e the ``floor``.

    Raises:
        DataError: no task that counts depends on the features, or one has a loss that is not positive or numbers that are not finite.
    """
    counted = {name: own for name, own in found.items() if weights.get(name, 1.0) and own.matrix.any()}
    for name, own in counted.items():
        if not (np.isfinite(own.matrix).all() and 0 < own.loss < np.inf):
            raise DataError(
                f"task {name}: a loss of {own.loss:g} on train features, or a gradient that is not finite; expected finite numbers, "
                "the loss above 0; train the network again, or give the task a weight of 0"
            )
    if not counted:
        raise DataError(
            f"no task depends on the features (found {', '.join(found) or 'none'}); train the network, or give other weights"
        )

    whole: Any = sum(weights.get(name, 1.0) * own.matrix / own.loss for name, own in counted.items())
    parts: Any = sum(weights.get(name, 1.0) * own.in_bands / own.loss for name, own in counted.items())
    return floored(parts, whole, floor)
