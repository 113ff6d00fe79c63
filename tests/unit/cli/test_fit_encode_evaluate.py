"""The stages fit, encode and evaluate on a tiny network, with methods and codecs of every kind."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.typing import NDArray

from compfeat.__main__ import call
from compfeat.__main__ import main as compfeat
from compfeat.arrays import Arrays, read_arrays, write_archive
from compfeat.codecs.base import CODECS, EVERY_QUALITY, RERUN, Codec, Coding, Decoded, ImageBytes, State
from compfeat.codecs.quantiser import dequantise, quantise
from compfeat.codecs.spectra import dct2
from compfeat.errors import BitstreamError
from compfeat.experiment.section import NoOptions, Section
from compfeat.io import write_bytes
from compfeat.networks.inference import predict
from compfeat.transforms.base import TRANSFORMS, FitSource, Transform
from compfeat.transport.bitstreams import read_archive, side_info_name, stream_name
from compfeat.transport.ledger import read_ledger
from helpers import CLASSES, TASKS, random_scenes, write_split
from tiny import tiny_network, write_network

IMAGES = 3
NONE, IMAGE_NONE = ("none", ("float", "u8")), ("none", ("float",))
CODED = [("png", ("lossless",)), ("jpeg", ("q95", "q20")), ("hevc", ("lossless", "qp30"))]


class Seeded(Section):
    seed: int = 0


class Turn(Transform[Seeded]):
    """A random rotation of the channels about their mean: orthogonal, fitted."""

    @classmethod
    def fit(cls, source: FitSource, options: Seeded) -> State:
        channels = source.features.shape[1]
        assert source.network().channels == channels and len(source.scenes) == len(source.features)
        seeded = np.random.default_rng(options.seed)
        matrix, _ = np.linalg.qr(seeded.standard_normal((channels, channels)))
        return {"matrix": matrix.astype(np.float32), "mean": source.features.mean((0, 2, 3), np.float32)[:, None, None]}

    def forward(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        turned: NDArray[np.float32] = np.tensordot(self.state["matrix"], features - self.state["mean"], 1)
        return turned

    def inverse(self, coded: NDArray[np.float32]) -> NDArray[np.float32]:
        turned: NDArray[np.float32] = np.tensordot(self.state["matrix"].T, coded, 1)
        return turned + self.state["mean"]


class Halves(Codec[NoOptions]):
    """Differences from the train mean as float16 at ``f16``, or as they are at ``exact-1.5``: no pictures, no side information."""

    qualities = ("exact-1.5", "f16")
    fitted = True

    @classmethod
    def tool(cls, ffmpeg: str | None = None, options: Section | None = None) -> str:
        return "halves 1"

    @classmethod
    def fit(cls, features: NDArray[np.float32], options: Section, coding: Coding = EVERY_QUALITY) -> State:
        return {"mean": features.mean(0, np.float64).astype(np.float32)}

    @property
    def kind(self) -> np.dtype[Any]:
        return np.dtype("<f2" if self.quality == "f16" else "<f4")

    def encode(self, items: Iterable[NDArray[Any]], stream: Path, side_info: Path) -> list[ImageBytes]:
        assert self.state is not None
        coded = [(item - self.state["mean"]).astype(self.kind).tobytes() for item in items]
        write_bytes(stream, b"".join(coded))
        write_bytes(side_info, b"")
        return [ImageBytes(len(data), 0) for data in coded]

    def decode(self, stream: Path, side_info: Path, shape: tuple[int, ...]) -> Iterator[Decoded]:
        assert self.state is not None
        for values in np.fromfile(stream, self.kind).reshape(-1, *shape):
            yield Decoded((values + self.state["mean"]).astype(np.float32), None)

    def measure(self, stream: Path, side_info: Path) -> list[ImageBytes]:
        assert self.state is not None
        each = self.kind.itemsize * self.state["mean"].size
        if stream.stat().st_size % each:
            raise BitstreamError(f"{stream}: cut short; {RERUN}")
        return [ImageBytes(each, 0)] * (stream.stat().st_size // each)


@pytest.fixture(autouse=True)
def plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TRANSFORMS._entries, "turn", Turn)
    monkeypatch.setitem(CODECS._entries, "halves", Halves)


class Bench:
    """A folder with scenes, a network and its features, and the stages run in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for split in ("train", "val"):
            write_split(folder, split, IMAGES, seed=split == "train")
        self.write(tiny_network())

    def write(self, network: Any) -> None:
        """Write a network and its features."""
        write_network(self.folder, network)
        for split in ("train", "val"):
            words = self.words(arrays=f"{split}.npy", features=f"{split}_features.npy")
            call("features", ["--settings", '{"device": "cpu"}', *words, *self.network()])

    def words(self, **files: Sequence[str] | str | None) -> list[str]:
        """Return flags with files of the folder."""
        given = {flag: [names] if isinstance(names, str) else names for flag, names in files.items() if names}
        return [
            w
            for flag, names in given.items()
            for w in (f"--{flag.replace('_', '-')}", *(f"{self.folder}/{n}" for n in names))
        ]

    def network(self) -> list[str]:
        return self.words(weights="weights.safetensors", description="network.json")

    def coded(self, name: str) -> list[str]:
        return self.words(bitstreams=f"{name}/bitstreams.zip", ledger=f"{name}/ledger.csv")

    def ledger(self, name: str, quality: str) -> pd.DataFrame:
        return read_ledger(self.folder / name / "ledger.csv")[quality]

    def sizes(self, name: str, quality: str) -> tuple[int, int]:
        """Return the bytes of a bitstream and of its side information."""
        contents = read_archive(self.folder / name / "bitstreams.zip")
        return len(contents[stream_name(quality)]), len(contents[side_info_name(quality)])

    def source(self, settings: dict[str, Any]) -> str:
        return "val.npy" if settings.get("sends") == "image" else "val_features.npy"

    def fit(self, state: str, transform_state: str | None = None, **settings: Any) -> None:
        words = self.words(features="train_features.npy", scenes="train.npy", transform=transform_state, state=state)
        call("fit", ["--settings", json.dumps(settings), *words, *self.network()])

    def encode_argv(self, name: str, codec: str, qualities: Sequence[str], **settings: Any) -> list[str]:
        states = {key: settings.pop(key, None) for key in ("transform_state", "state")}
        words = self.words(
            source=self.source(settings), index="val.csv", transform=states["transform_state"], state=states["state"]
        )
        options = {"codec": codec, "qualities": qualities, **settings}
        return ["--settings", json.dumps(options), *words, *self.coded(name)]

    def evaluate_argv(self, name: str, codec: str, qualities: Sequence[str], **settings: Any) -> list[str]:
        states = {key: settings.pop(key, None) for key in ("transform_state", "state")}
        words = self.words(
            arrays="val.npy", index="val.csv", transform=states["transform_state"], state=states["state"]
        )
        words += self.words(source=self.source(settings), distortions=f"{name}/distortions.npz")
        words += [] if codec == "none" else self.coded(name)
        options = {
            "showcase": [1],
            "device": "cpu",
            "batch_size": 2,
            "codec": codec,
            "qualities": qualities,
            **settings,
        }
        outputs = self.words(scores=f"{name}/scores.npz", pictures=f"{name}/pictures.npz")
        return ["--settings", json.dumps(options), *words, *self.network(), *outputs]

    def run(self, name: str, codec: str, qualities: Sequence[str], **settings: Any) -> tuple[Arrays, Arrays]:
        """Encode and evaluate; return scores and pictures."""
        if codec != "none":
            call("encode", self.encode_argv(name, codec, qualities, **settings))
        call("evaluate", self.evaluate_argv(name, codec, qualities, **settings))
        return self.results(name)

    def results(self, name: str) -> tuple[Arrays, Arrays]:
        return read_arrays(self.folder / name / "scores.npz"), read_arrays(self.folder / name / "pictures.npz")


