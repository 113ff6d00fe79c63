"""The stage render: same bytes for any number of processes, a true manifest, no stale scenes."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pandas as pd
import pytest

from compfeat.errors import ConfigError
from compfeat.stages.render import main


def _render(root: Path, images: int, processes: int = 1, split: str = "val", seed: int = 0) -> pd.DataFrame:
    manifest = root / f"{split}.csv"
    flags = {
        "root": root,
        "split": split,
        "images": images,
        "height": 64,
        "width": 128,
        "seed": seed,
        "processes": processes,
    }
    main([text for key, value in flags.items() for text in (f"--{key}", str(value))] + ["--manifest", str(manifest)])
    return pd.read_csv(manifest)


def test_processes_do_not_matter_and_odd_paths_do_not_either(tmp_path: Path) -> None:
    one = _render(tmp_path / "a b", 10)
    two = _render(tmp_path / 'it\'s; "odd"', 10, processes=2)
    pd.testing.assert_frame_equal(one, two)
    assert len(one) == 40
    assert one["path"].is_monotonic_increasing


def test_manifest_is_true_and_relative(tmp_path: Path) -> None:
    table = _render(tmp_path, 2)
    assert list(table.columns) == ["path", "sha256", "size_bytes"]
    for path, digest, size in table.itertuples(index=False):
        data = (tmp_path / path).read_bytes()
        assert (hashlib.sha256(data).hexdigest(), len(data)) == (digest, size)


def test_stale_scenes_go_and_nothing_else_does(tmp_path: Path) -> None:
    _render(tmp_path, 4)
    train = _render(tmp_path, 2, split="train")
    mine = tmp_path / "leftImg8bit/val/yarrowgate/yarrowgate_notes.txt"
    mine.write_text("kept")
    left = _render(tmp_path, 2)
    files = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.suffix in (".png", ".json")}
    assert files == set(left["path"]) | set(train["path"])
    assert mine.exists()


def test_the_seed_matters(tmp_path: Path) -> None:
    first, second = _render(tmp_path / "a", 1), _render(tmp_path / "b", 1, seed=1)
    assert not set(first["sha256"]) & set(second["sha256"])


@pytest.mark.parametrize(("images", "processes", "seed"), [(0, 1, 0), (1, 0, 0), (1, 1, -1)])
def test_flags_that_cannot_be_used(tmp_path: Path, images: int, processes: int, seed: int) -> None:
    with pytest.raises(ConfigError, match="expected at least"):
        _render(tmp_path, images, processes, seed=seed)
    assert not any(tmp_path.iterdir())
