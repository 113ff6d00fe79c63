"""A training variant for remote inference: the network sees images as a codec gives them back, and answers for the originals."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from compfeat.codecs.base import CODECS, built
from compfeat.errors import ConfigError
from compfeat.losses.step import Step
from compfeat.settings.recipe import Name
from compfeat.settings.section import Section
from compfeat.training.variants.base import VARIANTS
from compfeat.training.variants.plugins.standard import StandardSteps

if TYPE_CHECKING:
    from torch import Tensor

QUALITY = 10
"""Stream of a step's random numbers."""


class Options(Section):
    """How images are coded."""

    codec: Name = Field(
        default="jpeg", description="a plug-in of compfeat.codecs that codes images, with its default options"
    )
    qualities: tuple[str, ...] = Field(
        default=("q80", "q40", "q20", "q10", "q5"), min_length=1, description="a step codes its images at one of these"
    )
    ffmpeg: str | None = Field(default=None, description="an ffmpeg binary; null for the one of imageio-ffmpeg")


@VARIANTS.register("coded_images")
class CodedImages(StandardSteps[Options]):
    """The standard variant without noise, with images coded at a quality that is drawn for each step."""

    @classmethod
    def problem(cls, options: Options) -> str | None:
        try:
            codec = CODECS.get(options.codec)
            if "image" not in codec.sends:
                return f"codec {options.codec!r} codes no images"
            for quality in options.qualities:
                codec.check_quality(quality)
        except ConfigError as error:
            return str(error)
        return None

    @classmethod
    def codecs(cls, options: Options) -> tuple[str, ...]:
        return (options.codec,)

    @classmethod
    def programs(cls, options: Options) -> tuple[str, ...]:
        return (CODECS.get(options.codec).tool(options.ffmpeg),)

    def shown(self, images: NDArray[np.uint8], step: Step) -> NDArray[np.uint8]:
        quality = str(step.random(QUALITY).choice(self.options.qualities))
        codec = built(self.options.codec, quality, {}, self.options.ffmpeg, sent="image")
        with TemporaryDirectory() as folder:
            stream, side_info = Path(folder, "stream"), Path(folder, "side_info")
            codec.encode(iter(images), stream, side_info)
            return np.stack([image.item for image in codec.decode(stream, side_info, images.shape[1:])])

    def noise(self, features: Tensor, step: Step) -> Tensor:
        import torch

        return torch.zeros_like(features)