def at(arrays: Arrays, quality: str) -> dict[str, list[Any]]:
    """Return the arrays of a quality, as plain values."""
    return {
        name.partition("/")[2]: values.tolist() for name, values in arrays.items() if name.startswith(f"{quality}/")
    }


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """A folder, at an odd path, with the plain method's scores at all of CODED."""
    made = Bench(tmp_path_factory.mktemp("stages") / 'it\'s; "odd" here')
    for codec, qualities in (NONE, *CODED):
        made.run(codec, codec, qualities)
    return made


@pytest.mark.parametrize(("codec", "qualities"), [NONE, *CODED])
def test_scores_are_of_every_quality_task_and_image(codec: str, qualities: tuple[str, ...], bench: Bench) -> None:
    scores, pictures = bench.results(codec)
    assert scores["image_id"].tolist() == [f"val_{i:06d}" for i in range(IMAGES)]
    assert {name.rpartition("/")[0] for name in scores} == {"", *(f"{q}/{task}" for q in qualities for task in TASKS)}
    for quality in qualities:
        confusion = scores[f"{quality}/segmentation/confusion"]
        assert confusion.shape == (IMAGES, len(CLASSES), len(CLASSES)) and confusion.sum() == IMAGES * (32 * 64 - 3)
        outputs = TASKS if quality == "float" else (*TASKS, "sent")
        assert set(at(pictures, quality)) == {f"1/{name}" for name in outputs}
    if codec != "none":
        for quality in qualities:
            ledger, sizes = bench.ledger(codec, quality), bench.sizes(codec, quality)
            assert ledger.iloc[:, 1:].to_numpy().sum() == sum(sizes) and sizes[1] == 8 * IMAGES


