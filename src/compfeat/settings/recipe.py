"""The parts of the configuration that say what network is trained and how: read by trainings, and by nothing else of a run."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, StringConstraints

from compfeat.settings.section import Section

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
"""A name that becomes part of paths: lower-case letters, digits and underscores, a letter first."""

INSTALLED = "installed"
"""Given in place of a file of pretrained weights: those that an installed package brings."""


class PluginConfig(Section):
    """A plug-in by name, with its own options beside the name."""

    model_config = ConfigDict(extra="allow", frozen=True)

    name: Name = Field(description="the plug-in; all other keys are its own options")

    @property
    def options(self) -> dict[str, Any]:
        """The plug-in's options."""
        return dict(self.model_extra or {})


def named(value: Any) -> Any:
    """Return a plain name as a plug-in without options."""
    return {"name": value} if isinstance(value, str) else value


NamedPlugin = Annotated[PluginConfig, BeforeValidator(named, json_schema_input_type=str | PluginConfig)]
"""A plug-in, given by its name alone or as a mapping with its options."""


class NetworkConfig(Section):
    """A network and where it is cut."""

    name: Name = Field(description="the network: a plug-in of compfeat.networks")
    place: str = Field(description="the network's name for the place of the cut; the cut's name if absent")
    width: int = Field(
        ge=8, multiple_of=4, description="channels of the stem; it scales every channel count; 64 in the paper"
    )
    decoder_convolutions: int = Field(ge=1, description="3x3 convolutions per decoder stage; 1 in the paper's networks")


class Phase(Section):
    """A part of a training with a schedule of its own; network, loss state and the optimiser's moments continue into the next."""

    epochs: int = Field(ge=0, description="passes over the train split")
    downscale: int = Field(ge=1, description="images are this many times smaller along each axis")
    crop_width_px: int = Field(
        ge=0, description="width of the strip of each image that is used, before downscaling; 0 for all (px)"
    )
    batch_size: int = Field(ge=1, description="images per step")
    learning_rate: float = Field(gt=0, description="peak learning rate (Adam)")
    final_rate_fraction: float = Field(ge=0, le=1, description="final rate as a share of the peak")


def with_epochs(phases: tuple[Phase, ...]) -> tuple[Phase, ...]:
    """Return ``phases``. Raises ValueError if they have no epoch."""
    if not sum(phase.epochs for phase in phases):
        raise ValueError("no epochs; expected at least one phase of at least one epoch")
    return phases


class Recipe(Section):
    """How a network is trained, whatever it starts from."""

    variant: NamedPlugin = Field(
        description="noise, augmentation and what is frozen: a plug-in of compfeat.training.variants, by its name, or with options"
    )
    loss: NamedPlugin = Field(description="the loss: a plug-in of compfeat.losses, by its name, or with options")
    phases: Annotated[tuple[Phase, ...], AfterValidator(with_epochs)] = Field(
        description="the phases, one after the other"
    )
    warmup_epochs: float = Field(ge=0, description="epochs of linear rise to the peak, at the start of each phase")
    noise_steps: float = Field(
        ge=0, description="width of the uniform noise that replaces the quantiser, in quantiser steps"
    )
    quantiser_bits: int = Field(
        ge=2, le=16, description="bits of the quantiser that the noise stands for; 8 in the paper"
    )
    validation_images: int = Field(
        ge=1, description="val images that the epoch table is measured on; they choose nothing"
    )
    device: Literal["auto", "cpu", "cuda", "mps"] = Field(description="auto takes cuda, then mps, then cpu")
    precision: Literal["float32", "bfloat16"] = Field(description="float32, or bfloat16 on cuda")
    threads: int = Field(ge=1, description="CPU threads; part of the result, since sums are split by thread")
