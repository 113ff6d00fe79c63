"""What would change with a file, a module, a package or a key of the configuration: the chain the other way."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from string import Template
from typing import Any

import yaml

from compfeat.errors import ConfigError, DataError
from compfeat.experiment.files import load_config
from compfeat.provenance.audit import affected
from compfeat.provenance.files import fingerprint
from compfeat.provenance.graph import Graph
from compfeat.provenance.jobs import Job, prepared_images
from compfeat.provenance.rows import READ, kind_of

CONFIG = "config/config.yaml"
OF_ALL = ("Snakefile", "workflow/rules/common.smk", "requirements.lock", CONFIG)
"""Files that any job may depend on."""
RULE = re.compile(r"^\s*(?:rule|checkpoint) (\w+):", re.MULTILINE)
Concerned = Callable[[Job], bool]


class Filled(Template):
    """A text of ``dvc.yaml``, with values of the configuration as ``${key.key}``."""

    idpattern = r"[\w.]+"


def impact_report(project: Path, graph: Graph, path: str) -> dict[str, Any]:
    """Return what of the run depends on ``path``: a file, ``tool:NAME`` or ``config:KEY``.

    Raises:
        DataError: nothing is known of such a file.
        ConfigError: there is no such tool or key.
    """
    if graph.knows(path):
        what, jobs, changed = "a file of the run", graph.readers.get(path, []), {path}
    else:
        what, concerned = _concerned(project, graph, path)
        jobs = [job for job in graph.jobs if concerned(job)]
        changed = {made for job in jobs for made in job.outputs}
    report = affected(project, graph, changed)
    for kind in ("figures", "documents"):
        report[kind] = [made for made in report[kind] if made != path]
    report["tables"] = [table for table in report["tables"] if table["path"] != path]
    report["files"] = sorted({*report["files"], *(made for made in changed if kind_of(made) not in READ)} - {path})
    return {"path": path, "what": what, "rules": sorted({job.rule for job in jobs}), **report}


def _concerned(project: Path, graph: Graph, path: str) -> tuple[str, Concerned]:
    """Return what ``path`` is, and which jobs depend on it."""
    prefix, _, name = path.partition(":")
    if prefix == "tool" and name:
        known = sorted({tool.split()[0] for job in graph.jobs for tool in job.tools})
        if name.lower() not in map(str.lower, known):
            raise ConfigError(f"tool:{name}: no job names it; expected one of {', '.join(known)}")
        return f"the package or program {name}", lambda job: any(
            tool.split()[0].lower() == name.lower() for tool in job.tools
        )
    if prefix == "config" and name:
        folders = config_folders(project, name)
        return f"the key {name} of {CONFIG}", lambda job: any(
            PurePosixPath(made).is_relative_to(folder) for made in job.outputs for folder in folders
        )
    if not (project / path).is_file():
        raise DataError(f"{path}: not found, and no file of this run; expected a file, tool:NAME or config:KEY")
    if path in OF_ALL or path.startswith("src/compfeat/stages/"):
        return "what any job may depend on", lambda job: True
    if path.startswith("workflow/") and path.endswith(".smk"):
        rules = set(RULE.findall((project / path).read_text(encoding="utf-8")))
        return f"the rules {', '.join(sorted(rules))}", lambda job: job.rule in rules
    if path.startswith("src/compfeat/") and path.endswith(".py"):
        module = ".".join(PurePosixPath(path).relative_to("src").with_suffix("").parts).removesuffix(".__init__")
        return f"the module {module}", lambda job: module in job.code
    print_of_file = fingerprint(project / path)
    sha256 = print_of_file.sha256 if print_of_file else ""
    # A template's is a param; an image's is in the list of what was prepared.
    return (
        "a file that jobs know by its SHA-256",
        lambda job: (
            any(param.strip("'") == sha256 for param in job.params)
            or any(sha256 in hashes for hashes in prepared_images(project, job).values())
        ),
    )


def config_folders(project: Path, key: str) -> list[str]:
    """Return the folders of the stages that ``dvc.yaml`` says depend on a key of the configuration.

    Raises:
        ConfigError: there is no such key.
        DataError: there is no dvc.yaml.
    """
    values = dict(_by_key(load_config([project / CONFIG])))
    if key not in values:
        near = difflib.get_close_matches(key, sorted(values), 3)
        raise ConfigError(f"config:{key}: no such key in {CONFIG}; did you mean {', '.join(near) or min(values)}?")
    folders: list[str] = []
    try:
        for stage in yaml.safe_load((project / "dvc.yaml").read_text(encoding="utf-8"))["stages"].values():
            tracked = [entry[CONFIG] for entry in stage.get("params", ())]
            # All files lie in the output folder. A stage that tracks no keys of the file tracks all.
            if key == "output" or any(keys is None or any(_related(key, one) for one in keys) for keys in tracked):
                outs = (out for entry in stage["outs"] for out in ([entry] if isinstance(entry, str) else entry))
                folders += [Filled(out).substitute(values) for out in outs]
    except (FileNotFoundError, TypeError, KeyError, yaml.YAMLError):
        raise DataError(f"{project / 'dvc.yaml'}: not found or not a list of stages; restore it from git") from None
    return folders


def _related(key: str, other: str) -> bool:
    """Return whether two keys are the same, or one is a part of the other."""
    return f"{key}.".startswith(f"{other}.") or f"{other}.".startswith(f"{key}.")


def _by_key(config: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every key of a configuration, such as ``dataset.root``, with its value."""
    for name, value in config.items():
        yield f"{prefix}{name}", value
        if isinstance(value, dict):
            yield from _by_key(value, f"{prefix}{name}.")