def test_float_features_are_the_networks_own(bench: Bench) -> None:
    outputs = predict(tiny_network().eval(), np.load(bench.folder / "val_features.npy"))
    record = random_scenes(IMAGES)[2]
    expected = tiny_network().tasks["reconstruction"].score(outputs["reconstruction"][2], record)["sse"]
    assert bench.results("none")[0]["float/reconstruction/sse"][2] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("codec", ["png", "hevc"])
def test_lossless_qualities_equal_the_quantised_features(codec: str, bench: Bench) -> None:
    for arrays, uncoded in zip(bench.results(codec), bench.results("none"), strict=True):
        assert at(arrays, "lossless") == at(uncoded, "u8")


@pytest.mark.parametrize("codec", ["none", "jpeg", "hevc"])
def test_distortions_are_those_of_what_is_coded(codec: str, bench: Bench) -> None:
    found, features = read_arrays(bench.folder / codec / "distortions.npz"), np.load(bench.folder / "val_features.npy")
    assert found["image_id"].tolist() == [f"val_{i:06d}" for i in range(IMAGES)]
    steps = np.ptp(features.reshape(IMAGES, -1), axis=1) / 255
    if codec == "none":
        assert not found["float/mse"].any() and found["variance"].shape == features.shape[1:]
        np.testing.assert_allclose(found["variance"], dct2(features).var(axis=0), rtol=1e-9, atol=1e-12)
        expected = [np.square(dequantise(*quantise(tensor)) - tensor).mean() for tensor in features]
        np.testing.assert_allclose(found["u8/mse"], expected, rtol=1e-5)
    fine, coarse = {"none": ("float", "u8"), "jpeg": ("q95", "q20"), "hevc": ("lossless", "qp30")}[codec]
    assert (found[f"{fine}/mse"] < found[f"{coarse}/mse"]).all() and (found[f"{coarse}/mse"] > steps**2 / 100).all()


def test_lossy_qualities_and_float_features_differ(bench: Bench) -> None:
    kinds = [
        at(bench.results(codec)[0], q) for codec, qualities in (NONE, *CODED) for q in qualities if q != "lossless"
    ]
    assert all(a != b for i, a in enumerate(kinds) for b in kinds[:i])


def test_stages_repeat_byte_for_byte(bench: Bench, tmp_path: Path) -> None:
    other = Bench(tmp_path)
    other.run("hevc", "hevc", ("lossless", "qp30"))
    for name in ("bitstreams.zip", "ledger.csv", "scores.npz", "pictures.npz"):
        assert (tmp_path / "hevc" / name).read_bytes() == (bench.folder / "hevc" / name).read_bytes(), name


