"""The stage gather: one job per table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from compfeat.codecs.base import CODECS
from compfeat.results.inputs import Kind
from compfeat.results.recorded import RECORD_FILES, record_of
from compfeat.results.tables.base import TABLES, TableSpec, all_tables
from compfeat.settings.runs import TRANSFORM, UNCODED
from compfeat.stages.coding import Coding
from compfeat.stages.training import task_modules

PUBLISHED = "data/published"


@dataclass(frozen=True)
class Tables:
    """The inputs and settings of jobs that make tables. ``file`` is a table's file name."""

    coding: Coding

    @cached_property
    def specs(self) -> Mapping[str, TableSpec]:
        """All tables, by file."""
        return {spec.file: spec for spec in all_tables()}

    @cached_property
    def records(self) -> Mapping[str, tuple[dict[str, str], str]]:
        """The files of each recorded run that is shown beside, and in one line why they are not used (see ``record_of``)."""
        return {name: record_of(self.coding.experiment, name) for name in RECORD_FILES}

    @cached_property
    def kinds(self) -> Mapping[Kind, Mapping[str, str]]:
        """Every file that a table can read, but tables, by kind and id."""
        e, layout = self.coding.experiment, self.coding.layout
        split = e.dataset.evaluated_split
        run_codecs = {f"{run.id}/{codec}": (run, codec) for run, codec in self.coding.run_codecs()}
        coded = {name: key for name, key in run_codecs.items() if key[1] != UNCODED}
        fitted = {f"{run.id}/{name}": (run, name) for run in e.runs() for name in self.coding.fitted(run)}
        trained = {one.id: one for one in e.trained()}
        sent = [e.trained_of(run) for run in e.runs() if e.methods[run.method].sends == "features"]
        return {
            "scores": {name: layout.scores(*key) for name, key in run_codecs.items()},
            "distortions": {name: layout.distortions(*key) for name, key in run_codecs.items()},
            "pictures": {name: layout.pictures(*key) for name, key in run_codecs.items()},
            "ledgers": {name: layout.ledger(*key) for name, key in coded.items()},
            "states": {name: layout.fitted(*key) for name, key in fitted.items() if key[1] != TRANSFORM},
            "transforms": {run.id: layout.fitted(run, name) for run, name in fitted.values() if name == TRANSFORM},
            "epochs": {name: layout.epochs(one) for name, one in trained.items()},
            "descriptions": {name: layout.description(one) for name, one in trained.items()},
            "features": {one.id: layout.features(one, split) for one in sent},
            "scenes": {"arrays": layout.arrays(split), "index": layout.index(split), "info": layout.info(split)},
            "published": {
                name: f"{PUBLISHED}/{name}.csv" for name in ("published_points", "published_bytes_per_image")
            },
            "seeds_record": self.records["seeds"][0],
            "length_record": self.records["length"][0],
            "codecs_record": self.records["codecs"][0],
        }

    @cached_property
    def shown(self) -> list[str]:
        """The tables that the report and the explorer show."""
        return [file for file, spec in self.specs.items() if spec.title]

    def inputs(self, file: str) -> dict[str, str]:
        """Return what a table is made from: paths by KIND:ID."""
        spec, layout = self.specs[file], self.coding.layout
        paths = {f"{kind}:{name}": path for kind in spec.needs for name, path in self.kinds[kind].items()}
        return paths | {f"table:{name}": layout.table(name) for name in spec.tables}

    def settings(self, file: str) -> dict[str, Any]:
        """Return the sections of the experiment that a table uses."""
        return self.coding.experiment.model_dump(mode="json", include=set(self.specs[file].uses))

    def modules(self, file: str) -> list[str]:
        """Return the modules of a table, of the tasks and, where it uses the codecs, of these."""
        spec, e = self.specs[file], self.coding.experiment
        codecs = [e.codec_module(name) for name in e.codecs] if "codecs" in spec.uses else []
        return [TABLES.module(spec.name), *task_modules(e), *map(CODECS.module, codecs)]
