"""Score the tasks on what a run's bitstreams of one codec decode to, at all its qualities."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from tqdm import tqdm

from compfeat.arrays import Arrays, write_arrays
from compfeat.cli.arguments import command
from compfeat.codecs import Decoded, Item
from compfeat.codecs.quantiser import dequantise, quantise
from compfeat.codecs.spectra import variances
from compfeat.codecs.tiling import tile
from compfeat.datasets.packed import Packed, open_packed
from compfeat.errors import ConfigError, DataError
from compfeat.experiment.runs import FLOAT, QUANTISED, UNCODED
from compfeat.networks.files import load_description, load_network
from compfeat.networks.inference import choose_device, encode_images, fix_arithmetic, predict
from compfeat.networks.split import SplitNetwork
from compfeat.tasks.reconstruction import reconstruction_errors
from compfeat.transforms import Transform
from compfeat.transport.ledger import image_ids
from compfeat.transport.receiver import receive
from compfeat.transport.source import CodecSettings, items, shape_sent

IMAGE_SCORES = ("decoded_image/sse", "decoded_image/n")
"""How far a decoded image itself is from the original, where the image is sent, as the task reconstruction scores its output."""


class EvaluateSettings(CodecSettings):
    """The receiver's settings; codec ``none`` has the qualities float and, of features, u8."""

    showcase: tuple[int, ...] = Field((), description="positions in val of the images whose pictures are kept")
    batch_size: int = Field(8, ge=1, description="images at once; part of the result")
    device: Literal["auto", "cpu", "cuda", "mps"] = Field("auto", description="auto takes cuda, then mps, then cpu")
    threads: int = Field(1, ge=1, description="CPU threads; part of the result, since sums are split by thread")


def evaluate(
    *,
    settings: EvaluateSettings,
    arrays: Path,
    index: Path,
    weights: Path,
    description: Path,
    source: Path,
    transform: Path | None = None,
    state: Path | None = None,
    streams: list[Path] = [],  # noqa: B006 - never changed
    side_infos: list[Path] = [],  # noqa: B006
    ledgers: list[Path] = [],  # noqa: B006
    scores: Path,
    distortions: Path,
    pictures: Path,
) -> None:
    """Score the tasks on what a run's bitstreams of one codec decode to, at all its qualities.

    Args:
        settings: method, codec and what is kept.
        arrays: packed val split.
        index: CSV of the val split's images.
        weights: the trained network's weights.
        description: what network they are.
        source: what the sender codes, to measure the error of what arrives: features, or packed scenes where the image is sent.
        transform: the state of the method's transform, where that is fitted.
        state: the codec's state, where that is fitted.
        streams: one bitstream a quality, in the order of the settings' qualities; none for codec none.
        side_infos: what was sent beside each bitstream.
        ledgers: CSV of what was sent, to check the files.
        scores: output: every image's scores, arrays QUALITY/TASK/SCORE and image_id.
        distortions: output: every image's mean squared error before the transform is undone, arrays QUALITY/mse and image_id; of
            codec none and features, ``variance`` (C x h x w), too: of the DCT of what is coded, by channel and frequency.
        pictures: output: what a few images look like, arrays QUALITY/POSITION/TASK and QUALITY/POSITION/sent.

    Raises:
        ConfigError: an unknown codec, quality or option, or files that are not one a quality.
        DataError: a file is missing or damaged, or files are not about the same images.
        BitstreamError: a bitstream is damaged, or not what its ledger says.
        CheckpointError: the weights are missing, damaged, or of another network.
        ToolError: the codec's program is missing.
    """
    s, described = settings, load_description(description)
    scenes, ids = open_packed(arrays), image_ids(index)
    if len(scenes) != len(ids) or any(position >= len(ids) for position in s.showcase):
        raise DataError(
            f"{arrays}: {len(scenes)} images, but {index} lists {len(ids)}, of which {list(s.showcase)} are to be shown; "
            "rerun the stage prepare, or change the config key showcase.images"
        )
    changed = s.transform_from(transform)
    if s.codec == UNCODED:
        arrivals = [uncoded(source, quality, s, changed, ids) for quality in s.qualities]
    else:
        s.check_files(streams, side_infos, ledgers)
        shape, codecs = (
            shape_sent(s.sends, described.model_dump(), changed),
            [s.codec_at(q, state) for q in s.qualities],
        )
        files = zip(codecs, streams, side_infos, ledgers, strict=True)
        arrivals = [(receive(*each, shape, ids), changed) for each in files]
    fix_arithmetic(s.threads)
    network = load_network(weights, described, choose_device(s.device))
    found: Arrays = {"image_id": np.array(ids)}
    errors: Arrays = {"image_id": found["image_id"]}
    kept: Arrays = {}
    if s.codec == UNCODED and s.sends == "features":
        errors["variance"] = variances(lambda: items(source, s.sends, changed, ids))
    with tqdm(total=len(scenes) * len(s.qualities), unit="image", mininterval=1.0) as bar:
        for quality, (images, coded_as) in zip(s.qualities, arrivals, strict=True):
            squared: list[float] = []
            compared = with_errors(images, items(source, s.sends, coded_as, ids), squared)
            scored, shown = score(network, undone(compared, coded_as), scenes, s, bar)
            found |= {f"{quality}/{name}": array for name, array in scored.items()}
            kept |= {f"{quality}/{name}": array for name, array in shown.items()}
            errors[f"{quality}/mse"] = np.array(squared)
    write_arrays(scores, found)
    write_arrays(distortions, errors)
    write_arrays(pictures, kept)


