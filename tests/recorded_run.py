"""A run in miniature, made in no time: files of a few bytes, and Snakemake's records of what made what."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from compfeat.stages import record

CONFIG: dict[str, Any] = {
    "output": "results",
    "dataset": {"name": "streets", "root": "data/raw/streets", "prepared": "data/prepared/streets"},
    "train": {"seeds": [0]},
}
RUNS = ("c256/baseline/seed0", "c256/compressible/seed0")
POINTS = ("hevc/qp22", "hevc/qp34", "jpeg/q95")
FLOAT = "none/float"
PUBLISHED = "data/published/published_points.csv"
NAME_MAX = 254
"""Bytes of a file name that Snakemake uses; longer names become folders."""


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def record_path(project: Path, output: str) -> Path:
    """Return where Snakemake keeps its record of an output."""
    name = base64.urlsafe_b64encode(output.encode()).decode()
    parts = [name[i : i + NAME_MAX] for i in range(0, len(name), NAME_MAX)]
    return project.joinpath(".snakemake/metadata", *(f"@{part}" for part in parts[:-1]), parts[-1])


def make(
    project: Path,
    rule: str,
    outputs: Mapping[str, str],
    inputs: Sequence[str] = (),
    params: Sequence[str] = (),
) -> list[str]:
    """Write a job's outputs, and the record that Snakemake keeps of each; return their paths."""
    for path, text in outputs.items():
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text(text)
    record = {
        "rule": rule,
        "input": list(inputs),
        "shellcmd": f"python -m compfeat {rule} --seed 0 --output {next(iter(outputs))} > log 2>&1",
        "params": [
            repr(p) for p in (f"code of compfeat.stages.{rule} 0123456789ab", "numpy 2.4.6, pillow 13.0.0", *params)
        ],
        "starttime": 1000.0,
        "endtime": 1001.5,
        "input_checksums": {path: f"sha256:{digest(project / path)}" for path in inputs},
    }
    for path in outputs:
        where = record_path(project, path)
        where.parent.mkdir(parents=True, exist_ok=True)
        where.write_text(json.dumps(record))
    return list(outputs)


def render_and_prepare(project: Path) -> None:
    for split in ("train", "val"):
        rows = []
        for i in range(2):
            image = f"leftImg8bit/{split}/town/town_{i:06d}_000019_leftImg8bit.png"
            (project / "data/raw/streets" / image).parent.mkdir(parents=True, exist_ok=True)
            (project / "data/raw/streets" / image).write_text(f"image {split} {i}")
            rows.append(f"{image},{digest(project / 'data/raw/streets' / image)},{len(f'image {split} {i}')}\n")
        manifest = f"data/raw/streets/{split}.csv"
        make(project, "render", {manifest: "path,sha256,size_bytes\n" + "".join(rows)})
        ids = "".join(f"town_{i:06d}_000019,{row.split(',')[1]}\n" for i, row in enumerate(rows))
        prepared = f"data/prepared/streets/{split}"
        files = {f"{prepared}.npy": split, f"{prepared}.csv": f"image_id,image_sha256\n{ids}", f"{prepared}.json": "{}"}
        make(project, "prepare", files, [manifest])


def train_and_code(project: Path) -> list[str]:
    """Make runs and points; return what the summary reads of them."""
    data = [f"data/prepared/streets/{name}" for name in ("train.npy", "val.npy", "train.json")]
    warm = make(project, "warm_start", _trained("c256/warm_start/seed0"), data)
    read = []
    for run in RUNS:
        weights, network, epochs = make(project, "train", _trained(run), [*data, warm[0]])
        features = f"results/features/{run}/features.npy"
        make(project, "features", {features: run}, [data[1], weights, network])
        read += [network, epochs]
        for point in (*POINTS, FLOAT):
            coded = []
            if point != FLOAT:
                there = {f"results/encode/{run}/{point}/{name}": point for name in ("stream.bin", "ledger.csv")}
                codec = point.partition("/")[0]
                code = [f"code of compfeat.codecs.{codec} ba9876543210, code of compfeat.codecs._x aaaaaaaaaaaa"]
                coded = make(project, "encode", there, [features, "data/prepared/streets/val.csv"], code)
                read.append(coded[1])
            images = f"results/evaluate/{run}/{point}/images.csv"
            read += make(project, "evaluate", {images: point}, [*coded, data[1], weights])
    return read


