"""Score the tasks on what a run's bitstreams of one codec decode to, at all its qualities."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from tqdm import tqdm

from compfeat.arrays import write_arrays
from compfeat.cli.arguments import command
from compfeat.cli.pipeline.encode import check_outputs
from compfeat.codecs import Decoded
from compfeat.codecs.frames import dequantise, quantise, tile
from compfeat.datasets import IMAGE
from compfeat.datasets.packed import Packed, in_chunks, open_packed
from compfeat.errors import ConfigError, DataError
from compfeat.experiment.runs import FLOAT, QUANTISED, UNCODED
from compfeat.networks.files import load_description, load_network
from compfeat.networks.inference import choose_device, encode_images, fix_arithmetic, predict
from compfeat.networks.split import SplitNetwork
from compfeat.transforms import Transform
from compfeat.transport.ledger import image_ids
from compfeat.transport.receiver import receive
from compfeat.transport.source import CodecSettings, shape_sent


class EvaluateSettings(CodecSettings):
    """What the receiver is told; codec ``none`` has the qualities float and, of features, u8."""

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
    transform: Path | None = None,
    state: Path | None = None,
    streams: list[Path] = [],  # noqa: B006 - never changed
    side_infos: list[Path] = [],  # noqa: B006
    ledgers: list[Path] = [],  # noqa: B006
    scores: Path,
    pictures: Path,
) -> None:
    """Score the tasks on what a run's bitstreams of one codec decode to, at all its qualities.

    Args:
        settings: method, codec and what is kept.
        arrays: packed val split.
        index: CSV of the val split's images.
        weights: the trained network's weights.
        description: what network they are.
        transform: the state of the method's transform, where that is fitted.
        state: the codec's state, where that is fitted.
        streams: one bitstream a quality, in the order of the settings' qualities; none for codec none.
        side_infos: what was sent beside each bitstream.
        ledgers: CSV of what was sent, to check the files.
        scores: output: every image's scores, arrays QUALITY/TASK/SCORE and image_id.
        pictures: output: what a few images look like, arrays QUALITY/POSITION/TASK and QUALITY/POSITION/sent.

    Raises:
        ConfigError: an unknown codec, quality or option, or files that are not one a quality.
        DataError: a file is missing or damaged, or files are not about the same images.
        BitstreamError: a bitstream is damaged, or not what its ledger says.
        CheckpointError: the weights are missing, damaged, or of another network.
        ToolError: the codec's program is missing.
    """
    s = settings
    fix_arithmetic(s.threads)
    described = load_description(description)
    network = load_network(weights, described, choose_device(s.device))
    scenes, ids = open_packed(arrays), image_ids(index)
    if len(scenes) != len(ids):
        raise DataError(f"{arrays}: {len(scenes)} images, but {index} lists {len(ids)}; rerun the stage prepare")
    changed = s.transform_from(transform)
    shape = shape_sent(s.sends, described.model_dump(), changed)
    if s.codec != UNCODED:
        check_outputs(s, streams, side_infos, ledgers)
    found: dict[str, NDArray[Any]] = {"image_id": np.array(ids)}
    kept: dict[str, NDArray[Any]] = {}
    with tqdm(total=len(scenes) * len(s.qualities), unit="image", mininterval=1.0) as bar:
        for k, quality in enumerate(s.qualities):
            if s.codec == UNCODED:
                received = uncoded(network, scenes, quality, s)
            else:
                codec = s.codec_at(quality, state)
                decoded = receive(codec, streams[k], side_infos[k], ledgers[k], shape, ids)
                received = (undone(image, changed) for image in decoded)
            rows: dict[str, list[Any]] = {}
            for chunk in in_chunks(len(scenes), s.batch_size):
                batch = [next(received) for _ in range(chunk.start, chunk.stop)]
                outputs = predict(network, features_of(network, batch))
                for i in range(chunk.start, chunk.stop):
                    own = {task: array[i - chunk.start] for task, array in outputs.items()}
                    for task, prediction in own.items():
                        for name, value in network.tasks[task].score(prediction, scenes[i]).items():
                            rows.setdefault(f"{quality}/{task}/{name}", []).append(value)
                    if i in s.showcase:
                        kept |= shown(network, own, batch[i - chunk.start], f"{quality}/{i}")
                bar.update(chunk.stop - chunk.start)
            found |= {name: compact(np.array(values)) for name, values in rows.items()}
    write_arrays(scores, found)
    write_arrays(pictures, kept)


def uncoded(network: SplitNetwork, scenes: Packed, quality: str, s: EvaluateSettings) -> Iterator[Decoded]:
    """Yield the features as the encoder gives them (``float``) or after the quantiser of frames (``u8``)."""
    if quality not in (FLOAT, QUANTISED):
        raise ConfigError(f"codec {UNCODED}: quality {quality!r} found; expected {FLOAT} or {QUANTISED}")
    for chunk in in_chunks(len(scenes), s.batch_size):
        images = scenes[chunk][IMAGE]
        for k, features in enumerate(encode_images(network, images)):
            picture = np.array(images[k]) if s.sends == "image" else None
            if quality == FLOAT:
                yield Decoded(features, picture)
            else:
                q = quantise(features)
                # A picture is laid out only where it is kept.
                tiles = tile(q.codes) if chunk.start + k in s.showcase else None
                yield Decoded(dequantise(q.codes, q.minimum, q.maximum), tiles)


def undone(image: Decoded, transform: Transform | None) -> Decoded:
    """Return a received image with its method's transform undone."""
    return image if transform is None else Decoded(transform.inverse(image.item), image.picture)


def features_of(network: SplitNetwork, batch: Sequence[Decoded]) -> NDArray[np.float32]:
    """Return the features of received items: as they are, or what the encoder makes of received images."""
    stacked = np.stack([image.item for image in batch])
    return encode_images(network, stacked) if stacked.dtype == np.uint8 else stacked


def shown(network: SplitNetwork, outputs: dict[str, Any], image: Decoded, start: str) -> dict[str, NDArray[Any]]:
    """Return what is kept of a showcase image: what was sent, and each task's output in a small form."""
    kept = {f"{start}/{task}": network.tasks[task].keep(prediction) for task, prediction in outputs.items()}
    return kept if image.picture is None else kept | {f"{start}/sent": image.picture}


def compact(values: NDArray[Any]) -> NDArray[Any]:
    """Return counts that fit 32 bits as such; all else as it is."""
    fits = values.dtype.kind == "i" and values.ndim > 1 and values.size and values.max() < 2**31
    return values.astype(np.int32) if fits else values


def main(argv: Sequence[str]) -> int | None:
    """Run the stage."""
    return command(evaluate, argv)
