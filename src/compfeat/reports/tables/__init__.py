"""Tables of the summary as HTML pages, one a table, so that a report shows what a CSV only lets one download."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TablePage:
    """A table that gets a page: its heading in the report, its title, and what is said above it."""

    category: str
    title: str
    caption: str


RESULTS, SURENESS, AUTHORS = "Rate and accuracy", "How sure it is", "The authors' numbers"
PAGES = {
    "headline": TablePage(
        RESULTS,
        "BD-rates and float metrics",
        "The BD-rate of each loss against the baseline by cut, ladder and metric (PCHIP, percent; negative: bits saved; of "
        "several seeds the mean with the lowest and highest), and the metric on float features of both: mIoU, dB, px.",
    ),
    "points": TablePage(
        RESULTS,
        "All operating points",
        "What every point weighs and how well the tasks do there. Rates: bits per feature element (bpe) and per input pixel "
        "(bpp); rate_bpe_authors leaves the side information out, as the authors did.",
    ),
    "intervals": TablePage(
        SURENESS,
        "Intervals of the BD-rates",
        "Percentile intervals of each BD-rate (percent) over paired resamples of the validation images; rows of all seeds "
        "resample the seeds, too. n_refused counts resamples without a BD-rate.",
    ),
    "float_intervals": TablePage(
        SURENESS,
        "The loss on float features",
        "The metric of each loss minus the baseline's on float features, before any coding (mIoU, dB, px), with its interval.",
    ),
    "bd_details": TablePage(
        SURENESS,
        "What stands beside each BD-rate",
        "The BD-rate by three fits and without the lossless point (percent), the shared range of the metric, the change of the "
        "metric at equal rate, and the rate (bits per element) at which the metric is one percent worse than on float features.",
    ),
    "seeds_intervals": TablePage(
        SURENESS,
        "A recorded run of several seeds",
        "BD-rates (percent) of a recorded run of several seeds, each and all together; no rows where none is recorded.",
    ),
    "claims": TablePage(
        SURENESS,
        "The claims",
        "The abstract's claims, checked on the published numbers and on this run by rules that the config states.",
    ),
    "published_bd_rate": TablePage(
        AUTHORS,
        "Published BD-rates",
        "BD-rates (percent) of the authors' released points, by their own cubic and by the fits that this run uses.",
    ),
    "published_paired": TablePage(
        AUTHORS,
        "How the published saving is spread",
        "Of the authors' images: the share that got smaller, the saving of all bytes and that of the median image (percent).",
    ),
}
"""By the name of the summary's table."""
