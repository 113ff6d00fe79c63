"""What an edit reruns: for each kind, exactly the jobs that a dry run lists, in a copy of the project."""

from __future__ import annotations

import ast
import os
import random
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
import yaml

from helpers import PAPER_ALONE
from project_copy import copy_project, fake_results, following, planned_jobs, snakemake

Files = Mapping[str, str | None]
SMALL: dict[str, Any] = {
    **PAPER_ALONE,
    "cuts": {"c512": None},
    "codecs": {"jpeg": {"qualities": ["q95"]}, "hevc": {"qualities": ["qp22", "qp34"]}, "laplace": None},
    "figures": ["rate_accuracy@hevc", "published", "training_curves"],
}
"""One cut, four bitstreams a run, three figures: a graph of every kind of job that is drawn up in a second."""

TASK_JOBS = {"prepare:*", "train:*", "features:*", "evaluate:*", "table*:*", "draw:*", "paper", "explorer"}
"""Jobs that are given the code of tasks."""
EXPERIMENT = "table:experiment.json"
CODEC_TABLES = {EXPERIMENT, "table_shown:seeds_intervals.csv"}
"""Tables that are told what codecs can do, though they read nothing that is coded."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project whose results Snakemake takes for made."""
    folder = copy_project(tmp_path_factory.mktemp("reruns"))
    write(folder, {"small.yaml": yaml.safe_dump(SMALL)})
    fake_results(folder, "--configfile", "small.yaml")
    return folder


def write(folder: Path, files: Files) -> None:
    """Write files; those without text are removed."""
    for path, text in ((folder / name, text) for name, text in files.items()):
        path.parent.mkdir(exist_ok=True)
        if text is not None:
            path.write_text(text)
        else:
            path.unlink()
            if not any(path.parent.iterdir()):
                path.parent.rmdir()


def listing(project: Path, files: Files | None = None, *arguments: str) -> str:
    """Return what a dry run says, with other ``files`` in the project for that time."""
    files = files or {}
    before = {name: path.read_text() if (path := project / name).is_file() else None for name in files}
    assert all(before[name] != text for name, text in files.items())
    write(project, files)
    try:
        return snakemake(project, *arguments, "--dry-run", "--quiet", "host", "--configfile", "small.yaml")
    finally:
        write(project, before)


def plan(project: Path, files: Files | None = None) -> dict[str, str]:
    """Return the jobs that a dry run lists, with their reasons."""
    return planned_jobs(listing(project, files))


@pytest.fixture(scope="module")
def graph(project: Path) -> str:
    """All jobs that there are, as a dry run lists them."""
    return listing(project, None, "--forceall")


def expected(graph: str, *patterns: str) -> set[str]:
    """Return the jobs that a change of some rerun: those, and all that follow from what they make."""
    direct = matching(set(patterns), set(planned_jobs(graph)))
    assert all(matching({pattern}, direct) for pattern in patterns), patterns
    return following(graph, direct)


def matching(patterns: set[str], jobs: set[str]) -> set[str]:
    return {job for job in jobs if any(fnmatchcase(job, pattern) for pattern in patterns)}


def cosmetic(text: str) -> str:
    """Return a module's source with other comments, docstrings, quotes, line breaks and blank lines."""
    plain = ast.unparse(ast.parse(text)).replace('"""', '"""In other words: ', 1)
    return "# A new comment.\n\n" + plain.replace("\ndef ", "\n\n\n\n# Another one.\ndef ")


def test_nothing_is_to_be_done_at_first(project: Path) -> None:
    assert plan(project) == {}


def test_a_cosmetic_edit_of_every_module_reruns_nothing(project: Path) -> None:
    modules = sorted((project / "src").rglob("*.py"))
    edits = {str(path.relative_to(project)): cosmetic(path.read_text()) for path in modules}
    assert len(edits) > 60
    rules = "workflow/rules/encode.smk"
    edits[rules] = "# A comment.\n\n\n" + (project / rules).read_text() + "\n# Another one.\n"
    assert plan(project, edits) == {}


def test_times_of_files_never_matter(project: Path) -> None:
    files = sorted(path for path in project.rglob("*") if path.is_file() and ".snakemake" not in path.parts)
    rng = random.Random(0)
    for path in files:
        # In the past: an edit must be newer than what was made of its file.
        os.utime(path, (rng.uniform(1e9, 1.7e9),) * 2)
    assert plan(project) == {}


