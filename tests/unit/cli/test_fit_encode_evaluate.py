"""The stages fit, encode and evaluate on a tiny network, with methods and codecs of every kind."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from compfeat.__main__ import call
from compfeat.__main__ import main as compfeat
from compfeat.arrays import Arrays, read_arrays, write_archive
from compfeat.codecs.base import CODECS
from compfeat.codecs.quantiser import dequantise, quantise
from compfeat.codecs.spectra import dct2
from compfeat.networks.inference import predict
from compfeat.transforms.base import built
from compfeat.transport.bitstreams import read_archive, side_info_name, stream_name
from compfeat.transport.ledger import read_ledger
from helpers import CLASSES, TASKS, random_scenes, write_split
from tiny import tiny_network, write_network

IMAGES = 3
IDS = [f"val_{i:06d}" for i in range(IMAGES)]
UNCODED = ("none", ("float", "u8"))
CODED = [("png", ("lossless",)), ("jpeg", ("q95", "q20")), ("hevc", ("lossless", "qp30"))]


class Bench:
    """A folder with scenes, a network and its features, and the stages run in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        write_network(folder, tiny_network())
        for split in ("train", "val"):
            write_split(folder, split, IMAGES, seed=split == "train")
            words = self.words(arrays=f"{split}.npy", features=f"{split}_features.npy")
            call("features", ["--settings", '{"device": "cpu"}', *words, *self.network()])

    def words(self, **files: str | None) -> list[str]:
        """Return flags with files of the folder."""
        return [f"--{flag.replace('_', '-')}={self.folder}/{name}" for flag, name in files.items() if name]

    def network(self) -> list[str]:
        return self.words(weights="weights.safetensors", description="network.json")

    def fit(self, state: str, transform_state: str | None = None, **settings: Any) -> None:
        words = self.words(features="train_features.npy", scenes="train.npy", transform=transform_state, state=state)
        call("fit", ["--settings", json.dumps(settings), *words, *self.network()])

    def argv(
        self,
        stage: str,
        name: str,
        codec: str,
        qualities: tuple[str, ...],
        transform_state: str | None = None,
        state: str | None = None,
        **settings: Any,
    ) -> list[str]:
        """Return the arguments of encode or evaluate, whose results lie in the folder ``name``."""
        source = "val.npy" if settings.get("sends") == "image" else "val_features.npy"
        words = self.words(source=source, index="val.csv", transform=transform_state, state=state)
        if codec != "none":
            words += self.words(bitstreams=f"{name}/bitstreams.zip", ledger=f"{name}/ledger.csv")
        if stage == "evaluate":
            settings = {"showcase": [1], "device": "cpu", "batch_size": 2, **settings}
            outputs = {kind: f"{name}/{kind}.npz" for kind in ("scores", "pictures", "distortions")}
            words += self.words(arrays="val.npy", class_shares="train-class-shares.json", **outputs) + self.network()
        return ["--settings", json.dumps({"codec": codec, "qualities": qualities, **settings}), *words]

    def run(self, name: str, codec: str, qualities: tuple[str, ...], **settings: Any) -> tuple[Arrays, Arrays]:
        """Encode and evaluate; return scores and pictures."""
        for stage in ("encode", "evaluate") if codec != "none" else ("evaluate",):
            call(stage, self.argv(stage, name, codec, qualities, **settings))
        return self.arrays(name, "scores"), self.arrays(name, "pictures")

    def arrays(self, name: str, kind: str) -> Arrays:
        return read_arrays(self.folder / name / f"{kind}.npz")

    def ledger(self, name: str, quality: str) -> pd.DataFrame:
        return read_ledger(self.folder / name / "ledger.csv")[quality]

    def sizes(self, name: str, quality: str) -> tuple[int, int]:
        """Return the bytes of a bitstream and of its side information."""
        contents = read_archive(self.folder / name / "bitstreams.zip")
        return len(contents[stream_name(quality)]), len(contents[side_info_name(quality)])

    def features(self) -> Any:
        return np.load(self.folder / "val_features.npy")


def at(arrays: Arrays, quality: str) -> dict[str, list[Any]]:
    """Return the arrays of a quality, as plain values."""
    return {name.partition("/")[2]: found.tolist() for name, found in arrays.items() if name.startswith(f"{quality}/")}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """A folder, at an odd path, with the plain method's scores at all of CODED."""
    made = Bench(tmp_path_factory.mktemp("stages") / 'it\'s; "odd" here')
    for codec, qualities in (UNCODED, *CODED):
        made.run(codec, codec, qualities)
    return made


