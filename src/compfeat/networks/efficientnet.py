"""EfficientNet-Lite0 up to a cut, with the parameter names of the package that has its ImageNet weights.

Source: Tan and Le, "EfficientNet: rethinking model scaling for convolutional neural networks", ICML 2019; the Lite variant has no
squeeze-and-excitation, and ReLU6 in place of swish.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import pad, relu6

WIDTH = 32
"""Channels of the stem that STAGES are for."""
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
"""Each stage: blocks, kernel, stride of its first block, expansion and output channels."""
BLOCKS = sum(stage[0] for stage in STAGES)


class SamePadded(nn.Conv2d):
    """A convolution without bias, padded as TensorFlow does: what stride 2 leaves over is on the right and below.

    Height and width of the input must be multiples of the stride.
    """

    def __init__(self, in_channels: int, channels: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        before, after = (kernel - stride) // 2, (kernel - stride + 1) // 2
        self.sides = (before, after, before, after) if before != after else None
        padding = 0 if self.sides else before
        super().__init__(in_channels, channels, kernel, stride, padding, groups=groups, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(pad(x, self.sides) if self.sides else x)


class InvertedResidual(nn.Module):
    """A 1x1 convolution to more channels, a depthwise one, and a linear 1x1 one; with a shortcut where the shape stays."""

    def __init__(self, in_channels: int, channels: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        inner = in_channels * expansion
        self.expands = expansion > 1
        self.has_shortcut = stride == 1 and in_channels == channels
        if self.expands:
            self._expand_conv = SamePadded(in_channels, inner, 1)
            self._bn0 = batch_norm(inner)
        self._depthwise_conv = SamePadded(inner, inner, kernel, stride, groups=inner)
        self._bn1 = batch_norm(inner)
        self._project_conv = SamePadded(inner, channels, 1)
        self._bn2 = batch_norm(channels)

    def forward(self, x: Tensor) -> Tensor:
        wide = relu6(self._bn0(self._expand_conv(x))) if self.expands else x
        wide = relu6(self._bn1(self._depthwise_conv(wide)))
        y: Tensor = self._bn2(self._project_conv(wide))
        return x + y if self.has_shortcut else y


class Encoder(nn.Module):
    """The stem and the first ``stages`` of EfficientNet-Lite0, with ``width`` channels in the stem.

    Maps N x 3 x H x W (normalised RGB) to features of either sign, N x C x H/stride x W/stride.
    """

    def __init__(self, stages: int, width: int) -> None:
        super().__init__()
        self._conv_stem = SamePadded(3, width, 3, 2)
        self._bn0 = batch_norm(width)
        blocks: list[InvertedResidual] = []
        in_channels = width
        for repeats, kernel, stride, expansion, base_channels in STAGES[:stages]:
            channels = base_channels * width // WIDTH
            for i in range(repeats):
                blocks.append(InvertedResidual(in_channels, channels, kernel, 1 if i else stride, expansion))
                in_channels = channels
        self._blocks = nn.Sequential(*blocks)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x: Tensor) -> Tensor:
        features: Tensor = self._blocks(relu6(self._bn0(self._conv_stem(x))))
        return features


def batch_norm(channels: int) -> nn.BatchNorm2d:
    """Return batch normalisation with the constants that EfficientNet was trained with."""
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)
