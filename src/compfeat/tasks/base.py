"""The base class of tasks, and their registry."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from compfeat.datasets.base import Truth
from compfeat.registry import Registry
from compfeat.tasks.directions import of_cross_entropy, of_squares

if TYPE_CHECKING:
    from torch import Tensor

Scores = Mapping[str, NDArray[Any]]
"""Every image's scores by name, each (N, ...)."""


@dataclass(frozen=True)
class Metric:
    """A number that says how well a task is done; the only place where its name, unit, digits and direction stand.

    Attributes:
        name: its column in ``points.csv``.
        label: what it is called in print, without its unit.
        unit: empty where it has none.
        digits: decimals in print.
        higher_is_better: its direction.
        compared: whether BD-rates, figures and claims are about it; others are kept in the tables alone.
        of_image: the column that says the same of a decoded image itself, where a method sends the image; empty for none.
    """

    name: str
    label: str
    unit: str = ""
    digits: int = 4
    higher_is_better: bool = True
    compared: bool = True
    of_image: str = ""

    @property
    def title(self) -> str:
        """Label and unit, for an axis; an arrow where lower is better."""
        more = [part for part in (self.unit, "" if self.higher_is_better else "↓") if part]
        return f"{self.label} ({', '.join(more)})" if more else self.label

    @property
    def curve_name(self) -> str:
        """Name of what a curve of rate against it is drawn over: itself, or its inverse where lower is better."""
        return self.name if self.higher_is_better else f"inv_{self.name}"

    @property
    def curve_label(self) -> str:
        """Label of what a curve is drawn over."""
        return self.label if self.higher_is_better else f"1/{self.label}"

    def curve_values(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the values that rise as the task is done better (docs/explanation/method.md, "BD-rate")."""
        return values if self.higher_is_better else 1.0 / values


class Task(ABC):
    """One task, for a dataset's classes."""

    name: ClassVar[str] = ""
    """What it is registered under."""
    title: ClassVar[str]
    """What it is called in print."""
    truths: ClassVar[tuple[Truth, ...]]
    metrics: ClassVar[tuple[Metric, ...]]
    likelihood: ClassVar[Literal["classification", "regression"]]
    """How uncertainty weighs its loss: exp(-s) L + s/2, or half of exp(-s) L + s."""
    decoder_widening: ClassVar[int] = 1
    """Stage k = 1, 2, ... of its decoder has C * widening / 2^k channels."""

    def __init__(self, class_names: Sequence[str]) -> None:
        self.class_names = tuple(class_names)
        self.train_shares: NDArray[np.float64] | None = None
        """``class_shares`` of the train split, where the receiver is given them."""

    @property
    @abstractmethod
    def output_channels(self) -> int:
        """Channels of the decoder's output."""

    @abstractmethod
    def loss(self, output: Tensor, truth: Mapping[str, Tensor]) -> Tensor:
        """Return the mean loss over valid pixels.

        Args:
            output: N x output_channels x H x W.
            truth: ``image`` N x 3 x H x W in [0, 1], and this task's trained truths by field, N x H x W (x channels).
        """

    def pixel_weights(self, output: Tensor, truth: Mapping[str, Tensor]) -> Tensor:
        """Return how much each pixel counts in ``loss``, N x H x W: by default all alike.

        They add up to 1, or are 0 where no pixel counts. Arguments as in ``loss``.
        """
        count = len(output) * output.shape[2] * output.shape[3]
        return output.new_full((len(output), *output.shape[2:]), 1.0 / count)

    def class_shares(self, records: NDArray[np.void]) -> NDArray[np.float64] | None:
        """Return the share (0..1) of the pixels of packed scenes that are of each class; None for a task without classes."""
        return None

    def directions(
        self,
        output: Tensor,
        truth: Mapping[str, Tensor],
        random: np.random.Generator,
        class_weights: NDArray[np.float64] | None = None,
    ) -> Iterator[Tensor]:
        """Yield random directions v of the output, without end, that say how sensitive ``loss`` is to it.

        The mean of v v^T is half the Hessian of ``loss``: beside what its gradient says, a small change d of the output raises it by
        the mean of (v . d)^2. By default ``loss`` is taken for the mean over channels of squared errors (regression) or the
        cross-entropy (classification), added up over pixels with ``pixel_weights``; a task with another loss overrides this
        (docs/explanation/transforms.md, "Sensitivity of a task").

        Args:
            output: N x output_channels x H x W; so are the directions.
            truth: as in ``loss``.
            random: what is random about them.
            class_weights: how much each class counts, (output_channels,), for a task with ``class_shares``; None for 1 each.
        """
        weights = self.pixel_weights(output, truth)
        if self.likelihood == "regression":
            return of_squares(output, weights, random)
        return of_cross_entropy(output, weights, random, class_weights)

    @abstractmethod
    def predict(self, output: Tensor) -> NDArray[Any]:
        """Return a batch's predictions, N x H x W (x ...), from the decoder's output."""

    @abstractmethod
    def score(self, prediction: NDArray[Any], record: np.void) -> dict[str, Any]:
        """Return one image's scores: numbers, or small arrays of integers. ``record``: the image's packed record."""

    @abstractmethod
    def measure(self, scores: Scores, weights: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        """Return each metric under every row of ``weights`` (R x N: how often each image counts), (R,).

        Tables, validation and the bootstrap all compute metrics by this function alone.
        """

    @abstractmethod
    def keep(self, prediction: NDArray[Any]) -> NDArray[Any]:
        """Return a prediction in the small form in which pictures are kept."""

    @abstractmethod
    def truth_picture(self, record: np.void) -> NDArray[Any] | None:
        """Return the truth in the form of ``keep``; None if there is nothing to show."""

    @abstractmethod
    def picture(self, kept: NDArray[Any], reference: NDArray[Any] | None) -> NDArray[np.uint8]:
        """Return what was kept as a picture, uint8 H x W x 3. ``reference``: the truth kept, for a common scale of colours."""


TASKS: Registry[type[Task]] = Registry("compfeat.tasks.plugins", "task", Task)


def metrics_of(names: Sequence[str]) -> list[tuple[str, Metric]]:
    """Return every metric of the tasks called ``names`` with its task's name, in their order."""
    return [(name, metric) for name in names for metric in TASKS.get(name).metrics]


def weighted_means(values: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean of ``values`` (N,) under every row of ``weights`` (R x N), (R,); images whose value is nan do not count.

    Rows of ones give numpy's own mean, to the bit. Each row is added up in numpy's fixed order, not by a matrix product, whose order
    depends on the processor.
    """
    scored = ~np.isnan(values)
    kept, used = values[scored], weights[:, scored]
    totals = used.sum(axis=1)
    result: NDArray[np.float64] = np.full(len(weights), np.nan)
    np.divide(np.ascontiguousarray(used * kept).sum(axis=1), totals, out=result, where=totals > 0)
    return result


def mean_squared(sse: NDArray[Any], n: NDArray[Any]) -> NDArray[np.float64]:
    """Return each image's mean squared error (N,); nan where nothing was scored."""
    counts = np.asarray(n, dtype=np.float64)
    result: NDArray[np.float64] = np.full(len(counts), np.nan)
    np.divide(np.asarray(sse, dtype=np.float64), counts, out=result, where=counts > 0)
    return result


def check_shapes(found: tuple[int, ...], expected: tuple[int, ...]) -> None:
    """Raise ValueError where a prediction does not have the shape of its truth."""
    if found != expected:
        raise ValueError(f"prediction is {found}, truth {expected}; expected one shape")
