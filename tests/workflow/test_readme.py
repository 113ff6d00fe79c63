"""What README and docs say of recorded runs is what was recorded: whole tables, and numbers in the text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache
from unittest.mock import ANY

import pandas as pd
import pytest

from compfeat.results.tables.plugins import published_bd_rate
from helpers import PROJECT
from tiny_results import published_inputs

README, METHOD, STATISTICS = "README.md", "docs/method.md", "docs/statistics.md"
METRICS = ("miou", "psnr_db", "inv_rmse")
DECIMALS = {"miou": 4, "psnr_db": 2, "rmse": 4}
CUTS = ("c512", "c256")
ON_HEVC, ON_PUBLISHED = ("hevc", "hevc"), ("published", "published")
ON_LAPLACE, LAPLACE_TO_HEVC = ("laplace", "laplace"), ("laplace", "hevc")
"""The ladders of a method and of its anchor."""


@cache
def plain(page: str) -> str:
    """Return a page with plain minus signs and without emphasis."""
    return (PROJECT / page).read_text(encoding="utf-8").replace("−", "-").replace("**", "")


@cache
def recorded(run: str, table: str = "intervals") -> pd.DataFrame:
    return pd.read_csv(PROJECT / "data/reference" / run / f"{table}.csv")


def rows_of(table: pd.DataFrame, **values: object) -> pd.DataFrame:
    """Return the rows that have these values."""
    return table[(table[list(values)] == pd.Series(values)).all(axis=1)]


def compared(run: str, cut: str, method: str, anchor: str, ladders: tuple[str, str]) -> pd.DataFrame:
    """Return the BD-rates of a comparison: a row per metric and seed, none where it was not made."""
    ladder, anchor_ladder = ladders
    keys = {"cut": cut, "method": method, "against": anchor, "ladder": ladder, "against_ladder": anchor_ladder}
    return rows_of(recorded(run), **keys)


def percent(value: float) -> str:
    return "refused" if pd.isna(value) else f"{value:+.1f}"


def rates(run: str, cut: str, method: str, anchor: str, ladders: tuple[str, str]) -> str:
    """Return a cell of the BD-rates by all metrics, empty where the comparison was not made."""
    found = compared(run, cut, method, anchor, ladders).set_index("metric")["bd_rate_percent"]
    return " / ".join(percent(found[metric]) for metric in METRICS if len(found))


def with_interval(row: pd.DataFrame) -> str:
    """Return a cell of one BD-rate, with its interval where there is one."""
    rate, low, high = (percent(row[f"{name}_percent"].item()) for name in ("bd_rate", "low", "high"))
    return f"{rate} %" if "refused" in (low, high) else f"{rate} % ({low} to {high})"


def floats(run: str, cut: str, method: str) -> dict[str, str]:
    """Return the metrics of float features as a cell has them."""
    (row,) = rows_of(recorded(run, "points"), cut=cut, method=method, codec="none", quality="float").to_dict("records")
    return {metric: f"{row[metric]:.{places}f}" for metric, places in DECIMALS.items() if metric in row}


Rows = list[list[str]]
NAMES = dict(zip(METRICS, ("mIoU", "PSNR (dB)", "disparity RMSE (px)"), strict=True))
SEED_NAMES = dict(zip(METRICS, ("mIoU", "PSNR", "1/RMSE"), strict=True))


def trained(run: str, cut: str) -> list[str]:
    """Return the metrics that have a BD-rate in a run, in the order of the tables."""
    return [metric for metric in METRICS if len(rows_of(recorded(run), cut=cut, metric=metric))]


def by_metric(run: str, *columns: tuple[str, tuple[str, str]], features: bool = False) -> Rows:
    """Return a row per cut and metric: the BD-rate of each column's method on its ladders, and float features."""
    found = []
    for cut in CUTS:
        for metric in trained(run, cut):
            pairs = [compared(run, cut, method, "baseline", ladders) for method, ladders in columns]
            cells = [with_interval(rows_of(pair, metric=metric)) for pair in pairs]
            name = "rmse" if metric == "inv_rmse" else metric
            cells += [floats(run, cut, method)[name] for method in ("baseline", "compressible") if features]
            found.append([cut, NAMES[metric], *cells])
    return found


def headline(run: str) -> Rows:
    return by_metric(run, ("compressible", ON_HEVC), ("compressible", ON_PUBLISHED), features=True)


def beyond(run: str) -> Rows:
    matrices = [("task_klt", ladders) for ladders in (ON_HEVC, ON_PUBLISHED)]
    return by_metric(run, *matrices, ("baseline", LAPLACE_TO_HEVC), ("task_klt", LAPLACE_TO_HEVC))


