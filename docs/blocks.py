"""Tables of README.md and docs, from recorded runs (data/reference) and released numbers (data/published).

``make numbers`` pastes what these functions return into the pages, by cog. A run that is not recorded gives a line that says so; a
comparison or a column that a record lacks gives no row or column.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from compfeat.experiment.config import Experiment
from compfeat.results.inputs import Inputs
from compfeat.results.losses import loss_unit
from compfeat.results.measured import compared_metrics
from compfeat.results.pairs import on, uncoded
from compfeat.results.tables.base import all_tables
from compfeat.results.tables.plugins import published_bd_rate
from compfeat.results.tables.plugins.operating_points import rates_at_losses

PROJECT = Path(__file__).resolve().parent.parent
METRICS = {"miou": "mIoU", "psnr_db": "PSNR", "inv_rmse": "1/RMSE"}
UNCODED = {"miou": ("miou", 4, ""), "psnr_db": ("psnr_db", 2, " dB"), "inv_rmse": ("rmse", 4, " px")}
"""By metric: the column of points.csv, decimals and unit of its value without coding."""
REFUSED = "–"
Side = tuple[str, str]
"""A method and a ladder."""
HEVC, PUBLISHED, LAPLACE, LEARNED, THROUGH_DECODERS = "hevc", "published", "laplace", "learned", "learned_tasks"

BASE: Side = ("baseline", HEVC)
"""The usual anchor: the baseline's own features by HEVC."""
PICTURES: Side = ("remote", HEVC)
LOSS = {
    "paper's loss, HEVC": (("compressible", HEVC), BASE),
    "paper's loss, PNG and JPEG": (("compressible", PUBLISHED), ("baseline", PUBLISHED)),
}
DEFAULT = LOSS | {
    "task KLT, HEVC": (("task_klt", HEVC), BASE),
    "task KLT, PNG and JPEG (against the same)": (("task_klt", PUBLISHED), ("baseline", PUBLISHED)),
    "Laplace": (("baseline", LAPLACE), BASE),
    "task KLT, Laplace": (("task_klt", LAPLACE), BASE),
    "task KLT, HEVC, against the picture by HEVC": (("task_klt", HEVC), PICTURES),
    "task KLT, Laplace, against the picture by HEVC": (("task_klt", LAPLACE), PICTURES),
}
SCRATCH = {label: pair for label, pair in DEFAULT.items() if "picture" not in label}
SENT = {
    "baseline, HEVC": BASE,
    "picture, HEVC": PICTURES,
    "PCA, HEVC": ("klt", HEVC),
    "task KLT, HEVC": ("task_klt", HEVC),
    "task KLT, Laplace": ("task_klt", LAPLACE),
    "task KLT, Learned": ("task_klt", LEARNED),
    "task KLT, Learned (decoders)": ("task_klt", THROUGH_DECODERS),
}
PHOTOGRAPHS = {
    "paper's loss, HEVC": (("compressible", HEVC), BASE),
    "PCA, HEVC": (("klt", HEVC), BASE),
    "task KLT, HEVC": (("task_klt", HEVC), BASE),
    "Laplace": (("baseline", LAPLACE), BASE),
    "PCA, Laplace": (("klt", LAPLACE), BASE),
    "task KLT, Laplace": (("task_klt", LAPLACE), BASE),
    "task KLT, Learned": (("task_klt", LEARNED), BASE),
    "task KLT, Learned (decoders)": (("task_klt", THROUGH_DECODERS), BASE),
}
AGAINST_LAPLACE = {
    "Learned, against Laplace": (("task_klt", LEARNED), ("task_klt", LAPLACE)),
    "Learned (decoders), against Laplace": (("task_klt", THROUGH_DECODERS), ("task_klt", LAPLACE)),
}
ARMS = {
    label: ((method, ladder), ("task_klt", LAPLACE))
    for label, method, ladder in (
        ("Learned", "task_klt", LEARNED),
        ("a third of the width", "task_klt", "learned_narrow"),
        ("from random weights", "task_klt", "learned_random"),
        ("after PCA", "klt", LEARNED),
        ("without a transform", "baseline", LEARNED),
    )
}
TRAINED_ON_CODED: Side = ("remote_trained", HEVC)
PICTURE = {
    "PCA, HEVC": (("klt", HEVC), PICTURES),
    "task KLT, HEVC": (("task_klt", HEVC), PICTURES),
    "task KLT, Laplace": (("task_klt", LAPLACE), PICTURES),
    "task KLT, Learned": (("task_klt", LEARNED), PICTURES),
    "task KLT, Learned (decoders)": (("task_klt", THROUGH_DECODERS), PICTURES),
    "picture, network trained on coded pictures": (TRAINED_ON_CODED, PICTURES),
    "task KLT, HEVC, against that network": (("task_klt", HEVC), TRAINED_ON_CODED),
    "task KLT, Laplace, against that network": (("task_klt", LAPLACE), TRAINED_ON_CODED),
    "task KLT, Learned, against that network": (("task_klt", LEARNED), TRAINED_ON_CODED),
}
REMOTE = {
    f"{label}, {coded} against {picture}": ((method, ladder), ("remote", ladder))
    for label, method in (("baseline", "baseline"), ("task KLT", "task_klt"))
    for coded, picture, ladder in (("HEVC", "HEVC", HEVC), ("PNG and JPEG", "JPEG", PUBLISHED), ("AV1", "AV1", "av1"))
} | {
    "baseline, Laplace against HEVC": (("baseline", LAPLACE), PICTURES),
    "task KLT, Laplace against HEVC": (("task_klt", LAPLACE), PICTURES),
    **{label: pair for label, pair in PICTURE.items() if "network" in label},
}
MEANS = {
    label: ((method, HEVC), BASE)
    for label, method in {
        "mean per channel, no matrix": "kept_channel",
        "mean per element, no matrix": "kept_element",
        "channels divided by their deviation": "standardised",
        "channels weighed by their sensitivity": "weighed",
        **{
            f"{matrix}, {bands}, mean per {mean}": f"{name}_{mean}_{count}"
            for matrix, name in (("PCA", "klt"), ("task KLT", "task"))
            for mean in ("channel", "element")
            for bands, count in (("one band", 1), ("four bands", 4))
        },
    }.items()
}
TRANSFORMS = {
    "none": "baseline",
    "paper's loss": "compressible",
    "PCA (`klt`)": "klt",
    "plain (1)": "plain_1",
    "plain (3)": "plain_3",
    "balanced (1)": "balanced_1",
    "balanced (3)": "balanced_3",
    "balanced (3), floor 0.01": "floor_001",
    "balanced (3), floor 0.3": "floor_03",
    "balanced (3), four bands": "bands_4",
    "**balanced (3), four bands, floor 0.2, Z-order**": "task_klt",
    "paper's loss, PCA": "compressible_klt",
    "paper's loss, balanced (3), four bands, floor 0.2, Z-order": "compressible_task_klt",
}
CODECS = {
    "VVC": "vvc",
    "AV1": "av1",
    "AVIF": "avif",
    "JPEG XL": "jpegxl",
    "JPEG 2000": "jpeg2000",
    "WebP": "webp",
    "PNG and JPEG": PUBLISHED,
    "HEVC, tuned": "hevc_tuned",
    "Laplace": LAPLACE,
}
ABLATIONS = {
    "by variance": ("ordered", HEVC),
    "Z-order": ("", "z_order"),
    "by variance, Z-order": ("ordered", "z_order"),
    "range without 0.1 %": ("", "clip_0001"),
    "range without 1 %": ("", "clip_001"),
    "each channel restored": ("", "restored"),
    "channels restored jointly": ("", "restored_jointly"),
}


