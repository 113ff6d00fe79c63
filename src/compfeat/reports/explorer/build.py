"""Making the explorer: template, style, scripts and data become one HTML file that asks for nothing more."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
import vl_convert

from compfeat.errors import DataError, ToolError
from compfeat.experiment.runs import FLOAT, UNCODED
from compfeat.reports.explorer.chart import RATES, ROLES, SHAPES, chart_spec
from compfeat.reports.explorer.pictures import small_png
from compfeat.reports.explorer.tables import (
    MEAN,
    OURS,
    PUBLISHED,
    RECORDED,
    float_rows,
    interval_rows,
    labels_of,
    measured_by_task,
    our_points,
    point_rows,
    published_points,
)
from compfeat.reports.explorer.viewer import viewer
from compfeat.reports.labels import cells_of, listed, number
from compfeat.reports.looks import looks
from compfeat.reports.settings import FigureText, TableText
from compfeat.reports.showcase import Showcase
from compfeat.reports.summary import Tables, comparisons, cuts, methods, qualities

FOLDER = Path(__file__).parent
TEMPLATE, STYLE = FOLDER / "explorer.html", FOLDER / "explorer.css"
SCRIPTS = tuple(FOLDER / f"{name}.js" for name in ("common", "curves", "viewer", "more"))
ASSETS = (TEMPLATE, STYLE, *SCRIPTS)
"""Files that the page is made of besides its data."""
MOST_LINES = 3
"""Methods that are drawn in one panel, and shown in the viewer at first."""
Facts = dict[str, Any]
Figure = tuple[FigureText, bytes]
"""A figure's text and its PNG."""
Page = tuple[TableText, pd.DataFrame]
"""A table with its text."""


def explorer_facts(
    tables: Tables, showcases: Sequence[Showcase], figures: Sequence[Figure] = (), pages: Sequence[Page] = ()
) -> Facts:
    """Return everything the page shows, as JSON-ready values.

    Raises:
        DataError: no metric has a value, or the pictures cannot be shown.
    """
    by_task = measured_by_task(tables)
    metrics = [metric for own in by_task.values() for metric in own]
    if not metrics:
        raise DataError("points.csv: no metric has a value at any point; rerun the stages evaluate and points")
    points, labels = our_points(tables), labels_of(tables)
    styles, used = looks(labels), set(points["codec"])
    codecs = [codec for codec in dict.fromkeys(codec for codec, _ in qualities(tables)) if codec in used]
    shapes = list(dict.fromkeys([*codecs, *(str(codec) for codec in published_points(tables)["codec"])]))
    with_bits = set(points.loc[points["rate_bpe"].notna(), "method"])
    scales = ("linear", "log")
    return {
        "ours": OURS,
        "published": PUBLISHED,
        "mean": MEAN,
        "roles": ROLES,
        "uncoded": UNCODED,
        "float": FLOAT,
        "most_lines": MOST_LINES,
        "cuts": cuts(points),
        "methods": [
            {"name": name, "label": labels[name], "colour": look.colour, "dash": [2 * part for part in look.dash]}
            | {"ours": name in methods(tables), "bits": name in with_bits}
            for name, look in styles.items()
        ],
        "pairs": [list(pair) for pair in dict.fromkeys((c.method, c.against) for c in comparisons(tables))],
        "codecs": [{"name": codec, "shape": SHAPES[shapes.index(codec) % len(SHAPES)]} for codec in codecs],
        "seeds": [str(seed) for seed in sorted(points["seed"].unique())],
        "codecs_of": {name: list(ladder.codecs) for name, ladder in tables.resolved.experiment.ladders.items()},
        "rates": RATES,
        "metrics": [
            {"name": m.name, "bd_name": m.curve_name, "label": m.label, "unit": m.unit, "digits": m.digits}
            | {"lower": not m.higher_is_better}
            for m in metrics
        ],
        "charts": {
            m.name: {rate: {s: chart_spec(m, styles, shapes, rate, s == "log") for s in scales} for rate in RATES}
            for m in metrics
        },
        "points": point_rows(tables),
        "intervals": interval_rows(tables),
        "floats": float_rows(tables),
        "viewer": viewer(showcases, tables.csv("per_image.csv", "image_id"), by_task),
        "figures": [
            {"name": text.name, "title": titled(text.name), "caption": text.caption, "picture": small_png(data)}
            for text, data in figures
        ],
        "tables": [
            {"name": text.name, "title": text.title, "caption": text.caption} | cells_of(table)
            for text, table in pages
            if len(table)
        ],
    }


