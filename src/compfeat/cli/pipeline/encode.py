"""Code what a run sends at all qualities of one codec, and account for every byte."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from tqdm import tqdm

from compfeat.transport.bitstreams import pack, side_info_name, stream_name
from compfeat.transport.ledger import image_ids, write_ledger
from compfeat.transport.sender import send
from compfeat.transport.source import CodecSettings, copies, sent, transform_of


def encode(
    *,
    settings: CodecSettings,
    source: Path,
    index: Path,
    transform: Path | None = None,
    state: Path | None = None,
    bitstreams: Path,
    ledger: Path,
) -> None:
    """Code what a run sends at all qualities of one codec, and account for every byte.

    Args:
        settings: method and codec.
        source: features (float32, images x channels x rows x columns), or packed scenes where the image is sent.
        index: CSV whose image_id lists the images in the source's order.
        transform: the state of the method's transform, where that is fitted.
        state: the codec's state, where that is fitted.
        bitstreams: output: archive of the bitstream and the side information of every quality.
        ledger: output: CSV of the bytes of every image at every quality.

    Raises:
        ConfigError: an unknown codec, quality or option.
        DataError: features or index are missing or damaged, or their numbers of images differ.
        ToolError: the codec's program is missing or failed.
    """
    settings.check_tool()
    ids, changed = image_ids(index), transform_of(settings.transform, transform)
    codecs = {quality: settings.codec_at(quality, state) for quality in settings.qualities}
    ledgers = {}
    with sent(source, settings.sends, changed, ids) as items, TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for quality, codec in tqdm(codecs.items(), unit="quality"):
            files = folder / stream_name(quality), folder / side_info_name(quality)
            ledgers[quality] = send(codec, copies(items), ids, *files)
        pack(bitstreams, folder, codecs)
    write_ledger(ledger, ledgers)
