"""What goes beyond the paper: claims on transforms, codecs and sending the image, what is fitted once, distances to a bound."""

from __future__ import annotations

import pandas as pd

from compfeat.reports.paper.claims import claim_rows, groups_of, is_published
from compfeat.reports.paper.seeds import RECORDED, THIS_RUN
from compfeat.reports.paper.tables import LADDERS, Facts, Tables, match
from compfeat.reports.summary import ALL_SEEDS
from compfeat.reports.words import capital, listed, number, percent

VERDICTS = ("supported", "undecided", "not supported")


def beyond_facts(tables: Tables) -> Facts:
    """Return the claims that are not the abstract's, the sizes of what is fitted once, and distances to the bound."""
    own = {name: rows for name, rows in groups_of(tables.claims).items() if not is_published(rows)}
    return {
        "sentences": [sentence for rows in own.values() for sentence in claim_sentences(tables, rows)],
        "claims": [row for rows in own.values() for row in claim_rows(tables, rows)],
        "fitted": fitted_rows(tables),
        "distances": distance_rows(tables),
    }


def claim_sentences(tables: Tables, claims: pd.DataFrame) -> list[str]:
    """Return, of one group, a sentence for each pair of ladders: in how many places its claim on bits is supported, and the mean."""
    bits = claims[claims["claim"] == "fewer_bits"]
    sentences = []
    for r in bits.drop_duplicates(LADDERS).to_dict("records"):
        there = match(bits, r, *LADDERS)
        parts = []
        for source, words in ((THIS_RUN, ""), (RECORDED, "over the recorded seeds ")):
            own = over_all(there[there["source"] == source])
            if not len(own):
                continue
            counts = [f"{n} {verdict}" for verdict in VERDICTS if (n := int((own["verdict"] == verdict).sum()))]
            parts.append(
                f"{words}{listed(counts)} of {len(own)}, {percent(float(pd.to_numeric(own['value']).mean()))} in the mean"
            )
        sentences.append(f"{capital(str(r['text']))} ({tables.vs(r)}, {tables.ladder(r)}): {'; '.join(parts)}.")
    return sentences


def over_all(claims: pd.DataFrame) -> pd.DataFrame:
    """Return the rows over all seeds together where there are some, else all."""
    every = claims["seed"].astype(str) == ALL_SEEDS
    return claims[every] if every.any() else claims


def fitted_rows(tables: Tables) -> list[list[str]]:
    """Return what is fitted once and is part of the model: cut, method, what, bytes; the largest over the seeds."""
    rows: list[list[str]] = []
    for table, name, size in (
        (tables.transforms, "transform", "model_bytes"),
        (tables.codec_states, "codec", "array_bytes"),
    ):
        for (cut, method, what), own in table.groupby(["cut", "method", name], sort=False):
            rows.append([str(cut), tables.method(str(method)), f"{name} {what}", number(float(own[size].max()), 0)])
    return rows


def distance_rows(tables: Tables) -> list[list[str]]:
    """Return how many bits an element beyond the Gaussian bound points take: cut, method, codec, mean, least and most."""
    measured = tables.distances.dropna(subset="distance_bpe")
    rows = []
    for (cut, method, codec), own in measured.groupby(["cut", "method", "codec"], sort=False):
        values = own["distance_bpe"]
        ends = [number(float(value), 2, "+") for value in (values.mean(), values.min(), values.max())]
        rows.append([str(cut), tables.method(str(method)), str(codec), *ends])
    return rows
