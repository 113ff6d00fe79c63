"""What is published, beside what this run gave, and what differs between the two."""

from __future__ import annotations

from compfeat.experiment.config import Experiment
from compfeat.reports.paper.coding import methods_by_qualities, side_info_text
from compfeat.reports.paper.results import cell, fit_title
from compfeat.reports.paper.system import weights_sentences
from compfeat.reports.paper.tables import LADDERS, PAIR, Facts, Tables, match
from compfeat.reports.paper.training import epochs_of, used_trainings
from compfeat.reports.words import NOTHING, counted, interval, listed, percent

NOT_GIVEN = "not given"
ORIGINAL = {
    "dataset": "Cityscapes",
    "images": "2975 and 500",
    "size": "256 × 512",
    "width": "64",
    "encoder": "ImageNet's weights",
    "training": NOT_GIVEN,
    "codecs": "PNG; JPEG at quality 95, 90, 85 and 80",
    "fit": "cubic, on all points",
    "side": "not counted",
    "seeds": "one",
}
"""The original paper's settings, and its release's (docs/method.md has the sources)."""
TITLES = {
    "dataset": "dataset",
    "images": "images, training and measured",
    "size": "image size (px)",
    "width": "network's width",
    "encoder": "encoder starts from",
    "training": "training",
    "codecs": "codecs",
    "fit": "fit of the BD-rate",
    "side": "side information",
    "seeds": "seeds",
}
REFERENCES = (
    "S. R. Alvar and I. V. Bajić. Multi-task learning with compressible features for collaborative intelligence. ICIP, 2019.",
    "G. Bjøntegaard. Calculation of average PSNR differences between RD-curves. ITU-T VCEG-M33, 2001.",
    "M. Cordts et al. The Cityscapes dataset for semantic urban scene understanding. CVPR, 2016.",
    "B. Efron and R. J. Tibshirani. An introduction to the bootstrap. Chapman and Hall, 1993.",
    "K. He, X. Zhang, S. Ren and J. Sun. Deep residual learning for image recognition. CVPR, 2016.",
    "A. Kendall, Y. Gal and R. Cipolla. Multi-task learning using uncertainty to weigh losses. CVPR, 2018.",
)


def published_facts(tables: Tables) -> Facts:
    """Return the published BD-rates with their intervals, and how the saving is spread over the images."""
    fit = str(tables.published_intervals["fit"].iloc[0])
    published = tables.published[tables.published["fit"] == fit]
    metrics = list(dict.fromkeys(published["metric"]))
    rows = []
    for cut, own in published.groupby("cut", sort=True):
        cells = []
        for r in own.to_dict("records"):
            at = match(tables.published_intervals, r, "cut", "metric").iloc[0]
            cells.append(f"{percent(r['bd_rate_percent'])} ({interval(at['low_percent'], at['high_percent'])})")
        rows.append([str(cut), *cells])
    values = published["bd_rate_percent"]
    spread = [
        [
            *(r["cut"], r["codec"], r["quality"], f"{100 * r['smaller_share']:.0f} %"),
            *(percent(-r["saving_percent"]), percent(-r["median_saving_percent"])),
        ]
        for r in tables.published_paired.to_dict("records")
    ]
    anchor, test = published_methods(tables)
    return {
        "metrics": [tables.curve_label(name) for name in metrics],
        "rows": rows,
        "spread": spread,
        "mean": percent(float(values.mean())),
        "reach": f"{int((values <= -20).sum())} of {len(values)}",
        "n_images": str(int(tables.published_points["n_images"].iloc[0])),
        "anchor": anchor,
        "test": test,
    }


def published_methods(tables: Tables) -> tuple[str, str]:
    """Return the names of the published anchor and of what is compared with it, as ``published_points.csv`` orders them."""
    names = list(dict.fromkeys(tables.published_points["method"]))
    return str(names[0]), str(names[-1])


