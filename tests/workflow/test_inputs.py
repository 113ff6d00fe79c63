"""Source images are inputs: what changes, vanishes or is added makes ``prepare`` run again, and too few are told at once."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from PIL import Image
from safetensors.numpy import save_file

from compfeat.experiment.files import merged
from helpers import PAPER_ALONE
from project_copy import copy_project, fake_results, planned_jobs, refusal, refused, snakemake
from tiny_run import PHASE

OWN: dict[str, Any] = {
    **PAPER_ALONE,
    "output": "results-own",
    "dataset": {
        "name": "camvid",
        "root": "own images",
        "prepared": "data/prepared/own",
        "size": [32, 64],
        "images": {"train": None, "val": None},
        "evaluated_split": "val",
    },
    "tasks": ["segmentation", "reconstruction"],
    "cuts": {"c512": None},
    "training": {"phases": [PHASE]},
    "trainings": {"baseline": {"start": None}, "compressible": {"start": None}},
    "records": None,
    "showcase": {"images": [1]},
    "figures": [],
}
RENDERED = {"name": "streets", "root": "rendered scenes", "prepared": "data/prepared/few", "size": [64, 128]}
STREETS = {
    **OWN,
    "output": "results-streets",
    "dataset": {**RENDERED, "images": {"train": 2, "val": 2}, "evaluated_split": "val"},
}


def write_scene(root: Path, split: str, name: str, grey: int = 0) -> None:
    """Write an image and its labels in CamVid's layout."""
    for folder, shape, value in ((split, (32, 64, 3), grey), (f"{split}annot", (32, 64), 0)):
        (root / folder).mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full(shape, value, np.uint8)).save(root / folder / f"{name}.png")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with a user's images, numbered as KITTI's are, whose results Snakemake takes for made."""
    project = copy_project(tmp_path_factory.mktemp("sources"))
    for split in ("train", "val"):
        for number in range(3):
            write_scene(project / "own images", split, f"{number:06d}", number)
    (project / "own.yaml").write_text(yaml.safe_dump(OWN))
    fake_results(project, "--configfile", "own.yaml")
    return project


def again(project: Path, rule: str, config: str = "own.yaml") -> set[str]:
    """Return the jobs of a rule that a dry run would run again, by wildcards; what follows depends on what comes of them."""
    listed = planned_jobs(snakemake(project, "--dry-run", "--quiet", "host", "--configfile", config))
    return {job.partition(":")[2] for job in listed if job.startswith(f"{rule}:")}


def refusal_of(project: Path, **changes: Any) -> str:
    """Return the line in which a dry run refuses the configuration with ``changes`` of its sections."""
    config = {**OWN, **{key: {**OWN.get(key, {}), **value} for key, value in changes.items()}}
    (project / "own.yaml").write_text(yaml.safe_dump(config))
    return refusal(project, "own.yaml")


def test_an_image_that_is_added_or_changes_is_seen(project: Path) -> None:
    assert again(project, "prepare") == set()
    write_scene(project / "own images", "val", "000003")
    write_scene(project / "own images", "train", "000001", 99)
    assert again(project, "prepare") == {"train", "val"}


def test_too_few_images_are_told_before_anything_runs(project: Path) -> None:
    there = len(list((project / "own images/val").iterdir()))
    assert f"key 'showcase.images': image 9 is beyond the {there} val images" in refusal_of(
        project, showcase={"images": [0, 9]}
    )


def test_too_few_images_for_intervals_are_told_once_when_the_configuration_is_read(project: Path) -> None:
    there = len(list((project / "own images/val").iterdir()))
    few = merged(OWN, {"dataset": {"images": {"val": 2}}})
    for config, told in ((OWN, [f"found {there} val images"]), (few, ["found 2 val images"]), ({}, [])):
        (project / "images.yaml").write_text(yaml.safe_dump(config))
        output = snakemake(project, "--dry-run", "--quiet", "all", "--configfile", "images.yaml")
        lines = [line for line in output.splitlines() if line.startswith("config: ")]
        assert [re.findall(r"no intervals.*(found \d+ val images)", line) for line in lines] == [
            [text] for text in told
        ]


def test_a_name_in_another_encoding_is_told_before_anything_runs(project: Path) -> None:
    path = project / "own images/val" / os.fsdecode(b"caf\xe9.png")
    path.write_bytes(b"")
    assert "own images/val/caf\\xe9.png: found a name in another encoding; expected UTF-8" in refusal_of(project)
    path.unlink()


def test_weights_that_are_replaced_under_their_name_train_again(project: Path) -> None:
    weights = project / "start c256.safetensors"
    save_file({"w": np.zeros(3, np.float32)}, weights)
    trainings = {"baseline": {"start": "start {cut}.safetensors"}, "compressible": {"start": None}}
    network = {"width": 64, "encoder_weights": "start c256.safetensors"}
    (project / "own.yaml").write_text(yaml.safe_dump({**OWN, "trainings": trainings, "network": network}))
    fake_results(project, "--configfile", "own.yaml")
    save_file({"w": np.ones(3, np.float32)}, weights)
    assert again(project, "train") == {"c256/baseline/0", "c256/compressible/0"}
    weights.unlink()
    missing = "key 'trainings.baseline.start': start c256.safetensors: not found"
    assert missing in refusal_of(project, trainings=trainings, network=network)


def test_rendered_files_that_are_edited_are_seen(project: Path) -> None:
    (project / "streets.yaml").write_text(yaml.safe_dump(STREETS))
    files = [f"{STREETS['dataset']['prepared']}/{split}.npy" for split in ("train", "val")]
    snakemake(project, *files, "--cores", "2", "--configfile", "streets.yaml")
    assert again(project, "prepare", "streets.yaml") == set()
    path = next((project / "rendered scenes/leftImg8bit/val").rglob("*.png"))
    Image.open(path).transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(path)
    assert again(project, "prepare", "streets.yaml") == {"val"}
    told = refused(project, files[1], "--cores", "1", "--configfile", "streets.yaml")
    assert f"{path.relative_to(project)}: is not as it was rendered (see rendered scenes/val.csv)" in told
