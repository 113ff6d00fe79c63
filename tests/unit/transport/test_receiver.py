"""Sender, receiver and ledger, with every codec of features."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from codec_helpers import finest
from compfeat.codecs.base import CODECS, Codec, Decoded
from compfeat.codecs.frames import FrameCodec
from compfeat.errors import BitstreamError, DataError
from compfeat.transport.ledger import COLUMNS, read_ledger, write_ledger
from compfeat.transport.receiver import counted, receive
from compfeat.transport.sender import send

SHAPE = (4, 8, 8)
IDS = ["0007", "NA", "1e5"]
ITEMS = [np.random.default_rng(i).standard_normal(SHAPE).astype(np.float32) for i in range(len(IDS))]


@dataclass
class Sent:
    """One point's files."""

    folder: Path
    codec: Codec[Any]

    def __post_init__(self) -> None:
        self.folder.mkdir(exist_ok=True)
        self.stream, self.side_info = self.folder / "s", self.folder / "i"
        self.ledger = send(self.codec, iter(ITEMS), IDS, self.stream, self.side_info)

    def receive(self, ids: list[str] = IDS) -> list[Decoded]:
        return list(receive(self.codec, self.stream, self.side_info, self.ledger, SHAPE, ids))


@pytest.fixture(params=[name for name in CODECS.names() if "features" in CODECS.get(name).sends])
def sent(request: pytest.FixtureRequest, tmp_path: Path) -> Sent:
    return Sent(tmp_path / "point", finest(request.param, ITEMS))


def test_what_was_sent_arrives_the_ledger_adds_up_and_ids_stay_text(sent: Sent) -> None:
    for received, item in zip(sent.receive(), ITEMS, strict=True):
        assert np.abs(received.item - item).mean() < (0.05 if isinstance(sent.codec, FrameCodec) else 0.5)
    assert sorted(path.name for path in sent.folder.iterdir()) == ["i", "s"]
    write_ledger(sent.folder / "l.csv", {"1e5": sent.ledger, "fine": sent.ledger})
    found = read_ledger(sent.folder / "l.csv")
    assert list(found) == ["1e5", "fine"]
    for table in found.values():
        assert list(table) == COLUMNS and table["image_id"].tolist() == IDS
        assert table[COLUMNS[1:3]].to_numpy().sum() == sent.stream.stat().st_size
        assert table["side_info_bytes"].sum() == sent.side_info.stat().st_size


def test_a_stream_cut_anywhere_is_seen(sent: Sent) -> None:
    data = sent.stream.read_bytes()
    boundary = sent.codec.measure(sent.stream, sent.side_info)[0].stream_bytes
    for end in (0, 1, boundary - 1, boundary, boundary + 30, len(data) - 40, len(data) - 1):
        sent.stream.write_bytes(data[:end])
        with pytest.raises(BitstreamError, match=r"^[^\n]+the ledger says [^\n]*rerun the encode stage[^\n]*$"):
            sent.receive()


def test_damage_of_the_same_length_is_seen_or_decodes_to_as_many_images(sent: Sent) -> None:
    data = sent.stream.read_bytes()
    for start in range(5, len(data) - 8, max(len(data) // 7, 1)):
        sent.stream.write_bytes(
            data[:start] + bytes(byte ^ 0xFF for byte in data[start : start + 8]) + data[start + 8 :]
        )
        try:
            assert len(sent.receive()) == len(IDS)
        except BitstreamError as error:
            assert str(error).startswith(f"{sent.stream}: ") and "\n" not in str(error)


def test_frames_swapped_against_the_ledger_are_seen(sent: Sent) -> None:
    first, *_ = sizes = [size.stream_bytes for size in sent.codec.measure(sent.stream, sent.side_info)]
    if len(set(sizes)) == 1:
        pytest.skip("all images of this codec have one size")
    data = sent.stream.read_bytes()
    sent.stream.write_bytes(data[first:] + data[:first])
    with pytest.raises(BitstreamError, match=r"differ from the 3|fails its check"):
        sent.receive()


@pytest.fixture
def by_png(tmp_path: Path) -> Sent:
    return Sent(tmp_path, CODECS.get("png")("lossless"))


@pytest.mark.parametrize("ids", [IDS[:2], IDS[::-1], ["other"]])
def test_other_images_are_refused_before_the_first(ids: list[str], by_png: Sent) -> None:
    with pytest.raises(DataError, match=f"3 images that are not the {len(ids)} expected"):
        receive(by_png.codec, by_png.stream, by_png.side_info, by_png.ledger, SHAPE, ids)


def test_a_ledger_that_is_wrong_is_refused(by_png: Sent) -> None:
    right = by_png.ledger
    by_png.ledger = right.assign(payload_bytes=right["payload_bytes"].add([1, -1, 0]))
    with pytest.raises(BitstreamError, match="images that differ"):
        by_png.receive()
    write_ledger(by_png.folder / "l.csv", {"lossless": right.assign(payload_bytes="many")})
    with pytest.raises(DataError, match=r"'payload_bytes' is .*; expected whole numbers"):
        read_ledger(by_png.folder / "l.csv")


def test_side_information_that_is_missing_or_too_long_is_refused(by_png: Sent) -> None:
    by_png.side_info.write_bytes(by_png.side_info.read_bytes() + bytes(8))
    with pytest.raises(BitstreamError, match=r"32 bytes; the ledger says 24"):
        by_png.receive()
    by_png.side_info.unlink()
    with pytest.raises(BitstreamError, match="not found"):
        by_png.receive()


def test_a_codec_that_loses_or_invents_images_is_caught(by_png: Sent) -> None:
    for count in (1, 3):
        with pytest.raises(BitstreamError, match=f"{count} images decoded; expected 2"):
            list(counted(iter([Decoded(ITEMS[0], None)] * count), 2, by_png.stream))
    with pytest.raises(BitstreamError, match="3 images coded; expected 2"):
        send(by_png.codec, iter(ITEMS), IDS[:2], by_png.stream, by_png.side_info)
