"""How sure the BD-rates are, what stands beside them, and the claims checked: ``python -m compfeat statistics --help``."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from compfeat.analysis.bd_rate import Rules
from compfeat.analysis.bootstrap import (
    CELL,
    INTERVAL_COLUMNS,
    Plan,
    Samples,
    image_counts,
    interval_tables,
    point_intervals,
    point_samples,
)
from compfeat.analysis.claims import (
    COLUMNS,
    FEWER_BITS,
    NO_LOSS,
    Limits,
    claims_table,
    published_cells,
    published_intervals,
    published_losses,
    recorded_cells,
    run_cells,
    run_losses,
)
from compfeat.analysis.details import details_table
from compfeat.analysis.published import read_published
from compfeat.errors import ConfigError
from compfeat.grid import Layout, Point, parse_point
from compfeat.io import read_csv, write_csv
from compfeat.stages.summarise import parse_ladders, read_points

OUTPUTS = (
    "intervals.csv",
    "float_intervals.csv",
    "point_intervals.csv",
    "bd_details.csv",
    "published_intervals.csv",
    "claims.csv",
    "seeds_intervals.csv",
)
"""All files that this stage writes into the folder ``summarise``."""


def parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    p = argparse.ArgumentParser(prog="python -m compfeat statistics", description=__doc__)
    p.add_argument("--output", required=True, metavar="DIR", help="the results folder: all is read and written there")
    p.add_argument("--points", nargs="+", required=True, metavar="ID", help="CUT/LOSS/seedN/CODEC/QUALITY, uncoded too")
    p.add_argument("--ladders", required=True, metavar="JSON", help='e.g. {"published": ["png", "jpeg"]}')
    p.add_argument("--frontier", action=argparse.BooleanOptionalAction, default=False, help="fit efficient points only")
    p.add_argument("--published", type=Path, required=True, metavar="DIR", help="the authors' numbers")
    p.add_argument("--resamples", type=int, default=1000, help="of the bootstrap over images")
    p.add_argument("--confidence", type=float, default=0.95, metavar="SHARE", help="of the resamples in an interval")
    p.add_argument("--seed", type=int, default=0, help="of the bootstrap")
    p.add_argument("--seeds-record", type=Path, metavar="DIR", help="tables of a recorded run of several seeds")
    p.add_argument("--limits", required=True, metavar="JSON", help="the config's section claims")
    return p


def main(argv: Sequence[str]) -> None:
    """Run the stage. Raises ConfigError or DataError for what a user can mend."""
    args = parser().parse_args(argv)
    layout, rules = Layout(args.output, ""), Rules(frontier=args.frontier)
    ladders, plan = parse_ladders(args.ladders), Plan(args.resamples, args.confidence, args.seed)
    limits = parse_limits(args.limits)
    table = read_csv(Path(layout.summary("points.csv")), ["cut", "loss", "seed", "codec", "quality"])
    samples = read_samples(layout, sorted({parse_point(text) for text in args.points}), plan)
    intervals, floats = interval_tables(samples, ladders, rules, plan)
    released, sizes = read_published(args.published)
    released_intervals = published_intervals(released, sizes, plan)
    seeds, seeds_claims = read_record(args.seeds_record)
    bd_rates = [*published_cells(released_intervals), *run_cells(intervals), *recorded_cells(seeds_claims, FEWER_BITS)]
    losses = [*published_losses(released), *run_losses(floats, table), *recorded_cells(seeds_claims, NO_LOSS)]
    tables: dict[str, pd.DataFrame] = {
        "intervals.csv": intervals,
        "float_intervals.csv": floats,
        "point_intervals.csv": point_intervals(samples, plan),
        "bd_details.csv": details_table(table, ladders, rules),
        "published_intervals.csv": released_intervals,
        "claims.csv": claims_table(bd_rates, losses, limits),
        "seeds_intervals.csv": seeds,
    }
    for name in OUTPUTS:
        write_csv(Path(layout.summary(name)), tables[name])
    print(f"statistics: {len(intervals)} intervals of {plan.resamples} resamples -> {layout.summary('')}")


def read_record(folder: Path | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the intervals and the claims of a recorded run of several seeds; without a record, tables of no rows."""
    intervals, claims = [*CELL, *INTERVAL_COLUMNS], list(COLUMNS)
    if folder is None:
        return pd.DataFrame(columns=intervals), pd.DataFrame(columns=claims)
    return read_csv(folder / "intervals.csv", intervals)[intervals], read_csv(folder / "claims.csv", claims)[claims]


def read_samples(layout: Layout, points: Sequence[Point], plan: Plan) -> dict[Point, Samples]:
    """Return every point's rate and metrics under all resamples; holds one point's files at a time."""
    samples: dict[Point, Samples] = {}
    for measured in tqdm(read_points(layout, points), total=len(points), unit="point", mininterval=1.0):
        samples[measured.point] = point_samples(measured, image_counts(len(measured.images), plan))
    return samples


def parse_limits(text: str) -> Limits:
    """Read the config's section ``claims``. Raises ConfigError where it is something else."""
    try:
        return Limits(**json.loads(text))
    except (ValueError, TypeError) as error:
        raise ConfigError(f"--limits: found {text!r} ({error}); expected the config's section claims as JSON") from None
