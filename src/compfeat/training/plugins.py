"""The plug-ins that a training is given by name. Free of torch."""

from __future__ import annotations

from typing import Any

from compfeat.codecs.base import CODECS
from compfeat.losses.base import LOSSES
from compfeat.networks.base import NETWORKS
from compfeat.settings.section import options_of
from compfeat.tasks.base import TASKS
from compfeat.training.settings import TrainSettings
from compfeat.training.variants.base import VARIANTS, Variant


def variant_of(settings: TrainSettings) -> tuple[type[Variant[Any]], Any]:
    """Return the variant that the settings name, with its options. Raises ConfigError if they cannot be used."""
    variant = VARIANTS.get(settings.recipe.variant.name)
    return variant, options_of(variant, settings.recipe.variant.options, settings.key("variant"))


def plugin_modules(settings: TrainSettings) -> list[str]:
    """Return the modules of all plug-ins of a training."""
    variant, options = variant_of(settings)
    return [
        NETWORKS.module(settings.network.name),
        LOSSES.module(settings.recipe.loss.name),
        VARIANTS.module(settings.recipe.variant.name),
        *map(CODECS.module, variant.codecs(options)),
        *map(TASKS.module, settings.tasks),
    ]


def programs(settings: TrainSettings) -> tuple[str, ...]:
    """Return name and version of the programs that a training's steps run."""
    variant, options = variant_of(settings)
    return variant.programs(options)