def over_seeds(method: str, *columns: tuple[str, str]) -> Rows:
    """Return a row per cut and metric: the mean of all seeds and their spread, by ladders."""
    found = []
    for cut in CUTS:
        for metric in METRICS:
            cells = []
            for ladders in columns:
                rows = rows_of(compared("seeds", cut, method, "baseline", ladders), metric=metric).set_index("seed")
                single = rows.drop("all")["bd_rate_percent"]
                refused = f"none: refused for {single.isna().sum()} of {len(single)} seeds"
                mean = with_interval(rows.loc[["all"]])
                cells += [
                    refused if mean.startswith("refused") else mean,
                    f"{single.min():+.1f} to {single.max():+.1f}",
                ]
            found.append([cut, SEED_NAMES[metric], *cells])
    return found


TRANSFORMS = {
    "none": "baseline",
    "the paper's loss, none": "compressible",
    "`klt`": "klt",
    "`task_klt`, plain (1)": "plain_1",
    "`task_klt`, plain (3)": "plain_3",
    "`task_klt`, balanced (1)": "balanced_1",
    "`task_klt`, balanced (3)": "balanced_3",
    "balanced (3), floor 0.01": "floor_001",
    "balanced (3), floor 0.3": "floor_03",
    "balanced (3), four bands": "bands_4",
    "balanced (3), four bands, floor 0.2, Z-order": "task_klt",
    "the paper's loss, `klt`": "compressible_klt",
    "the paper's loss, balanced (3), four bands, floor 0.2, Z-order": "compressible_task_klt",
}


def transforms() -> Rows:
    columns = (ON_HEVC, ON_PUBLISHED, LAPLACE_TO_HEVC)
    return [
        [cut, label, *(rates("methods", cut, method, "baseline", ladders) for ladders in columns)]
        for cut in reversed(CUTS)
        for label, method in TRANSFORMS.items()
    ]


STRENGTHS = {"0.05": "ratelog_005", "0.2": "ratelog_020", "0.4": "ratelog_040", "0.8": "ratelog_080"}


def train_losses_above_the_baseline() -> pd.DataFrame:
    """Return by how many percent the train losses of the last epoch lie above the baseline's, by training and task."""
    epochs = recorded("ratelog", "epochs").sort_values("epoch")
    losses = [f"loss_{task}" for task in ("segmentation", "disparity", "reconstruction")]
    last = epochs.groupby("training")[losses].last()
    return 100 * (last / last.loc["baseline"] - 1)


def rate_aware() -> Rows:
    losses, columns = train_losses_above_the_baseline(), (ON_HEVC, ON_PUBLISHED, ON_LAPLACE)
    return [
        [
            strength,
            *(rates("ratelog", "c256", method, "task_klt", ladders) for ladders in columns),
            ANY,  # of float features
            " / ".join(percent(losses[task][method]) for task in losses),
        ]
        for strength, method in STRENGTHS.items()
    ]


ABLATIONS = {
    "`order`": "hevc",
    "Z-order": "z_order",
    "`order` and Z-order": "z_order",
    "range without 0.1 %": "clip_0001",
    "range without 1 %": "clip_001",
    "restored, each channel": "restored",
    "restored jointly": "restored_jointly",
}


def ablations() -> Rows:
    def cell(label: str, cut: str, anchor: str) -> str:
        ordered = "`order`" in label
        if ordered and anchor != "baseline":
            return ""
        return rates("ablations", cut, "ordered" if ordered else anchor, anchor, (ABLATIONS[label], "hevc"))

    columns = [(cut, anchor) for cut in reversed(CUTS) for anchor in ("baseline", "balanced_3")]
    return [[label, *(cell(label, *column) for column in columns)] for label in ABLATIONS]


LENGTHS = {"4": "", "12": "_12", "36": "_36"}
"""Endings of the methods' names by the epochs of their training."""


def lengths() -> Rows:
    pairs = [(method, ladders) for method in ("compressible", "task_klt") for ladders in (ON_HEVC, ON_PUBLISHED)]
    return [
        [
            epochs,
            *(rates("length", "c256", method + ending, f"baseline{ending}", pair) for method, pair in pairs),
            *(" / ".join(floats("length", "c256", name + ending).values()) for name in ("baseline", "compressible")),
        ]
        for epochs, ending in LENGTHS.items()
    ]


SENT = {"baseline": "baseline", "the paper's loss": "compressible", "`task_klt`": "task_klt"}
ON_CODED_PICTURES = ", network trained on coded pictures"
LADDERS = {"PNG and JPEG": "published", "JPEG": "published", "JPEG XL": "jpegxl", "JPEG 2000": "jpeg2000"}
REMOTE = [
    *(
        (sent, *ladders, "")
        for sent in SENT
        for ladders in (("HEVC", "HEVC"), ("PNG and JPEG", "JPEG"), ("AV1", "AV1"))
    ),
    *((sent, "Laplace", "HEVC", "") for sent in ("baseline", "`task_klt`")),
    *(("`task_klt`", coded, "HEVC", ON_CODED_PICTURES) for coded in ("HEVC", "Laplace")),
    (f"the picture{ON_CODED_PICTURES}", "HEVC", "HEVC", ""),
]


