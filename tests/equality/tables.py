"""Make all tables from an earlier run's files and compare them with that run's: ``python tests/equality/tables.py --help``.

The earlier run was made before methods, trainings and codecs became data: one file of scores a point, features as quantised tiles,
tables with other names of columns. Its files are converted to today's in a temporary folder, the stage ``gather`` makes every
table of them, and the earlier tables, with their columns renamed, say what must come out. Numbers may differ by 1e-9 of their size
(rates are bytes an image now, which rounds differently), statistics of features by 1e-7 (sums are exact now), BD-rates and their
intervals by 1e-6 percentage points. Exit status: 0 where all is equal, 1 where not.

Of the default run of that time this must differ and nothing else: two intervals of 1/RMSE at c512, and what claims.csv says of
them, since a BD-rate is now refused by the share of the smaller metric range instead of the union.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from compfeat.arrays import write_arrays
from compfeat.cli.pipeline.gather import gather
from compfeat.codecs.frames import dequantise, untile
from compfeat.experiment.checks import checked
from compfeat.experiment.config import Experiment
from compfeat.experiment.files import load_config
from compfeat.experiment.layout import Layout
from compfeat.experiment.runs import UNCODED
from compfeat.results import TABLES
from compfeat.results.plan import Plan
from compfeat.results.planning import plan_of

PROJECT = Path(__file__).parents[2]
ANCHOR = "baseline"
BY_FIT = ["bd_rate", "intervals", "seeds_intervals", "published_bd_rate", "published_intervals"]
"""Tables whose ``method`` was the fit."""
PERCENT = ("_percent", "bd_metric", "difference", "low", "high")
SCORES = (
    *("sse_reconstruction", "n_reconstruction", "sse_disparity", "n_disparity"),
    *("sse_disparity_authors", "n_disparity_authors"),
)


def new_name(score: str) -> str:
    """Return what a column of an earlier table of images is called now."""
    name, _, task = score.partition("_")
    task, _, convention = task.partition("_")
    return f"{name}_{convention}_{task}" if convention else f"{name}_{task}"


def converted(earlier: Path, layout: Layout, e: Experiment) -> dict[str, dict[str, Path]]:
    """Write today's files from those of the run in ``earlier``; return the inputs of all tables by kind and id."""
    inputs: dict[str, dict[str, Path]] = {"scores": {}, "ledgers": {}, "epochs": {}, "descriptions": {}, "features": {}}
    for trained in e.trained():
        for kind in ("epochs", "descriptions"):
            name = "epochs.csv" if kind == "epochs" else "network.json"
            inputs[kind][trained.id] = earlier / "train" / trained.id / name
        path = earlier / "features" / trained.id / "features.npy"
        if path.is_file():
            channels = json.loads(inputs["descriptions"][trained.id].read_text())["channels"]
            records = np.load(path)
            tensors = [dequantise(untile(r["tiles"], channels), r["minimum"], r["maximum"]) for r in records]
            inputs["features"][trained.id] = Path(layout.features(trained, "val"))
            inputs["features"][trained.id].parent.mkdir(parents=True)
            np.save(inputs["features"][trained.id], np.stack(tensors))
    for run in e.runs():
        for codec, qualities in e.all_qualities(run.method).items():
            arrays: dict[str, Any] = {}
            for quality in qualities:
                folder = earlier / "evaluate" / run.id / codec / quality
                images = pd.read_csv(folder / "images.csv", dtype={"image_id": str})
                arrays["image_id"] = images["image_id"].to_numpy(str)
                arrays[f"{quality}/segmentation/confusion"] = np.load(folder / "confusion.npy").astype(np.int64)
                for score in SCORES:
                    name, _, task = new_name(score).rpartition("_")
                    arrays[f"{quality}/{task}/{name}"] = images[score].to_numpy()
                if codec != UNCODED:
                    point = f"{run.id}/{codec}/{quality}"
                    inputs["ledgers"][point] = earlier / "encode" / point / "ledger.csv"
            inputs["scores"][f"{run.id}/{codec}"] = Path(layout.scores(run, codec))
            write_arrays(inputs["scores"][f"{run.id}/{codec}"], arrays)
    published = PROJECT / "data/published"
    inputs["published"] = {
        name: published / f"{name}.csv" for name in ("published_points", "published_bytes_per_image")
    }
    inputs["seeds_record"] = {name: PROJECT / f"data/reference/seeds/{name}.csv" for name in ("intervals", "claims")}
    return inputs


