"""Transforms that decorrelate channels: one matrix for all positions and images, fitted to train features.

Source: docs/explanation/transforms.md, "Fitting the matrix".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from compfeat.arrays import evenly_spaced
from compfeat.codecs.base import State
from compfeat.codecs.spectra import cosines
from compfeat.codecs.tiling import Packing, tile_positions
from compfeat.errors import DataError
from compfeat.settings.section import Section
from compfeat.transforms import decorrelation
from compfeat.transforms.bands import MOST_BANDS, bands_of
from compfeat.transforms.base import FitSource, Transform
from compfeat.transforms.decorrelation import Channels, Matrix

if TYPE_CHECKING:
    from torch import Tensor


class MomentOptions(Section):
    """Options of a transform that is fitted to the moments of features."""

    images: int | None = Field(
        default=256, ge=1, description="train images that mean and covariance are taken of, evenly spaced; null for all"
    )


class LinearOptions(MomentOptions):
    """Options of a transform that decorrelates channels."""

    bands: int = Field(
        default=1,
        ge=1,
        le=MOST_BANDS,
        description="bands of spatial frequency with a matrix each; 1 for one matrix at all positions",
    )
    mean: Literal["channel", "element"] | None = Field(
        default=None,
        description="mean that is subtracted: of each channel or of each element; null for channel with one band, else element",
    )
    channels: Channels = Field(
        default="rotated",
        description="what a matrix does: rotated decorrelates; kept only weighs each channel by its sensitivity (klt: by 1); "
        "standardised divides each by its standard deviation",
    )
    packing: Packing = Field(
        default="raster",
        description="which tile each component takes, by falling variance: row by row, or along the Z-order curve",
    )

    def band(self, features: NDArray[np.float32]) -> NDArray[np.intp] | None:
        """Return the band of each frequency of features N x C x h x w, h x w; None for one matrix and a mean of each channel."""
        height, width = features.shape[2:]
        return None if self.bands == 1 and self.mean != "element" else bands_of((height, width), self.bands)


L = TypeVar("L", bound=LinearOptions)


class Linear(Transform[L]):
    """y = T (f - mean), C components by falling variance, in the features' unit; f = mean + T^-1 y.

    With one band of spatial frequency and a mean per channel T holds at every position; the state is ``mean`` (C,), ``forward`` T
    and ``inverse`` T^-1 (C x C), float32. Else T is that of the band, and holds at every frequency of the maps' DCT; the state is
    ``mean`` (C x h x w), ``forward`` and ``inverse`` (bands x C x C), and ``band`` (h x w, int8). A subclass says in
    ``fit`` what T is.
    """

    def __init__(self, options: L, state: State) -> None:
        """Raises DataError if ``state`` is not that of such a transform."""
        super().__init__(options, state)
        decorrelation.check(state)

    def forward(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        mean, band = self.state["mean"], self.state.get("band")
        if len(features) != len(mean) or (band is not None and features.shape != mean.shape):
            raise DataError(
                f"features of shape {features.shape}; the transform is fitted to {mean.shape}; rerun the stage fit"
            )
        return decorrelation.forward(self.state, features)

    def inverse(self, coded: NDArray[np.float32]) -> NDArray[np.float32]:
        return decorrelation.inverse(self.state, coded)

    def torch_inverse(self, coded: Tensor) -> Tensor:
        import torch

        mean, inverse = (torch.from_numpy(self.state[name]) for name in ("mean", "inverse"))
        if "band" not in self.state:
            return torch.einsum("ij,njhw->nihw", inverse, coded) + mean[:, None, None]
        band = torch.from_numpy(self.state["band"])
        down, across = (torch.from_numpy(cosines(size)) for size in coded.shape[2:])
        spectrum = down @ coded @ across.T
        features = torch.zeros_like(coded)
        for number, matrix in enumerate(inverse):
            features = features + torch.einsum("ij,njhw->nihw", matrix, spectrum * (band == number))
        return down.T @ features @ across + mean


def fitted(source: FitSource, options: LinearOptions, sensitivity: Matrix | None = None) -> State:
    """Return what ``decorrelation.fitted`` makes of ``source``. Raises DataError if a feature is not finite."""
    features = source.features
    positions = evenly_spaced(len(features), options.images)
    tiles = np.argsort(tile_positions(features.shape[1], options.packing))
    band, element_mean = options.band(features), options.mean != "channel"
    return decorrelation.fitted(features, positions, band, tiles, sensitivity, options.channels, element_mean)
