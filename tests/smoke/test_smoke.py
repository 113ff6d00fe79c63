"""The whole pipeline at its smallest, in a folder and with folders whose names are awkward."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pandas as pd
import pytest
import yaml

from compfeat.experiment.checks import checked
from compfeat.experiment.files import load_config
from compfeat.experiment.runs import UNCODED
from helpers import PROJECT
from project_copy import copy_project, snakemake

pytestmark = pytest.mark.slow

OUTPUT = 'it\'s the output; of "a" $smoke run'
ODD = {
    "output": OUTPUT,
    "dataset": {"root": 'data/raw/it\'s; "raw"', "prepared": "data/prepared/it's; $prepared"},
}
SMOKE = checked(load_config([PROJECT / f"config/{name}.yaml" for name in ("config", "smoke")]))
POINT = f"{OUTPUT}/encode/c256/compressible/seed0/jpeg/q90"


def smoke(project: Path, *arguments: str) -> str:
    """Run the workflow with the smoke configuration; return what it printed."""
    return snakemake(project, *arguments, "--configfile", "config/smoke.yaml", "odd.yaml")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project in which the smoke configuration was run."""
    folder = copy_project(tmp_path_factory.mktemp("smoke") / 'it\'s; a "smoke" $test')
    (folder / "odd.yaml").write_text(yaml.safe_dump(ODD))
    smoke(folder)
    return folder


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_all_outputs_are_there(project: Path) -> None:
    output = project / OUTPUT
    for trained in SMOKE.trained():
        assert (output / "train" / trained.id / "weights.safetensors").is_file()
    for point in SMOKE.points():
        if point.codec != UNCODED:
            names = {path.name for path in (output / "encode" / point.id).iterdir()}
            assert names == {"stream.bin", "side_info.bin", "ledger.csv"}
    config = yaml.safe_load((project / "config/config.yaml").read_text())
    for figure in config["figures"]:
        assert (output / f"figures/{figure}.pdf").is_file() and (output / f"figures/{figure}.png").is_file()
    assert {"points.csv", "headline.csv", "metrics"} <= {path.name for path in (output / "summarise").iterdir()}
    assert not [path for path in output.rglob("*") if ".part" in path.name or path.name == "resume.safetensors"]


def test_a_second_run_has_nothing_to_do(project: Path) -> None:
    assert "Nothing to be done" in smoke(project)
    for path in (project / OUTPUT / "encode").rglob("ledger.csv"):
        path.touch()
    assert "Nothing to be done" in smoke(project, "--dry-run")


def test_ledgers_add_up_to_the_sizes_on_disk(project: Path) -> None:
    ledgers = sorted((project / OUTPUT / "encode").rglob("ledger.csv"))
    assert len(ledgers) == sum(point.codec != UNCODED for point in SMOKE.points())
    for path in ledgers:
        ledger = pd.read_csv(path)
        booked = int(ledger["payload_bytes"].sum() + ledger["header_bytes"].sum())
        assert booked == path.with_name("stream.bin").stat().st_size
        assert int(ledger["side_info_bytes"].sum()) == path.with_name("side_info.bin").stat().st_size


def test_points_are_complete_and_lossless_ones_equal_the_quantised(project: Path) -> None:
    points = pd.read_csv(project / OUTPUT / "summarise/points.csv")
    keys = ["dataset", "cut", "method", "seed", "codec", "quality"]
    values = ["n_images", "total_bytes", "rate_bpe", "miou", "psnr_db", "rmse", "rmse_authors"]
    assert set(keys + values) <= set(points.columns)
    assert len(points) == len(SMOKE.points())
    sent = [name for name, method in SMOKE.methods.items() if method.sends == "features"]
    assert points.loc[~points["method"].isin(sent), "rate_bpe"].isna().all()
    points = points[points["method"].isin(sent)]
    coded = points[points["codec"] != "none"]
    assert bool((coded["rate_bpe"] > 0).all()) and bool((points["n_images"] == 8).all())
    metrics = ["miou", "psnr_db", "rmse", "rmse_authors"]
    for _, run in points.groupby(["cut", "method"]):
        quantised = run[run["quality"] == "u8"][metrics].to_numpy()
        lossless = run[run["quality"] == "lossless"][metrics].to_numpy()
        assert len(lossless) == 2 and (lossless == quantised).all()


def test_deleted_results_come_back_the_same(project: Path) -> None:
    stream, table = f"{POINT}/stream.bin", f"{OUTPUT}/summarise/points.csv"
    before = {name: sha256(project / name) for name in (stream, table)}
    for name in before:
        (project / name).unlink()
    # By name: a file that only led to results that are still there is not missed.
    smoke(project, stream)
    smoke(project)
    assert {name: sha256(project / name) for name in before} == before


def test_a_new_quality_runs_its_codecs_jobs_only(project: Path) -> None:
    new = "codecs={'jpeg': {'qualities': ['q95', 'q90', 'q80', 'q70']}}"
    plan = smoke(project, "--dry-run", "--quiet", "rules", "--config", new)
    jobs = {m[1]: int(m[2]) for m in re.finditer(r"^(\w+) +(\d+)$", plan, re.M)}
    made = {name: count for name, count in jobs.items() if name.startswith(("encode", "evaluate"))}
    # task_klt has qualities of its own, and remote codecs of its own.
    assert made == {f"{stage}_{m}_jpeg": 2 for stage in ("encode", "evaluate") for m in ("baseline", "compressible")}
    assert not {"render", "prepare", "train", "features"} & set(jobs)