def beside_facts(experiment: Experiment, tables: Tables) -> Facts:
    """Return a row for each published BD-rate and comparison of this run: cut, metric, published by each fit, then this run's by
    ladder; and what differs.
    """
    released = str(tables.published_intervals["fit"].iloc[0])
    own_fit = str(tables.intervals["fit"].iloc[0]) if len(tables.intervals) else ""
    fits = [released, *([own_fit] if own_fit and own_fit != released else [])]
    ladders = list(dict.fromkeys((c.ladder, c.against_ladder) for c in tables.comparisons))
    rows = []
    published = tables.published[tables.published["fit"] == released]
    for r in published.sort_values("cut", kind="stable").to_dict("records"):
        cells = [cell(match(tables.published_intervals, r, "cut", "metric"))]
        for fit in fits[1:]:
            at = match(tables.published[tables.published["fit"] == fit], r, "cut", "metric")
            cells.append(percent(float(at["bd_rate_percent"].iloc[0])) if len(at) else NOTHING)
        for pair in tables.pairs() or [("", "")]:
            own = match(tables.intervals, r | dict(zip(PAIR, pair, strict=True)), "cut", "metric", *PAIR)
            ours = [cell(match(own, dict(zip(LADDERS, ladder, strict=True)), *LADDERS)) for ladder in ladders]
            compared = tables.who(dict(zip(PAIR, pair, strict=True))) if pair[0] else NOTHING
            rows.append([r["cut"], tables.curve_label(r["metric"]), *cells, compared, *ours])
    return {
        "fits": [fit_title(fit.removeprefix("authors_")) for fit in fits],
        "ladders": [tables.ladder(dict(zip(LADDERS, ladder, strict=True))) for ladder in ladders],
        "rows": rows,
        "differences": difference_rows(experiment, tables),
    }


def codec_text(e: Experiment, tables: Tables, codec: str) -> str:
    """Return a codec with its qualities: the usual ones, then those that some methods have in their place."""
    usual = e.codecs[codec].qualities
    others = [
        f"{listed(list(qualities))} ({listed([tables.method(method) for method in methods])})"
        for qualities, methods in methods_by_qualities(e, tables, codec).items()
        if qualities != usual
    ]
    return f"{codec.upper()}: {', or '.join([listed(list(usual)), *others])}"


def difference_rows(e: Experiment, tables: Tables) -> list[list[str]]:
    """Return what differs: what it is, the original's, this run's."""
    points = tables.points
    n_train, n_val = e.dataset.images.train, int(points["n_images"].iloc[0])
    codecs = [codec_text(e, tables, codec) for codec in e.codecs]
    encoder = " ".join(weights_sentences(e)).removeprefix("The encoder starts from ").removesuffix(".")
    ours = {
        "dataset": e.dataset.name,
        "images": f"{'all' if n_train is None else n_train} and {n_val}",
        "size": "{} × {}".format(*e.dataset.size),
        "width": listed(sorted({str(cut.width) for cut in e.cuts.values()}, key=int)),
        "encoder": encoder,
        "training": training_text(e),
        "codecs": "; ".join(codecs),
        "fit": "PCHIP, on efficient points" if e.bd_rate.frontier else "PCHIP, on all points",
        "side": side_info_text(points),
        "seeds": f"{counted(len(e.seeds), 'seed')} ({listed([str(seed) for seed in e.seeds])})",
    }
    return [[title, ORIGINAL[key], ours[key]] for key, title in TITLES.items()]


def training_text(e: Experiment) -> str:
    """Return the epochs of every training, with what it starts from."""
    lengths: dict[tuple[str | None, int], list[str]] = {}
    for name in used_trainings(e):
        training = e.trainings[name]
        lengths.setdefault((training.start, epochs_of(training)), []).append(name)
    texts = [
        f"{listed(names)}: {epochs} epochs" + (f" after {start}" if start else "")
        for (start, epochs), names in lengths.items()
    ]
    return "; ".join(texts)
