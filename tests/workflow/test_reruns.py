"""What an edit reruns: for each kind, exactly the jobs that a dry run lists, in a copy of the project."""

from __future__ import annotations

import ast
import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
import yaml

from project_copy import copy_project, fake_results, planned_jobs, snakemake

SMALL: dict[str, Any] = {
    "model": {"cuts": ["c256"]},
    "codecs": {"jpeg": ["q95"], "hevc": ["qp22", "qp34"]},
    "figures": ["rate_accuracy", "published", "training_curves"],
}
"""One cut, four bitstreams a run, three figures: a graph of every kind of job that is drawn up in a second."""

PAPER = {"paper", "all"}
"""The whole configuration goes into the paper, so that any change of it sets it anew."""
STATISTICS = {
    f"table_page:{name}" for name in ("intervals", "float_intervals", "bd_details", "seeds_intervals", "claims")
}
DOCUMENTS = {"explorer", *PAPER}
SUMMARY = {"summarise", "statistics", "metrics", "figure:*", "table_page:*"} | DOCUMENTS
TRAINED = {"features:*", "encode:*", "evaluate:*", "collect"} | SUMMARY
EVERYTHING = {"*"}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project whose results Snakemake takes for made."""
    folder = copy_project(tmp_path_factory.mktemp("reruns"))
    configure(folder)
    fake_results(folder, "--configfile", "small.yaml")
    return folder


def configure(project: Path, **changes: Any) -> None:
    """Write the small configuration, with ``changes`` of whole sections."""
    (project / "small.yaml").write_text(yaml.safe_dump({**SMALL, **changes}))


def plan(project: Path, *arguments: str) -> dict[str, str]:
    """Return the jobs that a dry run lists, with their reasons."""
    # The targets come first: options that take several words would swallow them.
    return planned_jobs(snakemake(project, *arguments, "--dry-run", "--quiet", "host", "--configfile", "small.yaml"))


@pytest.fixture(scope="module")
def jobs(project: Path) -> set[str]:
    """All jobs that there are."""
    return set(plan(project, "--forceall"))


def matching(patterns: set[str], jobs: set[str]) -> set[str]:
    return {job for job in jobs if any(fnmatchcase(job, pattern) for pattern in patterns)}


@contextmanager
def edited(project: Path, file: str, change: Callable[[str], str]) -> Iterator[None]:
    """Change a file for the time of a with block."""
    path = project / file
    before = path.read_text()
    after = change(before)
    assert after != before
    path.write_text(after)
    try:
        yield
    finally:
        path.write_text(before)


@contextmanager
def another(project: Path, package: str) -> Iterator[None]:
    """Let another version of a package be installed, as far as its metadata say, for the time of a with block."""
    folder = project / f"src/{package.replace('-', '_')}-99.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 99.0\n")
    try:
        yield
    finally:
        (folder / "METADATA").unlink()
        folder.rmdir()


def cosmetic(text: str) -> str:
    """Return a module's source with other comments, docstrings, quotes, line breaks and blank lines."""
    plain = ast.unparse(ast.parse(text)).replace('"""', '"""In other words: ', 1)
    return "# A new comment.\n\n" + plain.replace("\ndef ", "\n\n\n\n# Another one.\ndef ")


def test_nothing_is_to_be_done_at_first(project: Path) -> None:
    assert plan(project) == {}


def test_a_cosmetic_edit_of_every_module_reruns_nothing(project: Path) -> None:
    files = sorted((project / "src").rglob("*.py"))
    before = {path: path.read_text() for path in files}
    assert len(files) > 60
    for path, text in before.items():
        path.write_text(cosmetic(text))
    rules = project / "workflow/rules/encode.smk"
    before[rules] = rules.read_text()
    rules.write_text("# A comment.\n\n\n" + before[rules] + "\n# Another one.\n")
    try:
        assert plan(project) == {}
    finally:
        for path, text in before.items():
            path.write_text(text)


