"""Where the network is cut: the shapes that follow from it (METHOD.md, "Network")."""

from __future__ import annotations

from dataclasses import dataclass

from compfeat.errors import ConfigError

PAPER_WIDTH = 64
"""Channels of ResNet-34's stem in the paper; ``width`` scales every channel count by width / 64."""


@dataclass(frozen=True)
class Cut:
    """One place to cut ResNet-34.

    Attributes:
        layers: how many of the four residual layers the encoder keeps.
        channels: feature channels at width 64.
        stride: input pixels per feature element, along each axis.
    """

    layers: int
    channels: int
    stride: int


CUTS = {"c512": Cut(layers=4, channels=512, stride=32), "c256": Cut(layers=3, channels=256, stride=16)}
DECODER_CHANNELS = {
    ("c512", "segmentation"): (256, 128, 64, 32, 16),
    ("c512", "reconstruction"): (256, 128, 64, 32, 16),
    ("c512", "disparity"): (512, 256, 128, 64, 32),
    ("c256", "segmentation"): (128, 64, 32, 16),
    ("c256", "reconstruction"): (128, 64, 32, 16),
    ("c256", "disparity"): (256, 128, 64, 32),
}
"""Output channels of each decoder stage at width 64."""


def feature_shape(cut: str, width: int, height_px: int, width_px: int) -> tuple[int, int, int]:
    """Return (C, H, W) of the features of one image of ``height_px`` x ``width_px``.

    Raises:
        ConfigError: the cut is unknown, or the image size is not a multiple of its stride.
    """
    if cut not in CUTS:
        raise ConfigError(f"model.cuts: {cut!r} is unknown; expected one of {', '.join(sorted(CUTS))}")
    stride = CUTS[cut].stride
    if height_px % stride or width_px % stride:
        raise ConfigError(
            f"dataset.size: {height_px}x{width_px} does not fit cut {cut}; expected multiples of {stride} px; "
            f"choose such a size or another cut"
        )
    return scaled(CUTS[cut].channels, width), height_px // stride, width_px // stride


def scaled(channels: int, width: int) -> int:
    """Return a channel count of the paper's network at another width."""
    return channels * width // PAPER_WIDTH
