"""What would change with a file, a module, a package or a setting."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from compfeat.__main__ import main

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


def impact(project: Path, capsys: pytest.CaptureFixture[str], path: str) -> dict[str, Any]:
    assert main(["impact", path, "--project", str(project), "--json"]) == 0
    printed: dict[str, Any] = json.loads(capsys.readouterr().out)
    return printed


def hit(printed: dict[str, Any]) -> dict[str, int]:
    return {Path(table["path"]).name: table["n_hit"] for table in printed["tables"]}


def test_a_module_remakes_what_its_jobs_made_and_what_follows(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = impact(project, capsys, "src/compfeat/codecs/jpeg.py")
    assert printed["rules"] == ["encode"]
    assert [path for path in printed["files"] if "/encode/" in path] == [
        f"results/encode/c256/{method}/seed0/jpeg/{name}"
        for method in ("plain", "tight")
        for name in ("bitstreams.zip", "ledger.csv")
    ]
    assert hit(printed) == {"points.csv": 2, "per_image.csv": 4, "bd_rate.csv": 1, "headline.csv": 1}
    assert printed["figures"] == FIGURES[1:] and printed["documents"] == ["results/paper/paper.pdf"]


def test_an_image_a_result_and_a_file_that_nothing_reads(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    printed = impact(project, capsys, IMAGE)
    assert printed["rules"] == ["prepare"] and printed["figures"] == FIGURES and hit(printed)["epochs.csv"] == 3
    assert (
        "data/prepared/streets/train.npy" in printed["files"]
        and "data/prepared/streets/val.npy" not in printed["files"]
    )
    printed = impact(project, capsys, "results/figures/rate.pdf")
    assert (printed["figures"], printed["documents"], printed["tables"]) == ([], ["results/paper/paper.pdf"], [])
    printed = impact(project, capsys, "notes.txt")
    assert not any(printed[name] for name in ("rules", "figures", "tables", "documents", "files"))


def test_an_image_elsewhere_is_known_by_its_hash(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "copy.png").write_text("image val 1")
    printed = impact(project, capsys, "copy.png")
    assert printed["rules"] == ["prepare"]
    assert (
        "data/prepared/streets/val.npy" in printed["files"]
        and "data/prepared/streets/train.npy" not in printed["files"]
    )


def test_rule_files_and_templates(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert impact(project, capsys, "workflow/rules/encode.smk")["rules"] == ["encode", "features"]
    everything = impact(project, capsys, "workflow/rules/common.smk")
    assert {"render", "prepare", "train", "paper"} <= set(everything["rules"])
    printed = impact(project, capsys, "template.typ")
    assert printed["rules"] == ["paper"] and printed["figures"] == []


def test_packages_and_settings(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "train" in impact(project, capsys, "tool:Pillow")["rules"]
    assert impact(project, capsys, "config:training.noise_steps")["rules"] == ["paper", "train"]
    assert impact(project, capsys, "config:training")["rules"] == ["paper", "train"]
    assert impact(project, capsys, "config:dataset.root")["rules"] == ["paper", "prepare"]
    assert impact(project, capsys, "config:output")["rules"] == ["paper", "prepare", "train"]


def test_a_person_is_told_the_same(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["impact", "src/compfeat/codecs/jpeg.py", "--project", str(project)]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith(
        "src/compfeat/codecs/jpeg.py: the module compfeat.codecs.plugins.jpeg; read or run by encode\n"
    )
    assert "\n  table     results/summarise/points.csv  (2 of 13 rows)\n" in printed
    assert main(["impact", "notes.txt", "--project", str(project)]) == 0
    assert capsys.readouterr().out.endswith("no job reads or runs it\n")


WRONG = {
    "nope.txt": "expected a file, tool:NAME or config:KEY",
    "tool:cobol": "no job names it; expected one of numpy, pillow",
    "config:training.noise_step": "did you mean training.noise_steps",
}


@pytest.mark.parametrize("path", sorted(WRONG))
def test_mistakes_are_told_in_one_line(path: str, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["impact", path, "--project", str(project)]) == 2
    printed = capsys.readouterr().err
    assert WRONG[path] in printed and printed.count("\n") == 1
