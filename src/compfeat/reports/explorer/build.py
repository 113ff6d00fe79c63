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
from compfeat.reports.explorer.chart import MOST_LINES, Choices, chart_spec
from compfeat.reports.explorer.pictures import small_png
from compfeat.reports.explorer.tables import (
    MEAN,
    OURS,
    PUBLISHED,
    RECORDED,
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
from compfeat.reports.summary import Tables, codec_labels, comparisons, cuts, methods, qualities
from compfeat.settings.runs import UNCODED

FOLDER = Path(__file__).parent
TEMPLATE, STYLE = FOLDER / "explorer.html", FOLDER / "explorer.css"
SCRIPTS = tuple(FOLDER / f"{name}.js" for name in ("common", "curves", "viewer", "tables"))
Facts = dict[str, Any]


def explorer_facts(tables: Tables, showcases: Sequence[Showcase]) -> Facts:
    """Return what the page's scripts show, as JSON-ready values.

    Raises:
        DataError: no metric has a value, or the pictures cannot be shown.
    """
    labels, choices, shown = labels_of(tables), choices_of(tables), methods(tables)
    styles = looks(labels)
    bits = with_bits(tables)
    return {
        "published": PUBLISHED,
        "uncoded": UNCODED,
        "methods": [
            {"name": name, "label": shown[name], "colour": look.colour, "dash": [2 * part for part in look.dash]}
            for name, look in styles.items()
            if name in shown
        ],
        "codec_labels": choices.codec_labels,
        "without_bits": [name for name in shown if name not in bits],
        "chart": chart_spec(choices, point_rows(tables), styles, labels),
        "viewer": viewer(showcases, tables.csv("per_image.csv", "image_id"), measured_by_task(tables)),
    }


def choices_of(tables: Tables) -> Choices:
    """Return what can be chosen of the chart. Raises DataError if no metric has a value."""
    metrics = [metric for of_task in measured_by_task(tables).values() for metric in of_task]
    if not metrics:
        raise DataError("points.csv: no metric has a value at any point; rerun the stages evaluate and points")
    points = our_points(tables)
    seeds = [str(seed) for seed in sorted(points["seed"].unique())]
    codecs = [codec for codec in codec_labels(tables) if codec in set(points["codec"])]
    first = next((ladder.codecs for ladder in tables.resolved.experiment.ladders.values()), ())
    shown = set(codecs) & set(first) or set(codecs)
    return Choices(
        methods=list(methods(tables)),
        codecs={codec: codec in shown for codec in codecs},
        codec_labels=codec_labels(tables, published_points(tables)["codec"]),
        metrics=metrics,
        cuts=cuts(points),
        seeds=[MEAN, *seeds] if len(seeds) > 1 else seeds,
        rate="bpe" if set(methods(tables)) <= with_bits(tables) else "bytes",
        pairs=list(dict.fromkeys((c.method, c.against) for c in comparisons(tables))),
    )


def with_bits(tables: Tables) -> set[str]:
    """Return the methods that send features, whose rate is known in bits per element."""
    points = our_points(tables)
    return set(points.loc[points["rate_bpe"].notna(), "method"])


def page_facts(tables: Tables) -> Facts:
    """Return what the template writes into the page itself, so that it can be read without a script."""
    points, published = our_points(tables), published_points(tables)
    intervals = tables.csv("intervals.csv", "n_resamples", "confidence")
    choices, rows = choices_of(tables), interval_rows(tables)
    chosen = [codec for codec, shown in choices.codecs.items() if shown]
    return {
        "dataset": str(points["dataset"].iloc[0]),
        "n_images": int(points["n_images"].iloc[0]),
        "n_published": int(published["n_images"].iloc[0]),
        "published_codecs": listed([choices.codec_labels[codec] for codec in dict.fromkeys(published["codec"])]),
        "resamples": int(intervals["n_resamples"].max()) if len(intervals) else 0,
        "confidence": f"{100 * float(intervals['confidence'].iloc[0]):g} %" if len(intervals) else "",
        "cuts": choices.cuts,
        "seeds": [seed for seed in choices.seeds if seed != MEAN],
        "metrics": choices.metrics,
        "codecs": list(choices.codecs),
        "most_lines": MOST_LINES,
        "groups": [
            (source, [row for row in rows if row["source"] == source]) for source in (OURS, RECORDED, PUBLISHED)
        ],
        "reach": reach(rows),
        "viewed": max(chosen, key=lambda codec: sum(name == codec for name, _ in qualities(tables)), default=UNCODED),
    }


def reach(rows: Sequence[Mapping[str, Any]]) -> int:
    """Return how far (%) the scale of the intervals must reach to either side of 0: a multiple of ten."""
    ends = [abs(row[name]) for row in rows for name in ("bd_rate", "low", "high") if row[name] is not None]
    return max(10, min(100, 10 * -int(-max(ends, default=0.0) // 10)))


def build(
    tables: Tables,
    showcases: Sequence[Showcase],
    figures: Sequence[tuple[FigureText, bytes]] = (),
    pages: Sequence[tuple[TableText, pd.DataFrame]] = (),
) -> str:
    """Return the page: the same text for the same tables and pictures, whenever and wherever it is made.

    ``figures`` are texts with PNGs, ``pages`` texts with tables, to be shown whole.

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
    environment.filters["signed"] = lambda value: number(value, 1, sign="+")
    return environment.get_template(TEMPLATE.name).render(
        page=page_facts(tables),
        facts=facts,
        figures=[
            text.model_dump() | {"title": text.name.replace("_", " ").replace("@", ", "), "picture": small_png(data)}
            for text, data in figures
        ],
        tables=[text.model_dump() | cells_of(table) for text, table in pages if len(table)],
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
