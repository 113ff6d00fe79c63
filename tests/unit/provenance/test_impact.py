"""What would change with a file, a module, a package or a setting."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from recorded_run import Ask, Say

PREPARED = "data/prepared/streets"
FIGURES = ["results/figures/epochs.pdf", "results/figures/rate.pdf", "results/figures/rate.png"]
IMAGE = "data/raw/streets/pictures/train/0.png"
RULES = 'rule encode:\n    input: "x"\n\n\nif True:\n\n    rule features:\n        output: "y"\n'
FILES = {
    "src/compfeat/codecs/jpeg.py": "X = 1\n",
    "src/compfeat/codecs/__init__.py": "",
    "workflow/rules/encode.smk": RULES,
    "workflow/rules/common.smk": "",
    "template.typ": "cut,method,rate_bpe\nc256,plain,4.0\n",
    "notes.txt": "nothing",
}
DVC: dict[str, Any] = {
    "stages": {
        "prepare": {
            "params": [{"config/config.yaml": ["dataset"]}],
            "outs": [{"${dataset.prepared}": {"persist": True}}],
        },
        "train": {"params": [{"config/config.yaml": ["training"]}], "outs": ["${output}/train"]},
        "paper": {"params": [{"config/config.yaml": None}], "outs": ["${output}/paper"]},
    }
}


@pytest.fixture
def project(run: Path) -> Path:
    for name, text in FILES.items():
        (run / name).parent.mkdir(parents=True, exist_ok=True)
        (run / name).write_text(text)
    (run / "dvc.yaml").write_text(yaml.safe_dump(DVC))
    return run


def rows(report: dict[str, Any]) -> dict[str, int]:
    return {Path(table["path"]).name: table["n_hit"] for table in report["tables"]}


def test_a_module_remakes_what_its_jobs_made_and_what_follows(project: Path, ask: Ask, say: Say) -> None:
    report = ask(project, "impact", "src/compfeat/codecs/jpeg.py")
    assert report["rules"] == ["encode"]
    assert [path for path in report["files"] if "/encode/" in path] == [
        f"results/encode/c256/{method}/seed0/jpeg/{name}"
        for method in ("plain", "tight")
        for name in ("bitstreams.zip", "ledger.csv")
    ]
    assert rows(report) == {"points.csv": 2, "per_image.csv": 4, "bd_rate.csv": 1, "headline.csv": 1}
    assert report["figures"] == FIGURES[1:] and report["documents"] == ["results/paper/paper.pdf"]
    printed = say("impact", "src/compfeat/codecs/jpeg.py", "--project", str(project))
    assert printed.startswith("src/compfeat/codecs/jpeg.py: the module compfeat.codecs.jpeg; read or run by encode\n")
    assert "\n  table     results/summarise/points.csv  (2 of 13 rows)\n" in printed


def test_an_image_a_result_and_a_file_that_nothing_reads(project: Path, ask: Ask, say: Say) -> None:
    (project / "copy.png").write_text("image train 0")
    for path in (IMAGE, "copy.png"):  # an image elsewhere is known by its hash
        report = ask(project, "impact", path)
        assert report["rules"] == ["prepare"] and report["figures"] == FIGURES and rows(report)["epochs.csv"] == 3
        assert f"{PREPARED}/train.npy" in report["files"] and f"{PREPARED}/val.npy" not in report["files"]
    report = ask(project, "impact", "results/figures/rate.pdf")
    assert (report["figures"], report["documents"], report["tables"]) == ([], ["results/paper/paper.pdf"], [])
    report = ask(project, "impact", "notes.txt")
    assert not any(report[name] for name in ("rules", "figures", "tables", "documents", "files"))
    assert say("impact", "notes.txt", "--project", str(project)).endswith("no job reads or runs it\n")


RULES_OF = {
    "workflow/rules/encode.smk": {"encode", "features"},
    "template.typ": {"paper"},
    "config:training.noise_steps": {"paper", "train"},
    "config:training": {"paper", "train"},
    "config:dataset.root": {"paper", "prepare"},
    "config:output": {"paper", "prepare", "train"},
}


@pytest.mark.parametrize("path", sorted(RULES_OF))
def test_rule_files_templates_and_settings_concern_some_rules(path: str, project: Path, ask: Ask) -> None:
    assert set(ask(project, "impact", path)["rules"]) == RULES_OF[path]


@pytest.mark.parametrize("path", ["workflow/rules/common.smk", "tool:Pillow"])
def test_what_all_jobs_share_and_a_package_concern_all(path: str, project: Path, ask: Ask) -> None:
    assert {"render", "prepare", "train", "paper"} <= set(ask(project, "impact", path)["rules"])


WRONG = {
    "nope.txt": "expected a file, tool:NAME or config:KEY",
    "tool:cobol": "no job names it; expected one of numpy, pillow",
    "config:training.noise_step": "did you mean training.noise_steps",
}


@pytest.mark.parametrize("path", sorted(WRONG))
def test_mistakes_are_told_in_one_line(path: str, project: Path, say: Say) -> None:
    assert WRONG[path] in say("impact", path, "--project", str(project), status=2)
