from pathlib import Path

import numpy as np
import pytest

from compfeat.errors import BitstreamError, DataError
from compfeat.features.quantise import Quantised, quantise
from compfeat.features.store import FeatureWriter, open_features, read_side_info, write_side_info
from compfeat.features.tile import untile

C, SHAPE = 8, (3, 2)


def some(images: int) -> list[Quantised]:
    rng = np.random.default_rng(1)
    return [quantise(rng.standard_normal((C, *SHAPE)).astype(np.float32)) for _ in range(images)]


def write(path: Path, tensors: list[Quantised]) -> None:
    with FeatureWriter(path, len(tensors), (C, *SHAPE)) as writer:
        for tensor in tensors:
            writer.append(tensor)


def test_round_trip_is_exact_and_repeatable(tmp_path: Path) -> None:
    tensors, path = some(3), tmp_path / "new folder" / "it's;.npy"
    write(path, tensors)
    records = open_features(path)
    assert len(records) == 3 and not records.flags.writeable
    for record, tensor in zip(records, tensors, strict=True):
        assert (record["minimum"], record["maximum"]) == tensor[1:]
        assert np.array_equal(untile(record["tiles"], C), tensor.codes)
    before = path.read_bytes()
    write(path, tensors)
    assert path.read_bytes() == before and [p.name for p in path.parent.iterdir()] == [path.name]


def test_an_unfinished_file_never_appears(tmp_path: Path) -> None:
    path = tmp_path / "f.npy"
    with pytest.raises(DataError, match="1 images written; expected 2"), FeatureWriter(path, 2, (C, *SHAPE)) as writer:
        writer.append(some(1)[0])
    with pytest.raises(RuntimeError), FeatureWriter(path, 1, (C, *SHAPE)):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_too_many_or_other_shapes_are_refused(tmp_path: Path) -> None:
    tensor = some(1)[0]
    with (
        pytest.raises(DataError, match="expected 1 images"),
        FeatureWriter(tmp_path / "f.npy", 1, (C, *SHAPE)) as writer,
    ):
        writer.append(tensor)
        writer.append(tensor)
    with pytest.raises(DataError, match="makes tiles of"), FeatureWriter(tmp_path / "f.npy", 1, (C, 1, 1)) as writer:
        writer.append(tensor)
    with pytest.raises(DataError, match="0 images to write"):
        FeatureWriter(tmp_path / "f.npy", 0, (C, *SHAPE))


def test_damaged_features_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "f.npy"
    with pytest.raises(DataError, match="not found; run the features stage"):
        open_features(path)
    write(path, some(2))
    whole = path.read_bytes()
    damaged = [b"", whole[:5], whole[:60], whole[:-1], whole + b"x", b"garbage" * 9]
    for data in damaged:
        path.write_bytes(data)
        with pytest.raises(DataError, match="features stage") as error:
            open_features(path)
        assert "\n" not in str(error.value)
    for other in (np.zeros(3), np.zeros(3, dtype=[("minimum", "<f4"), ("maximum", "<f4"), ("tiles", "u1", (4,))])):
        np.save(path, other)
        with pytest.raises(DataError, match="no features file"):
            open_features(path)


def test_side_info(tmp_path: Path) -> None:
    write(tmp_path / "f.npy", tensors := some(2))
    side = tmp_path / "side info.bin"
    write_side_info(side, open_features(tmp_path / "f.npy"))
    data = side.read_bytes()
    assert data == np.array([t[1:] for t in tensors], dtype="<f4").tobytes() and len(data) == 16
    assert np.array_equal(read_side_info(side), np.frombuffer(data, "<f4").reshape(2, 2))
    reversed_pair, infinite = np.array([2, 1], "<f4").tobytes(), np.array([0, np.inf], "<f4").tobytes()
    for wrong in (data[:-1], reversed_pair, infinite):
        side.write_bytes(wrong)
        with pytest.raises(BitstreamError, match="rerun the encode stage"):
            read_side_info(side)
    with pytest.raises(BitstreamError, match="cannot be read"):
        read_side_info(tmp_path / "none")
