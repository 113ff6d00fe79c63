"""The whole pipeline at its smallest, in a folder and with folders whose names are awkward."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import yaml

from compfeat.experiment.files import load_config
from compfeat.stages.checks import checked
from compfeat.transport.bitstreams import read_archive, side_info_name, stream_name
from compfeat.transport.ledger import read_ledger
from helpers import PROJECT
from project_copy import copy_project, snakemake

pytestmark = pytest.mark.slow

OUTPUT = 'it\'s the output; of "a" $smoke run'
ODD = {
    "output": OUTPUT,
    "dataset": {"root": 'data/raw/it\'s; "raw"', "prepared": "data/prepared/it's; $prepared"},
}
SMOKE = checked(load_config([PROJECT / f"config/{name}.yaml" for name in ("config", "smoke")]))


def count(qualities: Callable[[str], dict[str, tuple[str, ...]]]) -> int:
    """Return how many points all runs have at the ``qualities`` of their methods."""
    return sum(len(own) for run in SMOKE.runs() for own in qualities(run.method).values())


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


def test_all_outputs_are_there(project: Path) -> None:
    output = project / OUTPUT
    for trained in SMOKE.trained():
        assert (output / "train" / trained.id / "weights.safetensors").is_file()
    for run in SMOKE.runs():
        for codec in SMOKE.qualities(run.method):
            names = {path.name for path in (output / "encode" / run.id / codec).iterdir()}
            assert names == {"bitstreams.zip", "ledger.csv"}
    config = yaml.safe_load((project / "config/config.yaml").read_text())
    for figure in config["figures"]:
        assert (output / f"figures/{figure}.pdf").is_file() and (output / f"figures/{figure}.png").is_file()
    assert {"points.csv", "headline.csv", "metrics.json"} <= {path.name for path in (output / "summarise").iterdir()}
    assert not [path for path in output.rglob("*") if ".part" in path.name or path.name == "resume.safetensors"]


def test_ledgers_add_up_to_the_sizes_on_disk(project: Path) -> None:
    paths = sorted((project / OUTPUT / "encode").rglob("ledger.csv"))
    ledgers = [(path, quality, ledger) for path in paths for quality, ledger in read_ledger(path).items()]
    assert len(ledgers) == count(SMOKE.qualities)
    for path, quality, ledger in ledgers:
        contents = read_archive(path.with_name("bitstreams.zip"))
        booked = int(ledger["payload_bytes"].sum() + ledger["header_bytes"].sum())
        assert booked == len(contents[stream_name(quality)])
        assert int(ledger["side_info_bytes"].sum()) == len(contents[side_info_name(quality)])


def test_points_are_complete_and_lossless_ones_equal_the_quantised(project: Path) -> None:
    points = pd.read_csv(project / OUTPUT / "summarise/points.csv")
    keys = ["dataset", "cut", "method", "seed", "codec", "quality"]
    values = ["n_images", "total_bytes", "rate_bpe", "miou", "psnr_db", "rmse", "rmse_authors"]
    assert set(keys + values) <= set(points.columns)
    assert len(points) == count(SMOKE.all_qualities)
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


def test_one_bitstream_is_made_by_its_path(project: Path) -> None:
    path = f"{OUTPUT}/bitstreams/c256/baseline/seed0/png/lossless.bin"
    smoke(project, path)
    assert (project / path).read_bytes().startswith(b"\x89PNG")
    assert "Nothing to be done" in smoke(project, "--dry-run")
