"""The settings of one training, validated once; free of torch, so that a configuration can be checked without it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import Field

from compfeat.errors import ConfigError
from compfeat.settings.recipe import NetworkConfig, Phase, Recipe
from compfeat.settings.section import Section, validated


class TrainSettings(Section):
    """What a training is made from beside its files. Files that it starts from are arguments of the stage."""

    cut: str = Field(description="the configuration's name of the cut")
    training: str = Field(description="the configuration's name of the training")
    seed: int = Field(ge=0, description="of the initial weights, the order of the images, their flips and the noise")
    tasks: tuple[str, ...] = Field(min_length=1, description="the tasks to train: plug-ins of compfeat.tasks")
    network: NetworkConfig = Field(description="the network and where it is cut")
    recipe: Recipe = Field(description="how it is trained")

    @classmethod
    def of(
        cls,
        cut: str,
        training: str,
        seed: int,
        tasks: Sequence[str],
        network: Mapping[str, Any],
        recipe: Mapping[str, Any],
    ) -> TrainSettings:
        """Return the settings of a training, from the configuration's sections of its cut and training.

        Files that the sections name (``encoder_weights``, ``start``) are left out: they are inputs of their own.

        Raises:
            ConfigError: a key is missing, unknown, or of the wrong type or range.
        """
        parts = {
            "network": {key: value for key, value in network.items() if key != "encoder_weights"},
            "recipe": {key: value for key, value in recipe.items() if key != "start"},
        }
        values = {"cut": cut, "training": training, "seed": seed, "tasks": tuple(tasks), **parts}
        return validated(cls, values, f"trainings.{training}")

    def key(self, name: str) -> str:
        """Return the configuration's key of a setting of the recipe."""
        return f"trainings.{self.training}.{name}"


def check_phases(
    phases: Iterable[Phase], cut: str, stride: int, height_px: int, width_px: int, n_images: int | None = None
) -> None:
    """Check that images of ``height_px`` x ``width_px``, as every phase shows them, fit a cut of ``stride``.

    Args:
        n_images: how many there are to train with, which a batch cannot exceed; None if that is not known.

    Raises:
        ConfigError: a strip is wider than the images, a side is not a multiple of what the phase needs, or a batch has a single
            feature element per channel, which gives batch normalisation no variance.
    """
    for i, phase in enumerate(phases):
        if phase.crop_width_px > width_px:
            raise ConfigError(
                f"phase {i}: crop_width_px {phase.crop_width_px} found; the images are {width_px} px wide"
            )
        needed = stride * phase.downscale
        for what, side in (("height", height_px), ("width", phase.crop_width_px or width_px)):
            if side % needed:
                raise ConfigError(
                    f"phase {i}: images of {what} {side} px, {phase.downscale} times smaller, do not fit cut {cut}; "
                    f"expected a multiple of {needed} px; change its downscale or crop_width_px, or dataset.size"
                )
        images = phase.batch_size if n_images is None else min(phase.batch_size, n_images)
        if images * (height_px // needed) * ((phase.crop_width_px or width_px) // needed) == 1:
            raise ConfigError(
                f"phase {i}: one image of {height_px}x{phase.crop_width_px or width_px} px, {phase.downscale} times smaller, gives "
                f"one feature element per channel at cut {cut}; expected two or more; raise its batch_size or dataset.images.train, "
                "or lower its downscale"
            )
