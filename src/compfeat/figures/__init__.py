"""Figures: each drawn from files of ``summarise/`` alone. One module a figure.

A module says which files its figure needs, so that the workflow redraws it when one of them changes. Modules import neither
matplotlib nor seaborn at their top (``_style.py`` does, when it is asked to draw): the workflow reads their declarations.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from compfeat.errors import DataError
from compfeat.features.archive import Arrays, read_arrays
from compfeat.io import read_csv
from compfeat.registry import Registry

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Tables:
    """The files of the summary that a figure needs, read when asked for."""

    folder: Path
    needs: tuple[str, ...]

    def csv(self, name: str, *columns: str) -> pd.DataFrame:
        """Return the table ``name``, which must have ``columns``.

        Raises:
            DataError: it is missing, damaged, lacks a column, or is not among the figure's ``needs``.
        """
        return read_csv(self._path(name), list(columns))

    def arrays(self, name: str) -> Arrays:
        """Return the arrays of the ``.npz`` file ``name``. Raises DataError as ``csv`` does."""
        return read_arrays(self._path(name))

    def _path(self, name: str) -> Path:
        if name not in self.needs:
            raise DataError(f"{name}: not among the figure's needs ({', '.join(self.needs)}); add it to its module")
        return self.folder / name


@dataclass(frozen=True)
class FigureSpec:
    """A figure: how it is drawn, from which files, and what is said under it.

    Attributes:
        name: that of its module.
        needs: files of ``summarise/``.
        category: its heading in the workflow's report.
        caption: what is seen, in a few sentences.
        draw: draws it; call it inside ``_style.theme()``.
    """

    name: str
    needs: tuple[str, ...]
    category: str
    caption: str
    draw: Callable[[Tables], Figure]

    def tables(self, folder: Path) -> Tables:
        """Return this figure's files in ``folder``."""
        return Tables(folder, self.needs)


FIGURES: Registry[FigureSpec] = Registry("compfeat.figures", "figure")


def figure(
    name: str, *, needs: tuple[str, ...], category: str, caption: str
) -> Callable[[Callable[[Tables], Figure]], Callable[[Tables], Figure]]:
    """Return a decorator that registers a drawing function as the figure ``name`` (see FigureSpec)."""

    def add(draw: Callable[[Tables], Figure]) -> Callable[[Tables], Figure]:
        FIGURES.register(name)(FigureSpec(name, needs, category, caption, draw))
        return draw

    return add
