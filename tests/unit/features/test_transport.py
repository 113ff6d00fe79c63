from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from compfeat.codecs import CODECS
from compfeat.errors import BitstreamError, DataError
from compfeat.features.quantise import quantise
from compfeat.features.store import FeatureWriter, open_features
from compfeat.features.tile import tile
from compfeat.features.transport import Received, image_ids, receive, send

C, SHAPE, IDS = 6, (5, 7), ["0007", "NA", "x_1"]


class Sent:
    """A features file, coded at one point, in a folder with an awkward name."""

    def __init__(self, folder: Path, codec: str, quality: str) -> None:
        folder = folder / 'it\'s; a "folder"'
        self.codec = CODECS.get(codec)(quality)
        self.features, self.index = folder / "f.npy", folder / "val.csv"
        self.stream, self.side_info, self.ledger = folder / "stream.bin", folder / "side.bin", folder / "ledger.csv"
        rng = np.random.default_rng(3)
        with FeatureWriter(self.features, len(IDS), (C, *SHAPE)) as writer:
            for _ in IDS:
                writer.append(quantise(rng.standard_normal((C, *SHAPE)).astype(np.float32)))
        pd.DataFrame({"image_id": IDS}).to_csv(self.index, index=False)

    def send(self) -> None:
        send(self.codec, self.features, self.index, self.stream, self.side_info, self.ledger)

    def receive(self) -> list[Received]:
        return list(receive(self.codec, self.stream, self.side_info, self.ledger, C, SHAPE))


@pytest.mark.parametrize(("codec", "quality"), [("png", "lossless"), ("hevc", "lossless"), ("jpeg", "q90")])
def test_what_is_sent_is_received(codec: str, quality: str, tmp_path: Path) -> None:
    sent = Sent(tmp_path, codec, quality)
    sent.send()
    received = sent.receive()
    assert [image.image_id for image in received] == IDS
    for image, record in zip(received, open_features(sent.features), strict=True):
        assert (image.minimum, image.maximum) == (record["minimum"], record["maximum"])
        if sent.codec.is_lossless:
            assert np.array_equal(tile(image.codes), record["tiles"])
    ledger = pd.read_csv(sent.ledger)
    assert list(ledger.columns) == ["image_id", "payload_bytes", "header_bytes", "side_info_bytes"]
    assert ledger[["payload_bytes", "header_bytes"]].sum().sum() == sent.stream.stat().st_size
    assert ledger["side_info_bytes"].tolist() == [8, 8, 8] and sent.side_info.stat().st_size == 24
    files = (sent.stream, sent.side_info, sent.ledger)
    before = [path.read_bytes() for path in files]
    sent.send()
    assert [path.read_bytes() for path in files] == before


@pytest.mark.parametrize(("codec", "quality"), [("png", "lossless"), ("jpeg", "q50"), ("hevc", "qp30")])
def test_any_cut_of_a_stream_is_seen_before_decoding(codec: str, quality: str, tmp_path: Path) -> None:
    sent = Sent(tmp_path, codec, quality)
    sent.send()
    data = sent.stream.read_bytes()
    boundary = sent.codec.measure(sent.stream)[0].total_bytes
    for end in (0, 1, boundary - 1, boundary, boundary + 30, len(data) - 40, len(data) - 1):
        sent.stream.write_bytes(data[:end])
        with pytest.raises(BitstreamError, match=r"ledger.csv says .*rerun the encode stage") as error:
            sent.receive()
        assert "\n" not in str(error.value)


def test_files_that_are_not_the_ledgers_are_refused(tmp_path: Path) -> None:
    sent = Sent(tmp_path, "png", "lossless")
    sent.send()
    ledger = pd.read_csv(sent.ledger, dtype={"image_id": str}, keep_default_na=False)
    moved = ledger.copy()
    moved["payload_bytes"] += [1, -1, 0]
    moved.to_csv(sent.ledger, index=False)
    with pytest.raises(BitstreamError, match="frames that differ"):
        sent.receive()
    ledger.assign(payload_bytes="many").to_csv(sent.ledger, index=False)
    with pytest.raises(DataError, match=r"'payload_bytes' is .*; expected whole numbers"):
        sent.receive()
    ledger.assign(side_info_bytes=[16, 8, 8]).to_csv(sent.ledger, index=False)
    sent.side_info.write_bytes(sent.side_info.read_bytes() + bytes(8))
    with pytest.raises(BitstreamError, match="4 pairs"):
        sent.receive()
    sent.side_info.unlink()
    with pytest.raises(BitstreamError, match="not found"):
        sent.receive()


def test_index_of_another_length_is_refused(tmp_path: Path) -> None:
    sent = Sent(tmp_path, "png", "lossless")
    pd.DataFrame({"image_id": ["a"]}).to_csv(sent.index, index=False)
    with pytest.raises(DataError, match=r"3 images, but .* lists 1"):
        sent.send()
    assert not sent.stream.exists()


def test_image_ids_stay_text(tmp_path: Path) -> None:
    path = tmp_path / "i.csv"
    path.write_text("a,image_id\n1,0007\n2,NA\n3,1e5\n")
    assert image_ids(path) == ["0007", "NA", "1e5"]
    with pytest.raises(DataError, match="not found"):
        image_ids(tmp_path / "none")
