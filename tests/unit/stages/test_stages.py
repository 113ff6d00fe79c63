"""What the jobs of the default are given: files of their own run and split, and no others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from compfeat.errors import ConfigError
from compfeat.experiment.config import Experiment
from compfeat.experiment.files import load_config, merged
from compfeat.experiment.layout import Layout
from compfeat.settings.runs import TRANSFORM, UNCODED, Run, Trained
from compfeat.stages.coding import Coding
from compfeat.stages.sources import Sources
from compfeat.stages.training import Training
from helpers import PROJECT


def experiment(**changes: Any) -> Experiment:
    return Experiment.of(merged(load_config([PROJECT / "config/config.yaml"]), changes))


def layout(e: Experiment) -> Layout:
    return Layout(e.output, e.dataset.prepared)


E = experiment()
CODING = Coding(E, layout(E))
PLAIN, TURNED, PICTURE = (Run("c256", method, 0) for method in ("baseline", "task_klt", "remote"))


def test_a_fit_reads_the_train_split_of_its_own_network() -> None:
    files = CODING.fit_files(TURNED, TRANSFORM)
    assert set(files) == {"features", "scenes", "weights", "description"}
    assert files["features"] == "results/features/c256/baseline/seed0/train.npy"
    after = CODING.fit_files(TURNED, "laplace")
    assert (
        after["transform"] == CODING.layout.fitted(TURNED, TRANSFORM) == "results/fit/c256/task_klt/seed0/transform.npz"
    )
    assert "transform" not in CODING.fit_files(PLAIN, "laplace")


def test_a_fit_depends_on_network_and_tasks_where_it_runs_them() -> None:
    e = experiment(codecs={"learned": {"qualities": ["d4"]}}, methods={"task_klt": {"codecs": {"learned": ["d4"]}}})
    coding = Coding(e, layout(e))
    network = {"compfeat.networks.plugins.resnet34", "compfeat.tasks.plugins.segmentation"}
    for fitted, runs in ((TRANSFORM, True), ("learned", True), ("laplace", False)):
        assert coding.through_tasks(fitted) == runs
        assert (network <= set(coding.fit_modules(TURNED, fitted))) == runs


def test_what_is_not_fitted_or_not_coded_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"c256/baseline/seed0: 'transform' is not fitted; expected laplace"):
        CODING.fit_files(PLAIN, TRANSFORM)
    with pytest.raises(ConfigError, match=r"c256/remote/seed0: not coded by 'laplace'; expected one of none, hevc"):
        CODING.encode_files(PICTURE, "laplace")


def test_an_evaluation_reads_the_test_split_and_what_was_sent() -> None:
    assert CODING.evaluate_files(PICTURE, "hevc")["source"] == CODING.layout.arrays("test")
    coded = CODING.evaluate_files(TURNED, "laplace")
    assert {"transform", "state", "bitstreams", "ledger"} <= set(coded)
    assert not [path for path in coded.values() if path.endswith("/train.npy")]
    assert set(CODING.evaluate_files(PLAIN, UNCODED)) == {
        *("source", "index", "arrays", "class_shares", "weights", "description"),
    }


def test_qualities_of_a_method_reach_its_codec() -> None:
    assert CODING.codec_settings(TURNED, "hevc")["qualities"][:2] == ["lossless", "qp4"]
    assert CODING.codec_settings(PLAIN, UNCODED)["qualities"] == ["float", "u8"]
    assert CODING.modules(TURNED, "hevc") == ["compfeat.transforms.plugins.task_klt", "compfeat.codecs.plugins.hevc"]
    assert CODING.tools[UNCODED] == [] == CODING.fit_tools(TRANSFORM)


def test_a_training_starts_from_a_file_another_training_or_an_address() -> None:
    trained = Trained("c256", "compressible", 0)
    starts = {
        None: {},
        "data/start/{cut}.safetensors": {"initial": "data/start/c256.safetensors"},
        "baseline": {"initial": "results/train/c256/baseline/seed0/weights.safetensors"},
        "s3://bucket/{cut}.safetensors": {"initial": "s3://bucket/c256.safetensors"},
    }
    for start, expected in starts.items():
        e = experiment(trainings={"compressible": {"start": start}})
        assert Training(e, layout(e)).start_files(trained) == expected
    e = experiment(trainings={"compressible": {"start": None}}, network={"encoder_weights": "s3://bucket/{cut}.st"})
    assert Training(e, layout(e)).start_files(trained) == {"encoder_weights": "s3://bucket/c256.st"}


def test_a_user_s_images_are_counted_known_by_content_and_may_be_too_few(tmp_path: Path) -> None:
    for split in ("train", "val", "test"):
        for folder in (split, f"{split}annot"):
            (tmp_path / folder).mkdir()
            (tmp_path / folder / "a.png").write_bytes(b"1")
    everything: dict[str, int | None] = {"train": None, "val": None, "test": None}

    def sources(images: dict[str, int | None]) -> Sources:
        dataset = {"name": "camvid", "root": str(tmp_path), "images": images}
        return Sources(experiment(tasks=["reconstruction"], dataset=dataset, showcase={"images": [0]}))

    found = sources(everything)
    assert found.counts == {"train": 1, "val": 1, "test": 1} and not found.rendered
    assert found.identity("train") != found.identity("test")
    found.check()
    with pytest.raises(ConfigError, match=r"key 'dataset.images.test': found 2; expected at most 1"):
        sources(everything | {"test": 2}).check()