def _trained(run: str) -> dict[str, str]:
    return {
        f"results/train/{run}/{name}": f"{run} {name}" for name in ("weights.safetensors", "network.json", "epochs.csv")
    }


def summarise(project: Path, read: Sequence[str]) -> None:
    (project / PUBLISHED).parent.mkdir(parents=True, exist_ok=True)
    (project / PUBLISHED).write_text("cut,loss,rate_bpe\nc256,baseline,4.0\n")
    points = [f"{run.replace('/seed', '/')}/{point}".replace("/", ",") for run in RUNS for point in (*POINTS, FLOAT)]
    rates = [",," if "none" in point else ",4.25,0.5" for point in points]
    columns = "cut,loss,seed,codec,quality,rate_bpe,miou\n"
    tables = {
        "points.csv": columns + "".join(f"{point}{rate}\n" for point, rate in zip(points, rates, strict=True)),
        "epochs.csv": "cut,loss,seed,epoch\n" + "".join(f"c256,{run.split('/')[1]},0,1\n" for run in RUNS),
        "bd_rate.csv": "cut,loss,seed,ladder,metric,method,bd_rate_percent\n"
        "c256,compressible,0,hevc,miou,pchip,-10.5\nc256,compressible,0,published,miou,pchip,-11.5\n",
        "per_image.csv": "cut,loss,seed,codec,quality,image_id\n"
        + "".join(f"{point},town_{i:06d}_000019\n" for point in points for i in range(2)),
        "ladders.csv": "ladder,codec\nhevc,hevc\npublished,png\npublished,jpeg\n",
        "published_points.csv": "cut,loss,rate_bpe\nc256,baseline,4.0\n",
    }
    made = make(project, "summarise", {f"results/summarise/{n}": t for n, t in tables.items()}, [*read, PUBLISHED])
    points_csv, epochs_csv = made[:2]
    curve = make(
        project, "figure", {"results/figures/rate.pdf": "rate", "results/figures/rate.png": "rate"}, [points_csv]
    )
    make(project, "figure", {"results/figures/epochs.pdf": "epochs"}, [epochs_csv])
    make(project, "paper", {"results/paper/paper.pdf": "paper"}, [made[2], curve[0]], [digest(project / PUBLISHED)])


def write_run(project: Path) -> Path:
    """Write the whole run into ``project``; return it."""
    (project / "config").mkdir(parents=True)
    (project / "config/config.yaml").write_text(yaml.safe_dump(CONFIG, sort_keys=False))
    render_and_prepare(project)
    summarise(project, train_and_code(project))
    return project


def summary(project: Path) -> str:
    """Return what ``snakemake --summary`` prints of the run."""
    head = "output_file\tdate\trule\tlog-file(s)\tstatus\tplan\n"
    names = [
        base64.urlsafe_b64decode("".join(part.removeprefix("@") for part in p.parts)).decode()
        for p in _records(project)
    ]
    return head + "".join(f"{name}\tThu Jan  1 00:00:00 1970\tx\t\tok\tno update\n" for name in sorted(names))


def _records(project: Path) -> list[Path]:
    folder = project / ".snakemake/metadata"
    return [path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.is_file()]


def record_run(project: Path, *more: str) -> None:
    """Record the run in ``project``."""
    table = project / "summary.tsv"
    table.write_text(summary(project))
    record.main(["--project", str(project), "--summary", str(table), "--config", "config/config.yaml", *more])
