"""What is told to people: a lineage as text (the jobs of a rule together) or as a Mermaid graph, and what stands on files."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from compfeat.provenance.commits import DIGITS

Told = Mapping[str, Any]
SINGLE_JOBS = 20
"""Up to how many jobs a Mermaid graph shows each of them; beyond, it shows rules."""
TOLD = ("headline.csv", "claims.csv")
"""Tables whose numbers the documents tell one by one."""
LONGEST = 100
"""Characters of a setting that a person is shown."""


def by_rule(steps: Sequence[Told]) -> dict[str, list[Told]]:
    """Return the steps of each rule, rules in the order in which they come first."""
    groups: dict[str, list[Told]] = {}
    for step in steps:
        groups.setdefault(step["rule"], []).append(step)
    return groups


def text(told: Told) -> Iterator[str]:
    """Yield the lines of a lineage, from the result back to the images."""
    target, git = told["target"], told["git"]
    yield f"{target['path']}  {_size(target)}"
    for row in told["rows"]:
        yield "  row " + " ".join(f"{name}={value}" for name, value in row.items() if value != "")
    commit = git["commit"] or "none"
    yield f"  checked out: commit {commit[:DIGITS]}{', with changes that are not committed' if git['modified'] else ''}"
    if told["changed_since"]:
        yield f"  CHANGED since they were read: {', '.join(told['changed_since'])}"
    if told["other_code"]:
        yield f"  the source differs from what ran in: {', '.join(told['other_code'])}"
    for rule, steps in reversed(by_rule(told["steps"]).items()):
        yield ""
        yield from _group(rule, steps)
    if told["sources"]:
        yield ""
        yield "files that no job made"
        yield from (f"  {file['path']}  {_size(file)}" for file in told["sources"])
    if told["images"]:
        folder = os.path.commonpath([image["path"] for image in told["images"]])
        yield ""
        yield f"{len(told['images'])} source files of images in {folder} (--format json lists their SHA-256)"


def _size(file: Told) -> str:
    if file["sha256"] is None:
        return "MISSING"
    return f"{file['size_bytes']} bytes, sha256 {file['sha256']}"


def _group(rule: str, steps: Sequence[Told]) -> Iterator[str]:
    """Yield what the jobs of a rule have in common, then what each has of its own."""
    yield f"{rule}: {len(steps)} job{'s' if len(steps) > 1 else ''}"
    modules = {module for step in steps for module in step["code"]}
    commits = sorted({step["commit"] for step in steps if step["commit"]})
    where = (
        f"as of commit {', '.join(commit[:DIGITS] for commit in commits)}" if commits else "of no commit that is here"
    )
    yield f"  code: {len(modules)} modules, {where}"
    tools = list(dict.fromkeys(tool for step in steps for tool in step["tools"]))
    if tools:
        yield f"  tools: {', '.join(tools)}"
    common = dict(set.intersection(*(set(step["settings"].items()) for step in steps)))
    if common:
        yield f"  settings: {_flags(common)}"
    for step in steps:
        own = {name: value for name, value in step["settings"].items() if name not in common}
        took = "" if step["seconds"] is None else f", {step['seconds']} s"
        yield f"  {step['started'] or 'when is not known'}{took}{': ' + _flags(own) if own else ''}"
        yield from (f"    {file['path']}  {_size(file)}" for file in step["outputs"])


def _flags(settings: Mapping[str, str]) -> str:
    cut = {k: v if len(v) <= LONGEST else f"{v[:LONGEST]}..." for k, v in sorted(settings.items())}
    return " ".join(f"--{name} {value}".strip() for name, value in cut.items())


def mermaid(told: Told) -> Iterator[str]:
    """Yield the lines of a Mermaid flow chart: jobs where they are few, else rules, and the files without a maker."""
    steps = told["steps"]
    single = len(steps) <= SINGLE_JOBS
    names = [str(i) if single else step["rule"] for i, step in enumerate(steps)]
    makers = {file["path"]: name for name, step in zip(names, steps, strict=True) for file in step["outputs"]}
    yield "flowchart LR"
    if told["images"]:
        yield f'  images[("{len(told["images"])} source files of images")]'
    for i, source in enumerate(told["sources"]):
        yield f'  source{i}[("{_escaped(source["path"])}")]'
    for name, label in _labels(names, steps).items():
        yield f'  job_{name}["{label}"]'
    yield f'  target(["{_escaped(told["target"]["path"])}"])'
    sources = {source["path"]: f"source{i}" for i, source in enumerate(told["sources"])}
    edges = []
    for name, step in zip(names, steps, strict=True):
        if step["n_images_made"]:
            edges.append((f"job_{name}", "images"))
        if step["n_images_read"]:
            edges.append(("images", f"job_{name}"))
        for file in step["inputs"]:
            before = f"job_{makers[file['path']]}" if file["path"] in makers else sources[file["path"]]
            edges.append((before, f"job_{name}"))
    if told["target"]["path"] in makers:
        edges.append((f"job_{makers[told['target']['path']]}", "target"))
    yield from (f"  {a} --> {b}" for a, b in dict.fromkeys(edges) if a != b)


def _labels(names: Sequence[str], steps: Sequence[Told]) -> dict[str, str]:
    """Return the label of each node: the rule, and the file that it made or how many jobs it stands for."""
    groups: dict[str, list[Told]] = {}
    for name, step in zip(names, steps, strict=True):
        groups.setdefault(name, []).append(step)
    labels = {}
    for name, group in groups.items():
        what = group[0]["outputs"][0]["path"] if name.isdigit() and group[0]["outputs"] else f"{len(group)} jobs"
        labels[name] = f"{_escaped(group[0]['rule'])}<br>{_escaped(what)}"
    return labels


def _escaped(text: str) -> str:
    """Return a text that Mermaid takes for a label and nothing else."""
    for character, code in (("#", "#35;"), ('"', "#quot;"), ("<", "#lt;"), (">", "#gt;")):
        text = text.replace(character, code)
    return text


def affected_lines(affected: Told) -> Iterator[str]:
    """Yield what stands on files (``provenance.audit.affected``), the numbers of headline and claims by their keys."""
    yield from (f"  figure    {path}" for path in affected["figures"])
    yield from (f"  table     {table['path']}{_rows(table)}" for table in affected["tables"])
    yield from (f"  document  {path}" for path in affected["documents"])
    for table in affected["tables"]:
        if PurePosixPath(table["path"]).name in TOLD:
            if table["n_hit"] == table["n_rows"]:
                yield f"  number    {table['path']}: all"
                continue
            for key in table["keys"]:
                yield f"  number    {table['path']}: {' '.join(f'{name}={value}' for name, value in key.items())}"
    if affected["files"]:
        yield f"  and {len(affected['files'])} files on the way there (--json names them)"


def _rows(table: Told) -> str:
    return "" if table["n_rows"] is None else f"  ({table['n_hit']} of {table['n_rows']} rows)"