def ladder_of(label: str) -> str:
    return LADDERS.get(label, label.lower())


def remote() -> Rows:
    found = []
    for sent, coded, picture, how_trained in REMOTE:
        method, anchor = SENT.get(sent, "remote_trained"), "remote_trained" if how_trained else "remote"
        ladders = ladder_of(coded), ladder_of(picture)
        cells = [rates("remote", cut, method, anchor, ladders) for cut in reversed(CUTS)]
        found.append([sent, coded, picture + how_trained, *cells])
    return found


def codecs() -> Rows:
    labels = ("VVC", "AV1", "AVIF", "JPEG XL", "JPEG 2000", "WebP", "PNG and JPEG", "Laplace")
    assert {ladder_of(label) for label in labels} == set(recorded("codecs")["ladder"]) - {"hevc"}
    columns = [(cut, method) for cut in reversed(CUTS) for method in ("baseline", "task_klt")]
    return [
        [label, *(rates("codecs", cut, method, method, (ladder_of(label), "hevc")) for cut, method in columns)]
        for label in labels
    ]


WRITTEN: list[tuple[str, str, Callable[[], Rows]]] = [
    (README, "## What comes out", lambda: headline("default")),
    (README, "On photographs", lambda: headline("camvid")),
    (README, "## Beyond the paper", lambda: beyond("default")),
    (README, "Beyond the paper, on the same photographs", lambda: beyond("camvid")),
    (STATISTICS, "The paper's loss", lambda: over_seeds("compressible", ON_HEVC, ON_PUBLISHED)),
    (STATISTICS, "Beyond the paper", lambda: over_seeds("task_klt", ON_HEVC, ON_PUBLISHED, LAPLACE_TO_HEVC)),
    (METHOD, "### What every transform gave", transforms),
    (METHOD, "It adds next to nothing here.", rate_aware),
    (METHOD, "### Ablations of packing, range and receiver", ablations),
    (METHOD, "### What longer training gives", lengths),
    (METHOD, "### What sending the picture gives", remote),
    (METHOD, "### What each codec takes", codecs),
]
"""Pages, what stands above a table in them, and the rows that it must have, no more and no fewer."""


@pytest.mark.parametrize(("page", "title", "expected"), WRITTEN, ids=[f"{page} {title}" for page, title, _ in WRITTEN])
def test_a_table_is_what_was_recorded(page: str, title: str, expected: Callable[[], Rows]) -> None:
    lines = re.search(r"(?:^\|.*\n)+", plain(page).partition(title)[2], re.M)
    assert lines is not None
    written = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[0].splitlines()[2:]]
    assert sorted(written) == sorted(expected())


def assert_said(page: str, anchor: str, numbers: Iterable[str]) -> None:
    """Fail unless these are the first numbers behind an anchor, a phrase that stands once in the page."""
    expected, (_, *behind) = list(numbers), " ".join(plain(page).split()).split(anchor)
    assert len(behind) == 1
    assert re.findall(r"(?<![\w.])[+-]?\d+(?:\.\d+)?", behind[0])[: len(expected)] == expected


RANGES = [
    (METHOD, "by HEVC they take", "remote", "baseline", "remote", ON_HEVC, 1),
    (METHOD, "they do, at equal mIoU and RMSE by", "remote", "task_klt", "remote", ON_HEVC, -1),
    (METHOD, "with HEVC and by", "remote", "task_klt", "remote", LAPLACE_TO_HEVC, -1),
    (METHOD, "a network trained on coded pictures takes", "remote", "remote_trained", "remote", ON_HEVC, -1),
    (METHOD, "and `task_klt` by HEVC", "remote", "task_klt", "remote_trained", ON_HEVC, -1),
    (METHOD, "fewer than that, with `laplace`", "remote", "task_klt", "remote_trained", LAPLACE_TO_HEVC, -1),
    (METHOD, "best codec of pictures for features, by", "codecs", "baseline", "baseline", ("av1", "hevc"), -1),
    (METHOD, "without a transform and by", "codecs", "task_klt", "task_klt", ("av1", "hevc"), -1),
    (METHOD, "VVC's tools buy little:", "codecs", "baseline", "baseline", ("vvc", "hevc"), -1),
    (METHOD, "made for eyes,", "codecs", "baseline", "baseline", ("jpegxl", "hevc"), 1),
    (README, "AV1 takes another", "codecs", "task_klt", "task_klt", ("av1", "hevc"), -1),
    (README, "trained on coded pictures it is still", "remote", "task_klt", "remote_trained", LAPLACE_TO_HEVC, -1),
]
"""Where pages state the lowest and the highest of recorded BD-rates, of remote inference without reconstruction."""


