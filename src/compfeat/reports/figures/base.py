"""What a figure declares, and the registry of figures.

A figure that shows one ladder is named with it: ``rate_accuracy@hevc`` is the figure ``rate_accuracy`` of the ladder ``hevc``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from compfeat.errors import ConfigError
from compfeat.registry import Registry

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class FigureSpec:
    """A figure: how it is drawn, from which files, and what is said under it.

    Attributes:
        name: that of its module; with ``@LADDER`` where it shows one ladder.
        needs: files of ``summarise/``.
        category: its heading in the workflow's report.
        caption: what is seen, in a few sentences; ``{ladder}`` in it stands for the ladder's name.
        draw: draws it; call it inside ``style.theme()``.
        by_ladder: whether it shows one ladder, which ``draw`` then takes as ``ladder``.
        ladder: the ladder that it shows.
    """

    name: str
    needs: tuple[str, ...]
    category: str
    caption: str
    draw: Callable[..., Figure]
    by_ladder: bool = False
    ladder: str | None = None


class Figures(Registry[FigureSpec]):
    """The figures by name, those of one ladder by ``NAME@LADDER``."""

    def get(self, name: str) -> FigureSpec:
        """Return the figure called ``name``.

        Raises:
            ConfigError: there is none, or the ladder is missing or one too many.
        """
        module, at, ladder = name.partition("@")
        spec = super().get(module)
        if spec.by_ladder != bool(ladder) or bool(at) != bool(ladder):
            expected = (
                f"{module}@LADDER: it shows one ladder" if spec.by_ladder else f"{module}: it shows no single ladder"
            )
            raise ConfigError(f"{self.noun} {name!r} is unknown; expected {expected}")
        if not ladder:
            return spec
        caption = spec.caption.replace("{ladder}", ladder)
        return replace(spec, name=name, caption=caption, draw=partial(spec.draw, ladder=ladder), ladder=ladder)

    def by_ladder(self, module: str) -> bool:
        """Return whether the figures of a module show one ladder each, and are named with it."""
        return super().get(module).by_ladder


FIGURES = Figures("compfeat.reports.figures.plugins", "figure")


def figure(
    name: str, *, needs: tuple[str, ...], category: str, caption: str, by_ladder: bool = False
) -> Callable[[Callable[..., Figure]], Callable[..., Figure]]:
    """Return a decorator that registers a drawing function as the figure ``name`` (see FigureSpec)."""

    def add(draw: Callable[..., Figure]) -> Callable[..., Figure]:
        FIGURES.register(name)(FigureSpec(name, needs, category, caption, draw, by_ladder))
        return draw

    return add
