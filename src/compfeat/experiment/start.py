"""A network that one run trained and kept for others to start from: what is written beside its weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import Field

from compfeat.errors import DataError
from compfeat.experiment.layout import Layout
from compfeat.io import read_json, sha256_of
from compfeat.settings.recipe import Recipe
from compfeat.settings.section import Section


class TrainedOn(Section):
    """The data and the recipe that a network was trained with."""

    dataset: str = Field(description="plug-in of compfeat.datasets")
    rendered: bool = Field(description="whether the project renders the dataset")
    render_seed: int = Field(description="seed of rendered scenes")
    images: int | None = Field(description="train images; null for all that the dataset has")
    recipe: Recipe = Field(description="how it was trained")

    @property
    def epochs(self) -> int:
        """Passes over the train images."""
        return sum(phase.epochs for phase in self.recipe.phases)


class Start(Section):
    """A network that is kept, and what it was trained on."""

    network: dict[str, Any] = Field(description="the network's own description")
    sha256: str = Field(description="of the weights that this is about, in hexadecimal")
    trained_on: TrainedOn


def known_training(weights: Path) -> TrainedOn | None:
    """Return what a weights file was trained on; None if no description beside it is about these very bytes.

    Raises:
        DataError: the weights are missing.
    """
    try:
        start = Start.model_validate(read_json(Path(Layout.start(str(weights)))))
    except (DataError, ValueError):
        return None
    return start.trained_on if start.sha256 == sha256_of(weights) else None
