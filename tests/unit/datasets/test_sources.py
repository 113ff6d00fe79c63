"""What a dataset's files are is known by content; sizes and times are a first sieve."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from compfeat.cli.pipeline.prepare import check_rendered
from compfeat.datasets import sources
from compfeat.datasets.base import Sample
from compfeat.datasets.sources import content_identity, listing, render_changes
from compfeat.errors import DataError
from compfeat.io import sha256_of

FIELDS = ("image", "labels")


def write(root: Path, name: str, grey: int = 0) -> None:
    for folder, pixels in (("val", np.full((8, 8, 3), grey, np.uint8)), ("valannot", np.zeros((8, 8), np.uint8))):
        (root / folder).mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(root / folder / f"{name}.png")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for number in range(3):
        write(tmp_path / "data", f"{number:06d}", number)
    return tmp_path / "data"


def identity(root: Path, limit: int | None = None) -> str:
    return content_identity(listing("camvid", root, "val", FIELDS), limit, root.parent / "known.json")


def test_what_changes_vanishes_or_is_added_is_seen_and_what_does_not_is_not(root: Path) -> None:
    first = identity(root)
    for path in root.rglob("*.png"):
        os.utime(path, (1e9, 1e9))
    for name in (".DS_Store", "._000001.png", "Thumbs.db"):
        (root / "val" / name).write_bytes(b"clutter")
    write(root.parent / "data/test", "000000")
    assert identity(root) == first
    write(root, "000003")
    assert identity(root) != first and identity(root, limit=3) == first
    (root / "val/000003.png").unlink()
    assert identity(root) == first
    before = (root / "valannot/000001.png").read_bytes()
    Image.fromarray(np.ones((8, 8), np.uint8)).save(root / "valannot/000001.png")
    assert identity(root) != first
    (root / "valannot/000001.png").unlink()
    assert identity(root).startswith("not there: ") and "000001.png" in identity(root)
    (root / "valannot/000001.png").write_bytes(before)
    assert identity(root) == first
    (root / "val/000001.png").rename(root / "val/000009.png")
    (root / "valannot/000001.png").rename(root / "valannot/000009.png")
    assert identity(root) != first


def test_only_what_size_or_time_leave_open_is_read_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def counted(path: Path) -> str:
        read.append(path.name)
        return sha256_of(path)

    monkeypatch.setattr(sources, "sha256_of", counted)
    first = identity(root)
    assert len(read) == 6 and identity(root) == first and len(read) == 6
    os.utime(root / "val/000002.png", (1e9, 1e9))
    assert identity(root) == first and read[6:] == ["000002.png"]


def test_an_edit_whose_time_was_put_back_is_seen(root: Path) -> None:
    path = root / "valannot/000001.png"
    first, status, data = identity(root), path.stat(), bytearray(path.read_bytes())
    data[-20] ^= 1
    path.write_bytes(bytes(data))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (status.st_size, status.st_mtime_ns)
    assert identity(root) != first
    data[-20] ^= 1
    other = path.with_name("other")
    other.write_bytes(bytes(data))
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    other.rename(path)
    assert identity(root) == first


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "{",
        lambda text: "[]",
        lambda text: "\udcff",
        lambda text: json.dumps(dict.fromkeys(json.loads(text), 3)),
        lambda text: json.dumps({name: [known[0], ""] for name, known in json.loads(text).items()}),
        lambda text: json.dumps({name: [*known[0][:2], known[1][::-1]] for name, known in json.loads(text).items()}),
    ],
)
def test_a_damaged_or_older_memory_costs_time_only(damage: Callable[[str], str], root: Path) -> None:
    first, known = identity(root), root.parent / "known.json"
    known.write_text(damage(known.read_text()), errors="surrogateescape")
    assert identity(root) == first


def test_a_name_in_another_encoding_is_known_before_anything_runs(root: Path) -> None:
    (root / "val/000001.png").rename(root / "val" / os.fsdecode(b"caf\xe9.png"))
    found = listing("camvid", root, "val", FIELDS)
    assert found.misnamed and found.problem.startswith(f"{root}/val/caf\\xe9.png: found a name in another encoding")
    assert not listing("camvid", root / "elsewhere", "val", FIELDS).misnamed


def rendered(root: Path) -> Path:
    """Write a manifest of ``root``'s files, with one that no sample has."""
    (root / "camera.json").write_text("{}")
    files = sorted(path for path in root.rglob("*") if path.is_file())
    manifest = root.parent / "val.csv"
    rows = [(path.relative_to(root).as_posix(), sha256_of(path)) for path in files]
    pd.DataFrame(rows, columns=["path", "sha256"]).to_csv(manifest, index=False)
    return manifest


def changes(root: Path) -> str:
    found = listing("camvid", root, "val", FIELDS)
    return render_changes(found, root, root.parent / "val.csv", root.parent / "known.json")


def test_what_is_not_as_it_was_rendered_is_named(root: Path) -> None:
    assert changes(root) == ""
    manifest = rendered(root)
    assert changes(root) == ""
    camera = root / "camera.json"
    camera.write_text("{ }")
    assert changes(root).startswith(f"{camera}: is not as it was rendered (see {manifest}); delete")
    camera.unlink()
    assert changes(root).startswith(f"{camera}: is gone")
    camera.write_text("{}")
    write(root, "000003")
    assert changes(root).startswith(f"{root}/val/000003.png: was not rendered")
    samples = [Sample("000003", {"image": root / "val/000003.png"})]
    with pytest.raises(DataError, match="was not rendered"):
        check_rendered(samples, root, manifest)
    with pytest.raises(DataError, match="not found"):
        check_rendered([], root, root / "no.csv")
    check_rendered([], root, manifest)
    assert listing("camvid", root, "test", FIELDS).problem.startswith(f"{root}/test: no such folder")
