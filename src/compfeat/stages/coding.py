"""The stages fit, encode and evaluate: each has one job per run and codec."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from compfeat.codecs.base import CODECS
from compfeat.errors import ConfigError
from compfeat.experiment.config import Experiment
from compfeat.experiment.layout import Layout
from compfeat.settings.runs import TRANSFORM, UNCODED, Run, Split
from compfeat.stages.training import network_module, task_modules
from compfeat.transforms.base import TRANSFORMS


@dataclass(frozen=True)
class Coding:
    """What jobs that code and evaluate are given. ``codec`` is an entry of the configuration, or UNCODED where that makes sense."""

    experiment: Experiment
    layout: Layout

    def fitted(self, run: Run) -> list[str]:
        """Return what is fitted to the train features of a run: TRANSFORM and codecs."""
        e, transform = self.experiment, self.experiment.methods[run.method].transform
        transforms = [TRANSFORM] * (transform is not None and TRANSFORMS.get(transform.name).fitted)
        return transforms + [codec for codec in e.qualities(run.method) if e.codec_class(codec).fitted]

    def run_codecs(self) -> Iterator[tuple[Run, str]]:
        """Yield every run with every codec that it is coded by, UNCODED first."""
        for run in self.experiment.runs():
            for codec in self.experiment.all_qualities(run.method):
                yield run, codec

    def sent(self, run: Run, split: Split) -> str:
        """Return the file of what a run sends of a split: features, or packed images."""
        if self.experiment.methods[run.method].sends == "features":
            return self.layout.features(self.experiment.trained_of(run), split)
        return self.layout.arrays(split)

    def network_files(self, run: Run) -> dict[str, str]:
        """Return the files of a run's trained network."""
        trained = self.experiment.trained_of(run)
        return {"weights": self.layout.weights(trained), "description": self.layout.description(trained)}

    def state_files(self, run: Run, codec: str = UNCODED) -> dict[str, str]:
        """Return the files of a run's fitted transform and of a codec that is fitted after it, by the stages' arguments."""
        states, fitted = {"transform": TRANSFORM, "state": codec}, self.fitted(run)
        return {argument: self.layout.fitted(run, name) for argument, name in states.items() if name in fitted}

    def fit_files(self, run: Run, fitted: str) -> dict[str, str]:
        """Return what a job reads that fits TRANSFORM or a codec: the train split alone.

        Raises:
            ConfigError: nothing of that name is fitted for the run.
        """
        if fitted not in self.fitted(run):
            known = ", ".join(self.fitted(run)) or "nothing"
            raise ConfigError(f"{run.id}: {fitted!r} is not fitted; expected {known}")
        return {
            "features": self.layout.features(self.experiment.trained_of(run), "train"),
            "scenes": self.layout.arrays("train"),
            **self.network_files(run),
            **({} if fitted == TRANSFORM else self.state_files(run)),
        }

    def encode_files(self, run: Run, codec: str) -> dict[str, str]:
        """Return what a job reads that codes the evaluated split. Raises ConfigError if the codec does not code the run."""
        known = self.experiment.all_qualities(run.method)
        if codec not in known:
            raise ConfigError(f"{run.id}: not coded by {codec!r}; expected one of {', '.join(known)}")
        split = self.experiment.dataset.evaluated_split
        return {"source": self.sent(run, split), "index": self.layout.index(split), **self.state_files(run, codec)}

    def evaluate_files(self, run: Run, codec: str) -> dict[str, str]:
        """Return what a job reads that evaluates a codec of a run. Raises ConfigError if the codec does not code the run."""
        scenes = {
            "arrays": self.layout.arrays(self.experiment.dataset.evaluated_split),
            "class_shares": self.layout.class_shares("train"),
        }
        files = self.encode_files(run, codec) | scenes | self.network_files(run)
        return files if codec == UNCODED else files | self.coded_files(run, codec)

    def coded_files(self, run: Run, codec: str) -> dict[str, str]:
        """Return what the stage encode makes."""
        return {"bitstreams": self.layout.bitstreams(run, codec), "ledger": self.layout.ledger(run, codec)}

    def optional_files(self, run: Run, codec: str) -> dict[str, str]:
        """Return those files of ``evaluate_files`` that only some jobs read."""
        return self.state_files(run, codec) | ({} if codec == UNCODED else self.coded_files(run, codec))

    def fit_settings(self, run: Run, fitted: str) -> dict[str, Any]:
        """Return the settings of a job that fits TRANSFORM or a codec."""
        transform = self.transform_section(run.method)
        if fitted == TRANSFORM:
            return {"transform": transform}
        entry = self.experiment.codecs[fitted]
        values: dict[str, Any] = {
            "codec": self.experiment.codec_module(fitted),
            "options": entry.options,
            "transform": transform,
        }
        if self.experiment.codec_class(fitted).fitted_by_coding:
            qualities = list(self.experiment.qualities(run.method)[fitted])
            values |= {"qualities": qualities, "ffmpeg": self.experiment.tools.ffmpeg_path}
        return values

    def codec_settings(self, run: Run, codec: str) -> dict[str, Any]:
        """Return the settings of sender and receiver."""
        method = self.experiment.methods[run.method]
        values: dict[str, Any] = {
            "codec": codec,
            "qualities": list(self.experiment.all_qualities(run.method)[codec]),
            "sends": method.sends,
            "transform": self.transform_section(run.method),
        }
        if codec != UNCODED:
            entry = self.experiment.codecs[codec]
            values |= {"codec": self.experiment.codec_module(codec), "options": entry.options}
            values |= {"ffmpeg": self.experiment.tools.ffmpeg_path}
        return values

    def evaluate_settings(self, run: Run, codec: str) -> dict[str, Any]:
        """Return the settings of a job that evaluates."""
        device = self.experiment.trainings[self.experiment.trained_of(run).training].device
        showcase = list(self.experiment.showcase.images)
        return self.codec_settings(run, codec) | {"device": device, "threads": 1, "showcase": showcase}

    def transform_section(self, method: str) -> dict[str, Any] | None:
        """Return a method's transform with its options; None if it has none."""
        transform = self.experiment.methods[method].transform
        return None if transform is None else transform.model_dump(mode="json")

    def modules(self, run: Run, codec: str = UNCODED) -> list[str]:
        """Return the modules of a method's transform and of a codec."""
        transform = self.experiment.methods[run.method].transform
        modules = [] if transform is None else [TRANSFORMS.module(transform.name)]
        if codec not in (UNCODED, TRANSFORM):
            modules.append(CODECS.module(self.experiment.codec_module(codec)))
        return modules

    def fit_modules(self, run: Run, fitted: str) -> list[str]:
        """Return the modules of a job that fits TRANSFORM or a codec."""
        network = [network_module(self.experiment, run.cut), *task_modules(self.experiment)]
        return [*self.modules(run, fitted), *(network if self.through_tasks(fitted) else [])]

    def through_tasks(self, fitted: str) -> bool:
        """Return whether a job that fits TRANSFORM or a codec may run the network and its tasks."""
        return fitted == TRANSFORM or self.experiment.codec_class(fitted).fitted_through_tasks

    def evaluate_modules(self, run: Run, codec: str) -> list[str]:
        """Return the modules of a job that evaluates a codec of a run."""
        return [network_module(self.experiment, run.cut), *self.modules(run, codec), *task_modules(self.experiment)]

    @cached_property
    def tools(self) -> Mapping[str, list[str]]:
        """Name and version of the program that codes, by codec; nothing for UNCODED. Found once: that takes 5 ms."""
        e = self.experiment
        tools = {name: [e.codec_class(name).tool(e.tools.ffmpeg_path, e.codec_options(name))] for name in e.codecs}
        return {UNCODED: [], **tools}

    def fit_tools(self, fitted: str) -> list[str]:
        """Return the program that a codec is fitted with, where it is fitted by coding."""
        by_coding = fitted != TRANSFORM and self.experiment.codec_class(fitted).fitted_by_coding
        return self.tools[fitted] if by_coding else []