def made(inputs: dict[str, dict[str, Path]], plan: Plan, folder: Path) -> None:
    """Make all tables that need no pictures."""
    remaining = {name: TABLES.get(name) for name in TABLES.names() if name != "pictures"}
    while remaining:
        ready = [spec for spec in remaining.values() if all((folder / name).is_file() for name in spec.tables)]
        for spec in ready:
            words = [f"{kind}:{name}={path}" for kind in spec.needs for name, path in inputs[kind].items()]
            words += [f"table:{name}={folder / name}" for name in spec.tables]
            gather(name=spec.name, settings=plan, inputs=words, outputs=[folder / name for name in spec.files(plan)])
            del remaining[spec.name]


def renamed(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """Return an earlier table with today's names of columns."""
    if name in BY_FIT:
        table = table.rename(columns={"method": "fit"})
    table = table.rename(
        columns={"loss": "training" if name == "epochs" else "method"} | {s: new_name(s) for s in SCORES}
    )
    return table.rename(columns={score: new_name(score) for score in SCORES})


def as_key(value: Any) -> str:
    """Return a cell as a text that is the same for the same number."""
    return "" if pd.isna(value) else f"{value:.12g}" if isinstance(value, float) else str(value)


def differences(name: str, earlier: pd.DataFrame, now: pd.DataFrame) -> list[str]:
    """Return what of ``earlier`` is not in ``now``, or differs there."""
    numbers = [c for c in earlier if pd.api.types.is_float_dtype(earlier[c]) and c not in ("x", "seed")]
    texts = {"image_id", "statistic", "claim", "source"}
    names = (
        "cut",
        "training",
        "method",
        "seed",
        "ladder",
        "metric",
        "fit",
        "codec",
        "quality",
        "epoch",
        "x",
        "image_index",
    )
    keys = [str(c) for c in earlier if c in texts or c in names]
    own = now[now["rate"] == "total"] if "rate" in now else now
    if name == "epochs":  # now those of the networks that others start from, too
        own = own[own["training"].isin(earlier["training"])]
    left, right = (
        t.assign(**{k: t[k].map(as_key) for k in keys}).sort_values(keys, ignore_index=True) for t in (earlier, own)
    )
    if len(left) != len(right) or not (left[keys] == right[keys]).all(axis=None):
        return [f"{len(left)} rows were, {len(right)} are, or their keys differ"]
    found = []
    for column in [str(c) for c in earlier if c not in keys]:
        if column not in right:
            found.append(f"no column {column}")
        elif column in numbers:
            a, b = left[column].to_numpy(float), right[column].to_numpy(float)
            loose = 1e-6 if column.endswith(PERCENT) or name == "claims" else 0.0
            wrong = ~np.isclose(a, b, rtol=1e-7 if name == "feature_statistics" else 1e-9, atol=loose, equal_nan=True)
            if wrong.any():
                i = int(np.flatnonzero(wrong)[0])
                found.append(
                    f"{column}: {wrong.sum()} differ, first {left.loc[i, keys].to_dict()}: {a[i]!r} was, {b[i]!r} is"
                )
        else:
            wrong = left[column].fillna("").astype(str) != right[column].fillna("").astype(str)
            if wrong.any():
                i = int(np.flatnonzero(wrong)[0])
                values = f"{left.loc[i, column]!r} was, {right.loc[i, column]!r} is"
                found.append(f"{column}: {wrong.sum()} differ, first {left.loc[i, keys].to_dict()}: {values}")
    return found


def main() -> int:
    """Compare; print a line a table, and what differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("earlier", type=Path, help="results folder of the earlier run")
    parser.add_argument(
        "--config", type=Path, nargs="+", default=[PROJECT / "config/config.yaml"], help="its configuration today"
    )
    parser.add_argument("--keep", type=Path, help="folder to leave the tables in")
    args = parser.parse_args()
    e = checked(load_config(args.config))
    failed = False
    with tempfile.TemporaryDirectory() as temporary:
        layout = Layout(temporary, temporary)
        folder = args.keep or Path(layout.table(""))
        made(converted(args.earlier, layout, e), plan_of(e), folder)
        for path in sorted((args.earlier / "summarise").glob("*.csv")):
            options: dict[str, Any] = {"keep_default_na": False, "na_values": [""]}
            earlier = renamed(path.stem, pd.read_csv(path, **options))
            found = differences(path.stem, earlier, pd.read_csv(folder / path.name, **options))
            failed = failed or bool(found)
            print(f"{path.name}: {'; '.join(found) or f'{len(earlier)} rows, equal'}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
