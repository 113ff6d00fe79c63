"""What tests of several packages share: tiny scenes, and the files that stages read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from compfeat.datasets.packed import record_dtype
from compfeat.tasks.base import TASKS as REGISTERED

PROJECT = Path(__file__).parents[2]
TASKS = ("segmentation", "disparity", "reconstruction")
CLASSES = tuple(f"class{i}" for i in range(19))
SIZE = (32, 64)
PAPER_ALONE: dict[str, Any] = {
    "methods": {"task_klt": None, "remote": None},
    "codecs": {"laplace": None},
    "ladders": {"laplace": None},
    "comparisons": [{"method": "compressible", "against": "baseline"}],
    "claims": dict.fromkeys(
        ("transform", "transform_published", "transform_at_loss", "codec", "codec_at_loss", "remote")
    ),
}
"""An overlay on the default that leaves what the paper has: for tests that need no more of a run."""


def random_scenes(count: int, size: tuple[int, int] = SIZE, seed: int = 0) -> NDArray[np.void]:
    """Return packed scenes of noise, with a few void labels and invalid disparities."""
    rng = np.random.default_rng(seed)
    truths = [truth for task in TASKS for truth in REGISTERED.get(task).truths]
    records = np.zeros(count, record_dtype(*size, truths))
    records["image"] = rng.integers(0, 256, records["image"].shape)
    records["labels"] = rng.integers(0, len(CLASSES), records["labels"].shape)
    records["labels"][:, 0, :3] = 255
    records["disparity_px"] = rng.uniform(0, 20, records["disparity_px"].shape)
    records["disparity_px"][:, 0, :3] = 0
    records["disparity_authors_px"] = records["disparity_px"]
    return records


def write_split(folder: Path, split: str, count: int, seed: int = 0) -> None:
    """Write a prepared split of noise: ``{split}.npy``, ``.csv``, ``.json`` and ``-class-shares.json``."""
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / f"{split}.npy", random_scenes(count, seed=seed))
    ids = [f"{split}_{i:06d}" for i in range(count)]
    pd.DataFrame({"image_id": ids}).to_csv(folder / f"{split}.csv", index=False)
    info = {"class_names": CLASSES, "height": SIZE[0], "width": SIZE[1], "tasks": TASKS}
    (folder / f"{split}.json").write_text(json.dumps(info))
    shares = {"segmentation": [1 / len(CLASSES)] * len(CLASSES)}
    (folder / f"{split}-class-shares.json").write_text(json.dumps(shares))
