"""A network on disk: weights as safetensors, what it is as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from pydantic import Field
from torch import Tensor

from compfeat.errors import CheckpointError, ConfigError
from compfeat.io import read_json, write_json
from compfeat.networks.base import feature_shape
from compfeat.networks.split import SplitNetwork
from compfeat.networks.tensors import REMAKE, load_strictly, read_tensors, write_tensors
from compfeat.settings.recipe import NetworkConfig
from compfeat.settings.section import Section, validated
from compfeat.tasks.base import TASKS, Task

OF_THE_LOSS = "loss."
"""What the names of tensors begin with that a loss keeps beside the network's."""


class Description(Section):
    """What a weights file contains."""

    network: str = Field(description="plug-in of compfeat.networks")
    cut: str = Field(description="the configuration's name of the cut")
    place: str = Field(description="the network's name of the cut")
    width: int = Field(description="channels of the stem")
    decoder_convolutions: int = Field(description="3x3 convolutions per decoder stage")
    training: str = Field(description="the configuration's name of the training")
    seed: int
    tasks: tuple[str, ...]
    class_names: tuple[str, ...]
    channels: int = Field(description="C of the features")
    feature_height: int = Field(description="rows of a feature channel")
    feature_width: int = Field(description="columns of a feature channel")
    stride: int = Field(description="input pixels per feature element, along each axis")
    signed: bool = Field(description="whether features may be negative")
    input_height: int = Field(description="px")
    input_width: int = Field(description="px")
    parameters: int = Field(description="trainable numbers of encoder and decoders")
    loss_values: dict[str, float] = Field(description="what the loss shows of its state at the end of training")

    @property
    def feature_shape(self) -> tuple[int, int, int]:
        """(C, h, w) of one image's features."""
        return self.channels, self.feature_height, self.feature_width


def build_tasks(names: Sequence[str], class_names: Sequence[str]) -> list[Task]:
    """Return the tasks called ``names``. Raises ConfigError for an unknown one."""
    return [TASKS.get(name)(class_names) for name in names]


def build_network(config: NetworkConfig, tasks: Sequence[Task]) -> SplitNetwork:
    """Return the untrained network that ``config`` describes, with a decoder for each of ``tasks``."""
    return SplitNetwork(config.name, config.place, config.width, tasks, config.decoder_convolutions)


def describe(
    network: SplitNetwork,
    *,
    cut: str,
    training: str,
    seed: int,
    class_names: Sequence[str],
    input_size: tuple[int, int],
    loss_values: Mapping[str, float],
) -> Description:
    """Describe ``network`` for inputs of ``input_size`` (H, W)."""
    channels, height, width = feature_shape(network.network, network.place, network.width, *input_size)
    return Description(
        network=network.network,
        cut=cut,
        place=network.place,
        width=network.width,
        decoder_convolutions=network.decoder_convolutions,
        training=training,
        seed=seed,
        tasks=tuple(network.tasks),
        class_names=tuple(class_names),
        channels=channels,
        feature_height=height,
        feature_width=width,
        stride=network.cut.stride,
        signed=network.cut.signed,
        input_height=input_size[0],
        input_width=input_size[1],
        parameters=sum(p.numel() for p in network.parameters()),
        loss_values=dict(loss_values),
    )


def save_network(
    network: SplitNetwork,
    description: Description,
    weights: Path,
    description_path: Path,
    kept: Mapping[str, Tensor] | None = None,
) -> None:
    """Write the weights, with what the loss keeps beside them (``kept``), and then the description, each atomically."""
    of_the_loss = {f"{OF_THE_LOSS}{name}": tensor for name, tensor in (kept or {}).items()}
    write_tensors(weights, {**network.state_dict(), **of_the_loss})
    write_json(description_path, description.model_dump(mode="json"))


def load_description(path: Path) -> Description:
    """Read a network's description.

    Raises:
        DataError: no such file, or not JSON.
        CheckpointError: a key is missing, unknown or of another type.
    """
    values = read_json(path)
    try:
        return validated(Description, values)
    except ConfigError as error:
        raise CheckpointError(f"{path}: not the description of a network ({error}); rerun train") from None


def load_weights(network: SplitNetwork, path: Path, remedy: str = REMAKE) -> None:
    """Load a trained network's weights into ``network``, strictly; what a loss kept beside them is left.

    Raises:
        CheckpointError: the file is missing, damaged, not finite, or belongs to another network; ``remedy`` is what to do then.
    """
    tensors = read_tensors(path, remedy)
    load_strictly(network, {k: v for k, v in tensors.items() if not k.startswith(OF_THE_LOSS)}, path, remedy)


def load_network(weights: Path, description: Description, device: torch.device) -> SplitNetwork:
    """Load a trained network, ready for inference.

    Raises:
        CheckpointError: the file is missing, damaged, or belongs to another network.
        ConfigError: the network, its cut or a task is unknown.
    """
    tasks, d = build_tasks(description.tasks, description.class_names), description
    network = SplitNetwork(d.network, d.place, d.width, tasks, d.decoder_convolutions)
    load_weights(network, weights)
    # torch's stubs do not know memory_format.
    return network.eval().to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]
