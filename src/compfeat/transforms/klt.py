"""The Karhunen-Loeve transform of the channels: uncorrelated components by falling variance, in an orthonormal basis."""

from __future__ import annotations

from compfeat.codecs import State
from compfeat.transforms import TRANSFORMS, FitSource
from compfeat.transforms._linear import Linear, LinearOptions, fitted

Options = LinearOptions


@TRANSFORMS.register("klt")
class Klt(Linear):
    """T is the transposed eigenvectors of the channels' covariance (docs/method.md, "Beyond the paper: transforms")."""

    options = Options

    @classmethod
    def fit(cls, source: FitSource, options: Options) -> State:  # type: ignore[override]
        """Return the state. Raises DataError where a feature is not finite."""
        return fitted(source, options)
