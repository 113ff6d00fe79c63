"""The split multi-task network (docs/explanation/method.md, "Network"): an encoder that ends at the cut, and one decoder per task."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from compfeat.errors import ConfigError
from compfeat.networks.base import NETWORKS, feature_shape
from compfeat.tasks.base import Task

LEAST_CHANNELS = 2
"""Of a decoder stage: with one channel oneDNN's AVX2 kernels write past their buffers and abort."""


class Head(nn.Conv2d):
    """A 1x1 convolution on channels-first memory: with few channels twice as fast on a CPU as on channels-last."""

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.conv2d(x.contiguous(), self.weight.contiguous(), self.bias)


class Decoder(nn.Sequential):
    """Stages of ConvTranspose2d(2, stride 2) and ``convolutions`` Conv2d(3), with no norm and no activation, then a 1x1 Conv2d."""

    def __init__(self, in_channels: int, stage_channels: Sequence[int], out_channels: int, convolutions: int) -> None:
        stages: list[nn.Module] = []
        for channels in stage_channels:
            stages.append(nn.ConvTranspose2d(in_channels, channels, 2, 2))
            stages += [nn.Conv2d(channels, channels, 3, padding=1) for _ in range(convolutions)]
            in_channels = channels
        super().__init__(*stages, Head(in_channels, out_channels, 1))


def stage_channels(channels: int, widening: int, stride: int) -> tuple[int, ...]:
    """Return the output channels of a decoder's stages: log2(stride) of them, and each doubles the resolution.

    Stage k (from 1) has ``channels * widening / 2^k``, at least LEAST_CHANNELS. Raises ConfigError if the stride is no power of
    two from 2 on.
    """
    if stride < 2 or stride & (stride - 1):
        raise ConfigError(
            f"a cut of stride {stride} found; decoders double the resolution: expected a power of two from 2 on"
        )
    depth = stride.bit_length() - 1
    return tuple(max(channels * widening // 2**k, LEAST_CHANNELS) for k in range(1, depth + 1))


class SplitNetwork(nn.Module):
    """One encoder up to the cut and one decoder per task.

    Args:
        network: name of the backbone, a module of ``compfeat.networks``.
        place: where it is cut, one of the backbone's ``cuts``.
        width: channels of the stem.
        tasks: the tasks that get a decoder, in this order.
        decoder_convolutions: 3x3 convolutions per decoder stage; 1 in the paper's networks.

    Raises:
        ConfigError: the network or the place is unknown, or its stride is no power of two.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, network: str, place: str, width: int, tasks: Sequence[Task], decoder_convolutions: int) -> None:
        super().__init__()
        backbone = NETWORKS.get(network)
        self.network, self.place, self.width = network, place, width
        self.channels, _, _ = feature_shape(network, place, width, 0, 0)
        self.cut = backbone.cuts[place]
        self.tasks = {task.name: task for task in tasks}
        self.decoder_convolutions = decoder_convolutions
        self.register_buffer("mean", torch.tensor(backbone.mean).view(3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(backbone.std).view(3, 1, 1), persistent=False)
        self.encoder = backbone.encoder(place, width)
        self.decoders = nn.ModuleDict()
        for name, task in self.tasks.items():
            stages = stage_channels(self.channels, task.decoder_widening, self.cut.stride)
            self.decoders[name] = Decoder(self.channels, stages, task.output_channels, decoder_convolutions)

    def encode(self, images: Tensor) -> Tensor:
        """Map images N x 3 x H x W in [0, 1] to features N x C x h x w.

        Raises:
            ConfigError: the encoder returns another shape than its module declares.
        """
        features: Tensor = self.encoder((images - self.mean) / self.std)
        expected = (len(images), *feature_shape(self.network, self.place, self.width, *images.shape[2:]))
        if tuple(features.shape) != expected:
            raise ConfigError(
                f"network {self.network} gives features of {tuple(features.shape)} at {self.place}; "
                f"expected {expected} by its declared channels and stride; correct one of them"
            )
        return features

    def decode(self, features: Tensor) -> dict[str, Tensor]:
        """Map features N x C x h x w to each task's output, N x K x H x W with the task's ``output_channels`` K."""
        return {name: decoder(features) for name, decoder in self.decoders.items()}
