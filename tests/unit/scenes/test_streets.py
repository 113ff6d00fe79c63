"""The rendered streets: classes, encodings, determinism, and disparity against the geometry."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from compfeat.datasets.base import DATASETS
from compfeat.datasets.plugins.cityscapes import CLASS_OF_ID, LABEL_IDS
from compfeat.errors import ConfigError
from compfeat.scenes.render import Frame, paint_quad, render
from compfeat.scenes.scene import BASELINE_M, Camera, Palette, Quad, SceneDescription, Street, draw_weather
from compfeat.scenes.textures import masonry
from compfeat.scenes.writing import encode_disparity, render_scene, scene_paths, write_scene

SIZE = (64, 128)
CAMERA = Camera(128, 256, 282.8, 283.2, 137.1, 60.0, 1.4)


def _empty_street() -> SceneDescription:
    """A road to the horizon with nothing on it."""
    palette = Palette()
    road = palette.add((0.2, 0.2, 0.2), 7)
    street = Street(0.0, 0.0, [-5.0, 5.0], [road, road, road], [], 0.0, road, (1.0, 99.0), 0.2, [])
    return SceneDescription(CAMERA, draw_weather(np.random.default_rng(0)), palette, street, [], 0.0)


@pytest.mark.parametrize("split", ["train", "val"])
def test_all_classes_occur(split: str) -> None:
    pixels = np.zeros(19, int)
    for index in range(24):
        classes = CLASS_OF_ID[render_scene(split, index, 0, SIZE)[0].label_ids]
        pixels += np.bincount(classes[classes < 19], minlength=19)
    assert dict(zip(LABEL_IDS, pixels > 20, strict=True)) == dict.fromkeys(LABEL_IDS, True)
    assert pixels[0] == max(pixels[0], *pixels[3:8])


def test_ground_disparity_is_that_of_the_plane() -> None:
    scene = _empty_street()
    out = render(scene, np.random.default_rng(0))
    for row in (70, 90, 120):
        z = CAMERA.mount * CAMERA.fy / (row - CAMERA.v0)
        values = out.disparity_px[row][out.disparity_px[row] > 0]
        assert len(values) > 150
        np.testing.assert_allclose(values, CAMERA.fx * BASELINE_M / z, rtol=1e-5)


def test_wall_disparity_follows_its_depth_at_every_column() -> None:
    frame = Frame.empty(CAMERA)
    quad = Quad(-2.0, 4.0, -3.0, 40.0, 3.0, masonry(1, 1, 0.3, 0))
    paint_quad(frame, quad, draw_weather(np.random.default_rng(0)))
    rows, columns = np.nonzero(frame.material)
    assert len(rows) > 500
    slope = (columns - CAMERA.u0) / CAMERA.fx
    z = frame.depth[rows, columns]
    np.testing.assert_allclose((slope * z + 2.0) * 36.0, -(z - 4.0), atol=2e-2)
    height = CAMERA.mount - (rows - CAMERA.v0) / CAMERA.fy * z
    assert height.min() > -1e-3 and height.max() < 3.001


def test_sky_and_left_border_have_no_disparity() -> None:
    out, _ = render_scene("val", 3, 0, SIZE)
    assert not out.disparity_px[out.label_ids == LABEL_IDS["sky"]].any()
    exact = render(_empty_street(), np.random.default_rng(0)).disparity_px
    columns = np.arange(256)
    assert (exact[exact > 0] <= np.broadcast_to(columns, exact.shape)[exact > 0]).all()
    assert not exact[127, : int(exact[127].max())].any()
    assert 0.85 < (exact[80:120, 60:] > 0).mean() < 0.999, "some drops out, and most is there"


def test_valid_pixels_are_the_nearest_at_their_place_in_the_right_view() -> None:
    out, camera = render_scene("val", 1, 0, (128, 256))
    exact = camera.fx * BASELINE_M / out.depth_m
    for row in range(60, 120, 7):
        place = np.arange(256) - exact[row]
        for column in np.flatnonzero(out.disparity_px[row] > 0):
            rivals = exact[row][np.abs(place - place[column]) < 0.5]
            assert rivals.max() <= exact[row, column] * 1.1 + 1.6


def test_files_are_those_of_cityscapes_and_read_back(tmp_path: Path) -> None:
    written = write_scene(tmp_path, "val", 5, 7, SIZE)
    out, camera = render_scene("val", 5, 7, SIZE)
    paths = scene_paths(tmp_path, "val", 5)
    names = [scene_paths(Path(), "train", i)["image"].name for i in (0, 499, 500, 1999, 2500)]
    assert names == sorted(names)
    assert written == list(paths.values())
    assert paths["image"] == tmp_path / "leftImg8bit/val/yarrowgate/yarrowgate_000005_000019_leftImg8bit.png"
    assert [Image.open(paths[kind]).mode for kind in ("image", "labels", "disparity")] == ["RGB", "L", "I;16"]
    described = json.loads(paths["camera"].read_text())
    assert described["extrinsic"]["baseline"] == 0.209313
    assert described["intrinsic"]["fx"] == pytest.approx(2262.52 / 16)
    assert described["extrinsic"]["z"] == camera.mount
    dataset = DATASETS.get("streets")()
    scene = dataset.read(dataset.samples(tmp_path, "val", dataset.fields)[0])
    np.testing.assert_array_equal(scene["image"], out.image)
    np.testing.assert_array_equal(scene["labels"], CLASS_OF_ID[out.label_ids])
    assert scene["disparity_px"] is not None
    np.testing.assert_allclose(scene["disparity_px"], out.disparity_px, atol=1 / 256)
    assert encode_disparity(np.array([0.0, 1e-4, 1.0, 12.5, 1e6], np.float32)).tolist() == [0, 1, 257, 3201, 65535]


def test_a_scene_depends_on_seed_split_and_index_alone() -> None:
    first = render_scene("val", 4, 1, SIZE)[0].image
    render_scene("val", 5, 1, SIZE)
    np.testing.assert_array_equal(render_scene("val", 4, 1, SIZE)[0].image, first)
    for other in (("train", 4, 1), ("val", 16, 1), ("val", 4, 2)):
        assert (render_scene(*other, SIZE)[0].image != first).mean() > 0.3


@pytest.mark.parametrize(
    ("split", "size", "message"),
    [
        *(("val", size, "multiples of 32") for size in ((32, 64), (100, 200), (128, 100))),
        ("tests", SIZE, "expected one of train, val, test"),
    ],
)
def test_scenes_that_cannot_be_rendered(split: str, size: tuple[int, int], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        render_scene(split, 0, 0, size)


@pytest.mark.parametrize("size", [(64, 64), (96, 256), (256, 512)])
def test_other_sizes(size: tuple[int, int]) -> None:
    for index in range(6):
        out, _ = render_scene("train", index, 3, size)
        assert out.image.shape == (*size, 3)
        assert np.isfinite(out.disparity_px).all()
        assert out.image.std() > 5
