"""Files are whole or not there, on the disk before they have their name, and texts stay texts."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from compfeat.errors import DataError
from compfeat.io import atomic_path, read_csv, write_csv, write_text


def test_a_failure_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with pytest.raises(RuntimeError), atomic_path(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    with pytest.raises(DataError, match=r"a\.txt: cannot be written"), atomic_path(path):
        pass
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_bytes_are_on_the_disk_before_the_file_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, seen = tmp_path / "a.txt", []
    wait = os.fsync

    def fsync(descriptor: int) -> None:
        seen.append((Path(f"/proc/self/fd/{descriptor}").readlink(), path.exists()))
        wait(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    write_text(path, "new")
    assert [(name.suffix, there) for name, there in seen] == [(".txt", False), (tmp_path.suffix, True)]
    seen.clear()
    with atomic_path(path, durable=False) as temporary:
        temporary.write_text("newer")
    assert seen == [] and path.read_text() == "newer"


def test_a_file_can_be_read_by_whom_the_folder_lets_whatever_its_writer_says(tmp_path: Path) -> None:
    mask = os.umask(0o022)
    try:
        with atomic_path(tmp_path / "weights.bin") as temporary:
            temporary.touch(mode=0o600)
    finally:
        os.umask(mask)
    assert (tmp_path / "weights.bin").stat().st_mode & 0o777 == 0o644


def test_writers_of_one_file_with_equal_process_ids_do_not_meet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second writer begins and ends while the first one is in the middle."""
    monkeypatch.setattr(os, "getpid", lambda: 7)
    path, half, done = tmp_path / "a.txt", threading.Event(), threading.Event()

    def second() -> None:
        half.wait()
        write_text(path, "second")
        done.set()

    thread = threading.Thread(target=second)
    thread.start()
    with atomic_path(path) as temporary, temporary.open("w") as file:
        file.write("fir")
        file.flush()
        half.set()
        assert done.wait(10) and path.read_text() == "second"
        file.write("st")
    thread.join()
    assert path.read_text() == "first" and list(tmp_path.iterdir()) == [path]


def test_a_link_is_replaced_and_what_it_points_to_stays(tmp_path: Path) -> None:
    shared, link = tmp_path / "cache" / "a.txt", tmp_path / "a.txt"
    write_text(shared, "kept")
    link.symlink_to(shared)
    write_text(link, "new")
    assert link.read_text() == "new" and not link.is_symlink() and shared.read_text() == "kept"


@pytest.mark.parametrize(
    "obstruct",
    [
        lambda path: path.parent.touch(),
        lambda path: path.mkdir(parents=True),
        lambda path: path.parent.symlink_to(path.parent.with_name("nowhere")),
    ],
)
def test_what_cannot_be_written_is_told_in_one_line(obstruct: Callable[[Path], None], tmp_path: Path) -> None:
    path = tmp_path / "folder" / "a.txt"
    obstruct(path)
    with pytest.raises(DataError) as caught:
        write_text(path, "new")
    assert str(caught.value).startswith(f"{path}: cannot be written (") and "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["000007", "1e5", "NA", "null", "nan", "inf", "True", "ä b", "2026-01-01"])
def test_names_that_look_like_something_else_stay_texts(name: str, tmp_path: Path) -> None:
    path, texts = tmp_path / "t.csv", ["image_id", "quality", "label", "remote", "better_below"]
    rows = [{**dict.fromkeys(texts, name), "value": 1.5, "seed": 0}, {**dict.fromkeys(texts, "90"), "seed": 1}]
    write_csv(path, pd.DataFrame(rows))
    table = read_csv(path, ["image_id"])
    assert table[texts].to_numpy().tolist() == [[name] * 5, ["90"] * 5]
    assert table["value"].dtype == "float64" and pd.isna(table["value"][1]) and table["seed"].dtype == "int64"
    assert read_csv(path, [], as_text=True)["seed"].tolist() == ["0", "1"]


def test_what_is_no_table_or_lacks_a_column_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    with pytest.raises(DataError, match="not found; run the stage"):
        read_csv(path, [])
    path.write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match="lacks column 'c'; found a, b"):
        read_csv(path, ["a", "c"])
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match="not a CSV table"):
        read_csv(path, [])
