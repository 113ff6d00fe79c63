"""What a method sends, and the settings that say so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from compfeat.arrays import open_features
from compfeat.errors import DataError
from compfeat.settings.section import NoOptions
from compfeat.transforms.base import Transform
from compfeat.transport.source import CodecSettings, copies, sent, shape_sent
from helpers import SIZE, random_scenes

FEATURES = np.random.default_rng(0).standard_normal((3, 4, 2, 3)).astype(np.float32)
IDS = ["a", "b", "c"]
NETWORK = {"channels": 4, "feature_height": 2, "feature_width": 3, "input_height": 32, "input_width": 64}


@pytest.fixture
def features(tmp_path: Path) -> Path:
    np.save(tmp_path / "f.npy", FEATURES)
    return tmp_path / "f.npy"


def test_features_are_mapped_and_sent_one_by_one_and_a_transform_is_applied_to_each_once(features: Path) -> None:
    class Doubled(Transform[NoOptions]):
        fitted = False
        calls = 0

        def forward(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
            self.calls += 1
            return 2 * features

        def inverse(self, coded: NDArray[np.float32]) -> NDArray[np.float32]:
            return coded / np.float32(2)

    with sent(features, "features", None, IDS) as items:
        assert isinstance(items, np.memmap) and np.array_equal(items, FEATURES)
        assert all(type(item) is np.ndarray for item in copies(items))
    transform = Doubled(Doubled.options_type(), {})
    with sent(features, "features", transform, IDS) as items:
        assert all(np.array_equal(items, 2 * FEATURES) for _ in range(2))
    assert transform.calls == len(FEATURES)


def test_images_are_sent_as_they_are_packed(tmp_path: Path) -> None:
    scenes = random_scenes(3)
    np.save(tmp_path / "v.npy", scenes)
    with sent(tmp_path / "v.npy", "image", None, IDS) as items:
        assert np.array_equal(items, scenes["image"])
    assert shape_sent("image", NETWORK, None) == (*SIZE, 3) and shape_sent("features", NETWORK, None) == (4, 2, 3)


def test_another_number_of_images_is_refused_before_the_first(features: Path) -> None:
    with pytest.raises(DataError, match="3 images, but the index lists 2"), sent(features, "features", None, IDS[:2]):
        pass


@pytest.mark.parametrize(
    "data", [np.zeros((3, 4)), np.zeros((1, 1, 1, 1)), np.zeros((0, 1, 1, 1), np.float32), random_scenes(1)]
)
def test_other_arrays_are_no_features(data: np.ndarray, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not found; run the features stage"):
        open_features(tmp_path / "f.npy")
    np.save(tmp_path / "f.npy", data)
    with pytest.raises(DataError, match="no features file"):
        open_features(tmp_path / "f.npy")


@pytest.mark.parametrize("kept", [-1, 20, 0])
def test_damaged_features_are_named(kept: int, features: Path) -> None:
    features.write_bytes(features.read_bytes()[:kept])
    with pytest.raises(DataError, match=r"^[^\n]+f\.npy: [^\n]+$"):
        open_features(features)


def test_a_codec_is_told_what_it_is_given() -> None:
    given = {"codec": "png", "qualities": ["lossless"], "sends": "image", "options": {"bits": 4}}
    codec = CodecSettings.model_validate(given).codec_at("lossless", None)
    assert codec.sent == "image" and codec.options.model_dump(exclude_unset=True) == {"bits": 4}
