"""What the installed Snakemake writes is what the adapter reads: it was written for Snakemake 9.27."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from compfeat.errors import DataError
from compfeat.provenance.jobs import read_jobs
from compfeat.provenance.snakemake_metadata import read_records
from recorded_run import digest, record_path

LONG = "out/" + "x" * 200 + "/" + "y" * 150
SNAKEFILE = f"""
rule all:
    input: "{LONG}/b.txt"

rule first:
    input: "source.txt"
    output: "a b.txt", "c.txt"
    params: "code of compfeat.codecs.x 0123456789ab", "numpy 2.4.6, pillow 13.0.0"
    shell: "cp {{input:q}} {{output[0]:q}}; cp {{input:q}} {{output[1]:q}}"

rule second:
    input: "a b.txt"
    output: "{LONG}/b.txt"
    shell: "cp {{input:q}} {{output:q}}"
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workflow of two jobs that has run."""
    folder = tmp_path_factory.mktemp("workflow")
    (folder / "Snakefile").write_text(SNAKEFILE)
    (folder / "source.txt").write_text("source")
    argv = [sys.executable, "-m", "snakemake", "--cores", "1"]
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def test_it_was_written_for_the_snakemake_that_is_installed() -> None:
    assert version("snakemake").startswith("9.27."), "look whether the adapter reads the new version's records"


def test_the_jobs_of_a_real_run(project: Path) -> None:
    first, second = read_jobs(project)
    assert (first.rule, first.inputs, first.outputs) == ("first", ("source.txt",), ("a b.txt", "c.txt"))
    assert first.code == {"compfeat.codecs.x": "0123456789ab"} and first.tools == ("numpy 2.4.6", "pillow 13.0.0")
    assert first.input_sha256 == {"source.txt": digest(project / "source.txt")}
    assert first.started is not None and first.ended is not None and first.started <= first.ended
    assert first.command.strip() == "cp source.txt 'a b.txt'; cp source.txt c.txt"
    assert (second.rule, second.inputs, second.outputs) == ("second", ("a b.txt",), (f"{LONG}/b.txt",))


def test_records_of_another_format_and_damaged_ones_are_refused(project: Path) -> None:
    path = record_path(project, "c.txt")
    whole = path.read_text()
    for text, message in (
        (json.dumps(json.loads(whole) | {"record_format_version": 7}), "found record format 7; expected 6"),
        ("[]", "found list; expected an object"),
        (whole[:20], "not a record of Snakemake"),
    ):
        path.write_text(text)
        with pytest.raises(DataError, match=message):
            list(read_records(project))
    path.write_text(whole)
