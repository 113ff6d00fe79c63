"""Code what a run sends at all qualities of one codec, and account for every byte."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from compfeat.cli.arguments import command
from compfeat.transport.ledger import image_ids
from compfeat.transport.sender import send
from compfeat.transport.source import CodecSettings, items


def encode(
    *,
    settings: CodecSettings,
    source: Path,
    index: Path,
    transform: Path | None = None,
    state: Path | None = None,
    streams: list[Path],
    side_infos: list[Path],
    ledgers: list[Path],
) -> None:
    """Code what a run sends at all qualities of one codec, and account for every byte.

    Args:
        settings: method and codec.
        source: features (float32, images x channels x rows x columns), or packed scenes where the image is sent.
        index: CSV whose image_id lists the images in the source's order.
        transform: the state of the method's transform, where that is fitted.
        state: the codec's state, where that is fitted.
        streams: outputs: one bitstream a quality, in the order of the settings' qualities.
        side_infos: outputs: what is sent beside each bitstream.
        ledgers: outputs: CSV of the bytes of every image.

    Raises:
        ConfigError: an unknown codec, quality or option, or outputs that are not one a quality.
        DataError: features or index are missing or damaged, or their numbers of images differ.
        ToolError: the codec's program is missing or failed.
    """
    settings.check_files(streams, side_infos, ledgers)
    settings.check_tool()
    ids, changed = image_ids(index), settings.transform_from(transform)
    codecs = [settings.codec_at(quality, state) for quality in settings.qualities]
    for codec, *files in tqdm(list(zip(codecs, streams, side_infos, ledgers, strict=True)), unit="quality"):
        send(codec, items(source, settings.sends, changed, ids), ids, *files)


def main(argv: Sequence[str]) -> int | None:
    """Run the stage."""
    return command(encode, argv)
