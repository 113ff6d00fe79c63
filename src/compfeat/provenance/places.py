"""What a path is in a run: the reverse of ``experiment/layout.py``, from whose functions the patterns are made."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from compfeat.experiment.layout import Layout
from compfeat.experiment.runs import TRANSFORM, Run, Trained

_LAYOUT = Layout("{output}", "{prepared}")
_TRAINED = Trained("{cut}", "{training}", "{seed}")
_RUN = Run("{cut}", "{method}", "{seed}")
OF_TRAINED = {
    "weights": _LAYOUT.weights(_TRAINED),
    "description": _LAYOUT.description(_TRAINED),
    "epochs": _LAYOUT.epochs(_TRAINED),
    "features": _LAYOUT.features(_TRAINED, "{split}"),
}
"""Files that belong to a trained network, by what they are."""
OF_RUN = {
    "transform": _LAYOUT.fitted(_RUN, TRANSFORM),
    "codec_state": _LAYOUT.fitted(_RUN, "{codec}"),
    "bitstreams": _LAYOUT.bitstreams(_RUN, "{codec}"),
    "ledger": _LAYOUT.ledger(_RUN, "{codec}"),
    "scores": _LAYOUT.scores(_RUN, "{codec}"),
    "pictures": _LAYOUT.pictures(_RUN, "{codec}"),
}
"""Files that belong to a run or to a codec of it. TRANSFORM is no codec, so it is looked for first."""
GATHERED = {
    "table": _LAYOUT.table("{name}"),
    "figure": _LAYOUT.figure("{name}", "{suffix}"),
    "document": _LAYOUT.document("{name}"),
}
"""Files that a reader sees."""
MEASURED = {*OF_TRAINED, *OF_RUN}
"""Kinds of what is trained, coded and scored."""
ANYTHING = {"output": ".+?", "name": ".+"}


def pattern(path: str) -> re.Pattern[str]:
    """Return the pattern of a path of the layout, with a group a wildcard."""
    return re.compile(re.sub(r"\\\{(\w+)\\\}", lambda m: f"(?P<{m[1]}>{ANYTHING.get(m[1], '[^/]+')})", re.escape(path)))


_PATTERNS = {kind: pattern(path) for kind, path in {**OF_TRAINED, **OF_RUN, **GATHERED}.items()}


@dataclass(frozen=True)
class Place:
    """What a file is, and of what: ``cells`` has the output folder and the names in its path."""

    kind: str
    cells: Mapping[str, str]


@cache
def place(path: str) -> Place | None:
    """Return what ``path`` is; None where it is no file of the layout's output folder."""
    for kind, expression in _PATTERNS.items():
        if match := expression.fullmatch(path):
            return Place(kind, match.groupdict())
    return None


def kind_of(path: str) -> str | None:
    """Return what ``path`` is; None where it is no file of the layout's output folder."""
    found = place(path)
    return None if found is None else found.kind