@pytest.mark.parametrize(("codec", "qualities"), [UNCODED, *CODED])
def test_scores_are_of_every_quality_task_and_image(codec: str, qualities: tuple[str, ...], bench: Bench) -> None:
    scores, pictures = bench.arrays(codec, "scores"), bench.arrays(codec, "pictures")
    assert scores["image_id"].tolist() == IDS
    assert {name.rpartition("/")[0] for name in scores} == {"", *(f"{q}/{task}" for q in qualities for task in TASKS)}
    for quality in qualities:
        confusion = scores[f"{quality}/segmentation/confusion"]
        assert confusion.shape == (IMAGES, len(CLASSES), len(CLASSES)) and confusion.sum() == IMAGES * (32 * 64 - 3)
        outputs = TASKS if quality == "float" else (*TASKS, "sent")
        assert set(at(pictures, quality)) == {f"1/{name}" for name in outputs}
        if codec != "none":
            sizes = bench.sizes(codec, quality)
            assert bench.ledger(codec, quality).iloc[:, 1:].to_numpy().sum() == sum(sizes) and sizes[1] == 8 * IMAGES
        if quality == "lossless":
            assert at(scores, quality) == at(bench.arrays("none", "scores"), "u8")
            assert at(pictures, quality) == at(bench.arrays("none", "pictures"), "u8")


def test_float_features_are_the_networks_own_and_lossy_qualities_differ(bench: Bench) -> None:
    outputs = predict(tiny_network().eval(), bench.features())
    expected = tiny_network().tasks["reconstruction"].score(outputs["reconstruction"][2], random_scenes(IMAGES)[2])
    assert bench.arrays("none", "scores")["float/reconstruction/sse"][2] == pytest.approx(expected["sse"], rel=1e-6)
    lossy = [(codec, q) for codec, qualities in (UNCODED, *CODED) for q in qualities if q != "lossless"]
    kinds = [at(bench.arrays(codec, "scores"), quality) for codec, quality in lossy]
    assert all(a != b for i, a in enumerate(kinds) for b in kinds[:i])


@pytest.mark.parametrize(
    ("codec", "fine", "coarse"), [("none", "float", "u8"), ("jpeg", "q95", "q20"), ("hevc", "lossless", "qp30")]
)
def test_distortions_are_those_of_what_is_coded(codec: str, fine: str, coarse: str, bench: Bench) -> None:
    found, features = bench.arrays(codec, "distortions"), bench.features()
    assert found["image_id"].tolist() == IDS
    steps = np.ptp(features.reshape(IMAGES, -1), axis=1) / 255
    assert (found[f"{fine}/mse"] < found[f"{coarse}/mse"]).all() and (found[f"{coarse}/mse"] > steps**2 / 100).all()
    if codec == "none":
        assert not found["float/mse"].any() and found["variance"].shape == features.shape[1:]
        np.testing.assert_allclose(found["variance"], dct2(features).var(axis=0), rtol=1e-9, atol=1e-12)
        expected = [np.square(dequantise(*quantise(tensor)) - tensor).mean() for tensor in features]
        np.testing.assert_allclose(found["u8/mse"], expected, rtol=1e-5)


def test_stages_repeat_byte_for_byte(bench: Bench, tmp_path: Path) -> None:
    Bench(tmp_path).run("hevc", "hevc", ("lossless", "qp30"))
    for name in ("bitstreams.zip", "ledger.csv", "scores.npz", "pictures.npz"):
        assert (tmp_path / "hevc" / name).read_bytes() == (bench.folder / "hevc" / name).read_bytes(), name


@pytest.mark.parametrize("name", ["klt", "task_klt"])
@pytest.mark.parametrize(("codec", "qualities"), CODED)
def test_a_fitted_transform_goes_all_the_way(name: str, codec: str, qualities: tuple[str, ...], bench: Bench) -> None:
    bench.fit(f"{name}.npz", transform={"name": name})
    method: dict[str, Any] = {"transform": {"name": name}, "transform_state": f"{name}.npz"}
    uncoded, pictures = bench.run(f"{name}/none", *UNCODED, **method)
    scores, _ = bench.run(f"{name}/{codec}", codec, qualities, **method)
    plain = bench.arrays("none", "scores")
    for task, values in at(plain, "float").items():  # a transform and its inverse change last digits
        assert np.allclose(at(uncoded, "float")[task], values, rtol=1e-5)
    assert at(uncoded, "u8") != at(plain, "u8") and at(scores, qualities[-1]) != at(uncoded, "float")
    assert "lossless" not in qualities or at(scores, "lossless") == at(uncoded, "u8")
    transform = built(name, {}, read_arrays(bench.folder / f"{name}.npz"))
    turned = transform.forward(bench.features()[1])
    received = dequantise(*quantise(turned))
    distortions = bench.arrays(f"{name}/none", "distortions")
    assert distortions["u8/mse"][1] == pytest.approx(np.square(received.astype(float) - turned).mean())
    assert not distortions["float/mse"].any()
    expected = predict(tiny_network().eval(), transform.inverse(received)[None])["disparity"][0]
    truth = tiny_network().tasks["disparity"].score(expected, random_scenes(IMAGES)[1])["sse"]
    assert uncoded["u8/disparity/sse"][1] == pytest.approx(truth, rel=1e-5)
    assert pictures["u8/1/sent"].max() == 255


