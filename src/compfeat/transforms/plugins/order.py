"""The order of channels in the picture that is coded: by falling variance, so that tiles of like strength meet."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from compfeat.arrays import evenly_spaced
from compfeat.codecs.base import State
from compfeat.errors import DataError
from compfeat.transforms.base import TRANSFORMS, FitSource, Transform
from compfeat.transforms.decorrelation import moments
from compfeat.transforms.linear import MomentOptions


@TRANSFORMS.register("order")
class Order(Transform[MomentOptions]):
    """Channels by falling variance over train images and positions; of equal ones the first stays first.

    The state is ``order`` (C, int16): the channel at each place.
    """

    def __init__(self, options: MomentOptions, state: State) -> None:
        """Raises DataError if ``state`` is not that of such a transform."""
        super().__init__(options, state)
        order = state.get("order", np.empty(0, np.int16))
        if not order.size or not np.array_equal(np.sort(order), np.arange(order.size)):
            raise DataError("state of the transform 'order': no order of channels; rerun the stage fit")

    @classmethod
    def fit(cls, source: FitSource, options: MomentOptions) -> State:
        """Return the state. Raises DataError if a feature is not finite."""
        covariance = moments(source.features, evenly_spaced(len(source.features), options.images))[1][0]
        return {"order": np.argsort(-np.diag(covariance), kind="stable").astype(np.int16)}

    def forward(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        if len(features) != len(self.state["order"]):
            raise DataError(
                f"features of {len(features)} channels; the transform is fitted to {len(self.state['order'])}; rerun the stage fit"
            )
        return features[self.state["order"]]

    def inverse(self, coded: NDArray[np.float32]) -> NDArray[np.float32]:
        return coded[np.argsort(self.state["order"])]
