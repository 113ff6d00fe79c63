"""``laplace`` between two small networks that are trained on a run's train features.

Source: docs/explanation/feature-codec.md, "A learned codec".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from compfeat.arrays import evenly_spaced
from compfeat.codecs import laplace_levels
from compfeat.codecs.base import CODECS, EVERY_QUALITY, Coding, Decoded, ImageBytes, Item, State, TaskErrors
from compfeat.codecs.laplace_levels import LEARNT_IMAGES, REFIT, scale_of, step_at
from compfeat.codecs.learned_options import Options
from compfeat.codecs.plugins.laplace import LaplaceStreams
from compfeat.codecs.spectra import dct2
from compfeat.errors import ConfigError, DataError
from compfeat.tasks.weights import problem_of

if TYPE_CHECKING:
    from torch import Tensor

    from compfeat.codecs.learned_model import Branch, LearnedModel

NETWORK = "network."
"""What the names of the networks' arrays begin with in the state."""


@CODECS.register("learned")
class Learned(LaplaceStreams[Options]):
    """The steps and streams of laplace between networks: levels decode alike on every machine.

    The state is that of laplace, of analysed features, with ``network.*`` (float16: the networks' weights), ``halves`` (int16, 2:
    those of the training) and ``unit`` (float32: the deviation of features about their mean).
    """

    fitted_through_tasks = True

    @classmethod
    def tool(cls, ffmpeg: str | None = None, options: Any = None) -> str:
        return f"{super().tool()}, torch {version('torch')}"

    @classmethod
    def problem(cls, options: Options, tasks: Sequence[str]) -> str | None:
        return problem_of(options.weights, tasks)

    @classmethod
    def fit(cls, features: NDArray[np.float32], options: Options, coding: Coding = EVERY_QUALITY) -> State:
        """Return the state: trained networks, and laws and shifts of laplace for what they make of train features.

        Raises:
            ConfigError: passes through decoders without a network, after a transform that torch cannot undo, or with weights of tasks
                that there are not.
            DataError: features are constant or not finite.
        """
        from compfeat.codecs import learned_model

        _one_thread()
        mean, magnitudes = laplace_levels.mean_and_magnitudes(features)
        finest, unit = laplace_levels.finest_rung(magnitudes, options.finest_bits), np.float32((features - mean).std())
        if not unit > 0:
            raise DataError("train features: constant; codec 'learned' needs others; train the network again")
        errors = cls._task_errors(mean, unit, options, coding) if options.decoder_epochs else None
        model = learned_model.train((features - mean) / unit, step_at(finest, 0) / float(unit), options, errors)
        state: State = {
            f"{NETWORK}{name}": weights.numpy().astype(np.float16)
            for name, weights in model.state_dict().items()
            if name != "log_scale"
        }
        state |= {"halves": np.array(options.halves, np.int16), "unit": np.array(unit), "mean": mean}
        scale = scale_of(model.log_scale.detach().double().exp().numpy() * float(unit), finest)
        chosen = features[evenly_spaced(len(features), LEARNT_IMAGES)]
        coefficients = {}
        for half in range(options.halves[0], options.halves[1] + 1, 4):
            networks = Networks(state, half)
            coefficients[half] = [dct2(networks.analysed(item) - mean.astype(np.float64)) for item in chosen]
        return state | laplace_levels.with_laws(mean, scale, finest, coefficients)

    @classmethod
    def _task_errors(cls, mean: NDArray[np.float32], unit: np.float32, options: Options, coding: Coding) -> TaskErrors:
        """Return the errors of tasks for what the networks code. Raises ConfigError as ``fit``."""
        if coding.task_errors is None:
            raise ConfigError("codec 'learned': decoder_epochs found, but no network to run; expected 0")
        errors = ScaledErrors(coding.task_errors(), mean, unit)
        problem = cls.problem(options, errors.names)
        if problem:
            raise ConfigError(f"codec 'learned': {problem}")
        errors.check()
        return errors

    def encode(self, items: Iterable[Item], stream: Path, side_info: Path) -> list[ImageBytes]:
        networks = self._networks
        return super().encode((networks.analysed(item) for item in items), stream, side_info)

    def decode(self, stream: Path, side_info: Path, shape: tuple[int, ...]) -> Iterator[Decoded]:
        for decoded in super().decode(stream, side_info, shape):
            yield Decoded(self._networks.synthesised(decoded.item), None)

    @cached_property
    def _networks(self) -> Networks:
        """Those of the state. Raises DataError where it has none."""
        return Networks(self.state or {}, self.qualities.index(self.quality))


class ScaledErrors:
    """Errors of tasks, of components about ``mean`` in units of ``unit``."""

    def __init__(self, errors: TaskErrors, mean: NDArray[np.float32], unit: np.float32) -> None:
        import torch

        self.names, self._errors = errors.names, errors
        self._mean, self._unit = torch.from_numpy(mean), float(unit)

    def check(self) -> None:
        """Try it, before minutes of training. Raises ConfigError where the transform cannot be undone."""
        self(self._mean[None] * 0, self._mean[None] * 0)

    def __call__(self, sent: Tensor, decoded: Tensor) -> Tensor:
        return self._errors(sent * self._unit + self._mean, decoded * self._unit + self._mean)


class Networks:
    """The networks of a state at one half rung."""

    def __init__(self, state: State, half: int) -> None:
        """Raises DataError where ``state`` has no networks, or others than its other arrays say."""
        import torch

        from compfeat.codecs.learned_model import LearnedModel, rate_of

        _one_thread()
        weights = {
            name.removeprefix(NETWORK): torch.from_numpy(array.astype(np.float32))
            for name, array in state.items()
            if name.startswith(NETWORK)
        }
        try:
            self._mean, self._unit, (low, high) = state["mean"], state["unit"], state["halves"].tolist()
            model = LearnedModel(self._mean.shape, len(weights["analysis.widen.weight"]))
            model.load_state_dict(weights | {"log_scale": model.log_scale.detach()})
        except (KeyError, ValueError, RuntimeError):
            raise DataError(f"state of codec 'learned': incomplete, or of another version; {REFIT}") from None
        self._model: LearnedModel = model.eval()
        self._rate = rate_of(half, (low, high))

    def analysed(self, features: Item) -> NDArray[np.float32]:
        """Return what is coded in place of an image's features. Raises DataError where they are not of the state's shape."""
        if features.shape != self._mean.shape:
            raise DataError(f"features of shape {features.shape}; expected {self._mean.shape}; {REFIT}")
        return self._through(self._model.analysis, features)

    def synthesised(self, features: Item) -> NDArray[np.float32]:
        """Return the features that decoded ones stand for."""
        return self._through(self._model.synthesis, features)

    def _through(self, network: Branch, features: Item) -> NDArray[np.float32]:
        import torch

        with torch.inference_mode():
            y = torch.from_numpy((features - self._mean) / self._unit)[None]
            found: NDArray[np.float32] = network(y, self._rate)[0].numpy() * self._unit + self._mean
        return found


def _one_thread() -> None:
    """Keep torch from splitting sums by thread."""
    import torch

    torch.set_num_threads(1)