def markdown(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table without its empty columns and without rows that have nothing but their label."""
    kept = [row for row in rows if any(row[1:])]
    filled = [i for i in range(len(header)) if any(row[i] for row in kept)]
    lines = [header, ["---"] * len(header), *kept]
    cells = ("|".join(line[i] for i in filled) for line in lines)
    return "\n".join(f"|{line}|" for line in cells) if kept else "Not in this record yet."


@cache
def recorded(run: str, table: str) -> pd.DataFrame | None:
    """Return a table of a record, None if there is none."""
    path = PROJECT / "data/reference" / run / f"{table}.csv"
    return pd.read_csv(path, dtype={"seed": str}) if path.is_file() else None


@cache
def experiment(run: str) -> dict[str, Any]:
    """Return the experiment of a record, empty if there is none."""
    path = PROJECT / "data/reference" / run / "experiment.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def rows_of(table: pd.DataFrame, **values: object) -> pd.DataFrame:
    """Return the rows that have these values."""
    return table[(table[list(values)] == pd.Series(values)).all(axis=1)]


def percent(value: float) -> str:
    """Return a BD-rate as pages have it."""
    return REFUSED if pd.isna(value) else f"{value:+.1f}".replace("-", "−")


def comparison(run: str, test: Side, anchor: Side, rate: str = "total", **keys: object) -> pd.DataFrame:
    """Return the rows of a comparison in intervals.csv, by metric: of all seeds if there are several.

    Those of another rate than the total are in bd_rate.csv.
    """
    table = recorded(run, "intervals" if rate == "total" else "bd_rate")
    if table is None:
        return pd.DataFrame(columns=["metric"]).set_index("metric")
    names = ("method", "ladder", "against", "against_ladder")
    found = rows_of(table, **dict(zip(names, (*test, *anchor), strict=True)), fit="pchip", rate=rate, **keys)
    if "seed" not in keys and (found["seed"] == "all").any():
        found = rows_of(found, seed="all")
    return found.set_index("metric")


def joined(found: pd.DataFrame, column: str = "bd_rate_percent") -> str:
    """Return a column of a comparison as one cell: all metrics, with slashes between."""
    if column not in found or found[column].isna().all():
        return ""
    return ", ".join(percent(found[column][metric]) for metric in METRICS if metric in found.index)


def in_order(found: pd.DataFrame) -> Iterator[tuple[str, pd.Series[Any]]]:
    """Yield the rows of a comparison in the order of METRICS."""
    for metric in METRICS:
        for _, row in found[found.index == metric].iterrows():
            yield metric, row


def cuts(run: str) -> list[str]:
    """Return the cuts of a record, sorted by name."""
    return sorted(experiment(run).get("cuts", {}))


def metrics(run: str) -> str:
    """Return the names of a run's metrics as cells of several have them."""
    table = recorded(run, "intervals")
    present = set() if table is None else set(table["metric"])
    return ", ".join(name for metric, name in METRICS.items() if metric in present)


def setting(run: str) -> str:
    """Return what a record was measured on, in one line."""
    dataset = experiment(run).get("dataset")
    points, found = recorded(run, "points"), recorded(run, "intervals")
    if dataset is None or points is None or found is None:
        return f"`config/{run}.yaml` has not been recorded yet."
    size, split = "x".join(map(str, dataset["size"])), dataset.get("evaluated_split", "val")
    seeds = sorted(set(points["seed"]))
    config = "config.yaml" if run == "default" else f"{run}.yaml"
    chosen = " Choices were made on these images." if (dataset["name"], split) == ("streets", "val") else ""
    source = f"`config/{config}`, recorded in `data/reference/{run}`"
    return (
        f"Measured on {points['n_images'].iloc[0]} images of {size} of the {split} split, "
        f"{'seed' if len(seeds) == 1 else 'seeds'} {', '.join(seeds)} ({source}).{chosen}"
    )


def rates(run: str, rows: Mapping[str, tuple[Side, Side]], equal_loss: bool = False) -> str:
    """Return a row for each comparison and a column for each cut, with the BD-rates by all metrics."""
    column = "equal_loss_percent" if equal_loss else "bd_rate_percent"
    cells = [
        [label, *(joined(comparison(run, *pair, cut=cut), column) for cut in cuts(run))] for label, pair in rows.items()
    ]
    return markdown([f"BD-rate (%), {metrics(run)}", *cuts(run)], cells)


def headline(run: str, columns: Mapping[str, tuple[Side, Side]], learned: str) -> str:
    """Return a row for each cut of a run and a column for each comparison, with the BD-rates by all metrics.

    Those of the learned codec are in the record ``learned``, of networks that were trained the same way.
    """

    def record(test: Side) -> str:
        return learned if test[1].startswith(LEARNED) else run

    dataset = experiment(run)["dataset"]["name"]
    cells = [
        [
            f"{dataset} {cut}",
            *(joined(comparison(record(pair[0]), *pair, cut=cut)) for pair in columns.values()),
        ]
        for cut in cuts(run)
    ]
    return markdown([f"{metrics(run)} (%)", *columns], cells)


def photographs_headline() -> str:
    """Return README's sentence and table of the run on photographs; nothing where that is not recorded."""
    if recorded("photographs", "intervals") is None:
        return ""
    seeds = len(experiment("photographs")["seeds"])
    columns = {
        "PCA + HEVC": PHOTOGRAPHS["PCA, HEVC"],
        "task KLT + HEVC": PHOTOGRAPHS["task KLT, HEVC"],
        "task KLT + Laplace": PHOTOGRAPHS["task KLT, Laplace"],
        "Learned (decoders)": PHOTOGRAPHS["task KLT, Learned (decoders)"],
        "Learned vs picture": PICTURE["task KLT, Learned (decoders)"],
    }
    return "\n".join(
        [
            "The same on photographs (CamVid), with EfficientNet-Lite0 trained on ImageNet, cut at strides 16 and",
            f"32 ({seeds} seeds, [all numbers](docs/results/photographs.md)):",
            "",
            headline("photographs", columns, learned="photographs_learned"),
        ]
    )


def claims(run: str) -> str:
    """Return how many of the cells of each claim on the run's own numbers are supported, undecided and not supported."""
    table, rows = recorded(run, "claims"), []
    if table is None:
        return "Not in this record yet."
    for (text, claim), own in rows_of(table, source="this run").groupby(["text", "claim"], sort=False):
        counts = own["verdict"].value_counts()
        numbers = [str(counts.get(verdict, 0)) for verdict in ("supported", "undecided", "not supported")]
        kind = str(claim).replace("_", " ")
        rows.append([str(text) if kind in str(text) else f"{text}: {kind}", *numbers])
    return markdown(["claim", "supported", "undecided", "not supported"], rows)


def uncoded_values(run: str, cut: str, method: str, metric: str) -> str:
    """Return a metric without coding, the mean over seeds."""
    points, (column, places, unit) = recorded(run, "points"), UNCODED[metric]
    if points is None or column not in points:
        return ""
    found = rows_of(points, cut=cut, method=method, codec="none", quality="float")[column]
    return f"{found.mean():.{places}f}{unit}" if len(found) else ""


def intervals(run: str, test: Side, anchor: Side) -> str:
    """Return one comparison in full: a row for each cut and metric, with intervals, at equal loss, and both networks uncoded."""
    rows = []
    for cut in cuts(run):
        found = comparison(run, test, anchor, cut=cut)
        for metric, row in in_order(found):
            names = ["bd_rate_percent", "low_percent", "high_percent"]
            equal = ["equal_loss_percent", "equal_loss_low_percent", "equal_loss_high_percent"]
            m0 = (uncoded_values(run, cut, method, metric) for method, _ in (anchor, test))
            rows.append([cut, METRICS[metric], ranged(row, names), ranged(row, equal), *m0])
    header = ["cut", "metric", "BD-rate (%)", "at equal loss (%)", "uncoded: anchor", "uncoded: test"]
    return markdown(header, rows)


def ranged(row: pd.Series[Any], names: Sequence[str]) -> str:
    """Return a value with its interval, as far as a row has them."""
    if names[0] not in row:
        return ""
    value, *ends = (percent(row.get(name, float("nan"))) for name in names)
    return value if not ends or REFUSED in ends else f"{value} ({' to '.join(ends)})"


def spread(run: str, test: Side, anchor: Side) -> str:
    """Return the mean of all seeds with its interval and the lowest and highest seed, plain and at equal loss."""
    table, rows = recorded(run, "intervals"), []
    for cut in cuts(run):
        found = comparison(run, test, anchor, cut=cut)
        for metric, row in in_order(found):
            assert table is not None
            own = rows_of(table, cut=cut, metric=metric, method=test[0], ladder=test[1], against=anchor[0])
            single = own[(own["against_ladder"] == anchor[1]) & (own["seed"] != "all")]["bd_rate_percent"]
            mean = ranged(row, ["bd_rate_percent", "low_percent", "high_percent"])
            between = f"{percent(single.min())} to {percent(single.max())}"
            rows.append([cut, METRICS[metric], mean, between, ranged(row, ["equal_loss_percent"])])
    return markdown(["cut", "metric", "mean (95 % interval)", "lowest to highest seed", "mean at equal loss"], rows)


def operating(run: str, rows: Mapping[str, Side], metric: str = "miou") -> str:
    """Return bytes per image at small losses of a metric, of methods on ladders; the mean over seeds."""
    points, ladders = recorded(run, "points"), experiment(run).get("ladders", {})
    if points is None:
        return "Not in this record yet."
    (spec,) = (m for m in compared_metrics(experiment(run)["tasks"]) if m.name == metric)
    cells: list[list[str]] = []
    header = ["bytes per image", "cut"]
    for cut in cuts(run):
        for label, (method, ladder) in rows.items():
            if ladder not in ladders:
                continue
            found: dict[float, list[float]] = {}
            for _, own in rows_of(points, cut=cut, method=method).groupby("seed"):
                coded = on(ladders[ladder]["codecs"], own)
                if len(coded):
                    for loss, _, size, *_ in rates_at_losses(coded, spec, uncoded(own, spec)):
                        found.setdefault(float(str(loss)), []).append(float(str(size)))
            header = header[:2] + [f"−{loss:g} {loss_unit(spec)}" for loss in found] if found else header
            sizes = (pd.Series(sizes).mean(skipna=False) for sizes in found.values())
            cells.append([label, cut, *("not reached" if pd.isna(size) else f"{size:,.0f}" for size in sizes)])
    return markdown(header, [row for row in cells if len(row) == len(header)])


def published() -> str:
    """Return BD-rates of the released numbers by the authors' fit, plain and at equal loss, and both networks uncoded."""
    names = ("published_points", "published_bytes_per_image")
    paths = {"published": {name: PROJECT / "data/published" / f"{name}.csv" for name in names}}
    table = published_bd_rate.make_published_bd_rate(Inputs(Experiment.model_construct(), paths))
    rows = []
    for _, row in rows_of(table, fit="authors_cubic").iterrows():
        _, places, unit = UNCODED[row["metric"]]
        m0 = (f"{row[side]:.{places}f}{unit}" for side in ("anchor_uncoded", "test_uncoded"))
        cells = (percent(row[name]) for name in ("bd_rate_percent", "equal_loss_percent"))
        rows.append([row["cut"], METRICS[row["metric"]], *cells, *m0])
    header = ["cut", "metric", "BD-rate (%)", "at equal loss (%)", "uncoded: baseline", "uncoded: paper's loss"]
    return markdown(header, rows)


def train_losses(run: str) -> dict[str, str]:
    """Return by how many percent the train losses of the last epoch lie above the baseline's, by training."""
    epochs = recorded(run, "epochs")
    if epochs is None:
        return {}
    losses = [f"loss_{task}" for task in experiment(run)["tasks"]]
    last = epochs.sort_values("epoch").groupby("training")[losses].last()
    above = 100 * (last / last.loc["baseline"] - 1)
    return {str(training): ", ".join(percent(value) for value in row) for training, row in above.iterrows()}


def lengths(*methods: str, ladders: Sequence[str] = ("HEVC", "PNG and JPEG")) -> dict[str, tuple[Side, Side]]:
    """Return the comparisons of methods by the epochs of their training, each with a baseline that was trained as long."""
    labels = {"compressible": "paper's loss", "task_klt": "task KLT"}
    return {
        f"{labels[method]}, {coded}, {epochs} epochs": ((method + ending, ladder), (f"baseline{ending}", ladder))
        for method in methods
        for coded, ladder in (("HEVC", HEVC), ("PNG and JPEG", PUBLISHED))
        if coded in ladders
        for epochs, ending in ((4, ""), (12, "_12"), (36, "_36"))
    }


def transforms(ladder: str, anchor: str = "") -> dict[str, tuple[Side, Side]]:
    """Return the comparisons of all transforms on a ladder with the baseline without one."""
    return {label: ((method, ladder), ("baseline", anchor or ladder)) for label, method in TRANSFORMS.items()}


def codecs(rate: str = "total", *labels: str) -> str:
    """Return BD-rates of codecs, by default of all, against HEVC on the same features: of all bytes, or of the ``payload`` alone."""
    rows = {label: ("", ladder) for label, ladder in CODECS.items() if label in (labels or CODECS)}
    return sides("codecs", rows, "baseline", "task_klt", rate)


def ablations() -> str:
    """Return BD-rates of all changes on the way through HEVC, without a transform and after the task KLT."""
    return sides("ablations", ABLATIONS, "baseline", "balanced_3")


def sides(run: str, rows: Mapping[str, Side], plain: str, transformed: str, rate: str = "total") -> str:
    """Return BD-rates against HEVC on the same features, plain and transformed; a row's method stands for the plain one."""
    columns = {
        f"{cut}, {word}": (cut, method)
        for cut in cuts(run)
        for word, method in (("plain", plain), ("task KLT", transformed))
    }

    def cell(method: str, ladder: str, cut: str, anchor: str) -> str:
        if method and anchor != plain:
            return ""
        return joined(comparison(run, (method or anchor, ladder), (anchor, HEVC), rate=rate, cut=cut))

    cells = [[label, *(cell(*row, *column) for column in columns.values())] for label, row in rows.items()]
    return markdown([f"BD-rate (%), {metrics(run)}", *columns], cells)


def uncoded_table(run: str, cut: str, methods: Sequence[str]) -> str:
    """Return the metrics of methods without coding."""
    present = [metric for metric in METRICS if any(uncoded_values(run, cut, method, metric) for method in methods)]
    rows = [[f"`{method}`", *(uncoded_values(run, cut, method, metric) for metric in present)] for method in methods]
    return markdown(["method", *(METRICS[metric].removeprefix("1/") for metric in present)], rows)


def strengths(run: str, methods: Mapping[str, str]) -> str:
    """Return what a rate-aware training adds to the transform, by its strength."""
    above = train_losses(run)
    ladders = {"HEVC": HEVC, "PNG and JPEG": PUBLISHED, "Laplace": LAPLACE}

    def cell(method: str, ladder: str) -> str:
        return joined(comparison(run, (method, ladder), ("task_klt", ladder), cut="c256"))

    rows = [
        [label, *(cell(m, ladder) for ladder in ladders.values()), above.get(m, "")] for label, m in methods.items()
    ]
    return markdown(["strength", *ladders, "train losses above the baseline's (%)"], rows)


def make_targets() -> str:
    """Return what `make help` lists."""
    text = (PROJECT / "Makefile").read_text(encoding="utf-8")
    return markdown(
        ["target", "what it does"],
        [[f"`make {name}`", what] for name, what in re.findall(r"^(\w+):.*## (.*)$", text, re.M)],
    )


def result_tables() -> str:
    """Return the tables of a run that have a title."""
    return markdown(["file", "what it has"], [[f"`{spec.file}`", spec.title] for spec in all_tables() if spec.title])
