"""The stages features and evaluate on a tiny network: what they write, that codecs lose what they should, how they fail."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from compfeat.__main__ import main as compfeat
from compfeat.features.store import open_features
from compfeat.stages import encode, evaluate, features
from helpers import random_scenes, tiny_network, write_network, write_split

IMAGES = 3
POINTS = [("none", "float"), ("none", "u8"), ("png", "lossless"), ("hevc", "lossless"), ("jpeg", "q80")]


def network_argv(folder: Path) -> list[str]:
    return ["--weights", f"{folder}/weights.safetensors", "--description", f"{folder}/network.json"]


def features_argv(folder: Path) -> list[str]:
    return ["--arrays", f"{folder}/val.npy", *network_argv(folder), "--features", f"{folder}/f.npy", "--device", "cpu"]


def sent(folder: Path, point: str) -> list[str]:
    files = {"stream": "stream.bin", "side-info": "side.bin", "ledger": "ledger.csv"}
    return [word for flag, name in files.items() for word in (f"--{flag}", f"{folder}/{point}/{name}")]


def encode_argv(folder: Path, codec: str, quality: str) -> list[str]:
    inputs = ["--features", f"{folder}/f.npy", "--index", f"{folder}/val.csv"]
    return [*inputs, "--codec", codec, "--quality", quality, *sent(folder, f"{codec}-{quality}")]


def evaluate_argv(folder: Path, codec: str, quality: str) -> list[str]:
    point = f"{codec}-{quality}"
    inputs = ["--arrays", f"{folder}/val.npy", "--index", f"{folder}/val.csv", *network_argv(folder)]
    outputs = {"images": "images.csv", "confusion": "confusion.npy", "showcase": "showcase.npz"}
    words = [word for flag, name in outputs.items() for word in (f"--{flag}", f"{folder}/{point}/{name}")]
    coded = [] if codec == "none" else sent(folder, point)
    return [
        *inputs,
        "--codec",
        codec,
        "--quality",
        quality,
        *coded,
        *words,
        "--device",
        "cpu",
        "--showcase-images",
        "1",
    ]


def prepare(folder: Path) -> Path:
    write_split(folder, "val", IMAGES)
    write_network(folder, tiny_network())
    return folder


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder, at an odd path, with features, bitstreams and scores of all POINTS."""
    folder = prepare(tmp_path_factory.mktemp("stages") / 'it\'s; "odd" here')
    features.main(features_argv(folder))
    for codec, quality in POINTS:
        if codec != "none":
            encode.main(encode_argv(folder, codec, quality))
        evaluate.main(evaluate_argv(folder, codec, quality))
    return folder


def test_features_are_those_of_the_network(done: Path) -> None:
    records = open_features(done / "f.npy")
    assert records["tiles"].shape == (IMAGES, 4 * 2, 8 * 4)  # 32 channels of 2 x 4, on a grid of 4 x 8
    network = tiny_network().eval()
    images = torch.from_numpy(random_scenes(IMAGES)["image"]).permute(0, 3, 1, 2).float() / 255
    with torch.inference_mode():
        expected = network.encode(images)
    np.testing.assert_allclose(records["maximum"], expected.flatten(1).amax(1), rtol=1e-4)
    np.testing.assert_allclose(records["minimum"], expected.flatten(1).amin(1), atol=1e-5)


@pytest.mark.parametrize(("codec", "quality"), POINTS)
def test_every_point_has_one_row_and_matrix_an_image(codec: str, quality: str, done: Path) -> None:
    point = done / f"{codec}-{quality}"
    table = pd.read_csv(point / "images.csv")
    assert table["image_id"].tolist() == pd.read_csv(done / "val.csv")["image_id"].tolist()
    confusion = np.load(point / "confusion.npy")
    assert confusion.shape == (IMAGES, 19, 19)
    assert confusion.sum() == IMAGES * (32 * 64 - 3)
    showcase = np.load(point / "showcase.npz")
    assert set(showcase) == {f"1/{name}" for name in ("tiles", "segmentation", "disparity", "reconstruction")}


@pytest.mark.parametrize("codec", ["png", "hevc"])
def test_lossless_points_equal_the_quantised_features(codec: str, done: Path) -> None:
    for name in ("images.csv", "confusion.npy", "showcase.npz"):
        assert (done / f"{codec}-lossless" / name).read_bytes() == (done / "none-u8" / name).read_bytes()


