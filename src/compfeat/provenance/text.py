"""Reports as text for people: a lineage (the jobs of a rule together; also as a Mermaid graph), an audit, a comparison."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from tabulate import tabulate

from compfeat.provenance.commits import DIGITS
from compfeat.provenance.differences import STATES

Report = Mapping[str, Any]
SINGLE_JOBS = 20
"""Up to how many jobs a Mermaid graph shows each of them; beyond, it shows rules."""
QUOTED = ("headline.csv", "claims.csv")
"""Tables whose numbers the documents quote one by one."""
LONGEST = 100
"""Characters of a setting that are shown."""
LISTED = 20
"""Files that a report names."""


def by_rule(steps: Sequence[Report]) -> dict[str, list[Report]]:
    """Return the steps of each rule, rules in the order in which they come first."""
    groups: dict[str, list[Report]] = {}
    for step in steps:
        groups.setdefault(step["rule"], []).append(step)
    return groups


def lineage_lines(lineage: Report) -> Iterator[str]:
    """Yield the lines of a lineage, from the result back to the images."""
    target, git = lineage["target"], lineage["git"]
    yield f"{target['path']}  {_size(target)}"
    for row in lineage["rows"]:
        yield "  row " + " ".join(f"{name}={value}" for name, value in row.items() if value != "")
    if git["problem"]:
        yield f"  commits are not known: {git['problem']}"
    else:
        changes = ", with changes that are not committed" if git["modified"] else ""
        yield f"  checked out: commit {git['commit'][:DIGITS]}{changes}"
    if lineage["changed_since"]:
        yield f"  CHANGED since they were read: {', '.join(lineage['changed_since'])}"
    if lineage["not_run"]:
        yield f"  MARKED as made (snakemake --touch) without a run: {', '.join(lineage['not_run'])}"
    if lineage["other_code"]:
        yield f"  the source differs from what ran in: {', '.join(lineage['other_code'])}"
    for rule, steps in reversed(by_rule(lineage["steps"]).items()):
        yield ""
        yield from _group(rule, steps, git)
    if lineage["sources"]:
        yield ""
        yield "files that no job made"
        yield from (f"  {file['path']}  {_size(file)}" for file in lineage["sources"])
    if lineage["images"]:
        folder = os.path.commonpath([image["path"] for image in lineage["images"]])
        yield ""
        yield f"{len(lineage['images'])} source files of images in {folder} (--format json lists their SHA-256)"
    for run in lineage["earlier_runs"]:
        yield ""
        yield from _earlier_run(run, git)


def _of_commits(commits: Iterable[str | None], git: Report) -> str:
    """Return of which commits the code of jobs is."""
    if known := sorted({commit for commit in commits if commit}):
        return f"as of commit {', '.join(commit[:DIGITS] for commit in known)}"
    if git["problem"]:
        return "of a commit that is not known"
    return "of no commit that is here" + (" (the clone is shallow: git fetch --unshallow)" if git["shallow"] else "")


def _earlier_run(run: Report, git: Report) -> Iterator[str]:
    """Yield the chain behind a file that another run made, as that run's record has it."""
    yield f"{run['target']['path']} was made by another run, which {run['record']} records"
    yield f"  code: {len(run['code'])} modules, {_of_commits([run['commit']], git)}"
    yield f"  settings: the key config of {run['record']}/record.json"
    for rule, steps in reversed(by_rule(run["steps"]).items()):
        tools = list(dict.fromkeys(tool for step in steps for tool in step["tools"]))
        yield f"  {rule}: {len(steps)} job{'s' if len(steps) > 1 else ''}{' by ' + ', '.join(tools) if tools else ''}"
        yield from (f"    {file['path']}  {_size(file)}" for step in steps for file in step["outputs"])
    folder = os.path.commonpath([image["path"] for image in run["images"]]) if run["images"] else ""
    where = f"{run['record']}/artifacts.csv lists their SHA-256"
    yield f"  {len(run['images'])} source files of images{' in ' + folder if folder else ''} ({where})"


def _size(file: Report) -> str:
    if file["sha256"] is None:
        return f"not there, sha256 {file['sha256_read']} when read" if file.get("sha256_read") else "MISSING"
    return f"{file['size_bytes']} bytes, sha256 {file['sha256']}"


def _group(rule: str, steps: Sequence[Report], git: Report) -> Iterator[str]:
    """Yield what the jobs of a rule have in common, then what each has of its own."""
    yield f"{rule}: {len(steps)} job{'s' if len(steps) > 1 else ''}"
    modules = {module for step in steps for module in step["code"]}
    yield f"  code: {len(modules)} modules, {_of_commits((step['commit'] for step in steps), git)}"
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


