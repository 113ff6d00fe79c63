"""The stages train and features: what a network is trained from, and where its weights start."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from compfeat.experiment.config import Experiment
from compfeat.experiment.entries import CUT
from compfeat.experiment.layout import Layout
from compfeat.networks.base import NETWORKS
from compfeat.settings.runs import Trained
from compfeat.stages.checks import ELSEWHERE
from compfeat.stages.params import section
from compfeat.tasks.base import TASKS
from compfeat.training.settings import TrainSettings


@dataclass(frozen=True)
class Training:
    """What jobs that train a network, or compute its features, are given."""

    experiment: Experiment
    layout: Layout

    def settings(self, trained: Trained) -> TrainSettings:
        """Return what a training is made from beside its files."""
        e = self.experiment
        cut, recipe = (part.model_dump(mode="json") for part in (e.cuts[trained.cut], e.trainings[trained.training]))
        return TrainSettings.of(trained.cut, trained.training, int(trained.seed), e.tasks, cut, recipe)

    def start_files(self, trained: Trained) -> dict[str, str]:
        """Return the weights that a training starts from by the stage's argument: paths, or addresses in an object store."""
        cut, training = trained.cut, trained.training
        start, encoder = self.experiment.trainings[training].start, self.experiment.cuts[cut].encoder_weights
        files = {
            "initial": self.layout.weights(Trained(cut, start, trained.seed))
            if start in self.experiment.trainings
            else _address(start, cut) or self.experiment.start_file(cut, training),
            "encoder_weights": self.experiment.encoder_file(cut, training)
            and (_address(encoder, cut) or self.experiment.encoder_file(cut, training)),
        }
        return {name: path for name, path in files.items() if path is not None}

    def described_starts(self) -> list[str]:
        """Return, sorted, the weights from outside the run that trainings start from and that a description lies beside."""
        e = self.experiment
        files = {path for trained in e.trained() if (path := e.start_file(trained.cut, trained.training)) is not None}
        return sorted(path for path in files if Path(path).is_file() and Path(self.layout.start(path)).is_file())

    def kept_weights(self) -> list[str]:
        """Return the files of the networks that are kept for other configurations."""
        keep = self.experiment.keep
        return [] if keep is None else [self.layout.kept(keep.folder, cut) for cut in self.experiment.cuts]

    def keep_settings(self, training: str, rendered: bool) -> dict[str, Any]:
        """Return what is said of a network that is kept, of ``rendered`` scenes or not."""
        dataset = self.experiment.dataset
        data = {"dataset": dataset.name, "rendered": rendered, "render_seed": dataset.render_seed}
        recipe = section(self.experiment.trainings[training], "start")
        return {**data, "images": dataset.images.train, "recipe": recipe}


def task_modules(experiment: Experiment) -> list[str]:
    """Return the modules of the tasks."""
    return [*map(TASKS.module, experiment.tasks)]


def network_module(experiment: Experiment, cut: str) -> str:
    """Return the module of a cut's network."""
    return NETWORKS.module(experiment.cuts[cut].name)


def _address(given: str | None, cut: str) -> str | None:
    """Return the address in an object store that the configuration gives for a cut; None if it gives none."""
    return given.replace(CUT, cut) if given and ELSEWHERE in given else None
