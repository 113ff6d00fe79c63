"""A network on disk: weights as safetensors, what it is as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors.torch import save_file

from compfeat.errors import CheckpointError
from compfeat.io import atomic_path, read_json, write_json
from compfeat.models.cuts import feature_shape
from compfeat.models.network import SplitNetwork
from compfeat.models.resnet import load_strictly, read_tensors


@dataclass(frozen=True)
class Description:
    """What a weights file holds. Sizes in pixels and feature elements."""

    cut: str
    loss: str
    seed: int
    width: int
    tasks: tuple[str, ...]
    class_names: tuple[str, ...]
    channels: int
    feature_height: int
    feature_width: int
    input_height: int
    input_width: int
    parameters: int
    log_variance: dict[str, float]
    """The trained weights of the loss terms."""
    decoder_convolutions: int = 1

    @property
    def feature_shape(self) -> tuple[int, int, int]:
        """(C, h, w) of one image's features."""
        return self.channels, self.feature_height, self.feature_width


def describe(
    network: SplitNetwork,
    loss: str,
    seed: int,
    class_names: tuple[str, ...],
    input_size: tuple[int, int],
    log_variance: dict[str, float],
) -> Description:
    """Describe ``network`` for inputs of ``input_size`` (H, W)."""
    channels, height, width = feature_shape(network.cut, network.width, *input_size)
    parameters = sum(p.numel() for p in network.parameters())
    shape = (channels, height, width)
    key = (network.cut, loss, seed, network.width, network.tasks, class_names)
    return Description(*key, *shape, *input_size, parameters, log_variance, network.decoder_convolutions)


def build(description: Description) -> SplitNetwork:
    """Return an untrained network of the described shape."""
    n_classes, convolutions = len(description.class_names), description.decoder_convolutions
    return SplitNetwork(description.cut, description.width, description.tasks, n_classes, convolutions)


def save_network(network: SplitNetwork, description: Description, weights: Path, description_path: Path) -> None:
    """Write the weights and then the description, each atomically."""
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
    with atomic_path(weights) as temporary:
        save_file(tensors, temporary)
    write_json(description_path, asdict(description))


def load_description(path: Path) -> Description:
    """Read a network's description.

    Raises:
        DataError: no such file, or not JSON.
        CheckpointError: a key is missing or unknown.
    """
    values = read_json(path)
    try:
        lists = {key: tuple(values[key]) for key in ("tasks", "class_names")}
        return Description(**{**values, **lists})
    except (KeyError, TypeError) as error:
        raise CheckpointError(f"{path}: not the description of a network ({error}); rerun train") from None


def load_network(weights: Path, description: Description, device: torch.device) -> SplitNetwork:
    """Load trained weights strictly, ready for inference.

    Raises:
        CheckpointError: the file is missing, damaged, or belongs to another network.
    """
    network = build(description)
    load_strictly(network, read_tensors(weights), weights)
    # torch's stubs do not know memory_format.
    return network.eval().to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]
