from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from compfeat.errors import ConfigError, DataError
from compfeat.grid import Layout, Point, Run
from compfeat.io import write_csv, write_json
from compfeat.stages import headline, summarise

PUBLISHED = Path(__file__).parents[3] / "data" / "published"
SIZES = {"qp10": 400, "qp20": 200, "qp30": 100, "qp40": 50}
NETWORK = {
    "tasks": ["segmentation", "disparity", "reconstruction"],
    "channels": 4,
    "feature_height": 2,
    "feature_width": 8,
}
IDS = ["007", "008", "009"]


def _write_point(layout: Layout, point: Point, error: float, size: int | None) -> None:
    columns = {f"sse_{t}": [error] * 3 for t in ("reconstruction", "disparity", "disparity_authors")}
    counts = {name.replace("sse", "n"): [10] * 3 for name in columns}
    write_csv(Path(layout.images(point)), pd.DataFrame({"image_id": IDS} | columns | counts))
    right = round(1000 * (1 - 0.1 * error))
    np.save(layout.confusion(point), np.array([[[right, 1000 - right], [0, 500]]] * 3, dtype=np.int32))
    if size is not None:
        ledger = {"image_id": IDS, "payload_bytes": [size] * 3, "header_bytes": [9] * 3, "side_info_bytes": [8] * 3}
        write_csv(Path(layout.ledger(point)), pd.DataFrame(ledger))


@pytest.fixture
def argv(tmp_path: Path) -> list[str]:
    layout = Layout(str(tmp_path / "results"), "prepared")
    points = []
    for loss, factor in (("baseline", 1.0), ("compressible", 0.8)):
        run = Run("c512", loss, 0)
        write_json(Path(layout.description(run)), NETWORK | {"input_height": 16, "input_width": 32})
        write_csv(Path(layout.epochs(run)), pd.DataFrame({"epoch": [1, 2], "total": [3.0, 2.0]}))
        for i, quality in enumerate(SIZES):
            points.append(Point(run, "hevc", quality))
            _write_point(layout, points[-1], 0.1 * (i + 1), round(SIZES[quality] * factor))
        for codec, quality, size in (("hevc", "lossless", 800), ("none", "u8", None), ("none", "float", None)):
            points.append(Point(run, codec, quality))
            _write_point(layout, points[-1], 0.05, size and round(size * factor))
    ids = [point.id for point in points]
    ladders = ["--ladders", json.dumps({"hevc": ["hevc"]})]
    return ["--dataset", "scenes", "--output", layout.output, "--published", str(PUBLISHED), *ladders, "--points", *ids]


def _folder(argv: list[str]) -> Path:
    return Path(argv[3])


def test_writes_all_tables(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    summarise.main(argv)
    folder = _folder(argv) / "summarise"
    assert sorted(p.name for p in folder.iterdir()) == sorted(summarise.OUTPUTS)
    tables = {p.name: pd.read_csv(p, dtype={"image_id": str}) for p in folder.glob("*.csv")}
    assert len(tables["points.csv"]) == 14 and len(tables["per_image.csv"]) == 42
    assert set(tables["per_image.csv"]["image_id"]) == set(IDS)
    assert list(tables["epochs.csv"])[:4] == ["cut", "loss", "seed", "epoch"] and len(tables["epochs.csv"]) == 4
    pchip = tables["bd_rate.csv"].query("method == 'pchip'")
    assert pchip["verdict"].eq("ok").all() and pchip["bd_rate_percent"].between(-20, -14).all()
    assert len(tables["headline.csv"]) == 3
    assert (folder / "headline.md").read_text().startswith("| cut | loss | ladder |")
    headline.main(["--output", argv[3]])
    shown = capsys.readouterr().out
    assert "2 runs, 14 points (10 coded), 11 files:" in shown and str(folder / "points.csv") in shown


def test_output_does_not_depend_on_the_order_of_points(argv: list[str]) -> None:
    summarise.main(argv)
    folder = _folder(argv) / "summarise"
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    start = argv.index("--points") + 1
    summarise.main(argv[:start] + argv[start:][::-1])
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before


@pytest.mark.parametrize(
    "lost",
    [
        "train/c512/baseline/seed0/network.json",
        "train/c512/baseline/seed0/epochs.csv",
        "evaluate/c512/baseline/seed0/hevc/qp10/images.csv",
        "evaluate/c512/baseline/seed0/hevc/qp10/confusion.npy",
        "encode/c512/baseline/seed0/hevc/qp10/ledger.csv",
    ],
)
def test_a_missing_file_is_named(argv: list[str], lost: str) -> None:
    path = _folder(argv) / lost
    path.unlink()
    with pytest.raises(DataError, match=f"{path}: not found"):
        summarise.main(argv)


def test_a_damaged_confusion_is_named(argv: list[str]) -> None:
    path = _folder(argv) / "evaluate/c512/baseline/seed0/hevc/qp10/confusion.npy"
    path.write_bytes(b"nonsense")
    with pytest.raises(DataError, match="not a numpy array"):
        summarise.main(argv)
    np.save(path, np.zeros((3, 2)))
    with pytest.raises(DataError, match=r"expected integers \(N, n, n\)"):
        summarise.main(argv)


def test_run_columns_in_the_epochs_are_refused(argv: list[str]) -> None:
    path = _folder(argv) / "train/c512/baseline/seed0/epochs.csv"
    write_csv(path, pd.DataFrame({"epoch": [1], "loss": [2.0]}))
    with pytest.raises(DataError, match="column 'loss' would clash"):
        summarise.main(argv)


def test_a_description_without_sizes(argv: list[str]) -> None:
    write_json(_folder(argv) / "train/c512/baseline/seed0/network.json", NETWORK)
    with pytest.raises(DataError, match="lacks key 'input_height'"):
        summarise.main(argv)


@pytest.mark.parametrize("text", ["{", "[]", '{"a": "png"}', '{"a": []}', '{"a": [1]}'])
def test_ladders_that_cannot_be_used(text: str) -> None:
    with pytest.raises(ConfigError, match="--ladders"):
        summarise.parse_ladders(text)
