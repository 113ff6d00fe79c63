"""Reports as text for people: a lineage (the jobs of a rule together), an audit, what would change, a comparison."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from tabulate import tabulate

from compfeat.provenance.audit import STATES
from compfeat.provenance.commits import DIGITS
from compfeat.provenance.files import LISTED

Report = Mapping[str, Any]
QUOTED = ("headline.csv", "claims.csv")
"""Tables whose numbers the documents quote one by one."""
LONGEST = 100
"""Characters of a setting that are shown."""


def lineage_lines(lineage: Report) -> Iterator[str]:
    """Yield the lines of a lineage, from the result back to the images."""
    git = lineage["git"]
    yield _line(lineage["target"])
    for row in lineage["rows"]:
        yield "  row " + " ".join(f"{name}={value}" for name, value in row.items() if value != "")
    if git["problem"]:
        yield f"  commits are not known: {git['problem']}"
    else:
        changes = ", with changes that are not committed" if git["modified"] else ""
        yield f"  checked out: commit {git['commit'][:DIGITS]}{changes}"
    for key, remark in (
        ("changed_since", "CHANGED since they were read"),
        ("not_run", "MARKED as made (snakemake --touch) without a run"),
        ("other_code", "the source differs from what ran in"),
    ):
        if lineage[key]:
            yield f"  {remark}: {', '.join(lineage[key])}"
    for rule, steps in _by_rule(lineage["steps"]):
        yield from ("", f"{rule}: {_counted(steps)}")
        modules = {module for step in steps for module in step["code"]}
        yield f"  code: {len(modules)} modules, {_of_commits((step['commit'] for step in steps), git)}"
        if tools := _tools(steps):
            yield f"  tools: {tools}"
        common = dict(set.intersection(*(set(step["settings"].items()) for step in steps)))
        if common:
            yield f"  settings: {_flags(common)}"
        for step in steps:
            only_this = {name: value for name, value in step["settings"].items() if name not in common}
            took = "" if step["seconds"] is None else f", {step['seconds']} s"
            yield f"  {step['started'] or 'when is not known'}{took}{': ' + _flags(only_this) if only_this else ''}"
            yield from (f"    {_line(file)}" for file in step["outputs"])
    if lineage["sources"]:
        yield from ("", "files that no job made", *(f"  {_line(file)}" for file in lineage["sources"]))
    if lineage["images"]:
        yield from ("", f"{_images(lineage)} (--format json lists their SHA-256)")
    for run in lineage["earlier_runs"]:
        yield from ("", f"{run['target']['path']} was made by another run, which {run['record']} records")
        yield f"  code: {len(run['code'])} modules, {_of_commits([run['commit']], git)}"
        yield f"  settings: the key config of {run['record']}/record.json"
        for rule, steps in _by_rule(run["steps"]):
            tools = _tools(steps)
            yield f"  {rule}: {_counted(steps)}{' by ' + tools if tools else ''}"
            yield from (f"    {_line(file)}" for step in steps for file in step["outputs"])


def _by_rule(steps: Sequence[Report]) -> Iterable[tuple[str, list[Report]]]:
    """Return the steps of each rule, the rule of the last step first."""
    groups: dict[str, list[Report]] = {}
    for step in steps:
        groups[step["rule"]] = [*groups.pop(step["rule"], []), step]
    return reversed(groups.items())


def _counted(steps: Sequence[Report]) -> str:
    return f"{len(steps)} job{'s' if len(steps) > 1 else ''}"


def _tools(steps: Sequence[Report]) -> str:
    return ", ".join(dict.fromkeys(tool for step in steps for tool in step["tools"]))


def _images(chain: Report) -> str:
    images = [image["path"] for image in chain["images"]]
    return f"{len(images)} source files of images{' in ' + os.path.commonpath(images) if images else ''}"


def _of_commits(commits: Iterable[str | None], git: Report) -> str:
    """Return the commits of the jobs' code."""
    if known := sorted({commit for commit in commits if commit}):
        return f"as of commit {', '.join(commit[:DIGITS] for commit in known)}"
    if git["problem"]:
        return "of a commit that is not known"
    return "of no commit that is here" + (" (the clone is shallow: git fetch --unshallow)" if git["shallow"] else "")


def _line(file: Report) -> str:
    """Return a file with its size and hash."""
    if file["sha256"] is not None:
        return f"{file['path']}  {file['size_bytes']} bytes, sha256 {file['sha256']}"
    read = file.get("sha256_read")
    return f"{file['path']}  {f'not there, sha256 {read} when read' if read else 'MISSING'}"


def _flags(settings: Mapping[str, str]) -> str:
    cut = {k: v if len(v) <= LONGEST else f"{v[:LONGEST]}..." for k, v in sorted(settings.items())}
    return " ".join(f"--{name} {value}".strip() for name, value in cut.items())


def affected_lines(affected: Report) -> Iterator[str]:
    """Yield what depends on files (``audit.affected``), the numbers of headline and claims by their keys."""
    yield from (f"  figure    {path}" for path in affected["figures"])
    for table in affected["tables"]:
        rows = "" if table["n_rows"] is None else f"  ({table['n_hit']} of {table['n_rows']} rows)"
        yield f"  table     {table['path']}{rows}"
    yield from (f"  document  {path}" for path in affected["documents"])
    for table in affected["tables"]:
        if PurePosixPath(table["path"]).name in QUOTED:
            keys = [" ".join(f"{name}={value}" for name, value in key.items()) for key in table["keys"]]
            for key in ["all"] if table["n_hit"] == table["n_rows"] else keys:
                yield f"  number    {table['path']}: {key}"
    if affected["files"]:
        yield f"  and {len(affected['files'])} files on the way there (--json names them)"


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
    yield tabulate(rows, ["files in", "identical", *STATES])
    if report["first"]:
        yield from ("", "The runs part at files that differ though all that their jobs read is identical:")
        yield from (f"  {path}" for path in report["first"][:LISTED])
        if len(report["first"]) > LISTED:
            yield f"  and {len(report['first']) - LISTED} more (--json names them)"
    for key, title in (("points", "points"), ("bd_rates", "BD-rates")):
        compared = report[key]
        missing, more = len(compared["only_recorded"]), len(compared["only_here"])
        others = f"; {missing} only in the record, {more} only here" if missing or more else ""
        yield from ("", f"{title}: {compared['n_common']} compared{others}")
        measures = [{"": name, **_measure(measure)} for name, measure in compared["measures"].items()]
        yield tabulate(measures, "keys", disable_numparse=True)


def _measure(measure: Report) -> dict[str, str]:
    """Return how far a measure is off, by column."""
    cells = {"equal": f"{measure['n_equal']} of {measure['n']}"}
    if measure["n"]:
        cells |= {"mean difference": f"{measure['mean']:.3g}{measure['unit']}"}
        cells |= {"largest": f"{measure['largest']:.3g}{measure['unit']}"}
    if measure["n"] > measure["n_equal"]:
        cells |= {"here": f"{measure['here']:.6g}", "recorded": f"{measure['recorded']:.6g}", "at": measure["at"]}
    counts = {"refused only here": measure["n_lost"], "only in the record": measure["n_gained"]}
    return cells | {column: str(count) for column, count in counts.items() if count}
