"""What a run found, as one short table of text."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from compfeat.reports.labels import number, side_label
from compfeat.reports.summary import Tables, cuts, ladder_labels, methods, metrics

TEST, ANCHOR = ["method", "ladder"], ["against", "against_ladder"]
INTERVALS = "intervals.csv"
NEEDS = ("headline.csv", "points.csv", "experiment.json")
"""Files of the summary that the headline is read from; INTERVALS, too, where it is among them."""
LINES = 12
"""The headline has no more lines."""


def headline_text(tables: Tables) -> str:
    """Return the BD-rates (%) in at most LINES lines: a row per test, grouped by anchor, with a column per cut and metric.

    Comparisons that find no room are counted. Those with the codecs of the first comparison come first.

    Raises:
        DataError: a table of the summary is missing or damaged.
    """
    rows = tables.csv("headline.csv", "cut", *TEST, *ANCHOR, "metric", "bd_rate_percent")
    images = tables.csv("points.csv", "n_images")["n_images"]
    experiment = tables.resolved.experiment
    seeds = ("seed " if len(experiment.seeds) == 1 else "mean of seeds ") + ", ".join(map(str, experiment.seeds))
    measured_on = f"{experiment.dataset.name}, {images.max()} {experiment.dataset.evaluated_split} images, {seeds}"
    if rows.empty:
        return f"No comparison: the configuration names none ({measured_on})."
    notes = [f"BD-rate (%): change of bytes at equal task performance, negative values are savings ({measured_on})"]
    if n_refused := int(rows["bd_rate_percent"].isna().sum()):
        notes.append(f"{n_refused} of {len(rows)} BD-rates are refused; the table headline.csv says why.")
    if INTERVALS in tables.files:
        notes += missing_intervals(tables.csv(INTERVALS, "verdict"))
    shown = [metric for metric in metrics(tables) if (rows["metric"] == metric.curve_name).any()]
    columns = [(cut, metric.curve_name) for cut in cuts(rows) for metric in shown]
    head = ["", *(cut if metric == shown[0].curve_name else "" for cut, metric in columns)]
    titles = [metric.curve_label for metric in shown] * (len(columns) // len(shown))
    lines, left_out = [head], 0
    room = LINES - len(notes) - 1
    for anchor, own in by_anchor(rows):
        compared = [_row(side, cells, columns, tables) for side, cells in own.groupby(TEST, sort=False)]
        fitting = max(room - len(lines) - 1, 0)
        left_out += len(compared[fitting:])
        if fitting:
            lines += [[f"against {_label(anchor, tables)}", *titles], *compared[:fitting]]
            titles = [""] * len(columns)
    if left_out:
        notes.insert(1, f"{left_out} more comparison{'s' if left_out > 1 else ''}: see the table headline.csv.")
    return "\n".join([notes[0], *aligned(lines), *notes[1:]])


def aligned(lines: Sequence[Sequence[str]]) -> list[str]:
    """Return rows of cells as lines of text, the first column flush left and the others flush right."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return ["  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])]).rstrip() for line in lines]


def by_anchor(rows: pd.DataFrame) -> list[tuple[tuple[str, str], pd.DataFrame]]:
    """Return the rows of each anchor (method, ladder); those with the first one's ladder first, else in their order."""
    groups = [((str(method), str(ladder)), own) for (method, ladder), own in rows.groupby(ANCHOR, sort=False)]
    return sorted(groups, key=lambda group: group[0][1] != groups[0][0][1])


def missing_intervals(intervals: pd.DataFrame) -> list[str]:
    """Return a line that says how many BD-rates of ``intervals.csv`` have no interval, and why; none where all have one."""
    verdicts = intervals["verdict"]
    reasons = list(verdicts[verdicts.str.startswith("no interval")])
    if not reasons:
        return []
    more = ", and for other reasons" if len(set(reasons)) > 1 else ""
    return [f"{len(reasons)} of {len(intervals)} BD-rates have {reasons[0]}{more}."]


def _label(side: Sequence[object], tables: Tables) -> str:
    method, ladder = map(str, side)
    return side_label(method, ladder, methods(tables), ladder_labels(tables))


def _row(side: Sequence[object], cells: pd.DataFrame, columns: Sequence[tuple[str, str]], tables: Tables) -> list[str]:
    """Return the label of a test and its BD-rates, a cell per cut and metric."""
    rates = cells.set_index(["cut", "metric"])["bd_rate_percent"].to_dict()
    shown = [
        "" if key not in rates else "refused" if pd.isna(rates[key]) else number(rates[key], 1, "+") for key in columns
    ]
    return [f"  {_label(side, tables)}", *shown]