def uncoded(
    source: Path, quality: str, s: EvaluateSettings, transform: Transform | None, ids: Sequence[str]
) -> tuple[Iterator[Decoded], Transform | None]:
    """Return what the receiver would have if nothing were coded, and the transform that it has to undo.

    That is all as it is (FLOAT), without a transform, or features after the quantiser of frames.

    Raises:
        ConfigError: another quality, or one that what is sent does not have.
        DataError: the source is missing or damaged, or has other images.
    """
    known = (FLOAT,) if s.sends == "image" else (FLOAT, QUANTISED)
    if quality not in known:
        raise ConfigError(
            f"codec {UNCODED}: quality {quality!r} of {source} found; expected {' or '.join(known)} of --source"
        )
    if quality == QUANTISED:
        return quantised(items(source, s.sends, transform, ids), s.showcase), transform
    picture = s.sends == "image"
    return (Decoded(item, item if picture else None) for item in items(source, s.sends, None, ids)), None


def quantised(tensors: Iterator[NDArray[np.float32]], shown: Sequence[int]) -> Iterator[Decoded]:
    """Yield features after the quantiser of frames; they are laid out as a picture where they are ``shown``."""
    for position, features in enumerate(tensors):
        codes, minimum, maximum = quantise(features)
        yield Decoded(dequantise(codes, minimum, maximum), tile(codes) if position in shown else None)


def with_errors(images: Iterator[Decoded], sent: Iterator[Item], errors: list[float]) -> Iterator[Decoded]:
    """Yield ``images``; append the mean squared error of each to ``errors``, against what was ``sent`` of it."""
    for image, item in zip(images, sent, strict=True):
        errors.append(float(np.square(image.item.astype(np.float64) - item).mean()))
        yield image


def undone(images: Iterator[Decoded], transform: Transform | None) -> Iterator[Decoded]:
    """Return received images with their method's transform undone."""
    return images if transform is None else (Decoded(transform.inverse(i.item), i.picture) for i in images)


def score(
    network: SplitNetwork, images: Iterator[Decoded], scenes: Packed, s: EvaluateSettings, bar: tqdm[Any]
) -> tuple[Arrays, Arrays]:
    """Return every image's scores, and what is kept of the showcase's by POSITION/TASK and POSITION/sent.

    Scores are named TASK/SCORE; where images are sent, IMAGE_SCORES are among them.
    Takes ``images`` to their end, where a damaged stream may first show.
    """
    rows: dict[str, list[Any]] = {}
    kept: Arrays = {}
    position = 0
    for batch in iter(lambda: list(islice(images, s.batch_size)), []):
        stacked = np.stack([image.item for image in batch])
        outputs = predict(network, encode_images(network, stacked) if s.sends == "image" else stacked)
        for k, image in enumerate(batch):
            for name, task in network.tasks.items():
                for key, value in task.score(outputs[name][k], scenes[position]).items():
                    rows.setdefault(f"{name}/{key}", []).append(value)
                if position in s.showcase:
                    kept[f"{position}/{name}"] = task.keep(outputs[name][k])
            if s.sends == "image":
                errors = reconstruction_errors(image.item / 255.0, scenes[position]["image"])
                for key, value in zip(IMAGE_SCORES, errors, strict=True):
                    rows.setdefault(key, []).append(value)
            if position in s.showcase and image.picture is not None:
                kept[f"{position}/sent"] = image.picture
            position += 1
        bar.update(len(batch))
    return {name: compact(np.array(values)) for name, values in rows.items()}, kept


def compact(values: NDArray[Any]) -> NDArray[Any]:
    """Return counts that fit 32 bits as such; all else as it is."""
    fits = values.dtype.kind == "i" and values.ndim > 1 and values.size and values.max() < 2**31
    return values.astype(np.int32) if fits else values


def main(argv: Sequence[str]) -> int | None:
    """Run the stage."""
    return command(evaluate, argv)