def test_times_of_files_never_matter(project: Path) -> None:
    files = sorted(path for path in project.rglob("*") if path.is_file() and ".snakemake" not in path.parts)
    rng = random.Random(0)
    for path in files:
        seconds = rng.uniform(1e9, 2e9)
        os.utime(path, (seconds, seconds))
    assert plan(project) == {}


CODE = {
    "codecs/jpeg.py": {"encode:*/jpeg/*", "evaluate:*/jpeg/*", "collect", *SUMMARY},
    "codecs/png.py": {"encode:*/png/*", "evaluate:*/png/*", *SUMMARY},
    "codecs/_images.py": {
        *(f"{stage}:*/{codec}/*" for stage in ("encode", "evaluate") for codec in ("png", "jpeg")),
        "collect",
        *SUMMARY,
    },
    "codecs/hevc.py": {"encode:*/hevc/*", "evaluate:*/hevc/*", "collect", *SUMMARY},
    "codecs/_ffmpeg.py": {"encode:*/hevc/*", "evaluate:*/hevc/*", "collect", *SUMMARY},
    "losses/compressible.py": {
        *(f"{rule}:c256/compressible/*" for rule in ("train", "features", "encode", "evaluate")),
        "collect",
        *SUMMARY,
    },
    "losses/baseline.py": {"warm_start:*", "train:*", *TRAINED},
    "training/loop.py": {"warm_start:*", "train:*", *TRAINED},
    "features/tile.py": {*TRAINED},
    "metrics/segmentation.py": {"warm_start:*", "train:*", *TRAINED},
    "metrics/score.py": {"warm_start:*", "train:*", *TRAINED},
    "analysis/points.py": SUMMARY,
    "analysis/bd_rate.py": SUMMARY,
    "analysis/bootstrap.py": {"statistics", *STATISTICS, *DOCUMENTS},
    "figures/training_curves.py": {"figure:training_curves", *PAPER},
    "figures/_curves.py": {"figure:rate_accuracy", "figure:published", *PAPER},
    "documents/explorer/viewer.py": {"explorer", "all"},
    "documents/paper/facts.py": PAPER,
    "documents/tables/build.py": {"table_page:*", "all"},
    "documents/paper/words.py": {"table_page:*", *DOCUMENTS},
    "figures/_style.py": {"figure:*", *DOCUMENTS},
    "datasets/_render.py": EVERYTHING,
    "datasets/_resize.py": {"prepare:*", "warm_start:*", "train:*", *TRAINED},
    "datasets/camvid.py": set(),
}
"""What an edit of a module's code reruns."""


@pytest.mark.parametrize("module", CODE)
def test_an_edit_of_code_reruns_what_uses_it(module: str, project: Path, jobs: set[str]) -> None:
    with edited(project, f"src/compfeat/{module}", lambda text: text + "\nEDITED = True\n"):
        planned = plan(project)
    assert set(planned) == matching(CODE[module], jobs)
    name = f"code of compfeat.{module.removesuffix('.py').replace('/', '.')} "
    if planned:
        assert any("before:" in reason and reason.count(name) >= 2 for reason in planned.values())


TOOLS = {
    "torch": {"warm_start:*", "train:*", *TRAINED},
    "imageio-ffmpeg": {"encode:*/hevc/*", "evaluate:*/hevc/*", "collect", *SUMMARY},
    "pillow": EVERYTHING,
    "bjontegaard": SUMMARY,
    "matplotlib": {"figure:*", *DOCUMENTS},
    "typst": PAPER,
    "altair": {"explorer", "all"},
    "dvc": set(),
}
"""What another version of a package reruns."""


@pytest.mark.parametrize("package", TOOLS)
def test_another_version_of_a_tool_reruns_what_uses_it(package: str, project: Path, jobs: set[str]) -> None:
    with another(project, package):
        planned = plan(project)
    assert set(planned) == matching(TOOLS[package], jobs)
    if planned:
        assert any("now: '" in reason and f"{package} 99.0" in reason for reason in planned.values())


