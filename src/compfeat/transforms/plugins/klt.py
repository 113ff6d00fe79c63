"""The Karhunen-Loeve transform of the channels: uncorrelated components by falling variance, in an orthonormal basis."""

from __future__ import annotations

from compfeat.codecs.base import State
from compfeat.transforms.base import TRANSFORMS, FitSource
from compfeat.transforms.linear import Linear, LinearOptions, fitted


@TRANSFORMS.register("klt")
class Klt(Linear[LinearOptions]):
    """T is the transposed eigenvectors of the channels' covariance (docs/explanation/transforms.md, "Fitting the matrix")."""

    @classmethod
    def fit(cls, source: FitSource, options: LinearOptions) -> State:
        """Return the state. Raises DataError if a feature is not finite."""
        return fitted(source, options)
