"""What the installed Snakemake writes is what the adapter reads: it was written for Snakemake 9.27."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from compfeat.errors import DataError
from compfeat.provenance.jobs import not_run, read_jobs
from compfeat.provenance.snakemake_metadata import read_records
from recorded_run import digest, record_path

LONG = "out/" + "x" * 200 + "/" + "y" * 150
SNAKEFILE = f"""
rule all:
    input: "{LONG}/b.txt"

rule first:
    input: "source.txt"
    output: "a b.txt", "c.txt"
    log: "out/logs/first.log"
    benchmark: "out/benchmarks/first.tsv"
    params: "code of compfeat.codecs.x 0123456789ab", "numpy 2.4.6, pillow 13.0.0", config.get("setting", "old")
    shell: "sleep 1; cp {{input:q}} {{output[0]:q}}; cp {{input:q}} {{output[1]:q}} > {{log}}"

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
    snakemake(folder)
    return folder


def snakemake(folder: Path, *argv: str) -> None:
    words = [sys.executable, "-m", "snakemake", "--cores", "1", *argv]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_it_was_written_for_the_snakemake_that_is_installed() -> None:
    assert version("snakemake").startswith("9.27."), "look whether the adapter reads the new version's records"


def test_the_jobs_of_a_real_run(project: Path) -> None:
    first, second = read_jobs(project)
    assert (first.rule, first.inputs, first.outputs) == ("first", ("source.txt",), ("a b.txt", "c.txt"))
    assert first.code == {"compfeat.codecs.x": "0123456789ab"} and first.tools == ("numpy 2.4.6", "pillow 13.0.0")
    assert first.input_sha256 == {"source.txt": digest(project / "source.txt")}
    assert first.started is not None and first.ended is not None and first.started <= first.ended
    assert first.command.strip() == "sleep 1; cp source.txt 'a b.txt'; cp source.txt c.txt > out/logs/first.log"
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


def marked(project: Path) -> list[str]:
    return not_run(project, read_jobs(project))


@pytest.mark.parametrize("way", ["here", "copied", "copied without logs"])
def test_files_that_are_only_marked_as_made_are_told_from_those_that_jobs_made(
    way: str, project: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(project, copy)
    assert marked(copy) == []
    snakemake(copy, "--config", "setting=old", "--touch")
    assert marked(copy) == []
    if way != "here":
        # What people do who copy results without Snakemake's own records.
        shutil.rmtree(copy / ".snakemake")
        for path in (copy / "out").rglob("*.*"):
            path.touch()
    if way == "copied without logs":
        shutil.rmtree(copy / "out/logs")
        shutil.rmtree(copy / "out/benchmarks")
    snakemake(copy, "--config", "setting=new", "--touch", *(() if way == "here" else ("--forceall",)))
    assert "'new'" in read_jobs(copy)[0].params
    assert marked(copy) == ["a b.txt", "c.txt"]
