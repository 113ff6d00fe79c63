"""A run as a Workflow Run RO-Crate: its files with their SHA-256, its jobs, and the workflow, in one JSON-LD file.

The profile is Workflow Run Crate 0.5 (https://w3id.org/ro/wfrun/workflow/0.5), which builds on RO-Crate 1.1. The crate's root is
the project, so that all paths in it are those of the project.
"""

from __future__ import annotations

import hashlib
import json
import mimetypes
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from rocrate.model import ContextEntity, File
from rocrate.rocrate import ROCrate

from compfeat.errors import ToolError
from compfeat.provenance.commits import History
from compfeat.provenance.files import Fingerprint
from compfeat.provenance.jobs import Job
from compfeat.provenance.lineage import iso

VERSION = "1.1"
PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": ("Process Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/workflow/0.5": ("Workflow Run Crate", "0.5"),
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": ("Workflow RO-Crate", "1.0"),
}
WORKFLOW = "Snakefile"
TERMS = {"sha256": "http://schema.org/sha256"}
"""Terms beyond the context of RO-Crate 1.1."""
AUTHORS = "compressible-features contributors"
LICENCE = "https://spdx.org/licenses/MIT"
DESCRIPTION = (
    "One run of the pipeline that reproduces multi-task learning with compressible features "
    "(Alvar and Bajić, ICIP 2019): every file with its SHA-256, and the jobs that made them."
)


def needed_files(jobs: Sequence[Job], settings: Sequence[str]) -> set[str]:
    """Return all files that a crate of ``jobs`` names: those in the project, which is the crate's root."""
    paths = {WORKFLOW, *settings, *(path for job in jobs for path in (*job.inputs, *job.outputs))}
    return {path for path in paths if not PurePosixPath(path).is_absolute()}


class Writer:
    """A crate in the making, of the fingerprints of ``needed_files``; files without one (features not kept) are left out."""

    def __init__(self, prints: Mapping[str, Fingerprint], history: History) -> None:
        self.prints, self.history = prints, history
        self.crate = ROCrate(version=VERSION)
        self.crate.metadata.extra_terms.update(TERMS)
        self.files: dict[str, File] = {}

    def write(self, jobs: Sequence[Job], settings: Sequence[str], name: str) -> dict[str, Any]:
        """Return the crate as JSON-LD. Lists of one value are that value, as RO-Crate 1.1 recommends.

        Args:
            jobs: those of the run, with their images.
            settings: the files of the configuration.
            name: what the run is called.

        Raises:
            ToolError: git fails with the project's repository.
        """
        ended = max((job.ended for job in jobs if job.ended is not None), default=None)
        started = min((job.started for job in jobs if job.started is not None), default=None)
        self._root(name, ended)
        workflow = self.crate.add_workflow(
            dest_path=WORKFLOW, main=True, lang="snakemake", properties=self._about(WORKFLOW, "the workflow")
        )
        self._existing(settings)
        for job in jobs:
            key = hashlib.sha256("\n".join(job.outputs).encode()).hexdigest()[:16]
            action = self._action(f"#job-{key}", f"{job.rule}: {job.outputs[0]}", job.inputs, job.outputs)
            action["description"] = job.command
            action["instrument"] = self._program(job)
            self._times(action, job.started, job.ended)
        if self.history.failed:
            raise ToolError(f"{self.history.problem}; a crate names commits, so mend this, then make crate again")
        made = {path for job in jobs for path in job.outputs}
        sources = sorted({path for job in jobs for path in job.inputs} - made)
        run = self._action("#run", "Run of the whole workflow", [*settings, *sources], sorted(made))
        run["instrument"] = workflow
        self._times(run, started, ended)
        self.crate.root_dataset["mentions"] = [run]
        crate: dict[str, Any] = self.crate.metadata.generate()
        for entity in crate["@graph"]:
            entity |= {k: v[0] for k, v in entity.items() if isinstance(v, list) and len(v) == 1}
        return crate

    def _root(self, name: str, ended: float | None) -> None:
        root = self.crate.root_dataset
        root["name"], root["description"] = f"compressible-features: {name}", DESCRIPTION
        root["datePublished"] = iso(ended or 0.0)
        root["license"] = self._entity(LICENCE, "CreativeWork", name="MIT License", description="for code and results")
        root["author"] = root["publisher"] = self._entity("#contributors", "Organization", name=AUTHORS)
        root["conformsTo"] = [
            self._entity(uri, "CreativeWork", name=title, version=version) for uri, (title, version) in PROFILES.items()
        ]

    def _entity(self, identifier: str, kind: str, **properties: Any) -> ContextEntity:
        """Return an entity of the crate that is no file, made where it is not there yet."""
        entity = self.crate.get(identifier)
        if entity is None:
            entity = self.crate.add(ContextEntity(self.crate, identifier, properties={"@type": kind, **properties}))
        return entity

    def _about(self, path: str, name: str) -> dict[str, Any]:
        fingerprint, kind = self.prints[path], mimetypes.guess_type(path)[0] or "application/octet-stream"
        size = {"contentSize": str(fingerprint.size_bytes), "sha256": fingerprint.sha256}
        return {"name": name, **size, "encodingFormat": kind}

    def _existing(self, paths: Iterable[str]) -> list[File]:
        """Return the entities of the files of the crate that are among ``paths``, made where they are not there yet."""
        known = [path for path in paths if path in self.prints]
        for path in known:
            if path not in self.files:
                self.files[path] = self.crate.add_file(dest_path=path, properties=self._about(path, path))
        return [self.files[path] for path in known]

    def _action(self, identifier: str, name: str, read: Iterable[str], made: Iterable[str]) -> ContextEntity:
        """Return what was done: on which files, and which came out."""
        action = self._entity(identifier, "CreateAction", name=name)
        action["object"], action["result"] = self._existing(read), self._existing(made)
        return action

    @staticmethod
    def _times(action: ContextEntity, started: float | None, ended: float | None) -> None:
        for key, seconds in (("startTime", started), ("endTime", ended)):
            if seconds is not None:
                action[key] = iso(seconds)

    def _program(self, job: Job) -> ContextEntity:
        """Return what a job ran: the stage in the version of its modules, with the packages that it used."""
        version = hashlib.sha256(json.dumps(job.code, sort_keys=True).encode()).hexdigest()[:16]
        commit = self.history.commit_of(job.code)
        modules = ", ".join(f"{module} {identity}" for module, identity in sorted(job.code.items()))
        program = self._entity(f"#{job.rule}-{version}", "SoftwareApplication", name=f"compfeat, rule {job.rule}")
        program["version"] = f"modules {version}" + (f", commit {commit}" if commit else "")
        program["description"] = f"modules and the hashes of what they do: {modules}"
        tools = [
            self._entity(f"#tool-{quote(tool, safe='')}", "SoftwareApplication", name=name, version=number)
            for tool in job.tools
            for name, _, number in [tool.partition(" ")]
        ]
        if tools:
            program["softwareRequirements"] = tools
        return program
