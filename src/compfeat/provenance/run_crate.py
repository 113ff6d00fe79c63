"""A run as a Workflow Run RO-Crate: its files with their SHA-256, its jobs, and the workflow, in one JSON-LD file.

The profile is Workflow Run Crate 0.5 (https://w3id.org/ro/wfrun/workflow/0.5), which builds on RO-Crate 1.1. The crate's root is
the project, so that all paths in it are those of the project.
"""

from __future__ import annotations

import hashlib
import json
import mimetypes
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from rocrate.model import ContextEntity, File
from rocrate.rocrate import ROCrate

from compfeat.errors import ToolError
from compfeat.provenance.commits import History
from compfeat.provenance.files import Fingerprint
from compfeat.provenance.jobs import Job

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


class Writer:
    """A crate in the making."""

    def __init__(self, jobs: Sequence[Job], prints: Mapping[str, Fingerprint], history: History) -> None:
        self.jobs, self.prints, self.history = jobs, prints, history
        self.crate = ROCrate(version=VERSION)
        self.crate.metadata.extra_terms.update(TERMS)
        self.files: dict[str, File] = {}

    def write(self, name: str, settings: Sequence[str]) -> dict[str, Any]:
        """Return the crate; ``settings`` are the configuration's files."""
        times = [job.ended for job in self.jobs if job.ended is not None]
        self._root(name, max(times, default=0.0))
        workflow = self.crate.add_workflow(
            dest_path=WORKFLOW, main=True, lang="snakemake", properties=self._about(WORKFLOW, "the workflow")
        )
        for path in settings:
            self.file(path)
        for job in self.jobs:
            self._action(job)
        self._whole(workflow, settings)
        return single_values(self.crate.metadata.generate())

    def _root(self, name: str, ended: float) -> None:
        root = self.crate.root_dataset
        root["name"] = f"compressible-features: {name}"
        root["description"] = (
            "One run of the pipeline that reproduces multi-task learning with compressible features "
            "(Alvar and Bajić, ICIP 2019): every file with its SHA-256, and the jobs that made them."
        )
        root["datePublished"] = iso(ended)
        root["license"] = self._entity(LICENCE, "CreativeWork", name="MIT License", description="for code and results")
        root["author"] = root["publisher"] = self._entity("#contributors", "Organization", name=AUTHORS)
        root["conformsTo"] = [
            self._entity(uri, "CreativeWork", name=title, version=version) for uri, (title, version) in PROFILES.items()
        ]

    def _entity(self, identifier: str, kind: str, **properties: Any) -> ContextEntity:
        """Return an entity of the crate that is no file, made where it is not there yet."""
        found = self.crate.get(identifier)
        if found is None:
            found = self.crate.add(ContextEntity(self.crate, identifier, properties={"@type": kind, **properties}))
        return found

    def _about(self, path: str, name: str | None = None) -> dict[str, Any]:
        print_ = self.prints[path]
        kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
        size = {"contentSize": str(print_.size_bytes), "sha256": print_.sha256}
        return {"name": name or path, **size, "encodingFormat": kind}

    def file(self, path: str) -> File:
        """Return the entity of a file, made where it is not there yet."""
        if path not in self.files:
            self.files[path] = self.crate.add_file(dest_path=path, properties=self._about(path))
        return self.files[path]

    def _action(self, job: Job) -> None:
        """Add a job: what ran, on what, and what came out."""
        identifier = hashlib.sha256("\n".join(job.outputs).encode()).hexdigest()[:16]
        action = self._entity(f"#job-{identifier}", "CreateAction", name=f"{job.rule}: {job.outputs[0]}")
        action["description"] = job.command
        action["instrument"] = self._program(job)
        action["object"] = [self.file(path) for path in job.inputs if path in self.prints]
        # Features that were not kept are none of the crate's files.
        action["result"] = [self.file(path) for path in job.outputs if path in self.prints]
        for key, seconds in (("startTime", job.started), ("endTime", job.ended)):
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
        tools = [self._tool(tool) for tool in job.tools]
        if tools:
            program["softwareRequirements"] = tools
        return program

    def _tool(self, tool: str) -> ContextEntity:
        name, _, version = tool.partition(" ")
        return self._entity(f"#tool-{quote(tool, safe='')}", "SoftwareApplication", name=name, version=version)

    def _whole(self, workflow: File, settings: Sequence[str]) -> None:
        """Add the run of the workflow as a whole: from its sources and settings to all that it made."""
        made = {path for job in self.jobs for path in job.outputs}
        sources = sorted({path for job in self.jobs for path in job.inputs} - made)
        run = self._entity("#run", "CreateAction", name="Run of the whole workflow")
        run["instrument"] = workflow
        run["object"] = [self.file(path) for path in [*settings, *sources] if path in self.prints]
        run["result"] = [self.file(path) for path in sorted(made) if path in self.prints]
        for key, seconds in (
            ("startTime", min((job.started for job in self.jobs if job.started is not None), default=None)),
            ("endTime", max((job.ended for job in self.jobs if job.ended is not None), default=None)),
        ):
            if seconds is not None:
                run[key] = iso(seconds)
        self.crate.root_dataset["mentions"] = [run]


def single_values(crate: dict[str, Any]) -> dict[str, Any]:
    """Return a crate whose lists of one value are that value, as RO-Crate 1.1 recommends."""
    entities = [
        {key: value[0] if isinstance(value, list) and len(value) == 1 else value for key, value in entity.items()}
        for entity in crate["@graph"]
    ]
    return {**crate, "@graph": entities}


def iso(seconds: float) -> str:
    """Return a time as ISO 8601, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def needed_files(jobs: Sequence[Job], settings: Sequence[str]) -> set[str]:
    """Return all files that a crate of ``jobs`` names: those in the project, which is the crate's root."""
    paths = {WORKFLOW, *settings, *(path for job in jobs for path in (*job.inputs, *job.outputs))}
    return {path for path in paths if not PurePosixPath(path).is_absolute()}


def run_crate(
    jobs: Sequence[Job],
    prints: Mapping[str, Fingerprint],
    settings: Sequence[str],
    name: str,
    history: History,
) -> dict[str, Any]:
    """Return the crate of ``jobs`` as JSON-LD.

    Args:
        jobs: those of the run, with their images.
        prints: the fingerprints of ``needed_files``.
        settings: the files of the configuration.
        name: what the run is called.
        history: the project's commits.

    Raises:
        ToolError: git fails with the project's repository.
    """
    crate = Writer(jobs, prints, history).write(name, settings)
    if history.failed:
        raise ToolError(f"{history.problem}; a crate names commits, so mend this, then make crate again")
    return crate