def test_a_fitted_codec_goes_all_the_way(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    qualities = ("d0", "d4")
    bench.fit("klt.npz", transform={"name": "klt"})
    turned = {"transform": {"name": "klt"}, "transform_state": "klt.npz"}
    methods: dict[str, dict[str, Any]] = {"plain": {}, "turned": turned}
    for name, method in methods.items():
        folder = f"laplace-{name}"
        bench.fit(f"{folder}.npz", codec="laplace", **method)
        assert "fit laplace: " in capsys.readouterr().out
        _, pictures = bench.run(folder, "laplace", qualities, state=f"{folder}.npz", **method)
        assert not [picture for picture in pictures if picture.endswith("/sent")]
        errors = bench.arrays(folder, "distortions")
        assert (errors["d0/mse"] < errors["d4/mse"]).all() and errors["d0/mse"].any()
        ledgers = [bench.ledger(folder, quality) for quality in qualities]
        totals = [ledger.iloc[:, 1:].to_numpy().sum() for ledger in ledgers]
        assert totals == [bench.sizes(folder, quality)[0] for quality in qualities]
        assert totals[0] > totals[1] and not ledgers[0]["side_info_bytes"].any()
    argv = bench.argv("evaluate", "laplace-plain", "laplace", qualities, state="laplace-turned.npz")
    assert "damaged, or coded with another state" in mistake("evaluate", argv, capsys)


@pytest.mark.parametrize(("codec", "qualities"), CODED)
def test_a_method_that_sends_the_image(codec: str, qualities: tuple[str, ...], bench: Bench) -> None:
    uncoded, _ = bench.run("image/none", "none", ("float",), sends="image")
    whole = at(uncoded, "float")
    for name, values in at(bench.arrays("none", "scores"), "float").items():
        np.testing.assert_allclose(whole[name], values, rtol=1e-6)  # the same pixels, in other batches
    assert list(whole["decoded_image/sse"]) == [0] * IMAGES and list(whole["decoded_image/n"]) == [32 * 64 * 3] * IMAGES
    scores, pictures = bench.run(f"image/{codec}", codec, qualities, sends="image")
    decoded, original = pictures[f"{qualities[-1]}/1/sent"].astype(float), random_scenes(IMAGES)["image"][1]
    assert decoded.shape == (32, 64, 3)
    errors = (decoded / 255 - original / 255) ** 2
    assert at(scores, qualities[-1])["decoded_image/sse"][1] == pytest.approx(errors.sum())
    assert not bench.ledger(f"image/{codec}", qualities[0])["side_info_bytes"].any()
    lossless = bool(CODECS.get(codec).reference(qualities[0], "image"))
    assert (at(scores, qualities[0]) == whole) == lossless
    assert np.array_equal(pictures[f"{qualities[0]}/1/sent"], original) == lossless


def mistake(stage: str, argv: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """Run a stage that must fail; return its one line."""
    assert compfeat([stage, *argv]) == 2
    error_lines = [line for line in capsys.readouterr().err.splitlines() if "error: " in line]
    assert len(error_lines) == 1 and error_lines[0].startswith(f"compfeat {stage}: error: ")
    return error_lines[0]


@pytest.mark.parametrize(
    ("stage", "settings", "message"),
    [
        ("encode", {"qualities": ("qp99", "qp30")}, "codec 'hevc': quality 'qp99' is unknown"),
        ("encode", {"codec": "gif"}, "codec 'gif' is unknown; expected one of "),
        ("encode", {"options": {"bits": 12}}, "codecs.hevc.bits"),
        ("encode", {"ffmpeg": "/nowhere/ffmpeg"}, "/nowhere/ffmpeg: cannot be run"),
        ("encode", {"transform": {"name": "klt"}}, "transform 'klt' is fitted: its state is not given"),
        ("encode", {"codec": "laplace", "qualities": ("d0",)}, "codec 'laplace' is fitted: its state is not given"),
        ("evaluate", {"codec": "none", "qualities": ["u9"]}, "quality 'u9' of"),
        ("evaluate", {"codec": "none", "qualities": ["u8"], "sends": "image"}, "expected float of --source"),
        ("evaluate", {"showcase": [IMAGES]}, "change the config key showcase.images"),
        ("evaluate", {"transform": {"name": "turned"}}, "transform 'turned' is unknown"),
        ("evaluate", {"qualities": ["qp31"]}, "the ledger has no quality 'qp31'; found lossless, qp30"),
        ("fit", {}, "nothing to fit"),
    ],
)
def test_settings_that_cannot_be_are_told_in_one_line(
    stage: str, settings: dict[str, Any], message: str, bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [*bench.words(features="train_features.npy", scenes="train.npy", state="wrong.npz"), *bench.network()]
    argv = ["--settings", "{}", *words]
    if stage != "fit":
        given = {"codec": "hevc", "qualities": ("lossless",), **settings}
        argv = bench.argv(stage, "hevc" if stage == "evaluate" else "wrong", **given)
    if stage == "evaluate":
        argv = replaced(argv, "--scores", bench.folder / "wrong/scores.npz")
    assert message in mistake(stage, argv, capsys)
    assert not list(bench.folder.glob("wrong*/*")) and not (bench.folder / "wrong.npz").exists()


def replaced(argv: list[str], flag: str, *values: Path) -> list[str]:
    """Return arguments with another value of a flag, or without the flag."""
    return [*(word for word in argv if not word.startswith(f"{flag}=")), *(f"{flag}={path}" for path in values)]


def test_other_files_are_told_in_one_line(bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = replaced(bench.argv("evaluate", "png", "png", ("lossless",)), "--scores", tmp_path / "scores.npz")
    contents = read_archive(bench.folder / "png/bitstreams.zip")
    contents["lossless.bin"] = contents["lossless.bin"][:-1]
    write_archive(tmp_path / "cut.zip", contents.items())
    pd.read_csv(bench.folder / "val.csv").iloc[::-1].to_csv(tmp_path / "val.csv", index=False)
    (tmp_path / "junk").write_bytes(b"PK\3\4 and more")
    for wrong, message in (
        (replaced(argv, "--index", tmp_path / "val.csv"), "3 images that are not the 3 expected; rerun the encode"),
        (replaced(argv, "--bitstreams", tmp_path / "cut.zip"), f"{tmp_path}/cut.zip/lossless.bin: "),
        (replaced(argv, "--bitstreams", tmp_path / "none"), "none: not found"),
        (replaced(argv, "--bitstreams", tmp_path / "junk"), "not an archive of bitstreams"),
        (replaced(argv, "--bitstreams"), "codec 'png': no --bitstreams"),
    ):
        assert message in mistake("evaluate", wrong, capsys)
    assert not (tmp_path / "scores.npz").exists()
    np.save(tmp_path / "few.npy", np.load(bench.folder / "train_features.npy")[:2])
    words = ["--features", str(tmp_path / "few.npy"), *bench.words(scenes="train.npy", state="no.npz")]
    argv = ["--settings", '{"transform": {"name": "klt"}}', *words, *bench.network()]
    assert "few.npy: 2 images, but" in mistake("fit", argv, capsys)


def test_one_bitstream_is_taken_out_of_its_archive(
    bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = ["--bitstreams", str(bench.folder / "png/bitstreams.zip"), "--stream", str(tmp_path / "s.bin")]
    assert compfeat(["bitstream", *argv, "--quality", "lossless"]) == 0
    assert (tmp_path / "s.bin").read_bytes().startswith(b"\x89PNG")
    assert "no quality 'q5'; expected one of lossless" in mistake("bitstream", [*argv, "--quality", "q5"], capsys)


def test_encode_loads_no_torch_and_png_no_ffmpeg(bench: Bench) -> None:
    code = (
        "import sys; from compfeat.__main__ import call; call('encode', sys.argv[1:]); "
        "print({'torch', 'ffmpeg', 'matplotlib'} & set(sys.modules))"
    )
    argv = [sys.executable, "-c", code, *bench.argv("encode", "again", "png", ("lossless",))]
    assert subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip() == "set()"
