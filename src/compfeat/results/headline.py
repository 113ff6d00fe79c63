"""The headline table: what the compressible loss saves, by cut, ladder and metric, and what it does to the tasks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from compfeat.analysis.bd_table import ANCHOR_LOSS, BD_METRICS
from compfeat.grid import UNCODED

HEADLINE_METHOD = "pchip"
"""The method of the headline: it passes through every point and never overshoots them."""
FLOAT_METRICS = {"miou": "miou", "psnr_db": "psnr_db", "inv_rmse": "rmse"}
"""The task metric, in its own unit, behind each metric of a BD-rate."""
KEYS = ["cut", "loss", "ladder", "metric"]
TITLES = [*KEYS, "BD-rate (%)", "seeds", "float: baseline", "float: loss", "difference", "verdict"]
COLUMNS = [
    *KEYS,
    "bd_rate_percent",
    "bd_rate_min_percent",
    "bd_rate_max_percent",
    "n_seeds",
    "n_ok",
    "verdict",
    "float_metric",
    "float_anchor",
    "float_test",
    "float_difference",
]


def headline_table(bd_rates: pd.DataFrame, points: pd.DataFrame, method: str = HEADLINE_METHOD) -> pd.DataFrame:
    """Return the headline rows: BD-rates by one method, over all seeds, and the metrics of the unquantised features.

    Args:
        bd_rates: ``analysis.bd_table.bd_rate_table``.
        points: ``analysis.points.points_table``.
        method: the method of the fit.

    Returns:
        COLUMNS, of the trained tasks, sorted by cut, loss, ladder, metric (in the order of BD_METRICS). ``bd_rate_percent``
        is the mean over
        the ``n_ok`` seeds (of ``n_seeds``) that were not refused, with the lowest and highest of them; the verdict
        names every seed left out and why. ``float_*`` are the means over all seeds of the metric ``float_metric`` on
        float features, in its unit (mIoU 0..1, dB, px), of anchor (baseline) and test, and test minus anchor.
    """
    rows = []
    chosen = bd_rates[bd_rates["method"] == method]
    for key, cells in chosen.groupby(KEYS, sort=True):
        cut, loss, _, metric = key
        floats = _float_metrics(points, str(cut), str(loss), cells["seed"].tolist(), FLOAT_METRICS[str(metric)])
        if pd.isna(floats["float_anchor"]) and pd.isna(floats["float_test"]):
            continue  # a task that was not trained
        accepted = cells["bd_rate_percent"].dropna()
        row: dict[str, Any] = dict(zip(KEYS, key, strict=True))
        row.update(bd_rate_percent=accepted.mean(), n_seeds=len(cells), n_ok=len(accepted), verdict=_verdict(cells))
        row.update(bd_rate_min_percent=accepted.min(), bd_rate_max_percent=accepted.max())
        row.update(floats)
        rows.append(row)
    rows.sort(key=lambda row: (row["cut"], row["loss"], row["ladder"], BD_METRICS.index(row["metric"])))
    return pd.DataFrame(rows, columns=COLUMNS)


def _float_metrics(points: pd.DataFrame, cut: str, loss: str, seeds: list[int], name: str) -> dict[str, Any]:
    """Return the metric ``name`` on float features of both losses, mean over ``seeds``."""
    floats = points[(points["codec"] == UNCODED) & (points["quality"] == "float") & (points["cut"] == cut)]
    floats = floats[floats["seed"].isin(seeds)]
    anchor, test = (floats.loc[floats["loss"] == which, name].mean() for which in (ANCHOR_LOSS, loss))
    return {"float_metric": name, "float_anchor": anchor, "float_test": test, "float_difference": test - anchor}


def _verdict(cells: pd.DataFrame) -> str:
    """Return one sentence for all seeds: their common verdict, or what was said of which seed."""
    verdicts = cells["verdict"].tolist()
    if len(set(verdicts)) == 1:
        return str(verdicts[0])
    n_ok = int(cells["bd_rate_percent"].notna().sum())
    told = [f"seed {s} {v}" for s, v in zip(cells["seed"], verdicts, strict=True) if v != "ok"]
    start = "refused for all seeds" if n_ok == 0 else f"ok for {n_ok} of {len(cells)} seeds"
    return "; ".join([start, *told])


def readable(headline: pd.DataFrame) -> tuple[list[str], list[list[str]]]:
    """Return the headline as titles and text cells for a person; a refused number shows as "refused"."""
    rows = []
    for row in headline.to_dict("records"):
        rate = "refused" if pd.isna(row["bd_rate_percent"]) else f"{row['bd_rate_percent']:+.1f}"
        if row["n_ok"] > 1:
            rate += f" ({row['bd_rate_min_percent']:+.1f} to {row['bd_rate_max_percent']:+.1f})"
        digits = 2 if row["float_metric"] == "psnr_db" else 4
        values = [_number(row[f"float_{which}"], digits) for which in ("anchor", "test")]
        values.append(_number(row["float_difference"], digits, sign="+"))
        seeds = f"{row['n_ok']} of {row['n_seeds']}"
        keys = [str(row[name]) for name in KEYS]
        rows.append([*keys, rate, seeds, *values, str(row["verdict"])])
    return list(TITLES), rows


def _number(value: float, digits: int, sign: str = "") -> str:
    return "n/a" if pd.isna(value) else f"{value:{sign}.{digits}f}"


def markdown_table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table with a line end after every row."""
    lines = [titles, ["---"] * len(titles), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def text_table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in aligned columns for a terminal, with a line end after every row."""
    lines = [titles, *rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(titles))]
    return "".join("  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() + "\n" for line in lines)
