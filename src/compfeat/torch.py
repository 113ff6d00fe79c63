"""Cutting any PyTorch network in two, by hooks that do not change it (docs/how-to/use-the-library.md)."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from compfeat.errors import ConfigError
from compfeat.feature_codec import FeatureCodec
from compfeat.tasks.directions import of_cross_entropy, of_squares
from compfeat.transforms.bands import bands_of
from compfeat.transforms.sensitivity import add_products

BATCH = 16
"""Images that go through the network together."""


class Split:
    """A network that is cut after one of its modules: what that module returns is sent, all that follows runs on what arrives.

    The module's output may be maps N x C x h x w, tokens N x T x C (their features are N x C x 1 x T) or vectors N x C.
    """

    def __init__(self, model: nn.Module, module: nn.Module, name: str) -> None:
        self.model, self.module, self.name = model, module, name
        self._whole = False

    @classmethod
    def at(cls, model: nn.Module, name: str) -> Split:
        """Return ``model`` cut after its module ``name``, as ``model.named_modules()`` calls it.

        Raises:
            ConfigError: there is none of that name, or the model is in training mode.
        """
        modules = dict(model.named_modules())
        if not name or name not in modules:
            near = difflib.get_close_matches(name, modules, 3) or list(modules)[1:4]
            raise ConfigError(f"module {name!r} is unknown; expected one of model.named_modules(), such as {near}")
        if model.training:
            raise ConfigError("the model is in training mode; expected the mode in which it is used; call model.eval()")
        return cls(model, modules[name], name)

    def features(self, images: Tensor) -> NDArray[np.float32]:
        """Return what is sent of ``images`` (N x ...), N x C x h x w; what comes after the cut does not run."""
        parts: list[NDArray[np.float32]] = []

        def keep(maps: Tensor) -> Tensor:
            parts.append(maps.detach().float().cpu().numpy())
            raise _Reached

        for batch in torch.split(images, BATCH):
            with torch.no_grad(), self._replacing(keep), suppress(_Reached):
                self.model(batch)
        return np.concatenate(parts)

    def run(
        self,
        images: Tensor,
        codec: FeatureCodec,
        quality: float | None = None,
        *,
        step: float | None = None,
        max_bytes: int | None = None,
    ) -> tuple[Any, list[int]]:
        """Return the model's outputs for decoded bitstreams, and how many bytes each image's has.

        Args:
            images: N x ..., as the model takes them.
            codec: fitted to this split's features.
            quality, step, max_bytes: as in ``FeatureCodec.encode``.

        Raises:
            ConfigError: the outputs depend on more than what the module returns.
            DataError: features that cannot be coded.
        """
        self.check(images[:1])
        sizes: list[int] = []

        def send(maps: Tensor) -> Tensor:
            streams = [
                codec.encode(tensor, quality, step=step, max_bytes=max_bytes) for tensor in maps.float().cpu().numpy()
            ]
            sizes.extend(map(len, streams))
            return torch.from_numpy(np.stack([codec.decode(data) for data in streams])).to(maps)

        with torch.no_grad(), self._replacing(send):
            return joined([self.model(batch) for batch in torch.split(images, BATCH)]), sizes

    def check(self, image: Tensor) -> None:
        """Raise ConfigError where something goes around the cut: where outputs still depend on the image, given its features."""
        if self._whole:
            return
        with torch.no_grad():
            sent = torch.from_numpy(self.features(image)).to(image.device)
            with self._replacing(lambda maps: sent.to(maps)):
                results = [named(self.model(given)) for given in (image, torch.zeros_like(image))]
        for name, output in results[0].items():
            if not torch.allclose(output, results[1][name], rtol=1e-4, atol=1e-5 * float(output.abs().max())):
                raise ConfigError(
                    f"module {self.name!r}: the model's output{f' {name}' if name else ''} depends on more than what it returns; "
                    "cut where nothing goes around, after the last skip connection"
                )
        self._whole = True

    @contextmanager
    def _replacing(self, replace: Callable[[Tensor], Tensor]) -> Iterator[None]:
        """Put what ``replace`` makes of the module's output, as maps N x C x h x w, into its place."""
        calls = 0

        def hook(module: nn.Module, inputs: object, output: object) -> Tensor:
            nonlocal calls
            calls += 1
            if not isinstance(output, Tensor) or output.ndim not in (2, 3, 4):
                found = tuple(output.shape) if isinstance(output, Tensor) else type(output).__name__
                raise ConfigError(f"module {self.name!r} returns {found}; expected a tensor of 2 to 4 dimensions")
            if output.ndim == 4:
                return replace(output)
            if output.ndim == 3:
                return replace(output.transpose(1, 2).unsqueeze(2)).squeeze(2).transpose(1, 2)
            return replace(output[:, :, None, None])[:, :, 0, 0]

        handle = self.module.register_forward_hook(hook)
        try:
            yield
            if not calls:
                raise ConfigError(f"module {self.name!r} does not run in the model's forward pass; cut at another one")
        finally:
            handle.remove()


