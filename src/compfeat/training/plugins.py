"""The plug-ins that a training is given by name. Free of torch."""

from __future__ import annotations

from compfeat.experiment.section import Section, options_of
from compfeat.training.settings import TrainSettings
from compfeat.training.variants import VARIANTS, Variant


def variant_of(settings: TrainSettings) -> tuple[type[Variant], Section]:
    """Return the variant that the settings name, with its options. Raises ConfigError where they cannot be used."""
    variant = VARIANTS.get(settings.recipe.variant.name)
    return variant, options_of(variant, settings.recipe.variant.options, settings.key("variant"))


def plugin_modules(settings: TrainSettings) -> list[str]:
    """Return the modules of all plug-ins of a training, below ``compfeat``."""
    variant, options = variant_of(settings)
    return [
        f"networks.{settings.network.name}",
        f"losses.{settings.recipe.loss.name}",
        f"training.variants.{settings.recipe.variant.name}",
        *(f"codecs.{codec}" for codec in variant.codecs(options)),
        *(f"tasks.{task}" for task in settings.tasks),
    ]


def programs(settings: TrainSettings) -> tuple[str, ...]:
    """Return name and version of the programs that a training's steps run."""
    variant, options = variant_of(settings)
    return variant.programs(options)
