"""Cityscapes (Cordts et al., CVPR 2016): street photographs with labels and stereo disparity, in the layout of its release."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from compfeat.datasets.base import DATASETS, Dataset, Sample, Scene, unique
from compfeat.datasets.listing import files_ending, is_clutter, require_file, require_folder
from compfeat.datasets.png import class_table, read_scene
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
TRUTH = {"labels": ("gtFine", "_gtFine_labelIds.png"), "disparity_px": ("disparity", "_disparity.png")}
"""Folder and end of the file name of each field beside the image."""


@DATASETS.register("cityscapes")
class Cityscapes(Dataset):
    """``leftImg8bit/{split}/{city}/{id}_leftImg8bit.png`` with ``gtFine`` and ``disparity`` beside it."""

    class_names = tuple(LABEL_IDS)
    fields = ("image", "labels", "disparity_px")

    def samples(self, root: Path, split: str, fields: Sequence[str]) -> list[Sample]:
        """List a split's samples, sorted by path.

        Raises:
            DataError: a folder or file is missing, the split is empty, or two images have one name.
        """
        require_folder(root, "the root folder of the dataset")
        images = require_folder(root / "leftImg8bit" / split, "the images")
        truths = {field: TRUTH[field] for field in fields if field in TRUTH}
        for field, (folder, _) in truths.items():
            require_folder(root / folder / split, f"the ground truth {field}")
        cities = sorted(path for path in images.iterdir() if path.is_dir() and not is_clutter(path))
        paths = files_ending(cities, IMAGE_END)
        if not paths:
            raise DataError(
                f"{images}: contains no image; expected CITY/*{IMAGE_END}; unpack or render the split there"
            )
        samples = []
        for path in paths:
            image_id, files = path.name[: -len(IMAGE_END)], {"image": path}
            for field, (folder, end) in truths.items():
                files[field] = require_file(root / folder / split / path.parent.name / f"{image_id}{end}", path)
            samples.append(Sample(image_id, files))
        return unique(samples)

    def read(self, sample: Sample) -> Scene:
        """Read one sample. Raises DataError for a file that is damaged, of the wrong kind or size, or has an unknown label id."""
        return read_scene(sample.files, CLASS_OF_ID)
