"""A run in miniature, made in no time: files of a few bytes, and Snakemake's records of what made what.

Three methods on one cut: ``plain``, ``tight`` (another training, from the same start), and ``rotated``, which shares plain's
network and has a transform and a codec of its own.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from compfeat.__main__ import main
from compfeat.experiment.config import Experiment
from compfeat.experiment.files import load_config
from compfeat.provenance.snakemake_metadata import read_records
from compfeat.results.resolved import Resolved
from helpers import PROJECT

Ask = Callable[..., dict[str, Any]]
Say = Callable[..., str]
"""What the fixtures ``ask`` and ``say`` return."""
CUT, SEED = "c256", "seed0"
TRAININGS = {"plain": "start", "tight": "start", "start": None}
METHODS = {"plain": "plain", "tight": "tight", "rotated": "plain"}
QUALITIES = {"hevc": ("qp22", "qp34"), "jpeg": ("q95",)}
OF_ROTATED = {"laplace": ("d1.5",)}
LADDERS = {"hevc": ["hevc"], "published": ["jpeg"], "learned": ["laplace"]}
PUBLISHED = "data/published/published_points.csv"
PREPARED = "data/prepared/streets"
NAME_MAX = 254
"""Bytes of a file name that Snakemake uses; longer names become folders."""
UNCODED = {"none": ("float", "u8")}
POINTS = [
    (method, codec, quality)
    for method in METHODS
    for codec, qualities in ((OF_ROTATED if method == "rotated" else QUALITIES) | UNCODED).items()
    for quality in qualities
]

CONFIG: dict[str, Any] = load_config([PROJECT / "config/config.yaml"]) | {
    "cuts": {CUT: {}},
    "trainings": {name: {"loss": {"name": "baseline"}, "start": start} for name, start in TRAININGS.items()},
    "methods": {name: {"training": training, "label": name.title()} for name, training in METHODS.items()},
    "codecs": {name: {"qualities": list(own)} for name, own in {**QUALITIES, "laplace": ("d1",)}.items()},
    "ladders": {name: {"codecs": codecs, "label": name.upper()} for name, codecs in LADDERS.items()},
    "comparisons": [],
    "claims": None,
    "records": None,
    "figures": [],
}
"""The default's, with what the run has of it."""


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def record_path(project: Path, output: str) -> Path:
    """Return where Snakemake keeps its record of an output."""
    name = base64.urlsafe_b64encode(output.encode()).decode()
    parts = [name[i : i + NAME_MAX] for i in range(0, len(name), NAME_MAX)]
    return project.joinpath(".snakemake/metadata", *(f"@{part}" for part in parts[:-1]), parts[-1])