@pytest.mark.parametrize(("page", "anchor", "run", "method", "against", "ladders", "sign"), RANGES)
def test_a_range_is_that_of_the_recorded_run(
    page: str, anchor: str, run: str, method: str, against: str, ladders: tuple[str, str], sign: int
) -> None:
    both = pd.concat([compared(run, cut, method, against, ladders) for cut in CUTS])
    values = sign * both[(both["metric"] != "psnr_db") | (run != "remote")]["bd_rate_percent"]
    assert_said(page, anchor, (f"{values.min():.0f}", f"{values.max():.0f}"))


def test_means_are_those_of_the_recorded_runs() -> None:
    scratch = rows_of(recorded("scratch"), against="baseline").groupby(["method", "ladder"])["bd_rate_percent"]
    assert (scratch.count() == 6).all()
    assert_said(README, "means of the six cells by HEVC are", [percent(scratch.mean()["compressible", "hevc"])])
    with_matrices = [percent(scratch.mean()["task_klt", ladder]) for ladder in ("hevc", "laplace")]
    assert_said(README, "dB there, and", with_matrices)

    means = rows_of(recorded("length"), ladder="hevc").groupby("method")["bd_rate_percent"].mean()
    loss, matrices = ([means[name + end] for end in LENGTHS.values()] for name in ("compressible", "task_klt"))
    released = rows_of(published_bd_rate.make(published_inputs()), cut="c256", fit="authors_cubic")
    published = released["bd_rate_percent"].mean()
    stated = [text for mean, epochs in zip(map(percent, loss), LENGTHS, strict=True) for text in (mean, epochs)]
    assert_said(README, "at c256 by HEVC the mean of the three is", [*stated, percent(published)])
    shares = [f"{100 * mean / published:.0f}" for mean in loss]
    assert_said(METHOD, "By HEVC the mean of the three is", [*map(percent, loss), *shares, percent(published)])
    assert "{}, {} and {} % by HEVC".format(*map(percent, matrices)) in plain(METHOD).replace("\n", " ")


def test_where_features_and_pictures_cross_is_the_recorded_run() -> None:
    table = rows_of(recorded("remote", "crossovers"), remote="remote")

    def crossing_kb(split: str, ladder: str, cut: str, metric: str) -> str:
        found = rows_of(table, split=split, ladder=ladder, cut=cut, remote_metric=metric)["crossing_bytes"].dropna()
        return f"{found.item() / 1000:.2f}"

    features = [crossing_kb("baseline", "hevc", cut, m) for cut in ("c256", "c512") for m in ("miou", "inv_rmse")]
    assert_said(METHOD, "They are better above a rate only:", features)
    pictures = [crossing_kb("task_klt", "published", cut, "image_psnr_db") for cut in ("c256", "c512")]
    assert_said(METHOD, "by JPEG it is above", pictures)
    both = recorded("remote", "crossovers").query("split == 'task_klt' and ladder in ('hevc', 'laplace')")
    judged = both[both["remote_metric"].isin(["miou", "inv_rmse"])]
    assert len(judged) == 16 and set(judged["better_below"]) == set(judged["better_above"]) == {"task_klt"}


def test_the_strength_of_rate_aware_training_keeps_to_its_constraint() -> None:
    allowed = (train_losses_above_the_baseline() <= 1).all(axis=1)
    strongest = max((strength for strength, method in STRENGTHS.items() if allowed[method]), key=float)
    assert_said(METHOD, "above the baseline's, which is", [strongest])
    table = rows_of(recorded("ratelog"), against="task_klt")
    sure = table[(table["high_percent"] < 0) | (table["low_percent"] > 0)]["method"].value_counts()
    assert sure.get(STRENGTHS[strongest], 0) == 0 and sure["ratelog_005"] == 5


def test_what_is_said_of_headers_and_samples_is_the_recorded_run() -> None:
    samples = rows_of(recorded("codecs", "bd_rate"), fit="pchip", method="task_klt", rate="payload")
    for ladder, anchor in (("av1", "(`rate: payload`) it saves"), ("laplace", "matrices, of the coded samples alone")):
        saved = -rows_of(samples, ladder=ladder)["bd_rate_percent"]
        assert_said(METHOD, anchor, (f"{saved.min():.0f}", f"{saved.max():.0f}"))
    points = recorded("codecs", "points")
    headers = (points["header_bytes"] / points["n_images"]).groupby(points["codec"]).agg(["min", "max"]).round()
    assert set(headers.loc["hevc"]) == {79}
    assert_said(METHOD, "behind the matrices, where HEVC's", ["79", *(f"{end:.0f}" for end in headers.loc["av1"])])
