"""Score the tasks on what one bitstream decodes to: ``python -m compfeat evaluate --help``."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from compfeat.codecs import CODECS
from compfeat.datasets.packed import Packed, in_chunks, open_packed
from compfeat.errors import ConfigError, DataError
from compfeat.features.quantise import dequantise, quantise
from compfeat.features.tile import tile
from compfeat.features.transport import image_ids, receive
from compfeat.grid import UNCODED
from compfeat.io import atomic_path, write_csv
from compfeat.metrics.images import images_table
from compfeat.metrics.score import score_image
from compfeat.models.files import Description, load_description, load_network
from compfeat.models.inference import choose_device, encode_images, fix_arithmetic, predict
from compfeat.models.network import SplitNetwork

Seen = tuple[NDArray[np.float32], NDArray[np.uint8]]
"""What the cloud has of one image: the features C x h x w, and their tiled 8-bit image."""


def parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    p = argparse.ArgumentParser(prog="python -m compfeat evaluate", description=__doc__)
    p.add_argument("--arrays", type=Path, required=True, metavar="NPY", help="packed val split")
    p.add_argument("--index", type=Path, required=True, metavar="CSV", help="the val split's image ids")
    p.add_argument("--weights", type=Path, required=True, metavar="SAFETENSORS")
    p.add_argument("--description", type=Path, required=True, metavar="JSON", help="what network the weights are")
    p.add_argument("--codec", required=True, help=f"a codec, or {UNCODED}")
    p.add_argument("--quality", required=True, help=f"one of the codec's; float or u8 with codec {UNCODED}")
    p.add_argument("--stream", type=Path, help="the bitstream (with a codec)")
    p.add_argument("--side-info", type=Path, help="each image's min and max (with a codec)")
    p.add_argument(
        "--ledger", type=Path, metavar="CSV", help="what each image weighs, to check the files (with a codec)"
    )
    p.add_argument("--images", type=Path, required=True, metavar="CSV", help="output: squared errors, one row an image")
    p.add_argument("--confusion", type=Path, required=True, metavar="NPY", help="output: one matrix an image")
    p.add_argument("--showcase", type=Path, required=True, metavar="NPZ", help="output: what a few images look like")
    p.add_argument("--showcase-images", type=int, nargs="*", default=[], metavar="I", help="positions in the val split")
    p.add_argument("--quantiser-bits", type=int, default=8)
    p.add_argument("--batch-size", type=int, default=8, help="images at once")
    p.add_argument("--ffmpeg", default=None, help="an ffmpeg binary; default: imageio-ffmpeg's")
    p.add_argument("--device", default="auto")
    p.add_argument("--threads", type=int, default=1)
    return p


def main(argv: Sequence[str]) -> None:
    """Run the stage. Raises ConfigError, DataError, BitstreamError or CheckpointError for what a user can mend."""
    args = parser().parse_args(argv)
    fix_arithmetic(args.threads)
    description = load_description(args.description)
    network = load_network(args.weights, description, choose_device(args.device))
    scenes = open_packed(args.arrays)
    ids = image_ids(args.index)
    received = uncoded(network, scenes, args) if args.codec == UNCODED else coded(description, ids, args)
    rows, matrices = [], []
    showcase: dict[str, NDArray[Any]] = {}
    with tqdm(total=len(scenes), unit="image") as bar:
        for chunk in in_chunks(len(scenes), args.batch_size):
            batch = [next(received) for _ in range(chunk.start, chunk.stop)]
            for i, outputs in enumerate(predict(network, np.stack([features for features, _ in batch])), chunk.start):
                errors, matrix = score_image(ids[i], outputs, scenes[i], network.n_classes)
                rows.append(errors)
                matrices.append(matrix)
                if i in args.showcase_images:
                    showcase |= {
                        f"{i}/{name}": array for name, array in picture(outputs, batch[i - chunk.start][1]).items()
                    }
            bar.update(chunk.stop - chunk.start)
    write_csv(args.images, images_table(rows))
    write_array(args.confusion, np.array([m for m in matrices if m is not None], dtype=np.int32))
    with atomic_path(args.showcase) as temporary:
        np.savez_compressed(temporary, allow_pickle=False, **showcase)


def uncoded(network: SplitNetwork, scenes: Packed, args: argparse.Namespace) -> Iterator[Seen]:
    """Yield the features as the encoder gives them (``float``) or after the quantiser (``u8``)."""
    if args.quality not in ("float", "u8"):
        raise ConfigError(f"codec {UNCODED}: quality {args.quality!r} found; expected float or u8")
    for chunk in in_chunks(len(scenes), args.batch_size):
        for features in encode_images(network, scenes[chunk]["image"]):
            q = quantise(features, args.quantiser_bits)
            tiles = tile(q.codes)
            if args.quality == "float":
                yield features, tiles
            else:
                yield dequantise(q.codes, q.minimum, q.maximum, args.quantiser_bits), tiles


def coded(description: Description, ids: list[str], args: argparse.Namespace) -> Iterator[Seen]:
    """Yield the features that the bitstream and the side information decode to; nothing else is read."""
    codec = CODECS.get(args.codec)(args.quality, args.ffmpeg)
    channels, height, width = description.feature_shape
    images = receive(codec, args.stream, args.side_info, args.ledger, channels, (height, width))
    if (found := image_ids(args.ledger)) != ids:
        raise DataError(f"{args.ledger}: {len(found)} images that are not the {len(ids)} of {args.index}; rerun encode")
    for image in images:
        features = dequantise(image.codes, image.minimum, image.maximum, args.quantiser_bits)
        yield features, tile(image.codes)


def picture(outputs: dict[str, NDArray[Any]], tiles: NDArray[np.uint8]) -> dict[str, NDArray[Any]]:
    """Return what is kept of a showcase image: its tiled features and each task's output, as small integers or half floats."""
    kept: dict[str, NDArray[Any]] = {"tiles": tiles}
    for task, array in outputs.items():
        if task == "reconstruction":
            kept[task] = np.round(array * 255).astype(np.uint8)
        else:
            kept[task] = array.astype(np.float16) if task == "disparity" else array
    return kept


def write_array(path: Path, array: NDArray[Any]) -> None:
    """Write an array as ``.npy``, atomically."""
    with atomic_path(path) as temporary:
        np.save(temporary, array, allow_pickle=False)
