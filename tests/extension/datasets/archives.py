"""A dataset in another layout: one archive of arrays an image, ``{split}/{id}.npz``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from compfeat.datasets.base import DATASETS, Dataset, Sample, Scene, unique
from compfeat.datasets.listing import files_ending, require_folder
from compfeat.datasets.plugins.cityscapes import LABEL_IDS


@DATASETS.register("archives")
class Archives(Dataset):
    """Arrays ``image``, ``labels`` and ``disparity_px``."""

    class_names = tuple(LABEL_IDS)
    fields = ("image", "labels", "disparity_px")

    def samples(self, root: Path, split: str, fields: Sequence[str]) -> list[Sample]:
        found = files_ending([require_folder(root / split, "the archives")], ".npz")
        return unique([Sample(path.stem, {"image": path}) for path in found])

    def read(self, sample: Sample) -> Scene:
        with np.load(sample.files["image"], allow_pickle=False) as arrays:
            return {name: arrays[name] for name in self.fields}
