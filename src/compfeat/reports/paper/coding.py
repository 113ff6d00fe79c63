"""What the paper says of codecs, their side information and the ladders."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from compfeat.experiment.config import Experiment
from compfeat.experiment.runs import UNCODED
from compfeat.reports.paper.settings import Settings
from compfeat.reports.paper.tables import Facts, Tables
from compfeat.reports.words import capital, listed, number


def coding_facts(settings: Settings, tables: Tables) -> Facts:
    """Return the codecs with their qualities and side information, the ladders, and what is coded how."""
    e = settings.experiment
    coded = tables.points[tables.points["codec"] != UNCODED]
    n_images = coded["n_images"].astype(float)
    coded = coded.assign(side=coded["side_info_bytes"] / n_images)
    senders = {sends: [n for n, m in e.methods.items() if m.sends == sends] for sends in ("features", "image")}
    features = coded[coded["method"].isin(senders["features"])]
    rows = []
    for name in e.codecs:
        groups = methods_by_qualities(e, tables, name)
        for qualities, methods in groups.items():
            own = coded[(coded["codec"] == name) & coded["method"].isin(methods)]
            side = sorted({round(value, 1) for value in own["side"].dropna()})
            ends = listed([f"{value:g}" for value in (side[:1] + side[1:][-1:])], "to")
            who = f" ({listed([tables.method(method) for method in methods])})" if len(groups) > 1 else ""
            rows.append([f"{name}{who}", listed(list(qualities)), ends])
    tiled = [name for name in e.codecs if name in settings.tiled and name in set(features["codec"])]
    others = [name for name in e.codecs if name in set(features["codec"]) and name not in tiled]
    bits = sorted({int(e.codecs[name].options.get("bits", 8)) for name in tiled})
    return {
        "rows": rows,
        "tiled": [name.upper() for name in tiled],
        "bits": listed([str(n) for n in bits], "or"),
        "sentences": [
            *transform_sentences(tables, [n for n, m in e.methods.items() if m.transform is not None]),
            *coding_sentences(tables, tiled, others, senders["image"]),
        ],
        "ladders": f"{'They are' if len(tables.ladders) > 1 else 'It is'} "
        f"{listed([ladder.label for ladder in tables.ladders.values()])}."
        if tables.ladders
        else "There is none.",
        "rate": "bits per feature element" if not senders["image"] else "bytes an image",
        "fit": "on points that no other point beats in both" if e.bd_rate.frontier else "on all points",
    }


def methods_by_qualities(e: Experiment, tables: Tables, codec: str) -> dict[tuple[str, ...], list[str]]:
    """Return the methods that have points of a codec, by the qualities that they are coded at."""
    coded = set(tables.points.loc[tables.points["codec"] == codec, "method"])
    groups: dict[tuple[str, ...], list[str]] = {}
    for name, method in e.methods.items():
        if name in coded:
            groups.setdefault(method.qualities_of(codec, e.codecs[codec].qualities), []).append(name)
    return groups


def transform_sentences(tables: Tables, transformed: Sequence[str]) -> list[str]:
    """Return that features are transformed before they are coded, where a method does that."""
    if not transformed:
        return []
    labels = listed([tables.method(name) for name in transformed])
    return [
        f"The features of {labels} are transformed before they are coded, and back before the decoders use them; what a transform "
        "is fitted to the train split is part of the model, known to both sides, and not counted in the rate."
    ]


def coding_sentences(tables: Tables, tiled: Sequence[str], others: Sequence[str], image: Sequence[str]) -> list[str]:
    """Return how features and images are coded: a sentence for each case that this run has."""
    sentences = []
    if tiled:
        sentences.append(
            f"For {listed([name.upper() for name in tiled])}, each image's features are quantised uniformly between their least "
            "and greatest value, laid out channel by channel as one grey image, and coded."
        )
    if others:
        take = "takes" if len(others) == 1 else "take"
        sentences.append(f"{listed([name.upper() for name in others])} {take} the features as they are.")
    if image:
        labels = listed([tables.method(name) for name in image])
        sentences.append(
            f"{capital(labels)} {'sends' if len(image) == 1 else 'send'} the image: the whole network runs in the cloud."
        )
    return sentences


def side_info_text(points: pd.DataFrame) -> str:
    """Return how the side information is counted, with what it weighs."""
    coded = points[points["codec"] != UNCODED]
    each = (coded["side_info_bytes"] / coded["n_images"]).dropna()
    if not len(each):
        return "counted"
    ends = dict.fromkeys((number(float(each.min()), 0), number(float(each.max()), 0)))
    return f"counted, {listed(list(ends), 'to')} bytes an image"
