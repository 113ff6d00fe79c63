"""The split multi-task network (METHOD.md, "Network" and "Quantiser")."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from compfeat.models.cuts import DECODER_CHANNELS, feature_shape, scaled
from compfeat.models.resnet import Encoder

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class Head(nn.Conv2d):
    """A 1x1 convolution on channels-first memory: with few channels twice as fast on a CPU as on channels-last."""

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.conv2d(x.contiguous(), self.weight.contiguous(), self.bias)


class Decoder(nn.Sequential):
    """Stages of ConvTranspose2d(2, stride 2) and ``convolutions`` Conv2d(3), with no norm and no activation, then a 1x1 Conv2d."""

    def __init__(
        self, in_channels: int, stage_channels: tuple[int, ...], out_channels: int, convolutions: int = 1
    ) -> None:
        stages: list[nn.Module] = []
        for channels in stage_channels:
            stages.append(nn.ConvTranspose2d(in_channels, channels, 2, 2))
            stages += [nn.Conv2d(channels, channels, 3, padding=1) for _ in range(convolutions)]
            in_channels = channels
        super().__init__(*stages, Head(in_channels, out_channels, 1))


class SplitNetwork(nn.Module):
    """One encoder up to the cut and one decoder a task.

    Args:
        cut: ``c512`` or ``c256``.
        width: channels of the stem; 64 in the paper; a multiple of 4.
        tasks: the tasks that get a decoder.
        n_classes: classes of the segmentation task.
        decoder_convolutions: 3x3 convolutions a decoder stage; 1 in the paper's networks.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self, cut: str, width: int, tasks: tuple[str, ...], n_classes: int, decoder_convolutions: int = 1
    ) -> None:
        super().__init__()
        self.cut, self.width, self.tasks, self.n_classes = cut, width, tasks, n_classes
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN).view(3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(IMAGENET_STD).view(3, 1, 1), persistent=False)
        self.encoder = Encoder(cut, width)
        channels, _, _ = feature_shape(cut, width, 0, 0)
        outputs = {"segmentation": n_classes, "disparity": 1, "reconstruction": 3}
        stages = {t: tuple(scaled(c, width) for c in DECODER_CHANNELS[cut, t]) for t in tasks}
        self.decoder_convolutions = decoder_convolutions
        self.decoders = nn.ModuleDict(
            {t: Decoder(channels, stages[t], outputs[t], decoder_convolutions) for t in tasks}
        )

    def encode(self, images: Tensor) -> Tensor:
        """Map images N x 3 x H x W in [0, 1] to features N x C x h x w, all >= 0."""
        features: Tensor = self.encoder((images - self.mean) / self.std)
        return features

    def decode(self, features: Tensor) -> dict[str, Tensor]:
        """Map features to each task's output: logits N x K x H x W, disparity N x 1 x H x W (px), image N x 3 x H x W."""
        return {task: self.decoders[task](features) for task in self.tasks}


def quantisation_noise(features: Tensor, steps: float, bits: int, generator: torch.Generator) -> Tensor:
    """Return the Q-layer's training noise: uniform, ``steps`` quantiser steps wide, centred on 0.

    A step is (max - min) / (2^bits - 1) of each image's own features, so that training meets the error of the quantiser that
    evaluation uses (METHOD.md, "Quantiser", the OPEN choice). The noise is drawn on the CPU: the same on every device.
    """
    with torch.no_grad():
        flat = features.flatten(1)
        step = (flat.amax(1) - flat.amin(1)) / (2**bits - 1)
        noise = torch.rand(features.shape, generator=generator) - 0.5
        scaled_noise: Tensor = noise.to(features.device, features.dtype) * (steps * step).view(-1, 1, 1, 1)
        return scaled_noise
