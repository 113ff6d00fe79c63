"""Source images are inputs: what changes, vanishes or is added makes ``prepare`` run again, and too few are told at once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from PIL import Image
from safetensors.numpy import save_file

from compfeat.experiment.files import merged
from project_copy import copy_project, environment, fake_results, planned_jobs, snakemake

PHASE: dict[str, Any] = {"epochs": 1, "downscale": 1, "crop_width_px": 0, "batch_size": 2}
PHASE |= {"learning_rate": 0.002, "final_rate_fraction": 0.3}
OWN: dict[str, Any] = {
    "output": "results-own",
    "dataset": {
        "name": "camvid",
        "root": "own images",
        "prepared": "data/prepared/own",
        "size": [32, 64],
        "images": {"train": None, "val": None},
    },
    "tasks": ["segmentation", "reconstruction"],
    "cuts": {"c512": None},
    "training": {"phases": [PHASE]},
    "trainings": {"baseline": {"start": None}, "compressible": {"start": None}},
    "records": None,
    "showcase": {"images": [1]},
    "figures": [],
}
STREETS: dict[str, Any] = {
    "output": "results-streets",
    "dataset": {
        "name": "streets",
        "root": "rendered scenes",
        "prepared": "data/prepared/streets-few",
        "size": [64, 128],
        "images": {"train": 2, "val": 2},
    },
    "cuts": {"c512": None},
    "records": None,
    "showcase": {"images": [1]},
    "figures": [],
}


def write_scene(root: Path, split: str, name: str, grey: int = 0) -> None:
    """Write an image and its labels in CamVid's layout."""
    for folder, pixels in (
        (split, np.full((32, 64, 3), grey, np.uint8)),
        (f"{split}annot", np.zeros((32, 64), np.uint8)),
    ):
        (root / folder).mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(root / folder / f"{name}.png")


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


def prepares(project: Path, config: str = "own.yaml") -> set[str]:
    """Return the splits that a dry run would prepare again; what follows from them depends on what becomes of it."""
    listed = planned_jobs(snakemake(project, "--dry-run", "--quiet", "host", "--configfile", config))
    return {job.partition(":")[2] for job in listed if job.startswith("prepare:")}


def failure(project: Path, *arguments: str) -> str:
    """Return what Snakemake prints when it fails."""
    argv = [sys.executable, "-m", "snakemake", *arguments]
    done = subprocess.run(argv, cwd=project, env=environment(project), capture_output=True, text=True, check=False)
    assert done.returncode != 0
    return done.stdout + done.stderr


def refusal(project: Path, **changes: Any) -> str:
    """Return the line in which a dry run refuses the configuration with ``changes`` of its sections."""
    config = {**OWN, **{key: {**OWN.get(key, {}), **value} for key, value in changes.items()}}
    (project / "own.yaml").write_text(yaml.safe_dump(config))
    output = failure(project, "--dry-run", "--configfile", "own.yaml")
    assert "Traceback" not in output
    (line,) = [line for line in output.splitlines() if line.startswith("config: ")]
    return line


def test_an_image_that_is_added_or_changes_is_seen(project: Path) -> None:
    assert prepares(project) == set()
    write_scene(project / "own images", "val", "000003")
    write_scene(project / "own images", "train", "000001", 99)
    assert prepares(project) == {"train", "val"}


def test_too_few_images_are_told_before_anything_runs(project: Path) -> None:
    found = "config: key 'showcase.images': image 9 is beyond the 4 val images; expected 0 to 3"
    assert refusal(project, showcase={"images": [0, 9]}) == found


def test_too_few_images_for_intervals_are_told_once_when_the_configuration_is_read(project: Path) -> None:
    (project / "all.yaml").write_text(yaml.safe_dump(OWN))
    (project / "few.yaml").write_text(yaml.safe_dump(merged(OWN, {"dataset": {"images": {"val": 2}}})))
    there = len(list((project / "own images/val").iterdir()))
    for name, count in (("all.yaml", there), ("few.yaml", 2)):
        told = [line for line in output_of(project, name).splitlines() if "no intervals" in line]
        assert told == [
            f"config: no intervals, and claims stay undecided: found {count} val images (expected 10 at least)"
        ]
    (project / "fine.yaml").write_text("{}")
    assert "config: " not in output_of(project, "fine.yaml")


def output_of(project: Path, config: str) -> str:
    """Return what a dry run prints, with jobs and tables left out."""
    return snakemake(project, "--dry-run", "--quiet", "all", "--configfile", config)


def test_a_name_in_another_encoding_is_told_before_anything_runs(project: Path) -> None:
    path = project / "own images/val" / os.fsdecode(b"caf\xe9.png")
    path.write_bytes(b"")
    expected = "found a name in another encoding; expected UTF-8; rename the file (and its ground truth)"
    assert refusal(project) == f"config: own images/val/caf\\xe9.png: {expected}"
    path.unlink()


def test_weights_that_are_replaced_under_their_name_train_again(project: Path) -> None:
    weights = project / "start c256.safetensors"
    save_file({"w": np.zeros(3, np.float32)}, weights)
    trainings = {"baseline": {"start": "start {cut}.safetensors"}, "compressible": {"start": None}}
    network = {"width": 64, "encoder_weights": "start c256.safetensors"}
    (project / "own.yaml").write_text(yaml.safe_dump({**OWN, "trainings": trainings, "network": network}))
    fake_results(project, "--configfile", "own.yaml")
    save_file({"w": np.ones(3, np.float32)}, weights)
    listed = planned_jobs(snakemake(project, "--dry-run", "--quiet", "host", "--configfile", "own.yaml"))
    trained = {job for job in listed if job.startswith("train:")}
    assert trained == {"train:c256/baseline/0", "train:c256/compressible/0"}
    weights.unlink()
    missing = "config: key 'trainings.baseline.start': start c256.safetensors: not found; expected a safetensors file of weights"
    assert refusal(project, trainings=trainings, network=network).startswith(missing)


def test_rendered_files_that_are_edited_are_seen(project: Path) -> None:
    (project / "streets.yaml").write_text(yaml.safe_dump(STREETS))
    files = [f"{STREETS['dataset']['prepared']}/{split}.npy" for split in ("train", "val")]
    snakemake(project, *files, "--cores", "2", "--configfile", "streets.yaml")
    assert prepares(project, "streets.yaml") == set()
    path = next((project / "rendered scenes/leftImg8bit/val").rglob("*.png"))
    Image.open(path).transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(path)
    assert prepares(project, "streets.yaml") == {"val"}
    told = failure(project, files[1], "--cores", "1", "--configfile", "streets.yaml")
    assert f"{path.relative_to(project)}: is not as it was rendered (see rendered scenes/val.csv)" in told
