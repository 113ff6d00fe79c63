"""Score the tasks on what a run's bitstreams of one codec decode to, at all its qualities."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from tqdm import tqdm

from compfeat.arrays import Arrays, write_arrays
from compfeat.codecs.base import RERUN, Decoded, Item
from compfeat.codecs.quantiser import dequantise, quantise
from compfeat.codecs.spectra import variances
from compfeat.codecs.tiling import tile
from compfeat.datasets.packed import Packed, open_packed
from compfeat.errors import ConfigError, DataError
from compfeat.io import read_json
from compfeat.networks.files import load_description, load_network
from compfeat.networks.inference import choose_device, encode_images, fix_arithmetic, predict
from compfeat.networks.split import SplitNetwork
from compfeat.settings.runs import FLOAT, QUANTISED, UNCODED
from compfeat.tasks.plugins.reconstruction import reconstruction_errors
from compfeat.transforms.base import Transform
from compfeat.transport.bitstreams import side_info_name, stream_name, unpacked
from compfeat.transport.ledger import image_ids, read_ledger
from compfeat.transport.receiver import receive
from compfeat.transport.source import CodecSettings, copies, sent, shape_sent, transform_of

IMAGE_SCORES = ("decoded_image/sse", "decoded_image/n")
"""How far a decoded image itself is from the original, where the image is sent, as the task reconstruction scores its output."""


class EvaluateSettings(CodecSettings):
    """The receiver's settings; codec ``none`` has the qualities float and, of features, u8."""

    showcase: tuple[int, ...] = Field((), description="positions of the images whose pictures are kept")
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
    class_shares: Path,
    source: Path,
    transform: Path | None = None,
    state: Path | None = None,
    bitstreams: Path | None = None,
    ledger: Path | None = None,
    scores: Path,
    distortions: Path,
    pictures: Path,
) -> None:
    """Score the tasks on what a run's bitstreams of one codec decode to, at all its qualities.

    Args:
        settings: method, codec and what is kept.
        arrays: packed scenes.
        index: CSV of the scenes' images.
        weights: the trained network's weights.
        description: what network they are.
        class_shares: JSON of the train split's class shares by task, which calibrated scores take.
        source: what the sender codes, to measure the error of what arrives: features, or packed scenes where the image is sent.
        transform: the state of the method's transform, where that is fitted.
        state: the codec's state, where that is fitted.
        bitstreams: archive of the bitstreams and side information of all qualities; none for codec none.
        ledger: CSV of what was sent, to check the bitstreams.
        scores: output: every image's scores, arrays QUALITY/TASK/SCORE and image_id.
        distortions: output: every image's mean squared error before the transform is undone, arrays QUALITY/mse and image_id; of
            codec none and features, ``variance`` (C x h x w), too: of the DCT of what is coded, by channel and frequency.
        pictures: output: what a few images look like, arrays QUALITY/POSITION/TASK and QUALITY/POSITION/sent.

    Raises:
        ConfigError: an unknown codec, quality or option, or no bitstreams of a codec.
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
    if s.codec == UNCODED:
        check_uncoded(s, source)
    changed = transform_of(s.transform, transform)
    scored: Arrays = {"image_id": np.array(ids)}
    errors, kept = dict(scored), Arrays()
    with ExitStack() as stack:
        items = stack.enter_context(sent(source, s.sends, changed, ids))
        if s.codec == UNCODED:
            arrivals = [uncoded(quality, s, copies(items)) for quality in s.qualities]
            if s.sends == "features":
                errors["variance"] = variances(lambda: copies(items))
        else:
            if bitstreams is None or ledger is None:
                raise ConfigError(f"codec {s.codec!r}: no --bitstreams and --ledger; give what the stage encode wrote")
            shape = shape_sent(s.sends, described.model_dump(), changed)
            folder, ledgers = stack.enter_context(unpacked(bitstreams)), read_ledger(ledger)
            arrivals = []
            for quality in s.qualities:
                if quality not in ledgers:
                    known = ", ".join(ledgers)
                    raise DataError(f"{folder}: the ledger has no quality {quality!r}; found {known}; {RERUN}")
                files = folder / stream_name(quality), folder / side_info_name(quality)
                arrivals.append(receive(s.codec_at(quality, state), *files, ledgers[quality], shape, ids))
        fix_arithmetic(s.threads)
        network = load_network(weights, described, choose_device(s.device))
        for name, shares in read_json(class_shares).items():
            if name in network.tasks:
                network.tasks[name].train_shares = np.array(shares, dtype=np.float64)
        with tqdm(total=len(scenes) * len(s.qualities), unit="image", mininterval=1.0) as bar:
            for quality, images in zip(s.qualities, arrivals, strict=True):
                squares: list[float] = []
                rows, shown = score(network, undone(images, copies(items), changed, squares), scenes, s, bar)
                scored |= {f"{quality}/{name}": array for name, array in rows.items()}
                kept |= {f"{quality}/{name}": array for name, array in shown.items()}
                errors[f"{quality}/mse"] = np.array(squares)
    write_arrays(scores, scored)
    write_arrays(distortions, errors)
    write_arrays(pictures, kept)


def check_uncoded(s: EvaluateSettings, source: Path) -> None:
    """Raise ConfigError where a quality of codec none is not one that what is sent has."""
    known = (FLOAT,) if s.sends == "image" else (FLOAT, QUANTISED)
    for quality in s.qualities:
        if quality not in known:
            raise ConfigError(
                f"codec {UNCODED}: quality {quality!r} of {source} found; expected {' or '.join(known)} of --source"
            )


def uncoded(quality: str, s: EvaluateSettings, items: Iterator[Item]) -> Iterator[Decoded]:
    """Return what would arrive if nothing were coded: FLOAT, what is sent, or QUANTISED, features after the frames' quantiser."""
    if quality == QUANTISED:
        return quantised(items, s.showcase)
    return (Decoded(item, item if s.sends == "image" else None) for item in items)


def quantised(tensors: Iterator[NDArray[np.float32]], shown: Sequence[int]) -> Iterator[Decoded]:
    """Yield features after the quantiser of frames; they are laid out as a picture where they are ``shown``."""
    for position, features in enumerate(tensors):
        codes, minimum, maximum = quantise(features)
        yield Decoded(dequantise(codes, minimum, maximum), tile(codes) if position in shown else None)


def undone(
    images: Iterator[Decoded], sent: Iterator[Item], transform: Transform[Any] | None, errors: list[float]
) -> Iterator[Decoded]:
    """Yield received images with their method's transform undone.

    The mean squared error of each before that, against what was ``sent`` of it, is appended to ``errors``.
    """
    for image, item in zip(images, sent, strict=True):
        errors.append(float(np.square(image.item.astype(np.float64) - item).mean()))
        yield image if transform is None else Decoded(transform.inverse(image.item), image.picture)


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
    """Return counts that fit 32 bits as such; all else unchanged."""
    fits = values.dtype.kind == "i" and values.ndim > 1 and values.size and values.max() < 2**31
    return values.astype(np.int32) if fits else values