class _Reached(Exception):
    """Ends a forward pass at the cut."""


def importance(
    split: Split,
    images: Tensor,
    *,
    kind: str | Mapping[str, str] | None = None,
    weights: Mapping[str, float] | None = None,
    bands: int = 4,
    directions: int = 4,
    seed: int = 0,
) -> NDArray[np.float64]:
    """Return how much noise in the features costs the model's outputs, bands x C x C; no labels are needed.

    Of each output it is the Gauss-Newton matrix of its loss: for "classification" (cross-entropy over axis 1) the Fisher information,
    with classes that are drawn from the model's own softmax; for "regression" that of the squared error. Each is scaled to a trace
    of C, so that outputs count alike.

    Args:
        split: where the model is cut.
        images: N x ..., as the model takes them; 32 are enough for maps of a hundred positions, vectors need more.
        kind: of all outputs, or of each by its name; without, outputs N x K are classifications, all others regressions.
        weights: how much each output counts, by name; 1 for those that are not named. A tensor's name is "", in a dict it is its
            key, in a list its number.
        bands: of spatial frequency, as in ``FeatureCodec.fit``.
        directions: random directions of each output per image.
        seed: of these.

    Raises:
        ConfigError: the cut is none, an output or kind is unknown, or no output depends on the features.
    """
    split.check(images[:1])
    sums: dict[str, NDArray[np.float64]] = {}
    band: NDArray[np.intp] | None = None
    for position, image in enumerate(torch.split(images, 1)):
        features, outputs = differentiable(split, image)
        channels, *size = features.shape[1:]
        band = bands_of((size[0], size[1]), bands) if bands > 1 else None
        for name, output in outputs.items():
            sums.setdefault(name, np.zeros((1 if band is None else int(band.max()) + 1, channels, channels)))
            given = kind if isinstance(kind, str) else (kind or {}).get(name)
            of_output, drawn = drawn_directions(output, given, np.random.default_rng([seed, position]))
            add_products(sums[name], of_output, islice(drawn, directions), features, band)
    unknown = sorted({*(weights or {}), *(kind if isinstance(kind, Mapping) else ())} - set(sums))
    counted = {name: float((weights or {}).get(name, 1)) for name, total in sums.items() if total.any()}
    if unknown or not any(counted.values()):
        found = f"output {unknown[0]!r}" if unknown else "no output that depends on the features"
        raise ConfigError(f"importance: {found}; expected some of {', '.join(map(repr, sums)) or 'a tensor'} to count")
    shares = np.ones(1) if band is None else np.bincount(band.ravel()) / band.size
    scaled = [
        weight * len(sums[name][0]) * sums[name] / np.trace(sums[name].sum(axis=0)) for name, weight in counted.items()
    ]
    result: NDArray[np.float64] = np.sum(scaled, axis=0) / shares[:, None, None]
    return result


def differentiable(split: Split, image: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
    """Return the features of an image and the model's outputs as functions of them, by name."""
    kept: list[Tensor] = []

    def begin(maps: Tensor) -> Tensor:
        torch.set_grad_enabled(True)
        kept.append(maps.detach().requires_grad_(True))
        return kept[0]

    with torch.no_grad(), split._replacing(begin):
        outputs = named(split.model(image))
    return kept[0], outputs


def drawn_directions(output: Tensor, kind: str | None, random: np.random.Generator) -> tuple[Tensor, Iterator[Tensor]]:
    """Return an output as N x K x H x W, and random directions of it without end. Raises ConfigError for an unknown kind."""
    kind = kind or ("classification" if output.ndim == 2 and output.shape[1] > 1 else "regression")
    if kind not in ("classification", "regression"):
        raise ConfigError(f"kind {kind!r}; expected classification or regression")
    maps = output.reshape(*output.shape[:2], -1, 1) if output.ndim > 1 else output[:, None, None, None]
    weights = maps.new_full((len(maps), *maps.shape[2:]), 1 / maps[0, 0].numel())
    make = of_cross_entropy if kind == "classification" else of_squares
    return maps, make(maps.detach(), weights.detach(), random)


def named(outputs: object) -> dict[str, Tensor]:
    """Return the tensors in a model's outputs that are floating-point numbers, by name."""
    if isinstance(outputs, Tensor):
        return {"": outputs} if outputs.is_floating_point() else {}
    entries: Sequence[tuple[object, object]] = []
    if isinstance(outputs, Mapping):
        entries = list(outputs.items())
    elif isinstance(outputs, tuple | list):
        entries = list(enumerate(outputs))
    return {f"{key}.{below}" if below else str(key): t for key, part in entries for below, t in named(part).items()}


def joined(parts: Sequence[Any]) -> Any:
    """Return the outputs of batches as those of all images."""
    if len(parts) == 1:
        return parts[0]
    if isinstance(parts[0], Tensor):
        return torch.cat(list(parts))
    if isinstance(parts[0], Mapping):
        return {key: joined([part[key] for part in parts]) for key in parts[0]}
    return [joined(list(pieces)) for pieces in zip(*parts, strict=True)]