def test_lossy_points_and_float_features_differ(done: Path) -> None:
    tables = {point: (done / point / "images.csv").read_bytes() for point in ("none-float", "none-u8", "jpeg-q80")}
    assert len(set(tables.values())) == 3


def test_stages_repeat_byte_for_byte(done: Path, tmp_path: Path) -> None:
    folder = prepare(tmp_path)
    features.main(features_argv(folder))
    encode.main(encode_argv(folder, "jpeg", "q80"))
    evaluate.main(evaluate_argv(folder, "jpeg", "q80"))
    for name in ("f.npy", "jpeg-q80/stream.bin", "jpeg-q80/images.csv", "jpeg-q80/confusion.npy"):
        assert (folder / name).read_bytes() == (done / name).read_bytes(), name


def test_a_constant_feature_tensor_is_coded_and_scored(tmp_path: Path) -> None:
    folder = prepare(tmp_path)
    network = tiny_network()
    with torch.no_grad():
        for parameter in network.encoder.parameters():
            parameter.zero_()
    write_network(folder, network)
    features.main(features_argv(folder))
    records = open_features(folder / "f.npy")
    assert not records["tiles"].any() and (records["minimum"] == records["maximum"]).all()
    for codec, quality in [("hevc", "qp30"), ("none", "u8")]:
        if codec != "none":
            encode.main(encode_argv(folder, codec, quality))
        evaluate.main(evaluate_argv(folder, codec, quality))
        assert np.isfinite(pd.read_csv(folder / f"{codec}-{quality}/images.csv")["sse_disparity"]).all()


def mistake(argv: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """Run a command that must fail; return its one line."""
    assert compfeat(argv) == 2
    told = [line for line in capsys.readouterr().err.splitlines() if "error: " in line]
    assert len(told) == 1 and told[0].startswith(f"compfeat {argv[0]}: error: ")
    return told[0]


def test_features_that_are_not_finite(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = prepare(tmp_path)
    network = tiny_network()
    with torch.no_grad():
        network.encoder.conv1.weight[0] = float("nan")
    write_network(folder, network)
    told = mistake(["features", *features_argv(folder)], capsys)
    assert "values that are not finite; the network diverged: train it again with a lower learning rate" in told
    assert not (folder / "f.npy").exists()
    assert "not finite" in mistake(["evaluate", *evaluate_argv(folder, "none", "u8")], capsys)
    assert not (folder / "none-u8/images.csv").exists()


def test_weights_cut_short(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = prepare(tmp_path)
    weights = folder / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-10])
    assert f"{weights}: not a whole safetensors file" in mistake(["features", *features_argv(folder)], capsys)


def test_another_order_of_images_is_refused(done: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = evaluate_argv(done, "png", "lossless")
    index = tmp_path / "val.csv"
    pd.read_csv(done / "val.csv").iloc[::-1].to_csv(index, index=False)
    argv[argv.index("--index") + 1] = str(index)
    argv[argv.index("--images") + 1] = str(tmp_path / "images.csv")
    assert f"3 images that are not the 3 of {index}; rerun encode" in mistake(["evaluate", *argv], capsys)
    assert not (tmp_path / "images.csv").exists()


@pytest.mark.parametrize(("codec", "quality"), [("hevc", "lossless"), ("png", "lossless"), ("jpeg", "q80")])
def test_a_bitstream_cut_short(
    codec: str, quality: str, done: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = evaluate_argv(done, codec, quality)
    stream = tmp_path / "stream.bin"
    stream.write_bytes((done / f"{codec}-{quality}/stream.bin").read_bytes()[:-1])
    argv[argv.index("--stream") + 1] = str(stream)
    argv[argv.index("--images") + 1] = str(tmp_path / "images.csv")
    told = mistake(["evaluate", *argv], capsys)
    assert str(stream) in told and "rerun the encode stage" in told
    assert not (tmp_path / "images.csv").exists()


def test_an_unknown_quality_of_no_codec(done: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = evaluate_argv(done, "none", "u8")
    argv[argv.index("--quality") + 1] = "u9"
    assert "quality 'u9' found; expected float or u8" in mistake(["evaluate", *argv], capsys)


def test_a_device_that_is_not_there(done: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = [*features_argv(done), "--device", "tpu"]
    assert "train.device: 'tpu' is not on this machine; found " in mistake(["features", *argv], capsys)
