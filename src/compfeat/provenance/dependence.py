"""What would change with a file, a module, a package or a key of the configuration: the chain the other way."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from compfeat.errors import ConfigError, DataError
from compfeat.experiment.files import load_config
from compfeat.io import read_csv
from compfeat.provenance.differences import affected, group
from compfeat.provenance.files import fingerprint
from compfeat.provenance.graph import Graph
from compfeat.provenance.jobs import PREPARE, Job

CONFIG = "config/config.yaml"
OF_ALL = ("Snakefile", "workflow/rules/common.smk", "workflow/rules/jobs.smk", "requirements.lock", CONFIG)
"""Files that any job may depend on."""
RULE = re.compile(r"^\s*(?:rule|checkpoint) (\w+):", re.MULTILINE)


def impact_report(project: Path, graph: Graph, path: str) -> dict[str, Any]:
    """Return what of the run stands on ``path``: a file, ``tool:NAME`` or ``config:KEY``.

    Raises:
        DataError: nothing is known of such a file.
        ConfigError: there is no such tool or key.
    """
    if graph.knows(path):
        return _report(project, graph, path, "a file of the run", [path], graph.readers(path))
    what, accepts = _dependence(project, graph, path)
    jobs = [job for job in graph.jobs if accepts(job)]
    return _report(project, graph, path, what, [made for job in jobs for made in job.outputs], jobs)


def _report(
    project: Path, graph: Graph, path: str, what: str, changed: Sequence[str], jobs: Iterable[Job]
) -> dict[str, Any]:
    found = affected(project, graph, changed)
    found["files"] = sorted({*found["files"], *(made for made in changed if group(made) is None)} - {path})
    for name in ("figures", "documents"):
        found[name] = [made for made in found[name] if made != path]
    found["tables"] = [table for table in found["tables"] if table["path"] != path]
    return {"path": path, "what": what, "rules": sorted({job.rule for job in jobs}), **found}


def _dependence(project: Path, graph: Graph, path: str) -> tuple[str, Callable[[Job], bool]]:
    """Return what ``path`` is, and which jobs depend on it."""
    prefix, _, name = path.partition(":")
    if prefix == "tool" and name:
        return f"the package or program {name}", _uses_tool(graph, name)
    if prefix == "config" and name:
        folders = config_folders(project, name)
        return f"the key {name} of {CONFIG}", lambda job: any(_lies_in(made, folders) for made in job.outputs)
    if not (project / path).is_file():
        raise DataError(f"{path}: not found, and no file of this run; expected a file, tool:NAME or config:KEY")
    if path in OF_ALL:
        return "what any job may depend on", lambda job: True
    if path.startswith("workflow/") and path.endswith(".smk"):
        rules = set(RULE.findall((project / path).read_text(encoding="utf-8")))
        return f"the rules {', '.join(sorted(rules))}", lambda job: job.rule in rules
    if path.startswith("src/compfeat/") and path.endswith(".py"):
        module = module_name(path)
        return f"the module {module}", lambda job: module in job.code
    return _by_content(project, path)


def module_name(path: str) -> str:
    """Return the name of the module that a source file is."""
    return ".".join(PurePosixPath(path).relative_to("src").with_suffix("").parts).removesuffix(".__init__")


def _uses_tool(graph: Graph, name: str) -> Callable[[Job], bool]:
    known = sorted({tool.split()[0] for job in graph.jobs for tool in job.tools})
    if name.lower() not in map(str.lower, known):
        raise ConfigError(f"tool:{name}: no job names it; expected one of {', '.join(known)}")
    return lambda job: any(tool.split()[0].lower() == name.lower() for tool in job.tools)


def _by_content(project: Path, path: str) -> tuple[str, Callable[[Job], bool]]:
    """Return which jobs have the SHA-256 of a file as a param, such as a template's, or packed it, such as an image."""
    found = fingerprint(project / path)
    sha256 = found.sha256 if found else ""
    return (
        "a file that jobs know by its SHA-256",
        lambda job: (
            any(param.strip("'") == sha256 for param in job.params) or any(sha256 in s for s in _packed(project, job))
        ),
    )


def _packed(project: Path, job: Job) -> Iterable[set[str]]:
    """Yield the SHA-256 of the images that a job prepared."""
    for path in job.outputs if job.rule == PREPARE else ():
        if path.endswith(".csv") and (project / path).is_file():
            table = read_csv(project / path, ["image_id"])
            yield {str(value) for name in table if str(name).endswith("_sha256") for value in table[name]}


def config_folders(project: Path, key: str) -> list[str]:
    """Return the folders of the stages that ``dvc.yaml`` says depend on a key of the configuration.

    Raises:
        ConfigError: there is no such key.
        DataError: there is no dvc.yaml.
    """
    config = load_config([project / CONFIG])
    known = sorted(_keys(config))
    if key not in known:
        near = difflib.get_close_matches(key, known, 3)
        raise ConfigError(f"config:{key}: no such key in {CONFIG}; did you mean {', '.join(near) or known[0]}?")
    try:
        stages = yaml.safe_load((project / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    except (FileNotFoundError, TypeError, KeyError, yaml.YAMLError):
        raise DataError(f"{project / 'dvc.yaml'}: not found or not a list of stages; restore it from git") from None
    if key.partition(".")[0] == "output":
        return [_filled(out, config) for stage in stages.values() for out in _outs(stage)]
    return [_filled(out, config) for s in stages.values() if _depends(s, key) for out in _outs(s)]


def _keys(config: dict[str, Any], prefix: str = "") -> Iterable[str]:
    for name, value in config.items():
        yield f"{prefix}{name}"
        if isinstance(value, dict):
            yield from _keys(value, f"{prefix}{name}.")


def _outs(stage: dict[str, Any]) -> list[str]:
    return [out for entry in stage["outs"] for out in (entry if isinstance(entry, dict) else [entry])]


def _depends(stage: dict[str, Any], key: str) -> bool:
    """Return whether a stage tracks ``key``, a part of it, or what it is part of."""
    for entry in stage.get("params", []):
        tracked = entry.get(CONFIG, []) if isinstance(entry, dict) else []
        if tracked is None:
            return True
        if any(f"{one}.".startswith(f"{key}.") or f"{key}.".startswith(f"{one}.") for one in tracked):
            return True
    return False


def _filled(text: str, config: dict[str, Any]) -> str:
    """Return ``text`` with ``${key.key}`` replaced by the configuration's values."""

    def value(match: re.Match[str]) -> str:
        found: Any = config
        for part in match[1].split("."):
            found = found[part]
        return str(found)

    return re.sub(r"\$\{([\w.]+)\}", value, text)


def _lies_in(path: str, folders: Iterable[str]) -> bool:
    return any(PurePosixPath(path).is_relative_to(folder) for folder in folders)
