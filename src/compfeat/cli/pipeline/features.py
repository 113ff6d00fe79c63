"""Write the features that a network computes of a split: ``python -m compfeat features --help``."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
from numpy.lib import format as npy
from pydantic import Field
from tqdm import tqdm

from compfeat.datasets.packed import in_chunks, open_packed
from compfeat.errors import DataError
from compfeat.io import atomic_path
from compfeat.networks.files import load_description, load_network
from compfeat.networks.inference import choose_device, encode_images, fix_arithmetic
from compfeat.settings.section import Section


class FeaturesSettings(Section):
    """How features are computed."""

    device: Literal["auto", "cpu", "cuda", "mps"] = Field("auto", description="auto takes cuda, then mps, then cpu")
    threads: int = Field(1, ge=1, description="CPU threads; part of the result, since sums are split by thread")
    batch_size: int = Field(8, ge=1, description="images at once; part of the result, too")


def features(*, settings: FeaturesSettings, arrays: Path, weights: Path, description: Path, features: Path) -> None:
    """Write the features that a network computes of a split, before any transform or quantiser.

    Args:
        settings: how they are computed, as JSON.
        arrays: packed scenes of the split (.npy).
        weights: the network's weights (.safetensors).
        description: what network they are (.json).
        features: output: float32, images x channels x rows x columns (.npy), in the split's order.

    Raises:
        ConfigError: the device is not on this machine.
        DataError: packed scenes are missing or damaged, or features are not finite or not of the described shape.
        CheckpointError: the weights are missing, damaged, or of another network.
    """
    fix_arithmetic(settings.threads)
    described = load_description(description)
    network = load_network(weights, described, choose_device(settings.device))
    scenes, shape = open_packed(arrays), described.feature_shape
    # Batch by batch, with one batch in memory.
    with atomic_path(features) as temporary, temporary.open("wb") as file:
        header = {"descr": "<f4", "fortran_order": False, "shape": (len(scenes), *shape)}
        npy.write_array_header_1_0(file, header)
        for chunk in tqdm(list(in_chunks(len(scenes), settings.batch_size)), unit="batch"):
            batch = encode_images(network, scenes[chunk]["image"])
            if not np.isfinite(batch).all():
                raise DataError(
                    f"features of images {chunk.start} to {chunk.stop - 1} are not finite; "
                    "the network diverged: train it again with a lower learning rate"
                )
            if batch.shape[1:] != shape:
                raise DataError(f"{features}: features of {batch.shape[1:]} found; expected {shape}; rerun train")
            file.write(np.ascontiguousarray(batch, dtype="<f4").data)