@pytest.mark.parametrize(("codec", "qualities"), CODED)
def test_a_fitted_transform_goes_all_the_way(codec: str, qualities: tuple[str, ...], bench: Bench) -> None:
    turn = {"name": "turn", "seed": 5}
    bench.fit("turn.npz", transform=turn)
    method: dict[str, Any] = {"transform": turn, "transform_state": "turn.npz"}
    uncoded, pictures = bench.run("turned/none", *NONE, **method)
    scores, _ = bench.run(f"turned/{codec}", codec, qualities, **method)
    assert at(uncoded, "float") == at(bench.results("none")[0], "float")  # what the network computes is the same
    assert at(uncoded, "u8") != at(bench.results("none")[0], "u8")
    if "lossless" in qualities:
        assert at(scores, "lossless") == at(uncoded, "u8")
    turned = Turn(Turn.options_type(), read_arrays(bench.folder / "turn.npz"))
    coded = quantise(turned.forward(np.load(bench.folder / "val_features.npy")[1]))
    received = turned.inverse(dequantise(*coded))
    error = np.square(dequantise(*coded).astype(float) - turned.forward(np.load(bench.folder / "val_features.npy")[1]))
    distortions = read_arrays(bench.folder / "turned/none/distortions.npz")
    assert distortions["u8/mse"][1] == pytest.approx(error.mean()) and not distortions["float/mse"].any()
    expected = predict(tiny_network().eval(), received[None])["disparity"][0]
    truth = tiny_network().tasks["disparity"].score(expected, random_scenes(IMAGES)[1])["sse"]
    assert uncoded["u8/disparity/sse"][1] == pytest.approx(truth, rel=1e-5)
    assert pictures["u8/1/sent"].max() == 255


