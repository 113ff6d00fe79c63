"""What things are called, and in which order they are shown (``methods.csv``, ``comparisons.csv``, ``ladders.csv``, ...)."""

from __future__ import annotations

import pandas as pd

from compfeat.results import Inputs, Made, table
from compfeat.results._measured import OF_IMAGE
from compfeat.tasks import metrics_of

METRIC_COLUMNS = (
    "task",
    "metric",
    "curve_metric",
    "label",
    "curve_label",
    "unit",
    "digits",
    "higher_is_better",
    "compared",
    "of_image",
)


@table(
    "names",
    makes=("methods.csv", "comparisons.csv", "ladders.csv", "codecs.csv", "metrics.csv"),
    uses=("tasks", "methods", "codecs", "ladders", "comparisons"),
)
def make(inputs: Inputs) -> dict[str, Made]:
    """Return the tables of names."""
    plan = inputs.plan
    methods = [(m.name, m.label, m.training, m.transform, m.sends, i) for i, m in enumerate(plan.methods)]
    ladders = [(entry.name, entry.label, codec, i) for i, entry in enumerate(plan.ladders) for codec in entry.codecs]
    codecs = [
        (c.name, q, i, q in {**c.lossless, **c.lossless_images}) for c in plan.codecs for i, q in enumerate(c.qualities)
    ]
    comparisons = [(c.method, c.against, c.ladder, c.against_ladder) for c in plan.comparisons]
    metrics = [
        (
            task,
            m.name,
            m.curve_name,
            m.label,
            m.curve_label,
            m.unit,
            m.digits,
            m.higher_is_better,
            m.compared,
            OF_IMAGE.get(m.name, ""),
        )
        for task, m in metrics_of(plan.tasks)
    ]
    return {
        "methods.csv": pd.DataFrame(methods, columns=["method", "label", "training", "transform", "sends", "position"]),
        "comparisons.csv": pd.DataFrame(comparisons, columns=["method", "against", "ladder", "against_ladder"]),
        "ladders.csv": pd.DataFrame(ladders, columns=["ladder", "label", "codec", "position"]),
        "codecs.csv": pd.DataFrame(codecs, columns=["codec", "quality", "position", "lossless"]),
        "metrics.csv": pd.DataFrame(metrics, columns=list(METRIC_COLUMNS)),
    }