def titled(name: str) -> str:
    """Return a figure's name as a title."""
    return name.replace("_", " ").replace("@", ", ")


def page_facts(tables: Tables, facts: Facts) -> Facts:
    """Return what the template writes into the page itself, so that it can be read without a script."""
    points, published = our_points(tables), published_points(tables)
    intervals = tables.csv("intervals.csv", "n_resamples", "confidence")
    codecs = [codec["name"] for codec in facts["codecs"]]
    first = next(iter(facts["codecs_of"].values()), ())
    chosen = [codec for codec in codecs if codec in first] or codecs
    bits = all(method["bits"] for method in facts["methods"] if method["ours"])
    return {
        "dataset": str(points["dataset"].iloc[0]),
        "n_images": int(points["n_images"].iloc[0]),
        "n_published": int(published["n_images"].iloc[0]),
        "published_codecs": listed([str(c).upper() for c in dict.fromkeys(published["codec"])]),
        "resamples": int(intervals["n_resamples"].max()) if len(intervals) else 0,
        "confidence": f"{100 * float(intervals['confidence'].iloc[0]):g} %" if len(intervals) else "",
        "groups": [
            (source, [row for row in facts["intervals"] if row["source"] == source])
            for source in (OURS, RECORDED, PUBLISHED)
        ],
        "reach": reach(facts["intervals"]),
        "codecs": chosen,
        "viewed": max(chosen, key=lambda codec: sum(name == codec for name, _ in qualities(tables)), default=UNCODED),
        "rate": "bpe" if bits else "bytes",
    }


def reach(rows: Sequence[Mapping[str, Any]]) -> int:
    """Return how far (%) the scale of the intervals must reach to either side of 0: a multiple of ten."""
    ends = [abs(row[name]) for row in rows for name in ("bd_rate", "low", "high") if row[name] is not None]
    return max(10, min(100, 10 * -int(-max(ends, default=0.0) // 10)))


def build(
    tables: Tables, showcases: Sequence[Showcase], figures: Sequence[Figure] = (), pages: Sequence[Page] = ()
) -> str:
    """Return the page: the same text for the same tables and pictures, whenever and wherever it is made.

    Raises:
        DataError: the summary has nothing to show, or too much for one page.
        ToolError: the scripts of the chart cannot be bundled.
    """
    facts = explorer_facts(tables, showcases, figures, pages)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )
    environment.filters["signed"] = lambda value, digits=1: number(value, digits, sign="+")
    return environment.get_template(TEMPLATE.name).render(
        page=page_facts(tables, facts),
        facts=facts,
        style=STYLE.read_text(encoding="utf-8"),
        scripts=[script.read_text(encoding="utf-8") for script in SCRIPTS],
        bundle=chart_scripts().replace("</script", "<\\/script"),
        # Inside a script element "<" could end it; in JSON it can be written otherwise.
        data=json.dumps(facts, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c"),
    )


@cache
def chart_scripts() -> str:
    """Return Vega, Vega-Lite and Vega-Embed as one script, of the version that Altair writes for."""
    import altair

    version = ".".join(altair.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
    try:
        return str(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", vl_version=version))
    except ValueError as error:
        raise ToolError(f"vl-convert: no scripts of Vega-Lite {version} ({error}); run make setup") from None
