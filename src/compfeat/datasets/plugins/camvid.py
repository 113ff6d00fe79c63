"""CamVid (Brostow et al., 2008) in the layout of the SegNet tutorial: 11 classes, no disparity."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from compfeat.datasets.base import DATASETS, Dataset, Sample, Scene, unique
from compfeat.datasets.listing import files_ending, require_file, require_folder
from compfeat.datasets.png import class_table, read_scene
from compfeat.errors import DataError

CLASS_OF_ID = class_table(12, tuple(range(11)))
"""Ids 0 to 10 are the classes, 11 is void."""


@DATASETS.register("camvid")
class CamVid(Dataset):
    """``{split}/NAME.png`` with its labels in ``{split}annot/NAME.png``."""

    class_names = (
        "sky", "building", "pole", "road", "pavement", "tree", "sign", "fence", "car", "pedestrian", "bicyclist",
    )  # fmt: skip
    fields = ("image", "labels")

    def samples(self, root: Path, split: str, fields: Sequence[str]) -> list[Sample]:
        """List a split's samples, sorted by path.

        Raises:
            DataError: a folder or file is missing, the split is empty, or two images have one name.
        """
        require_folder(root, "CamVid, which make camvid fetches")
        images, annotations = require_folder(root / split, "the images"), root / f"{split}annot"
        if "labels" in fields:
            require_folder(annotations, "the labels")
        found = files_ending([images], ".png")
        if not found:
            raise DataError(f"{images}: contains no image; expected *.png; unpack the split there")
        samples = []
        for path in found:
            files = {"image": path}
            if "labels" in fields:
                files["labels"] = require_file(annotations / path.name, path)
            samples.append(Sample(path.stem, files))
        return unique(samples)

    def read(self, sample: Sample) -> Scene:
        """Read one sample. Raises DataError for a file that is damaged, of the wrong kind or size, or has an unknown label id."""
        return read_scene(sample.files, CLASS_OF_ID)