def make(
    project: Path, rule: str, outputs: Mapping[str, str], inputs: Sequence[str] = (), params: Sequence[str] = ()
) -> list[str]:
    """Write a job's outputs, and the record that Snakemake keeps of each; return their paths."""
    for path, text in outputs.items():
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text(text)
    code = (f"code of compfeat.cli.pipeline.{rule} 0123456789ab", "numpy 2.4.6, pillow 13.0.0")
    record = {
        "record_format_version": 6,
        "rule": rule,
        "input": list(inputs),
        "log": [f"results/logs/{next(iter(outputs)).removeprefix('results/')}.log"],
        "shellcmd": f"python -m compfeat {rule} --settings '{{\"seed\": 0}}' --output {next(iter(outputs))} > log 2>&1",
        "params": [repr(one) for one in (*code, *params)],
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
    """Make two images of each split. An image's file is not named as its id."""
    for split in ("train", "val"):
        rows, ids = [], []
        for i in range(2):
            image, text = f"pictures/{split}/{i}.png", f"image {split} {i}"
            (project / "data/raw/streets" / image).parent.mkdir(parents=True, exist_ok=True)
            (project / "data/raw/streets" / image).write_text(text)
            sha256 = digest(project / "data/raw/streets" / image)
            rows.append(f"{image},{sha256},{len(text)}\n")
            ids.append(f"00000{i}_{split},{sha256}\n")
        manifest = f"data/raw/streets/{split}.csv"
        make(project, "render", {manifest: "path,sha256,size_bytes\n" + "".join(rows)})
        files = {".npy": split, ".csv": "image_id,image_sha256\n" + "".join(ids), ".json": "{}"}
        make(project, "prepare", {f"{PREPARED}/{split}{s}": text for s, text in files.items()}, [manifest])


def trained(training: str, name: str) -> str:
    return f"results/train/{CUT}/{training}/{SEED}/{name}"


def train(project: Path) -> None:
    """Make the networks, and what each computes."""
    data = [f"{PREPARED}/{name}" for name in ("train.npy", "val.npy", "train.json")]
    for training in ("start", "plain", "tight"):
        start = TRAININGS[training]
        files = ("weights.safetensors", "network.json", "epochs.csv")
        read = [*data, *([] if start is None else [trained(start, files[0])])]
        made = make(project, "train", {trained(training, name): f"{training} {name}" for name in files}, read)
        if training != "start":
            for split in ("train", "val"):
                path = f"results/features/{CUT}/{training}/{SEED}/{split}.npy"
                make(project, "features", {path: f"{training} {split}"}, [f"{PREPARED}/{split}.npy", *made[:2]])


def code_and_score(project: Path) -> dict[str, list[str]]:
    """Make bitstreams and scores; return the files that summaries read, by kind."""
    found: dict[str, list[str]] = {"ledgers": [], "scores": []}
    for method, training in METHODS.items():
        features = f"results/features/{CUT}/{training}/{SEED}"
        run = f"{CUT}/{method}/{SEED}"
        fitted = {f"results/fit/{run}/transform.npz": method} if method == "rotated" else {}
        state = make(project, "fit", fitted, [f"{features}/train.npy"]) if fitted else []
        codecs = dict.fromkeys(codec for own, codec, _ in POINTS if own == method)
        for codec in codecs:
            coded: list[str] = []
            if codec != "none":
                names = ("bitstreams.zip", "ledger.csv")
                files = {f"results/encode/{run}/{codec}/{name}": f"{run}/{codec}" for name in names}
                code = [f"code of compfeat.codecs.{codec} ba9876543210, code of compfeat.codecs._x aaaaaaaaaaaa"]
                coded = make(project, "encode", files, [f"{features}/val.npy", f"{PREPARED}/val.csv", *state], code)
                found["ledgers"].append(coded[1])
            scores = f"results/evaluate/{run}/{codec}/scores.npz"
            read = [*coded, f"{PREPARED}/val.npy", trained(training, "weights.safetensors"), *state]
            found["scores"] += make(project, "evaluate", {scores: codec}, read)
    return found


def tables() -> dict[str, str]:
    """Return the text of each table of the summary."""
    points = [f"{CUT},{method},0,{codec},{quality}" for method, codec, quality in POINTS]
    compared = [("tight", "plain", name, name) for name in ("hevc", "published")] + [
        ("rotated", "plain", "learned", "hevc")
    ]
    heads = "cut,method,against,ladder,against_ladder,metric,bd_rate_percent,"
    heads += "at_1_rate_change_percent,verdict,float_anchor,float_test"
    lines: dict[str, list[str]] = {
        "points.csv": ["cut,method,seed,codec,quality,n_images,bytes_per_image,miou"]
        + [f"{point},2{',,0.6' if ',none,' in point else ',4.25,0.5'}" for point in points],
        "per_image.csv": ["cut,method,seed,codec,quality,image_id"]
        + [f"{point},00000{i}_val" for point in points for i in range(2)],
        "epochs.csv": ["cut,training,seed,epoch"] + [f"{CUT},{t},0,1" for t in TRAININGS],
        "bd_rate.csv": ["cut,method,against,seed,ladder,against_ladder,metric,fit,rate,bd_rate_percent,verdict"]
        + [f"{CUT},{m},{a},0,{la},{aa},miou,pchip,total,-10.5,ok" for m, a, la, aa in compared],
        "headline.csv": [heads] + [f"{CUT},{m},{a},{la},{aa},miou,-10.5,-5,ok,0.61,0.6" for m, a, la, aa in compared],
        "float_intervals.csv": ["cut,method,against,seed,metric,difference", f"{CUT},tight,plain,0,miou,0.01"],
        "claims.csv": [
            "claim,source,cut,method,against,ladder,metric,value",
            f"fewer,this run,{CUT},tight,plain,hevc,miou,-10.5",
            f"fewer,published,{CUT},tight,plain,,,-20",
        ],
        "published_points.csv": ["cut,method,rate_bpe", f"{CUT},plain,4.0"],
        "published_bd_rate.csv": ["cut,method,bd_rate_percent", f"{CUT},plain,-20"],
    }
    resolved = json.dumps(Resolved.of(Experiment.of(CONFIG)).dumped(), indent=2)
    return {name: "".join(f"{line}\n" for line in own) for name, own in lines.items()} | {"experiment.json": resolved}


def summarise(project: Path, found: Mapping[str, Sequence[str]]) -> None:
    """Make each table by a job of its own, then figures and the paper."""
    (project / PUBLISHED).parent.mkdir(parents=True, exist_ok=True)
    (project / PUBLISHED).write_text("cut,method,rate_bpe\nc256,plain,4.0\n")
    descriptions = [trained(training, "network.json") for training in ("plain", "tight")]
    curves = [trained(training, "epochs.csv") for training in TRAININGS]
    read: dict[str, list[str]] = {
        "experiment.json": [],
        "points.csv": [*descriptions, *found["ledgers"], *found["scores"]],
        "per_image.csv": [*found["ledgers"], *found["scores"]],
        "epochs.csv": curves,
        "bd_rate.csv": ["results/summarise/points.csv", "results/summarise/experiment.json"],
        "headline.csv": ["results/summarise/points.csv", "results/summarise/bd_rate.csv"],
        "float_intervals.csv": list(found["scores"]),
        "published_points.csv": [PUBLISHED],
        "published_bd_rate.csv": ["results/summarise/published_points.csv"],
        "claims.csv": ["results/summarise/bd_rate.csv", "results/summarise/published_bd_rate.csv"],
    }
    texts = tables()
    for name, inputs in read.items():
        make(project, name.partition(".")[0], {f"results/summarise/{name}": texts[name]}, inputs)
    points, epochs = "results/summarise/points.csv", "results/summarise/epochs.csv"
    curve = make(project, "figure", {"results/figures/rate.pdf": "rate", "results/figures/rate.png": "rate"}, [points])
    make(project, "figure", {"results/figures/epochs.pdf": "epochs"}, [epochs])
    documents = {"results/paper/paper.pdf": "paper"}
    make(project, "paper", documents, ["results/summarise/bd_rate.csv", curve[0]], [digest(project / PUBLISHED)])


def write_run(project: Path) -> Path:
    """Write the whole run into ``project``; return it."""
    (project / "config").mkdir(parents=True)
    (project / "config/config.yaml").write_text(yaml.safe_dump(CONFIG, sort_keys=False))
    render_and_prepare(project)
    train(project)
    summarise(project, code_and_score(project))
    return project


def summary(project: Path) -> str:
    """Return what ``snakemake --summary`` prints of the run."""
    lines = [f"{path}\tThu Jan  1 00:00:00 1970\tx\t\tok\tno update\n" for path, _ in read_records(project)]
    return "output_file\tdate\trule\tlog-file(s)\tstatus\tplan\n" + "".join(sorted(lines))


def with_summary(project: Path) -> list[str]:
    """Return the options that name the project, its configuration and what ``snakemake --summary`` prints of it."""
    table = project / "summary.tsv"
    table.write_text(summary(project))
    return ["--project", str(project), "--summary", str(table), "--config", "config/config.yaml"]


def record_run(project: Path, folder: str = "data/reference/default") -> None:
    """Record the run in ``project`` in ``folder``."""
    assert main(["record", *with_summary(project), "--record", folder]) == 0
