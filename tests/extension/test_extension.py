"""Ten additions, one module each, and one overlay that names them, in a copy of the project in which nothing is edited.

Nine are dropped into the project; one comes with another installed package, by an entry point.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file

from compfeat.scenes.writing import render_scene
from project_copy import attempt, copy_project, snakemake

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
PLACES = {
    "codecs": "codecs/plugins",
    "losses": "losses/plugins",
    "variants": "training/variants/plugins",
    "transforms": "transforms/plugins",
    "networks": "networks/plugins",
    "tasks": "tasks/plugins",
    "datasets": "datasets/plugins",
    "results": "results/tables/plugins",
    "figures": "reports/figures/plugins",
}
"""Where the modules of each kind go, below src/compfeat."""
INSTALLED = "codecs/ranged.py"
"""The module that another package brings."""
MOST_LINES = 80
OVERLAY = ("--configfile", "overlay.yaml")
SCENES = {"train": 8, "val": 2, "test": 4}


def modules() -> list[tuple[Path, str]]:
    """Return every module with its place in the package."""
    found = [(path, place) for kind, place in PLACES.items() for path in sorted((HERE / kind).glob("*.py"))]
    assert len(found) == 10
    return found


def tree(folder: Path) -> dict[str, str]:
    """Return the hashes of the project's own files."""
    files = [p for top in ("src", "workflow", "config", "profiles") for p in sorted((folder / top).rglob("*"))]
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in files
        if p.is_file() and "__pycache__" not in p.parts
    }


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run with everything that can be added."""
    project = copy_project(tmp_path_factory.mktemp("extension"))
    before = tree(project)
    for path, place in modules():
        if path == HERE / INSTALLED:
            install(path, project / "src")
        else:
            shutil.copy(path, project / "src/compfeat" / place)
    shutil.copy(HERE / "overlay.yaml", project)
    for split, count in SCENES.items():
        folder = project / "data/raw/archives" / split
        folder.mkdir(parents=True)
        classes = np.full(256, 255, np.uint8)
        ids = [7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33]
        classes[ids] = np.arange(len(ids))
        for i in range(count):
            scene, _ = render_scene(split, i, 3, (64, 128))
            labels = classes[scene.label_ids]
            np.savez(folder / f"{i:06d}.npz", image=scene.image, labels=labels, disparity_px=scene.disparity_px)
    snakemake(project, "--cores", "2", *OVERLAY)
    assert {name: digest for name, digest in tree(project).items() if name in before} == before
    return project


def install(module: Path, folder: Path) -> None:
    """Write a package that brings a codec into a folder that Python imports from, as pip would."""
    package, info = folder / "outside", folder / "outside-1.0.dist-info"
    package.mkdir()
    info.mkdir()
    (package / "__init__.py").touch()
    shutil.copy(module, package)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: outside\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[compfeat.codecs]\n{module.stem} = outside.{module.stem}\n")


def table(run: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(run / f"results-extension/summarise/{name}.csv", dtype={"image_id": str})


Points = dict[Any, Any]


@pytest.fixture(scope="module")
def points(run: Path) -> Points:
    """The points by cut, method, codec and quality."""
    return table(run, "points").set_index(["cut", "method", "codec", "quality"]).to_dict("index")


def tool(run: Path, *argv: str) -> str:
    """Run a command of compfeat, which must work; return what it printed."""
    done = attempt(run, "-m", "compfeat", *argv)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_an_addition_is_one_small_module() -> None:
    assert [path.name for path, _ in modules() if len(path.read_text().splitlines()) > MOST_LINES] == []


def test_the_codec_of_floats_weighs_what_zlib_makes(run: Path, points: Points) -> None:
    features = np.load(run / "results-extension/features/c256/gained/seed0/test.npy")
    for step in (0.02, 0.5):
        sizes = [len(zlib.compress(np.rint(f / step).astype("<i2").tobytes(), 9)) for f in features]
        point = points[("c256", "gained", "deflate", f"d{step}")]
        booked = [point[f"{kind}_bytes"] for kind in ("payload", "header", "side_info")]
        assert booked == [sum(sizes), 4 * len(sizes), 0]


def test_the_fitted_codec_and_the_transform_are_fitted_to_train_features(run: Path, points: Points) -> None:
    features = np.load(run / "results-extension/features/s8/baseline/seed0/train.npy")
    mean = features.mean(axis=(0, 2, 3), dtype=np.float64).astype(np.float32)
    with np.load(run / "results-extension/fit/s8/centred/seed0/transform.npz") as state:
        assert np.array_equal(state["mean"], mean)
    coded = (features - mean[None, :, None, None]).swapaxes(0, 1).reshape(features.shape[1], -1)
    with np.load(run / "results-extension/fit/s8/centred/seed0/ranged.npz") as state:
        assert np.allclose(state["low"], np.quantile(coded, 0.001, axis=1), atol=1e-5)
    centred, baseline = (points["s8", method, "none", "float"]["miou"] for method in ("centred", "baseline"))
    assert centred == baseline


def test_the_other_network_has_its_stride_and_sign(run: Path) -> None:
    network = json.loads((run / "results-extension/train/s8/baseline/seed0/network.json").read_text())
    assert (network["stride"], network["signed"], network["channels"]) == (8, True, 16)
    assert np.load(run / "results-extension/features/s8/baseline/seed0/test.npy").min() < 0


def test_the_loss_and_the_variant_did_what_they_say(run: Path) -> None:
    epochs = table(run, "epochs").query("cut == 'c256'")
    assert np.isfinite(epochs.query("training == 'gained'")["loss_magnitude"]).all()
    assert epochs.query("training == 'baseline'")["loss_magnitude"].isna().all()
    start, still, gained = (
        load_file(run / f"results-extension/train/c256/{name}/seed0/weights.safetensors")
        for name in ("warm_start", "still", "gained")
    )
    frozen, trained = "encoder.conv1.weight", "encoder.layer1.0.conv1.weight"
    assert np.array_equal(start[frozen], still[frozen]) and not np.array_equal(start[trained], still[trained])
    assert not np.array_equal(start[frozen], gained[frozen])
    assert np.abs(gained["loss.log_gain"]).max() > 0


def test_the_fourth_task_is_scored_and_compared(run: Path, points: Points) -> None:
    point = ("c256", "baseline", "none", "u8")
    images = table(run, "per_image").set_index(["cut", "method", "codec", "quality"]).loc[[point]]
    accuracy = (images["right_edges"] / images["n_edges"]).mean()
    assert points[point]["edge_accuracy"] == pytest.approx(accuracy, rel=1e-9)
    assert "edge_accuracy" in set(table(run, "bd_rate")["metric"])
    experiment = json.loads((run / "results-extension/summarise/experiment.json").read_text())
    assert "edge accuracy" in [metric["label"] for metric in experiment["resolved"]["metrics"]]


def test_the_remote_line_is_the_whole_network_on_a_coded_image(run: Path, points: Points) -> None:
    for cut in ("c256", "s8"):
        png, floats = points[(cut, "remote", "png", "lossless")], points[(cut, "baseline", "none", "float")]
        for metric in ("miou", "psnr_db", "rmse", "edge_accuracy"):
            assert png[metric] == floats[metric]
    remote = table(run, "points").query("method == 'remote'")
    assert remote["rate_bpe"].isna().all() and remote.query("codec != 'none'")["rate_bpp"].notna().all()


def test_comparisons_are_those_of_the_config(run: Path) -> None:
    found = table(run, "bd_rate")[["method", "against", "ladder", "against_ladder"]]
    assert set(found.itertuples(index=False, name=None)) == {
        ("compressible", "baseline", "published", "published"),
        ("gained", "baseline", "flat", "flat"),
        ("still", "gained", "flat", "flat"),
        ("centred", "baseline", "fitted", "published"),
        ("remote", "baseline", "published", "published"),
    }


def test_the_table_the_figure_and_the_documents_show_them(run: Path) -> None:
    points = table(run, "points").dropna(subset="total_bytes")
    expected = 1 - points["payload_bytes"] / points["total_bytes"]
    assert np.allclose(table(run, "overhead")["overhead"], expected)
    output = run / "results-extension"
    assert (output / "figures/overhead.pdf").stat().st_size > 2000
    page = (output / "paper/explorer.html").read_text()
    shown = {"remote inference", "learned gains", "edge accuracy", "Overhead"}
    assert not [text for text in {*shown, "fitted ranges"} if text not in page]
    if shutil.which("pdftotext"):
        pdfs = [str(output / f"paper/{name}.pdf") for name in ("paper", "supplement")]
        commands = [["pdftotext", "-layout", pdf, "-"] for pdf in pdfs]
        texts = "".join(subprocess.run(c, capture_output=True, text=True, check=True).stdout for c in commands)
        assert not [text for text in shown if text not in texts]


def test_record_audit_lineage_and_crate_know_them(run: Path) -> None:
    listed = run / "summary.tsv"
    rows = [line for line in snakemake(run, "--summary", *OVERLAY).splitlines() if line.count("\t") >= 5]
    listed.write_text("\n".join(rows) + "\n")
    config = ("--config", "config/config.yaml", "overlay.yaml")
    tool(run, "record", *config, "--record", "data/reference/extension", "--summary", str(listed))
    tool(run, "audit", "--record", "data/reference/extension")
    row = ("--row", "method=centred", "--row", "codec=ranged", "--row", "quality=l30", "--row", "cut=s8")
    chain = json.loads(tool(run, "lineage", "results-extension/summarise/points.csv", *row, "--format", "json"))
    made = [file["path"] for step in chain["steps"] for file in step["outputs"]]
    assert {f"results-extension/fit/s8/centred/seed0/{name}.npz" for name in ("transform", "ranged")} <= set(made)
    assert not [path for path in made if "/c256/" in path or "/gained/" in path or "/deflate/" in path]
    tool(run, "crate", *config, "--summary", str(listed))
    assert "outside.ranged" in (run / "ro-crate-metadata.json").read_text()


def test_a_second_run_has_nothing_to_do(run: Path) -> None:
    assert "Nothing to be done" in snakemake(run, "--dry-run", *OVERLAY)
