"""Dump the val split's quantised, tiled features of one network: ``python -m compfeat features --help``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from compfeat.datasets.packed import in_chunks, open_packed
from compfeat.features.quantise import quantise
from compfeat.features.store import FeatureWriter
from compfeat.models.files import load_description, load_network
from compfeat.models.inference import choose_device, encode_images, fix_arithmetic


def parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    p = argparse.ArgumentParser(prog="python -m compfeat features", description=__doc__)
    p.add_argument("--arrays", type=Path, required=True, metavar="NPY", help="packed val split")
    p.add_argument("--weights", type=Path, required=True, metavar="SAFETENSORS")
    p.add_argument("--description", type=Path, required=True, metavar="JSON", help="what network the weights are")
    p.add_argument("--features", type=Path, required=True, metavar="NPY", help="output: one record an image")
    p.add_argument("--quantiser-bits", type=int, default=8)
    p.add_argument("--batch-size", type=int, default=8, help="images at once")
    p.add_argument("--device", default="auto")
    p.add_argument("--threads", type=int, default=1)
    return p


def main(argv: Sequence[str]) -> None:
    """Run the stage. Raises DataError or CheckpointError for what a user can mend."""
    args = parser().parse_args(argv)
    fix_arithmetic(args.threads)
    description = load_description(args.description)
    network = load_network(args.weights, description, choose_device(args.device))
    scenes = open_packed(args.arrays)
    with FeatureWriter(args.features, len(scenes), description.feature_shape) as writer:
        for chunk in tqdm(list(in_chunks(len(scenes), args.batch_size)), unit="batch"):
            for features in encode_images(network, scenes[chunk]["image"]):
                writer.append(quantise(features, args.quantiser_bits))
