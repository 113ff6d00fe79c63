"""Making the explorer: template, style, scripts and data become one HTML file that asks for nothing more."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import vl_convert

from compfeat.analysis.bd_table import BD_METRICS
from compfeat.analysis.claims import PUBLISHED
from compfeat.analysis.headline import FLOAT_METRICS
from compfeat.documents.explorer.chart import RATE, chart_spec, colours
from compfeat.documents.explorer.tables import (
    OURS,
    Tables,
    float_rows,
    interval_rows,
    ladder_titles,
    point_rows,
    shown_metrics,
)
from compfeat.documents.explorer.viewer import viewer
from compfeat.documents.paper.words import METRIC_NAMES, number
from compfeat.errors import DataError, ToolError
from compfeat.figures._pictures import Showcase
from compfeat.figures._style import looks
from compfeat.grid import UNCODED

FOLDER = Path(__file__).parent
TEMPLATE, STYLE = FOLDER / "explorer.html", FOLDER / "explorer.css"
SCRIPTS = tuple(FOLDER / f"{name}.js" for name in ("common", "curves", "viewer"))
ASSETS = (TEMPLATE, STYLE, *SCRIPTS)
"""Files that the page is made of besides its data."""
Facts = dict[str, Any]


def explorer_facts(tables: Tables, showcases: Sequence[Showcase]) -> Facts:
    """Return everything the page shows, as JSON can hold it.

    Raises:
        DataError: no metric has a value, or the pictures cannot be shown.
    """
    metrics = shown_metrics(tables.points)
    if not metrics:
        raise DataError("points.csv: no metric has a value at any point; rerun the stages evaluate and summarise")
    losses = list(looks(tables.points["loss"]))
    codecs = sorted(set(tables.points["codec"]) - {UNCODED})
    shapes = [*codecs, *sorted(set(tables.published["codec"]) - set(codecs))]
    return {
        "ours": OURS,
        "published": PUBLISHED,
        "rate_label": RATE,
        "cuts": sorted(tables.points["cut"].unique()),
        "losses": [{"name": loss, "colour": colour} for loss, colour in colours(losses).items()],
        "codecs": codecs,
        "seeds": [str(seed) for seed in sorted(tables.points["seed"].unique())],
        "ladders": ladder_titles(tables.ladders),
        "codecs_of": {name: sorted(own["codec"]) for name, own in tables.ladders.groupby("ladder")},
        "metrics": [
            {"name": m.name, "bd_name": m.bd_name, "label": m.label, "lower_is_better": m.lower_is_better}
            for m in metrics
        ],
        "metric_names": METRIC_NAMES,
        "charts": {
            m.name: {scale: chart_spec(m, losses, shapes, scale == "log") for scale in ("linear", "log")}
            for m in metrics
        },
        "points": point_rows(tables),
        "intervals": interval_rows(tables),
        "floats": float_rows(tables.floats),
        "viewer": viewer(showcases),
    }


def page_facts(tables: Tables, facts: Facts) -> Facts:
    """Return what the template writes into the page itself, so that it can be read without a script."""
    points, intervals = tables.points, tables.intervals
    order = [*BD_METRICS, *FLOAT_METRICS.values()]
    return {
        "dataset": str(points["dataset"].iloc[0]),
        "n_images": int(points["n_images"].iloc[0]),
        "n_published": int(tables.published["n_images"].iloc[0]),
        "resamples": int(intervals["n_resamples"].max()) if len(intervals) else 0,
        "confidence": f"{100 * float(intervals['confidence'].iloc[0]):g} %" if len(intervals) else "",
        "rows": sorted(facts["intervals"], key=lambda r: (r["source"] != OURS, r["source"] == PUBLISHED)),
        "floats": sorted(facts["floats"], key=lambda r: (r["cut"], r["loss"], order.index(r["metric"]))),
        "reach": reach(facts["intervals"]),
    }


def reach(rows: Sequence[Mapping[str, Any]]) -> int:
    """Return how far (%) the scale of the intervals must reach to either side of 0: a multiple of ten."""
    ends = [abs(row[name]) for row in rows for name in ("bd_rate", "low", "high") if row[name] is not None]
    return max(10, min(100, 10 * -int(-max(ends, default=0.0) // 10)))


def build(tables: Tables, showcases: Sequence[Showcase]) -> str:
    """Return the page: the same text for the same tables and pictures, whenever and wherever it is made.

    Raises:
        DataError: the summary has nothing to show, or too much for one page.
        ToolError: the scripts of the chart cannot be bundled.
    """
    facts = explorer_facts(tables, showcases)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )
    environment.filters |= {"signed": signed}
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


def signed(value: float | None, digits: int = 1) -> str:
    """Return a number with its sign, as the paper writes it; a dash where there is none."""
    return number(value, digits, sign="+")
