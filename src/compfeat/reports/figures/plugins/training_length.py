"""What is saved against the length of training after the start."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compfeat.experiment.config import Experiment
from compfeat.reports.figures.base import figure
from compfeat.reports.figures.intervals import AUTHORS, COLUMNS, ENDS, HIGHEST, axis_limits, beyond
from compfeat.reports.figures.style import draw_lines, few_ticks, grid, line_entries
from compfeat.reports.looks import looks
from compfeat.reports.summary import Tables, cuts, metrics
from compfeat.results.pairs import overall
from compfeat.tasks.base import Metric

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WITHOUT = "no transform"


def transform_labels(experiment: Experiment) -> dict[str, str]:
    """Return what transforms are called, by their names: as the first method that has one."""
    methods = reversed(experiment.methods.items())
    return {method.transform.name: experiment.label(name) for name, method in methods if method.transform}


@figure(
    "training_length",
    needs=("training_length.csv", "published_intervals.csv", "experiment.json"),
    category="Length of training",
    caption=(
        "BD-rates with the ladder {ladder} by the epochs of training after the start, each against a method that was trained as "
        "long, with their intervals; lower values save more bits. A line joins methods with the same transform, or with none. "
        "Dashed: what was published for the loss."
    ),
    by_ladder=True,
)
def draw(tables: Tables, ladder: str) -> Figure:
    """Draw cuts as rows and metrics as columns of panels; a line for each transform."""
    table = overall(tables.csv("training_length.csv", *COLUMNS, "transform", "epochs"))
    own = table[(table["ladder"] == ladder) & (table["against_ladder"] == ladder)]
    labels = transform_labels(tables.resolved.experiment)
    names = own["transform"].map(lambda name: labels.get(name, name), na_action="ignore")
    own = own.assign(kind=names.astype(object).fillna(WITHOUT))
    shown = [m for m in metrics(tables) if (own["metric"] == m.curve_name).any()]
    styles, lengths = looks(own["kind"]), sorted(own["epochs"].unique().tolist())
    published = tables.csv("published_intervals.csv", "cut", "metric", ENDS[0]).set_index(["cut", "metric"])[ENDS[0]]
    dashed: dict[str, Any] = {"color": "0.45", "linewidth": 0.8, "linestyle": "--"}

    def draw_panel(ax: Axes, cut: str, metric: Metric) -> None:
        rows = own[(own["cut"] == cut) & (own["metric"] == metric.curve_name)].dropna(subset=[ENDS[0]])
        drawn = rows.assign(**rows[ENDS].clip(upper=HIGHEST)).assign(seed="")
        colours = drawn["kind"].map(lambda kind: styles[kind].colour)
        draw_lines(ax, drawn, "epochs", ENDS[0], "kind", styles, list(styles))
        ax.vlines(drawn["epochs"], drawn[ENDS[1]], drawn[ENDS[2]], color=colours, linewidth=0.8)
        beyond(ax, rows[ENDS[0]], rows["epochs"], colours, vertical=True)
        ax.axhline(0, color="0.6", linewidth=0.6, zorder=0)
        if (cut, metric.curve_name) in published.index:
            ax.axhline(published[cut, metric.curve_name], **dashed, label=AUTHORS)
        ax.set(xscale="log", xlabel="epochs after the start", ylim=axis_limits(own), title=metric.curve_label)
        # The limits of one length alone would differ from panel to panel.
        ax.set_xlim(0.8 * lengths[0], 1.25 * lengths[-1])
        ax.set_xticks(lengths, [f"{length:g}" for length in lengths])
        ax.minorticks_off()
        few_ticks(ax, "y", 6)
        ax.set_ylabel(f"cut {cut}\nBD-rate (%)")

    entries = [*line_entries(styles), (AUTHORS, dashed)]
    return grid(cuts(own), shown, draw_panel, 2.2, entries, sharex=True, sharey=True)
