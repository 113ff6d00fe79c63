"""The stages render and prepare: the source images that exist before the first job, and the settings of jobs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePath
from typing import Any

from compfeat.datasets.base import DATASETS, IMAGE
from compfeat.datasets.sources import Listing, content_identity, listing, render_changes
from compfeat.errors import ConfigError
from compfeat.experiment.config import Experiment
from compfeat.experiment.consistency import names_not_drawn, too_few, without_intervals
from compfeat.io import own_path
from compfeat.settings.runs import Split
from compfeat.tasks.base import TASKS

REMEMBERED = Path(".snakemake")
"""The folder of what is remembered of files, so that only those that changed are read again."""


@dataclass(frozen=True)
class Sources:
    """The source images of an experiment."""

    experiment: Experiment

    @property
    def rendered(self) -> bool:
        """Whether the project renders them."""
        return DATASETS.get(self.experiment.dataset.name).rendered

    @property
    def root(self) -> Path:
        """Their folder."""
        return own_path(self.experiment.dataset.root)

    def manifest(self, split: str) -> str:
        """Return the CSV of a split's images that were rendered."""
        return f"{self.root}/{split}.csv"

    @cached_property
    def listings(self) -> Mapping[Split, Listing]:
        """What the folder of a dataset that is not rendered has of each split."""
        return {} if self.rendered else {split: self._listing(split) for split in self.experiment.dataset.splits}

    def _listing(self, split: Split) -> Listing:
        truths = [truth.source for task in self.experiment.tasks for truth in TASKS.get(task).truths]
        return listing(self.experiment.dataset.name, self.root, split, [IMAGE, *truths])

    @cached_property
    def counts(self) -> Mapping[Split, int]:
        """How many images each split has. One that is not there, or not whole, is for the stage prepare to report."""
        return {split: len(found.samples) for split, found in self.listings.items() if not found.problem}

    def check(self) -> None:
        """Raise ConfigError where no run can use the images: by their names, or because there are too few."""
        misnamed = (found.problem for found in self.listings.values() if found.misnamed)
        for problem in (*misnamed, *too_few(self.experiment, self.counts)):
            raise ConfigError(problem)

    def remarks(self) -> Iterator[str]:
        """Yield what a run lacks because of its images, each in one line."""
        yield from without_intervals(self.experiment, self.counts)
        evaluated = self.listings.get(self.experiment.dataset.evaluated_split, Listing())
        yield from names_not_drawn(self.experiment, [sample.image_id for sample in evaluated.samples])

    def identity(self, split: Split) -> str:
        """Return what the images of a split are, so that a change, a loss or a new one is seen: a user's by their content, rendered
        ones by what is not as it was rendered."""
        dataset = self.experiment.dataset
        known = REMEMBERED / "-".join(["sources", *PurePath(dataset.prepared).parts, f"{split}.json"])
        if self.rendered:
            return render_changes(self._listing(split), self.root, Path(self.manifest(split)), known)
        return content_identity(self.listings[split], dataset.images.of(split), known)

    def render_settings(self, split: Split) -> dict[str, Any]:
        """Return the settings of a job that renders a split."""
        dataset = self.experiment.dataset
        shared = {"root": dataset.root, "split": split, "images": dataset.images.of(split)}
        return {**shared, "size": dataset.size, "seed": dataset.render_seed}

    def prepare_settings(self, split: Split) -> dict[str, Any]:
        """Return the settings of a job that prepares a split."""
        dataset = self.experiment.dataset
        shared = {"dataset": dataset.name, "root": dataset.root, "split": split, "tasks": self.experiment.tasks}
        return {**shared, "size": dataset.size, "limit": dataset.images.of(split)}
