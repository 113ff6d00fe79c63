"""CamVid (Brostow et al., 2008) in the layout of the SegNet tutorial: 11 classes, no disparity."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from compfeat.datasets import DATASETS, IGNORE, SPLITS, Dataset, Sample, Scene
from compfeat.datasets.png import class_table, read_image, read_labels, require_file, require_folder
from compfeat.errors import DataError

CLASS_OF_ID = class_table(12, tuple(range(11)))
"""Ids 0 to 10 are the classes, 11 is void."""


@DATASETS.register("camvid")
class CamVid(Dataset):
    """``{split}/NAME.png`` with its labels in ``{split}annot/NAME.png``."""

    class_names = (
        "sky", "building", "pole", "road", "pavement", "tree", "sign", "fence", "car", "pedestrian", "bicyclist",
    )  # fmt: skip
    tasks = ("segmentation", "reconstruction")

    def samples(self, root: Path, split: str, tasks: tuple[str, ...]) -> list[Sample]:
        """List a split's samples, sorted by file name.

        Raises:
            DataError: a folder or file that ``tasks`` need is missing (disparity always is), or the split is empty.
        """
        if split not in SPLITS:
            raise DataError(f"{root}: has no split {split!r}; expected one of {', '.join(SPLITS)}")
        require_folder(root, "the root folder of the dataset")
        images, annotations = require_folder(root / split, "the images"), root / f"{split}annot"
        if "segmentation" in tasks:
            require_folder(annotations, "the labels of task segmentation")
        if "disparity" in tasks:
            raise DataError(
                f"{root / 'disparity'}: no such folder; CamVid has no task disparity; remove it from the tasks"
            )
        found = sorted(images.glob("*.png"), key=lambda path: path.stem)
        if not found:
            raise DataError(f"{images}: holds no image; expected *.png; unpack the split there")
        if "segmentation" in tasks:
            for path in found:
                require_file(annotations / path.name, path)
        return [Sample(path.stem, path, annotations / path.name, None) for path in found]

    def read(self, sample: Sample) -> Scene:
        """Read one sample; labels are all IGNORE where there is no label file (no task needs it then).

        Raises:
            DataError: a file is damaged, of the wrong kind or size, or holds an unknown label id.
        """
        image = read_image(sample.image)
        size = (image.shape[0], image.shape[1])
        if sample.labels.exists():
            return Scene(image, read_labels(sample.labels, CLASS_OF_ID, size), None)
        return Scene(image, np.full(size, IGNORE, np.uint8), None)
