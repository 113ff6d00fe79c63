"""Pictures of one image's outputs by task, each with what it weighs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from compfeat.experiment.runs import UNCODED, Point
from compfeat.reports.figures.style import picture
from compfeat.reports.showcase import Showcase

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Shown:
    """A task of the showcase, ready to be drawn.

    Attributes:
        name: the task's.
        task: the task itself.
        truth: its ground truth in the form of its outputs; None where the image has none.
        reference: what fixes the colours: the truth, else the first output.
        unit: of its metric; of its values, too, where they are one number a pixel.
    """

    name: str
    task: Any
    truth: NDArray[Any] | None
    reference: NDArray[Any]
    unit: str

    @classmethod
    def of(cls, showcase: Showcase, name: str, unit: str) -> Shown:
        """Return the task ``name``. Raises ConfigError where there is no such task."""
        from compfeat.tasks.base import TASKS

        task: Any = TASKS.get(name)(showcase.class_names())
        truth = task.truth_picture(showcase.fields())
        outputs = (showcase.output(point, name) for point in showcase.points)
        reference = truth if truth is not None else next(output for output in outputs if output is not None)
        return cls(name, task, truth, reference, unit)

    def draw_truth(self, ax: Axes, size: float) -> None:
        """Draw the ground truth, with a scale below where it is one number a pixel; nothing where there is none."""
        if self.truth is None:
            ax.set_axis_off()
            return
        picture(ax, self.task.picture(self.truth, self.reference))
        numbers = self.task.likelihood == "regression" and self.truth.ndim == 2
        unit = f" ({self.unit})" if numbers and self.unit else ""
        ax.set_title(f"{self.task.title}\nground truth{unit}", fontsize=size, pad=2)
        low, high = (float(end(self.truth)) for end in (np.nanmin, np.nanmax)) if numbers else (0.0, 0.0)
        if high > low:
            self.draw_scale(ax.inset_axes((0.1, -0.16, 0.8, 0.08)), low, high)

    def draw_scale(self, ax: Axes, low: float, high: float) -> None:
        """Draw the colours of values from ``low`` to ``high``."""
        values = np.linspace(low, high, 128, dtype=np.float32)[None]
        picture(ax, self.task.picture(values, self.reference), extent=(low, high, 0, 1), aspect="auto")
        ax.set_xticks([low, (low + high) / 2, high], [f"{x:.3g}" for x in (low, (low + high) / 2, high)])
        ax.tick_params(labelsize=5.5, length=1.5, pad=1)

    def draw_output(self, ax: Axes, showcase: Showcase, point: Point | None) -> bool:
        """Draw the output at a point; return whether there is one."""
        output = None if point is None else showcase.output(point, self.name)
        if output is None:
            ax.set_axis_off()
            return False
        picture(ax, self.task.picture(output, self.reference))
        return True

    def classes(self, names: list[str]) -> dict[str, Colour]:
        """Return the colour of every class in the truth, by name; empty for a task without classes."""
        if self.task.likelihood != "classification" or self.truth is None:
            return {}
        present = [int(i) for i in np.unique(self.truth) if 0 <= i < len(names)]
        kept = np.array(present, dtype=self.truth.dtype)[None]
        colours = np.asarray(self.task.picture(kept, self.reference))[0] / 255
        return {names[i]: (float(r), float(g), float(b)) for i, (r, g, b) in zip(present, colours, strict=True)}


def class_legend(figure: Figure, classes: dict[str, Colour]) -> None:
    """Name the classes of the ground truth below the panels."""
    from matplotlib.patches import Patch

    patches = [Patch(facecolor=colour, label=name) for name, colour in classes.items()]
    figure.legend(handles=patches, loc="outside lower center", ncols=8, fontsize=6, handlelength=1, columnspacing=1.2)


def spread(showcase: Showcase, cut: str, method: str, most: int) -> list[Point]:
    """Return at most ``most`` coded points of a method with pictures, from fine to coarse, of the codec that has most of them.

    The finest is left out where there are others to show: it looks like what is not coded.
    """
    coded = [point for point in showcase.of(cut, method) if point.codec != UNCODED]
    by_codec: dict[str, list[Point]] = {}
    for point in coded:
        by_codec.setdefault(point.codec, []).append(point)
    longest = max(by_codec.values(), key=len, default=[])
    useful = longest[1:] if len(longest) > most else longest
    return [useful[i] for i in np.linspace(0, len(useful) - 1, min(most, len(useful))).round().astype(int)]


def quality(showcase: Showcase, point: Point) -> str:
    """Return what a picture says of its point: codec, quality and what the image weighs."""
    return "not coded" if point.codec == UNCODED else f"{point.codec.upper()} {point.quality}: {showcase.weight(point)}"