@pytest.mark.parametrize("turned", [False, True])
def test_a_fitted_codec_of_floats(turned: bool, bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    method: dict[str, Any] = {"transform": {"name": "turn"}, "transform_state": "turn.npz"} if turned else {}
    bench.fit("turn.npz", transform={"name": "turn"})
    bench.fit("halves.npz", codec="halves", **method)
    assert "fit halves: 1024 bytes of the model, " in capsys.readouterr().out
    scores, pictures = bench.run("halves", "halves", Halves.qualities, state="halves.npz", **method)
    exact, halved = at(scores, "exact-1.5"), at(scores, "f16")
    for name, values in at(bench.results("none")[0], "float").items():
        np.testing.assert_allclose(exact[name], values, rtol=1e-3, atol=1)
        np.testing.assert_allclose(halved[name], values, rtol=0.05, atol=20)
    assert not [name for name in pictures if name.endswith("/sent")]
    assert bench.sizes("halves", "f16")[1] == 0
    ledger = bench.ledger("halves", "f16")
    assert ledger["payload_bytes"].tolist() == [512] * IMAGES and not ledger["side_info_bytes"].any()


def test_the_codec_of_features_goes_all_the_way(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    qualities = ("d0", "d4")
    bench.fit("turn.npz", transform={"name": "turn"})
    turned = {"transform": {"name": "turn"}, "transform_state": "turn.npz"}
    methods: dict[str, dict[str, Any]] = {"plain": {}, "turned": turned}
    for name, method in methods.items():
        folder = f"laplace-{name}"
        bench.fit(f"{folder}.npz", codec="laplace", **method)
        bench.run(folder, "laplace", qualities, state=f"{folder}.npz", **method)
        errors = read_arrays(bench.folder / folder / "distortions.npz")
        assert (errors["d0/mse"] < errors["d4/mse"]).all() and errors["d0/mse"].any()
        ledgers = [bench.ledger(folder, quality) for quality in qualities]
        totals = [ledger.iloc[:, 1:].to_numpy().sum() for ledger in ledgers]
        assert totals == [bench.sizes(folder, quality)[0] for quality in qualities]
        assert totals[0] > totals[1] and not ledgers[0]["side_info_bytes"].any()
    argv = bench.evaluate_argv("laplace-plain", "laplace", qualities, state="laplace-turned.npz")
    assert "damaged, or coded with another state" in mistake("evaluate", argv, capsys)


@pytest.mark.parametrize(("codec", "qualities"), CODED)
def test_a_method_that_sends_the_image(codec: str, qualities: tuple[str, ...], bench: Bench) -> None:
    uncoded, _ = bench.run("image/none", *IMAGE_NONE, sends="image")
    features = at(bench.results("none")[0], "float")
    whole = at(uncoded, "float")
    for name, values in features.items():  # the same network on the same pixels, in other batches
        np.testing.assert_allclose(whole[name], values, rtol=1e-6)
    assert list(whole["decoded_image/sse"]) == [0] * IMAGES and list(whole["decoded_image/n"]) == [32 * 64 * 3] * IMAGES
    scores, pictures = bench.run(f"image/{codec}", codec, qualities, sends="image")
    decoded, original = pictures[f"{qualities[-1]}/1/sent"].astype(float), random_scenes(IMAGES)["image"][1]
    assert decoded.shape == (32, 64, 3)
    errors = (decoded / 255 - original / 255) ** 2
    assert at(scores, qualities[-1])["decoded_image/sse"][1] == pytest.approx(errors.sum())
    assert not bench.ledger(f"image/{codec}", qualities[0])["side_info_bytes"].any()
    if CODECS.get(codec).reference(qualities[0], "image"):
        assert at(scores, qualities[0]) == at(uncoded, "float")
        assert np.array_equal(pictures[f"{qualities[0]}/1/sent"], random_scenes(IMAGES)["image"][1])
    else:
        assert at(scores, qualities[0]) != at(uncoded, "float")


def test_a_constant_feature_tensor_is_coded_and_scored(tmp_path: Path) -> None:
    bench, network = Bench(tmp_path), tiny_network()
    with torch.no_grad():
        for parameter in network.encoder.parameters():
            parameter.zero_()
    bench.write(network)
    for codec, qualities in (NONE, ("hevc", ("qp30",))):
        scores, _ = bench.run(codec, codec, qualities)
        assert np.isfinite(scores[f"{qualities[-1]}/disparity/sse"]).all()


def mistake(stage: str, argv: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """Run a stage that must fail; return its one line."""
    assert compfeat([stage, *argv]) == 2
    error_lines = [line for line in capsys.readouterr().err.splitlines() if "error: " in line]
    assert len(error_lines) == 1 and error_lines[0].startswith(f"compfeat {stage}: error: ")
    return error_lines[0]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"qualities": ("qp99", "qp30")}, "codec 'hevc': quality 'qp99' is unknown"),
        ({"codec": "gif"}, "codec 'gif' is unknown; expected one of "),
        ({"options": {"bits": 12}}, "codecs.hevc.bits"),
        ({"ffmpeg": "/nowhere/ffmpeg"}, "/nowhere/ffmpeg: cannot be run"),
        ({"transform": {"name": "turn"}}, "transform 'turn' is fitted: its state is not given"),
        ({"codec": "halves", "qualities": ("f16", "f16")}, "codec 'halves' is fitted: its state is not given"),
    ],
)
def test_mistakes_in_encode_are_told_in_one_line(
    settings: dict[str, Any], message: str, bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = bench.encode_argv("wrong", "hevc", ("qp20", "qp30"))
    argv[1] = json.dumps(json.loads(argv[1]) | settings)
    assert message in mistake("encode", argv, capsys)
    assert not (bench.folder / "wrong/bitstreams.zip").exists()


@pytest.mark.parametrize(
    ("codec", "settings", "message"),
    [
        ("none", {"qualities": ["u9"]}, "quality 'u9' of"),
        ("none", {"qualities": ["u8"], "sends": "image"}, "expected float of --source"),
        ("png", {"showcase": [IMAGES]}, "change the config key showcase.images"),
        ("png", {"transform": {"name": "turned"}}, "transform 'turned' is unknown"),
    ],
)
def test_mistakes_in_evaluate_are_told_in_one_line(
    codec: str, settings: dict[str, Any], message: str, bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = bench.evaluate_argv("wrong", codec, ["lossless"])
    argv[1] = json.dumps(json.loads(argv[1]) | settings)
    assert message in mistake("evaluate", argv, capsys)
    assert not (bench.folder / "wrong/scores.npz").exists()


def test_another_order_of_images_is_refused(bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    index = tmp_path / "val.csv"
    pd.read_csv(bench.folder / "val.csv").iloc[::-1].to_csv(index, index=False)
    argv = bench.evaluate_argv("png", "png", ["lossless"])
    argv[argv.index("--index") + 1] = str(index)
    assert "3 images that are not the 3 expected; rerun the encode stage" in mistake("evaluate", argv, capsys)


@pytest.mark.parametrize(("codec", "quality"), [("hevc", "lossless"), ("png", "lossless"), ("jpeg", "q95")])
def test_a_bitstream_cut_short(
    codec: str, quality: str, bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = bench.evaluate_argv(codec, codec, [quality])
    archive, contents = tmp_path / "bitstreams.zip", read_archive(bench.folder / codec / "bitstreams.zip")
    contents[stream_name(quality)] = contents[stream_name(quality)][:-1]
    write_archive(archive, contents.items())
    argv[argv.index("--bitstreams") + 1] = str(archive)
    argv[argv.index("--scores") + 1] = str(tmp_path / "scores.npz")
    reported = mistake("evaluate", argv, capsys)
    assert f"{archive}/{quality}.bin: " in reported and "rerun the encode stage" in reported
    assert not (tmp_path / "scores.npz").exists()


def test_bitstreams_that_are_not_there(bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = bench.evaluate_argv("hevc", "hevc", ["qp31"])
    assert "the ledger has no quality 'qp31'; found lossless, qp30" in mistake("evaluate", argv, capsys)
    (tmp_path / "junk").write_bytes(b"PK\3\4 and more")
    for path, message in ((tmp_path / "none", "none: not found"), (tmp_path / "junk", "not an archive of bitstreams")):
        argv = bench.evaluate_argv("hevc", "hevc", ["qp30"])
        argv[argv.index("--bitstreams") + 1] = str(path)
        assert message in mistake("evaluate", argv, capsys)
    argv = bench.evaluate_argv("hevc", "hevc", ["qp30"])
    at = argv.index("--bitstreams")
    assert "codec 'hevc': no --bitstreams" in mistake("evaluate", argv[:at] + argv[at + 2 :], capsys)


def test_one_bitstream_is_taken_out_of_its_archive(
    bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = ["--bitstreams", str(bench.folder / "png/bitstreams.zip"), "--stream", str(tmp_path / "s.bin")]
    assert compfeat(["bitstream", *argv, "--quality", "lossless"]) == 0
    assert (tmp_path / "s.bin").read_bytes().startswith(b"\x89PNG")
    assert "no quality 'q5'; expected one of lossless" in mistake("bitstream", [*argv, "--quality", "q5"], capsys)


def test_nothing_to_fit(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    words = bench.words(features="train_features.npy", scenes="train.npy", state="no.npz")
    assert "nothing to fit" in mistake("fit", ["--settings", "{}", *words, *bench.network()], capsys)
    assert not (bench.folder / "no.npz").exists()


def test_features_and_scenes_of_other_images_are_not_fitted(
    bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.save(tmp_path / "few.npy", np.load(bench.folder / "train_features.npy")[:2])
    words = [
        "--features",
        str(tmp_path / "few.npy"),
        *bench.words(scenes="train.npy", state="no.npz"),
        *bench.network(),
    ]
    assert "few.npy: 2 images, but" in mistake("fit", ["--settings", '{"transform": {"name": "klt"}}', *words], capsys)


@pytest.mark.parametrize("name", ["klt", "task_klt"])
def test_a_transform_of_the_package_goes_all_the_way(name: str, bench: Bench) -> None:
    bench.fit(f"{name}.npz", transform={"name": name})
    method: dict[str, Any] = {"transform": {"name": name}, "transform_state": f"{name}.npz"}
    uncoded, _ = bench.run(f"{name}/none", *NONE, **method)
    scores, _ = bench.run(f"{name}/hevc", "hevc", ("lossless", "qp30"), **method)
    assert at(uncoded, "float") == at(bench.results("none")[0], "float")
    assert at(scores, "lossless") == at(uncoded, "u8") != at(scores, "qp30")


def test_encode_loads_no_torch_and_png_no_ffmpeg(bench: Bench) -> None:
    code = (
        "import sys; from compfeat.__main__ import call; call('encode', sys.argv[1:]); "
        "print({'torch', 'ffmpeg', 'matplotlib'} & set(sys.modules))"
    )
    argv = [sys.executable, "-c", code, *bench.encode_argv("again", "png", ["lossless"])]
    assert subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip() == "set()"
