"""A run that does not keep its features: the same results, and tools that know what the features were."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from project_copy import attempt, planned_jobs, snakemake
from tiny_run import artifacts, output_of, reconfigure, with_environment

pytestmark = pytest.mark.slow

FEATURES = "results/features"
VAL = f"{FEATURES}/c256/baseline/seed0/test.npy"
BITSTREAM = "results/encode/c256/baseline/seed0/hevc/bitstreams.zip"
OVERLAY = ("--configfile", "passing.yaml")


def without(reference: dict[str, str]) -> dict[str, str]:
    """Return files that are no features."""
    return {path: sha256 for path, sha256 in reference.items() if not path.startswith(FEATURES)}


@pytest.fixture(scope="module")
def project(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny run of which all but data and networks was made without keeping features."""
    folder = tmp_path_factory.mktemp("passing") / "project"
    shutil.copytree(finished, folder)
    for stage in ("features", "encode", "evaluate", "summarise", "figures", "paper"):
        shutil.rmtree(folder / "results" / stage)
    (folder / "passing.yaml").write_text("keep_features: false\n")
    snakemake(folder, *OVERLAY)
    return with_environment(folder)


def test_features_are_gone_and_all_else_is_the_same(project: Path, reference: dict[str, str]) -> None:
    assert artifacts(project) == without(reference) != reference
    assert "Nothing to be done" in snakemake(project, "--dry-run", *OVERLAY)


def test_snakemakes_own_option_keeps_them(project: Path, reference: dict[str, str], tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    shutil.copytree(project, kept, symlinks=True)
    (kept / BITSTREAM).unlink()
    snakemake(kept, BITSTREAM, "--notemp", *OVERLAY)
    assert artifacts(kept) == without(reference) | {VAL: reference[VAL]}


def test_where_they_are_needed_again_they_are_made_again_to_the_same_bytes(
    project: Path, reference: dict[str, str], tmp_path: Path
) -> None:
    again = tmp_path / "again"
    shutil.copytree(project, again, symlinks=True)
    reconfigure(again, {"codecs": {"jpeg": {"qualities": ["q95", "q90"]}}})
    jobs = set(planned_jobs(snakemake(again, *OVERLAY)))
    assert {"features:c256/baseline/0/test", "encode:c256/baseline/0/jpeg"} <= jobs
    found = artifacts(again)
    assert not [name for name in found if name.startswith(FEATURES)]
    streams = {name: sha256 for name, sha256 in reference.items() if name.endswith("hevc/bitstreams.zip")}
    assert streams and streams.items() <= found.items()


def test_they_are_recorded_by_what_their_readers_read(project: Path, reference: dict[str, str]) -> None:
    def audited() -> str:
        return attempt(project, "-m", "compfeat", "audit", "--record", "data/reference/passing").stdout

    output_of(project, "make", "record", "CONFIG=passing.yaml")
    assert "0 changed, 0 missing, 0 extra" in audited()
    lineage = attempt(project, "-m", "compfeat", "lineage", BITSTREAM).stdout
    assert f"{VAL}  not there, sha256 {reference[VAL]} when read\n" in lineage and "CHANGED" not in lineage
    output_of(project, "make", "crate", "CONFIG=passing.yaml")
    # Features that are there again are known, where they are the same.
    snakemake(project, VAL, *OVERLAY)
    assert (project / VAL).is_file() and "0 extra" in audited()
    (project / VAL).write_bytes(b"other")
    assert "1 extra" in audited()
