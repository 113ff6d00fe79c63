"""Writing rendered scenes as a dataset in the layout and encodings of Cityscapes."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from compfeat.errors import ConfigError
from compfeat.io import atomic_path, write_bytes, write_json
from compfeat.scenes.compose import compose
from compfeat.scenes.png import encode_rgb
from compfeat.scenes.render import Rendered, render
from compfeat.scenes.scene import BASELINE_M, Camera
from compfeat.settings.runs import SPLITS

CITIES = {
    "train": ("aldermoor", "brackwater", "cinderford", "dunhollow"),
    "val": ("yarrowgate", "zephyrhill"),
    "test": ("vennmoor", "wetherby"),
}
SCENES_PER_CITY = 500
KINDS = {"image": ("leftImg8bit", "_leftImg8bit.png"), "labels": ("gtFine", "_gtFine_labelIds.png"),
         "disparity": ("disparity", "_disparity.png"), "camera": ("camera", "_camera.json")}  # fmt: skip
"""Folder and end of the file name of each of a scene's four files."""


def scene_paths(root: Path, split: str, index: int) -> dict[str, Path]:
    """Return the paths of scene ``index``: image, labels, disparity, camera. Image ids sort as indices do."""
    cities = CITIES[split]
    city = cities[min(index // SCENES_PER_CITY, len(cities) - 1)]
    name = f"{city}_{index:06d}_000019"
    return {kind: root / folder / split / city / (name + end) for kind, (folder, end) in KINDS.items()}


def render_scene(split: str, index: int, seed: int, size: tuple[int, int]) -> tuple[Rendered, Camera]:
    """Render scene ``index`` of a split at ``size`` (height, width); it depends on the arguments alone.

    Raises:
        ConfigError: the size or the split cannot be used.
    """
    if min(size) < 64 or size[0] % 32 or size[1] % 32:
        raise ConfigError(
            f"size {size[0]}x{size[1]} (height x width) cannot be rendered; expected multiples of 32, at least 64"
        )
    if split not in SPLITS:
        raise ConfigError(f"split {split!r} is unknown; expected one of {', '.join(SPLITS)}")
    rng = np.random.default_rng([seed, SPLITS.index(split), index])
    scene = compose(rng, index, size)
    return render(scene, rng), scene.camera


def encode_disparity(disparity_px: NDArray[np.float32]) -> NDArray[np.uint16]:
    """Return Cityscapes' 16-bit code of a disparity: 0 where it is 0 (invalid), else 256 d + 1, rounded."""
    code = np.clip(np.rint(disparity_px * 256) + 1, 1, 65535)
    return np.where(disparity_px > 0, code, 0).astype(np.uint16)


def camera_json(camera: Camera) -> dict[str, dict[str, float]]:
    """Return the camera in the keys of Cityscapes' ``*_camera.json`` (lengths in m, intrinsics in px of the image)."""
    extrinsic = dict.fromkeys(("pitch", "roll", "yaw", "x", "y"), 0.0) | {"baseline": BASELINE_M, "z": camera.mount}
    return {"extrinsic": extrinsic, "intrinsic": {key: getattr(camera, key) for key in ("fx", "fy", "u0", "v0")}}


def _save(path: Path, pixels: NDArray[np.generic]) -> None:
    with atomic_path(path) as temporary:
        Image.fromarray(pixels).save(temporary, compress_level=1, compress_type=zlib.Z_RLE)


def write_scene(root: Path, split: str, index: int, seed: int, size: tuple[int, int]) -> list[Path]:
    """Render a scene and write its four files below ``root``; return their paths.

    Raises:
        ConfigError: the size or the split cannot be used.
    """
    rendered, camera = render_scene(split, index, seed, size)
    paths = scene_paths(root, split, index)
    write_bytes(paths["image"], encode_rgb(rendered.image))
    _save(paths["labels"], rendered.label_ids)
    _save(paths["disparity"], encode_disparity(rendered.disparity_px))
    write_json(paths["camera"], camera_json(camera))
    return list(paths.values())