def mermaid(lineage: Report) -> Iterator[str]:
    """Yield the lines of a Mermaid flow chart: jobs where they are few, else rules, and the files without a maker."""
    steps = lineage["steps"]
    single = len(steps) <= SINGLE_JOBS
    names = [str(i) if single else step["rule"] for i, step in enumerate(steps)]
    makers = {file["path"]: name for name, step in zip(names, steps, strict=True) for file in step["outputs"]}
    yield "flowchart LR"
    if lineage["images"]:
        yield f'  images[("{len(lineage["images"])} source files of images")]'
    for i, source in enumerate(lineage["sources"]):
        yield f'  source{i}[("{_escaped(source["path"])}")]'
    for name, label in _labels(names, steps).items():
        yield f'  job_{name}["{label}"]'
    yield f'  target(["{_escaped(lineage["target"]["path"])}"])'
    sources = {source["path"]: f"source{i}" for i, source in enumerate(lineage["sources"])}
    edges = []
    for name, step in zip(names, steps, strict=True):
        if step["n_images_made"]:
            edges.append((f"job_{name}", "images"))
        if step["n_images_read"]:
            edges.append(("images", f"job_{name}"))
        for file in step["inputs"]:
            before = f"job_{makers[file['path']]}" if file["path"] in makers else sources[file["path"]]
            edges.append((before, f"job_{name}"))
    if lineage["target"]["path"] in makers:
        edges.append((f"job_{makers[lineage['target']['path']]}", "target"))
    yield from (f"  {a} --> {b}" for a, b in dict.fromkeys(edges) if a != b)


def _labels(names: Sequence[str], steps: Sequence[Report]) -> dict[str, str]:
    """Return the label of each node: the rule, and the file that it made or how many jobs it stands for."""
    groups: dict[str, list[Report]] = {}
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


def affected_lines(affected: Report) -> Iterator[str]:
    """Yield what depends on files (``differences.affected``), the numbers of headline and claims by their keys."""
    yield from (f"  figure    {path}" for path in affected["figures"])
    yield from (f"  table     {table['path']}{_rows(table)}" for table in affected["tables"])
    yield from (f"  document  {path}" for path in affected["documents"])
    for table in affected["tables"]:
        if PurePosixPath(table["path"]).name in QUOTED:
            if table["n_hit"] == table["n_rows"]:
                yield f"  number    {table['path']}: all"
                continue
            for key in table["keys"]:
                yield f"  number    {table['path']}: {' '.join(f'{name}={value}' for name, value in key.items())}"
    if affected["files"]:
        yield f"  and {len(affected['files'])} files on the way there (--json names them)"


def _rows(table: Report) -> str:
    return "" if table["n_rows"] is None else f"  ({table['n_hit']} of {table['n_rows']} rows)"


def audit_lines(audit: Report, record: str) -> Iterator[str]:
    """Yield the lines of an audit against the record in the folder ``record``."""
    counts = ", ".join(f"{audit[f'n_{state}']} {state}" for state in STATES)
    yield f"audit: {audit['n_files']} files in {record}: {counts}"
    for difference in audit["differences"]:
        yield f"{difference['state']:8} {difference['path']}{_both(difference)}"
    if any(audit["affected"].values()):
        yield "What depends on these files, and must not be relied on:"
        yield from affected_lines(audit["affected"])
    elif audit["differences"]:
        yield "Nothing was made from these."


def _both(difference: Report) -> str:
    expected, found = difference["expected"], difference["found"]
    if not expected or not found:
        return ""
    return (
        f": sha256 {found['sha256'][:DIGITS]}, recorded {expected['sha256'][:DIGITS]}; "
        f"{found['size_bytes']} bytes, recorded {expected['size_bytes']}"
    )


def impact_lines(impact: Report) -> Iterator[str]:
    """Yield the lines of what would change with a file."""
    rules = ", ".join(impact["rules"])
    yield f"{impact['path']}: {impact['what']}; " + (f"read or run by {rules}" if rules else "no job reads or runs it")
    if any(impact[name] for name in ("figures", "tables", "documents", "files")):
        yield "What would change with it:"
        yield from affected_lines(impact)


def verify_lines(report: Report) -> Iterator[str]:
    """Yield the lines of a comparison with a recorded run."""
    yield "verify: identical to the byte" if report["identical"] else "verify: not identical"
    rows = [(folder, *counts.values()) for folder, counts in report["folders"].items()]
    yield from tabulate(rows, ["files in", "identical", *STATES], tablefmt="simple").splitlines()
    if report["first"]:
        yield ""
        yield "The runs part at files that differ though all that their jobs read is identical:"
        yield from (f"  {path}" for path in report["first"][:LISTED])
        if len(report["first"]) > LISTED:
            yield f"  and {len(report['first']) - LISTED} more (--json names them)"
    for name, title in (("points", "points"), ("bd_rates", "BD-rates")):
        yield ""
        yield from _numbers(title, report[name])


def _numbers(title: str, compared: Report) -> Iterator[str]:
    """Yield how far the numbers of a table are off."""
    missing, more = len(compared["only_reference"]), len(compared["only_own"])
    others = f"; {missing} only in the record, {more} only here" if missing or more else ""
    yield f"{title}: {compared['n_common']} compared{others}"
    head = (
        "",
        "equal",
        "mean difference",
        "largest",
        "here",
        "recorded",
        "at",
        "refused only here",
        "only in the record",
    )
    rows = [
        (
            name,
            f"{m['n_equal']} of {m['n']}",
            *((f"{m[k]:.3g}{m['unit']}" for k in ("mean", "largest")) if m["n"] else ("", "")),
            *((f"{m['own']:.6g}", f"{m['reference']:.6g}", m["at"]) if m["n"] > m["n_equal"] else ("", "", "")),
            m["n_lost"] or "",
            m["n_gained"] or "",
        )
        for name, m in compared["measures"].items()
    ]
    filled = [i for i in range(len(head)) if i < 2 or any(row[i] != "" for row in rows)]
    shown = [[row[i] for i in filled] for row in rows]
    yield from tabulate(shown, [head[i] for i in filled], tablefmt="simple", disable_numparse=True).splitlines()
