"""What the paper says, as text ready to be set: every number of it comes from here, and from the run's tables and config.

Sentences that draw a conclusion, and those that apply to some configs only, are chosen by rule, so that another run says something
else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from compfeat.reports.paper.beside import REFERENCES, beside_facts, published_facts
from compfeat.reports.paper.beyond import beyond_facts
from compfeat.reports.paper.claims import claim_facts
from compfeat.reports.paper.coding import coding_facts
from compfeat.reports.paper.length import length_facts
from compfeat.reports.paper.results import result_facts
from compfeat.reports.paper.seeds import seed_facts
from compfeat.reports.paper.settings import Settings
from compfeat.reports.paper.system import data_facts, network_facts
from compfeat.reports.paper.tables import Facts, Tables
from compfeat.reports.paper.training import training_facts
from compfeat.reports.words import NOTHING, listed

SECTIONS = {
    "Training": "training",
    "Rate and accuracy": "results",
    "Features": "features",
    "Length of training": "length",
    "The authors' numbers": "published",
}
"""Categories of figures that have a place of their own in the template; others get a section each, in the figures' order."""


def paper_facts(settings: Settings, tables: Tables, descriptions: Sequence[Mapping[str, Any]]) -> Facts:
    """Return everything the template reads.

    Args:
        descriptions: the networks' ``network.json``, of each cut at least one.
    """
    e = settings.experiment
    return {
        "data": data_facts(settings, tables.points),
        "network": network_facts(settings, descriptions),
        "training": training_facts(settings, tables),
        "coding": coding_facts(settings, tables),
        "methods": listed(list(tables.methods.values())),
        "several_methods": len(tables.methods) > 1,
        "metrics": metric_sentence(tables),
        "results": result_facts(tables),
        "published": published_facts(tables),
        "beside": beside_facts(e, tables),
        "claims": claim_facts(tables),
        "beyond": beyond_facts(tables),
        "seeds": seed_facts(e, tables),
        "length": length_facts(tables),
        "references": list(REFERENCES),
        "statistics": {
            "resamples": str(e.statistics.resamples),
            "confidence": f"{100 * e.statistics.confidence:g} %",
        },
        # Which files stay on the disk is no setting of a result.
        "config": config_rows(e.model_dump(mode="json", exclude={"keep_features"})),
        "figures": figure_facts(settings),
        "tools": [[name, version] for name, version in settings.tools.items()],
    }


def figure_facts(settings: Settings) -> Facts:
    """Return the figures by place: those of SECTIONS, and ``others``, a list of categories with their figures."""
    places: Facts = {place: [] for place in SECTIONS.values()}
    others: dict[str, list[Facts]] = {}
    for figure in settings.figures:
        facts = {"name": figure.name, "caption": figure.caption}
        place = SECTIONS.get(figure.category)
        (places[place] if place else others.setdefault(figure.category, [])).append(facts)
    return places | {"others": [{"title": title, "figures": own} for title, own in others.items()]}


def metric_sentence(tables: Tables) -> str:
    """Return what task performance is, and which metrics enter BD-rates as their inverse."""
    labels = [f"{m.label} in {m.unit}" if m.unit else m.label for m in tables.metrics]
    inverse = [m.curve_label for m in tables.metrics if not m.higher_is_better]
    sentence = f"Performance is {listed(labels)}."
    if inverse:
        enter = "it enters" if len(labels) == 1 else "some enter"
        sentence += f" In BD-rates, where more must be better, {enter} as {listed(inverse)}."
    return sentence


def config_rows(config: Mapping[str, Any], above: str = "") -> list[list[str]]:
    """Return every key of the config with its value, nested keys joined by dots, in the config's order."""
    rows: list[list[str]] = []
    for key, value in config.items():
        name = f"{above}{key}"
        if isinstance(value, Mapping) and value:
            rows += config_rows(value, f"{name}.")
        elif is_list(value) and any(isinstance(v, Mapping) for v in value):
            for i, item in enumerate(value):
                rows += config_rows(item, f"{name}.{i}.")
        else:
            shown = ", ".join(map(str, value)) if is_list(value) or isinstance(value, Mapping) else str(value)
            rows.append([name, shown if value not in (None, "", {}, []) else NOTHING])
    return rows


def is_list(value: Any) -> bool:
    """Return whether a value is a list."""
    return isinstance(value, Sequence) and not isinstance(value, str)
