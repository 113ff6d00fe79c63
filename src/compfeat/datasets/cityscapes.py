"""Cityscapes (Cordts et al., CVPR 2016): street photographs with labels and stereo disparity, in the layout of its release."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from compfeat.datasets import DATASETS, IGNORE, SPLITS, TASKS, Dataset, Sample, Scene
from compfeat.datasets.png import class_table, read_disparity, read_image, read_labels, require_file, require_folder
from compfeat.errors import DataError

N_LABEL_IDS = 34
LABEL_IDS = {
    "road": 7, "sidewalk": 8, "building": 11, "wall": 12, "fence": 13, "pole": 17, "traffic light": 19, "traffic sign": 20,
    "vegetation": 21, "terrain": 22, "sky": 23, "person": 24, "rider": 25, "car": 26, "truck": 27, "bus": 28, "train": 31,
    "motorcycle": 32, "bicycle": 33,
}  # fmt: skip
"""Label id of each train class, in the order of the train ids."""
CLASS_OF_ID = class_table(N_LABEL_IDS, tuple(LABEL_IDS.values()))
IMAGE_END = "_leftImg8bit.png"


@DATASETS.register("cityscapes")
class Cityscapes(Dataset):
    """``leftImg8bit/{split}/{city}/{id}_leftImg8bit.png`` with ``gtFine`` and ``disparity`` beside it."""

    class_names = tuple(LABEL_IDS)
    tasks = TASKS

    def samples(self, root: Path, split: str, tasks: tuple[str, ...]) -> list[Sample]:
        """List a split's samples, sorted by image id.

        Raises:
            DataError: a folder or file that ``tasks`` need is missing, or the split is empty.
        """
        if split not in SPLITS:
            raise DataError(f"{root}: has no split {split!r}; expected one of {', '.join(SPLITS)}")
        require_folder(root, "the root folder of the dataset")
        images = require_folder(root / "leftImg8bit" / split, "the images")
        if "segmentation" in tasks:
            require_folder(root / "gtFine" / split, "the labels of task segmentation")
        if "disparity" in tasks:
            require_folder(root / "disparity" / split, "the ground truth of task disparity")
        found = sorted(images.glob(f"*/*{IMAGE_END}"), key=lambda path: path.name)
        if not found:
            raise DataError(f"{images}: holds no image; expected CITY/*{IMAGE_END}; unpack or render the split there")
        return [self._sample(root, split, path, tasks) for path in found]

    def _sample(self, root: Path, split: str, image: Path, tasks: tuple[str, ...]) -> Sample:
        image_id, city = image.name.removesuffix(IMAGE_END), image.parent.name
        labels = root / "gtFine" / split / city / f"{image_id}_gtFine_labelIds.png"
        disparity = root / "disparity" / split / city / f"{image_id}_disparity.png"
        if "segmentation" in tasks:
            require_file(labels, image)
        if "disparity" not in tasks:
            return Sample(image_id, image, labels, None)
        return Sample(image_id, image, labels, require_file(disparity, image))

    def read(self, sample: Sample) -> Scene:
        """Read one sample; labels are all IGNORE where there is no label file (no task needs it then).

        Raises:
            DataError: a file is damaged, of the wrong kind or size, or holds an unknown label id.
        """
        image = read_image(sample.image)
        size = (image.shape[0], image.shape[1])
        known = sample.labels.exists()
        labels = read_labels(sample.labels, CLASS_OF_ID, size) if known else np.full(size, IGNORE, np.uint8)
        return Scene(image, labels, None if sample.disparity is None else read_disparity(sample.disparity, size))