def test_another_pillow_recodes_png_and_jpeg_alone(project: Path, jobs: set[str]) -> None:
    # It also renders and prepares anew; here is what it means for bitstreams whose features are the same.
    with another(project, "pillow"):
        planned = plan(project, "encode_all", "--allowed-rules", "encode_all", "encode")
    assert set(planned) - {"encode_all"} == matching({"encode:*/png/*", "encode:*/jpeg/*"}, jobs)


def changed(section: str, **values: Any) -> dict[str, Any]:
    """Return a section of the small configuration with ``values`` on top."""
    return {section: {**SMALL.get(section, {}), **values}}


ONE_SEED = {f"{rule}:c256/*/1*" for rule in ("train", "features", "encode", "evaluate")} | {"warm_start:c256/1"}
SETTINGS: dict[str, tuple[dict[str, Any], set[str]]] = {
    "a QP": (
        changed("codecs", hevc=["qp22", "qp28", "qp34"]),
        {"encode:*/hevc/qp28", "evaluate:*/hevc/qp28", "collect", *SUMMARY},
    ),
    "a QP less": (changed("codecs", hevc=["qp22"]), {"collect", *SUMMARY}),
    "a seed": (changed("train", seeds=[0, 1]), {*ONE_SEED, "collect", *SUMMARY}),
    "a cut": (
        changed("model", cuts=["c256", "c512"]),
        {*(f"{rule}:c512*" for rule in ("warm_start", "train", "features", "encode", "evaluate")), "collect", *SUMMARY},
    ),
    "a figure more": ({"figures": [*SMALL["figures"], "image_sizes"]}, {"figure:image_sizes", *PAPER}),
    "a figure less": ({"figures": SMALL["figures"][:-1]}, PAPER),
    "the loss's strength": (
        changed("train", strength={"compressible": {"c256": 0.5}}),
        CODE["losses/compressible.py"],
    ),
    "the phases": (
        changed("train", phases=[{"epochs": 1, "downscale": 1, "crop_width_px": 0, "batch_size": 4}
                                 | {"learning_rate": 0.001, "final_rate_fraction": 0.02}]),
        {"train:*", *TRAINED},
    ),
    "the noise": (changed("train", noise_steps=2), {"warm_start:*", "train:*", *TRAINED}),
    "the pictures shown": (changed("showcase", images=[1]), {"evaluate:*", "collect", *SUMMARY}),
    "the frontier": (changed("bd_rate", frontier=False), SUMMARY),
    "the resamples": (changed("statistics", resamples=77), {"statistics", *STATISTICS, *DOCUMENTS}),
    "the rendered images": (
        changed("dataset", images={"train": 700, "val": 121}),
        {"render:val", "prepare:val", "warm_start:*", "train:*", *TRAINED},
    ),
    "the rendered seed": (changed("dataset", render_seed=2), EVERYTHING),
}  # fmt: skip
"""What another setting reruns."""


@pytest.mark.parametrize("setting", SETTINGS)
def test_another_setting_reruns_what_it_enters(setting: str, project: Path) -> None:
    changes, expected = SETTINGS[setting]
    configure(project, **changes)
    try:
        planned, jobs = plan(project), set(plan(project, "--forceall"))
    finally:
        configure(project)
    assert set(planned) == matching(expected | PAPER, jobs)


def test_another_published_number_reruns_the_summary_alone(project: Path, jobs: set[str]) -> None:
    with edited(project, "data/published/published_points.csv", lambda text: text.replace("1", "2", 1)):
        planned = plan(project)
    assert set(planned) == matching(SUMMARY, jobs)


def test_edits_that_were_taken_back_rerun_nothing(project: Path) -> None:
    assert plan(project) == {}
