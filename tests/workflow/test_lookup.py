"""Which rule makes a file is found sooner, and is the same rule."""

from __future__ import annotations

import re
from pathlib import Path

from project_copy import copy_project, snakemake

INCLUDED = 'include: "workflow/rules/lookup.smk"\n'
COUNTED = """
import atexit
from snakemake.io import _IOFile
from snakemake.output_index import OutputIndex

tried, files, others = [], [], []
matched, found = _IOFile.match, OutputIndex.match_producers

def counted(pattern, file):
    tried.append(file)
    return matched(pattern, file)

def compared(own, file):
    result = found(own, file)
    before = len(tried)
    files.append(file)
    if result != {rule for rule in own.match(file) if rule.is_producer(file)}:
        others.append(file)
    del tried[before:]
    return result

_IOFile.match, OutputIndex.match_producers = counted, compared
atexit.register(lambda: print(f"files {len(files)} tried {len(tried)} others {others}"))
"""


def looked_up(project: Path, included: str) -> tuple[int, int, str]:
    """Return of a dry run how many files were looked up, how many patterns were tried, and for which another rule was found."""
    own = project / "Snakefile"
    assert INCLUDED in own.read_text()
    (project / "counted.smk").write_text(own.read_text().replace(INCLUDED, included) + COUNTED)
    output = snakemake(project, "--snakefile", "counted.smk", "--dry-run", "--quiet", real=True)
    found = re.search(r"files (\d+) tried (\d+) others (.*)", output)
    assert found is not None, output[-3000:]
    return int(found[1]), int(found[2]), found[3]


def test_the_same_rules_are_found_by_trying_few_patterns(tmp_path: Path) -> None:
    project = copy_project(tmp_path / "project")
    files, tried, others = looked_up(project, INCLUDED)
    assert files > 1000 and others == "[]"
    plain_files, plain_tried, _ = looked_up(project, "")
    # Should Snakemake need no help any more, this fails, and the rule file can go.
    assert plain_files == files and plain_tried > 10 * tried