CODE = {
    "codecs/plugins/jpeg.py": {"encode:*/jpeg", "evaluate:*/jpeg", *CODEC_TABLES},
    "codecs/plugins/png.py": {"encode:*/png", "evaluate:*/png", *CODEC_TABLES},
    "codecs/images.py": {"encode:*/png", "encode:*/jpeg", "evaluate:*/png", "evaluate:*/jpeg", *CODEC_TABLES},
    "codecs/plugins/hevc.py": {"encode:*/hevc", "evaluate:*/hevc", *CODEC_TABLES},
    "codecs/ffmpeg.py": {"encode:*/hevc", "evaluate:*/hevc", *CODEC_TABLES},
    "codecs/frames.py": {"encode:*", "evaluate:*/png", "evaluate:*/jpeg", "evaluate:*/hevc", *CODEC_TABLES},
    "codecs/quantiser.py": {"encode:*", "evaluate:*", "table:feature_statistics.csv", "paper", *CODEC_TABLES},
    "codecs/tiling.py": {"encode:*", "evaluate:*", "paper", *CODEC_TABLES},
    "losses/plugins/compressible.py": {"train:c256/compressible/*"},
    "losses/plugins/baseline.py": {"train:c256/baseline/*"},
    "training/loop.py": {"train:*"},
    "networks/plugins/resnet34.py": {"train:*", "features:*", "evaluate:*"},
    "tasks/plugins/segmentation.py": TASK_JOBS,
    "results/tables/plugins/points.py": {"table_shown:points.csv"},
    "results/tables/plugins/intervals.py": {"table_shown:intervals.csv"},
    "results/tables/plugins/pictures.py": {"table:pictures.npz"},
    "reports/figures/plugins/training_curves.py": {"draw:training_curves"},
    "reports/explorer/viewer.py": {"explorer"},
    "reports/paper/facts.py": {"paper"},
    "scenes/render.py": {"render:*"},
    "datasets/plugins/cityscapes.py": {"prepare:*"},
    "datasets/plugins/camvid.py": set(),
    "cli/tools/audit.py": set(),
}
"""The jobs that an edit of a module's code enters."""


@pytest.mark.parametrize("module", CODE)
def test_an_edit_of_code_reruns_what_uses_it(module: str, project: Path, graph: str) -> None:
    path = f"src/compfeat/{module}"
    planned = plan(project, {path: (project / path).read_text() + "\nEDITED = True\n"})
    assert set(planned) == expected(graph, *CODE[module])
    name = f"code of compfeat.{module.removesuffix('.py').replace('/', '.')} "
    if planned:
        assert any("before:" in reason and reason.count(name) >= 2 for reason in planned.values())


TOOLS = {
    "torch": {"train:*", "features:*", "evaluate:*"},
    "imageio-ffmpeg": {"encode:*/hevc", "evaluate:*/hevc"},
    "bjontegaard": {"table*:*"},
    "typst": {"paper"},
    "altair": {"explorer"},
    "dvc": set(),
}
"""The jobs that another version of a package enters."""


@pytest.mark.parametrize("package", TOOLS)
def test_another_version_of_a_tool_reruns_what_uses_it(package: str, project: Path, graph: str) -> None:
    metadata = f"Metadata-Version: 2.1\nName: {package}\nVersion: 99.0\n"
    planned = plan(project, {f"src/{package.replace('-', '_')}-99.0.dist-info/METADATA": metadata})
    # The paper names the software of a run.
    named = {"paper"} if package in ("torch", "imageio-ffmpeg", "bjontegaard") else set()
    assert set(planned) == expected(graph, *TOOLS[package], *named)


def changed(section: str, **values: Any) -> dict[str, Any]:
    """Return a section of the small configuration with ``values`` on top."""
    return {section: {**SMALL.get(section, {}), **values}}


SETTINGS: dict[str, tuple[dict[str, Any], set[str]]] = {
    "a QP": (
        changed("codecs", hevc={"qualities": ["qp22", "qp28", "qp34"]}),
        {"encode:*/hevc", "evaluate:*/hevc", *CODEC_TABLES},
    ),
    "a figure more": ({"figures": [*SMALL["figures"], "image_sizes"]}, {"draw:image_sizes", "explorer"}),
    "the loss's strength": (
        {"trainings": {"compressible": {"loss": {"strength": {"c256": 0.5}}}}},
        {"train:c256/compressible/*", EXPERIMENT},
    ),
    "the noise": ({"training": {"noise_steps": 2}}, {"train:*", EXPERIMENT}),
    "the pictures shown": ({"showcase": {"images": [1]}}, {"evaluate:*", "table:pictures.npz", EXPERIMENT}),
    "the frontier": (
        {"bd_rate": {"frontier": False}},
        {
            "table:bd_rate.csv",
            "table_shown:crossovers.csv",
            "table_shown:intervals.csv",
            "table_shown:seed_noise.csv",
            EXPERIMENT,
        },
    ),
    "the resamples": (
        {"statistics": {"resamples": 77}},
        {"table:resamples.npz", "table:published_intervals.csv", EXPERIMENT},
    ),
    "the rendered seed": ({"dataset": {"render_seed": 2}}, {"render:*", EXPERIMENT}),
}
"""The jobs that another setting enters."""


@pytest.mark.parametrize("setting", SETTINGS)
def test_another_setting_reruns_what_it_enters(setting: str, project: Path) -> None:
    changes, direct = SETTINGS[setting]
    files = {"small.yaml": yaml.safe_dump({**SMALL, **changes})}
    # The paper states the whole configuration.
    assert set(plan(project, files)) == expected(listing(project, files, "--forceall"), *direct, "paper")


def edited(project: Path, path: str, old: str, new: str) -> Files:
    return {path: (project / path).read_text().replace(old, new, 1)}


def test_another_published_number_reruns_what_stands_on_it(project: Path) -> None:
    planned = set(plan(project, edited(project, "data/published/published_points.csv", "1", "2")))
    assert "table:published_points.csv" in planned
    assert not matching({"encode:*", "evaluate:*", "train:*", "table_shown:points.csv"}, planned)


def test_another_description_of_the_start_weights_or_none_reruns_the_paper_alone(project: Path) -> None:
    path = "data/start/c256.json"
    for files in (edited(project, path, '"images": 3000', '"images": 3001'), {path: None}):
        assert set(plan(project, files)) == {"paper", "all"}


def test_edits_that_were_taken_back_rerun_nothing(project: Path) -> None:
    assert plan(project) == {}
