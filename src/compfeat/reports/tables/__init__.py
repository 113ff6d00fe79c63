"""Tables of the summary as HTML pages, one a table, so that a report shows what a CSV only lets one download."""

from __future__ import annotations

from collections.abc import Iterable

from compfeat.reports.texts import TableText

RESULTS, CERTAINTY, AUTHORS = "Rate and accuracy", "How certain it is", "The authors' numbers"
_TEXTS = (
    TableText(
        name="headline",
        category=RESULTS,
        title="BD-rates and metrics without coding",
        caption="The BD-rate of each method against the one that it is compared with, by cut, ladder and metric (percent; negative: "
        "bits saved; of several seeds the mean with the lowest and highest), and the metric of both where nothing is coded.",
    ),
    TableText(
        name="points",
        category=RESULTS,
        title="All operating points",
        caption="What every point weighs and how well the tasks do there. Rates: bits per feature element (bpe; empty where the "
        "image is sent) and per input pixel (bpp); rate_bpe_authors leaves the side information out, as the authors did.",
    ),
    TableText(
        name="intervals",
        category=CERTAINTY,
        title="Intervals of the BD-rates",
        caption="Percentile intervals of each BD-rate (percent) over paired resamples of the validation images; rows of all seeds "
        "resample the seeds, too. n_refused counts resamples without a BD-rate; the verdict says why there is no interval.",
    ),
    TableText(
        name="float_intervals",
        category=CERTAINTY,
        title="What methods do to the tasks without coding",
        caption="The metric of each method minus that of the one that it is compared with, where nothing is coded, in the metric's "
        "unit, with its interval; without one where too few images have the metric.",
    ),
    TableText(
        name="bd_details",
        category=CERTAINTY,
        title="What stands beside each BD-rate",
        caption="The BD-rate by several fits and without the lossless points (percent), the shared range of the metric, the change "
        "of the metric at equal rate, and the rate (bits per element) at which the metric is one percent worse than without coding.",
    ),
    TableText(
        name="seeds_intervals",
        category=CERTAINTY,
        title="A recorded run of several seeds",
        caption="BD-rates (percent) of a recorded run of several seeds, each and all together; no rows where none is recorded.",
    ),
    TableText(
        name="claims",
        category=CERTAINTY,
        title="The claims",
        caption="What the config claims, checked on this run by rules that the config states; the abstract's claims on the published "
        "numbers, too.",
    ),
    TableText(
        name="published_bd_rate",
        category=AUTHORS,
        title="Published BD-rates",
        caption="BD-rates (percent) of the authors' released points, by their own cubic and by three other fits.",
    ),
    TableText(
        name="published_paired",
        category=AUTHORS,
        title="How the published saving is spread",
        caption="Of the authors' images: the share that got smaller, the saving of all bytes and that of the median image (percent).",
    ),
)
PAGES = {text.name: text for text in _TEXTS}
"""By the name of the summary's table."""


def pages_with(own: Iterable[TableText]) -> dict[str, TableText]:
    """Return PAGES and pages of a user's own tables, by name."""
    return PAGES | {text.name: text for text in own}
