"""A transform: each channel without its mean over train features."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from compfeat.codecs.base import State
from compfeat.settings.section import NoOptions
from compfeat.transforms.base import TRANSFORMS, FitSource, Transform


@TRANSFORMS.register("centred")
class Centred(Transform[NoOptions]):
    """y = f - mean."""

    @classmethod
    def fit(cls, source: FitSource, options: NoOptions) -> State:
        return {"mean": source.features.mean(axis=(0, 2, 3), dtype=np.float64).astype(np.float32)}

    def forward(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        return features - self.state["mean"][:, None, None]

    def inverse(self, coded: NDArray[np.float32]) -> NDArray[np.float32]:
        return coded + self.state["mean"][:, None, None]
