"""A table's rows: which runs and codecs each was made from, as its key columns say, and so on which files it depends.

Which run and codec a file belongs to is known from its path: the reverse of ``experiment/layout.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

from compfeat.errors import ConfigError, DataError
from compfeat.experiment.config import Experiment
from compfeat.experiment.layout import Layout
from compfeat.io import read_csv, read_json
from compfeat.provenance.graph import Graph, Keep
from compfeat.provenance.jobs import Job
from compfeat.results.resolved import EXPERIMENT, Resolved
from compfeat.settings.runs import TRANSFORM, UNCODED, Run, Trained

Row = dict[str, str]
KEYS = (
    *("group", "claim", "source", "cut", "method", "against", "split", "remote", "training", "seed", "codec"),
    *("quality", "ladder", "against_ladder", "remote_ladder", "metric", "remote_metric", "fit", "rate", "statistic"),
)
"""Columns that name a row of a table. The others are results."""
SIDES = (("method", "ladder"), ("against", "against_ladder"), ("split", "ladder"), ("remote", "remote_ladder"))
"""Columns of the methods that a row compares, each with that of its ladder; without one of its own it has the first one's."""
THIS_RUN = ("", "this run")
"""Sources of numbers of this run, in a table that has a column ``source``."""

_LAYOUT = Layout("{output}", "{prepared}")
_TRAINED, _RUN = Trained("{cut}", "{training}", "{seed}"), Run("{cut}", "{method}", "{seed}")
OF_TRAINED = {"train", "features"}
"""Stages whose files belong to a trained network."""
OF_RUN = {"fit", "encode", "evaluate"}
"""Stages whose files belong to a run and a codec."""
READ = {"table", "figure", "document"}
"""Kinds of files that people read."""
_PATHS = {
    "train": str(PurePosixPath(_LAYOUT.weights(_TRAINED)).with_name("{name}")),
    "features": _LAYOUT.features(_TRAINED, "{name}"),
    "fit": _LAYOUT.fitted(_RUN, "{codec}"),
    "encode": str(PurePosixPath(_LAYOUT.ledger(_RUN, "{codec}")).with_name("{name}")),
    "evaluate": str(PurePosixPath(_LAYOUT.scores(_RUN, "{codec}")).with_name("{name}")),
    "table": _LAYOUT.table("{name}"),
    "figure": _LAYOUT.figure("{name}", "{suffix}"),
    "document": _LAYOUT.document("{name}"),
}
Place = Mapping[str, str]
"""What a file is (``kind``: the stage that made it, or table, figure, document), with the names in its path."""


def _pattern(path: str) -> re.Pattern[str]:
    """Return the pattern of a path of the layout, with a group for each wildcard."""
    parts = {"output": ".+?", "name": ".+"}
    return re.compile(re.sub(r"\\\{(\w+)\\\}", lambda m: f"(?P<{m[1]}>{parts.get(m[1], '[^/]+')})", re.escape(path)))


_PATTERNS = {kind: _pattern(path) for kind, path in _PATHS.items()}


@cache
def place(path: str) -> Place:
    """Return what ``path`` is; nothing where it is no file of the layout's output folder."""
    places = ({"kind": kind, **match.groupdict()} for kind, p in _PATTERNS.items() if (match := p.fullmatch(path)))
    return next(places, {})


def kind_of(path: str) -> str:
    """Return the kind of the file ``path``; an empty one where it is no file of the layout's output folder."""
    return place(path).get("kind", "")


@cache
def measured_files(graph: Graph) -> set[str]:
    """Return all that is trained, coded or scored in this run, and all that was made from it."""
    return graph.downstream(path for path in (*graph.maker, *graph.readers) if kind_of(path) in OF_TRAINED | OF_RUN)


@cache
def given_files(graph: Graph) -> set[str]:
    """Return files that no job made, and tables of them alone: other people's numbers, not measured in this run."""
    sources = set(graph.readers) - set(graph.maker)
    return sources | {p for p in graph.downstream(sources) - measured_files(graph) if kind_of(p) == "table"}


@dataclass(frozen=True)
class Part:
    """Runs and codecs that a row was made from; an empty name stands for all."""

    cut: str = ""
    seed: str = ""
    method: str = ""
    training: str = ""
    codecs: frozenset[str] | None = None
    """None for all."""

    def has(self, where: Place) -> bool:
        """Return whether a measured file belongs to it."""
        names = {"cut": self.cut, "seed": self.seed, "method": self.method, "training": self.training}
        named = all(name in ("", where.get(key, name)) for key, name in names.items())
        return named and (self.codecs is None or where.get("codec", TRANSFORM) in {TRANSFORM, *self.codecs})


def made_from(row: Row, experiment: Experiment | None) -> frozenset[Part]:
    """Return the runs and codecs that one row of a table was made from; all codecs of all runs where nothing says less.

    A comparison is of the codecs of its ladders. It has uncoded points beside them, unless its table has a row for each ``fit`` of a
    curve. The experiment says which training a method has, and which codecs a ladder.
    """
    methods, ladders = ({}, {}) if experiment is None else (experiment.methods, experiment.ladders)
    cell = dict.fromkeys(KEYS, "") | row
    where = Part(cell["cut"], cell["seed"] if cell["seed"].isdigit() else "")
    sides = [(cell[method], cell[ladder] or cell["ladder"]) for method, ladder in SIDES if cell[method]]
    uncoded = () if "fit" in row else (UNCODED,)
    parts = set()
    for method, ladder in sides or [("", "")]:
        codecs: frozenset[str] | None = None
        if cell["codec"]:
            codecs = frozenset({cell["codec"]})
        elif len(sides) > 1 and (not ladder or ladder in ladders):
            codecs = frozenset((*(ladders[ladder].codecs if ladder else ()), *uncoded))
        training = methods[method].training if method in methods else cell["training"]
        parts.add(replace(where, method=method, training=training, codecs=codecs))
    return frozenset(parts)


@dataclass(frozen=True)
class Selection:
    """What a row depends on.

    Attributes:
        parts: the runs and codecs.
        image: the id of the image that it is about; empty for all.
        measured: whether it was measured in this run, rather than given (published, or by another run).
    """

    parts: frozenset[Part] = frozenset({Part()})
    image: str = ""
    measured: bool = False

    def keeps(self, path: str, job: Job, graph: Graph) -> bool:
        """Return whether the row depends on the file ``path``, which ``job`` reads."""
        gathers = kind_of(job.outputs[0]) == "table"
        if gathers and path in (given_files(graph) if self.measured else measured_files(graph)):
            return False
        images = graph.images.get(job.outputs[0], {})
        if self.image in images:
            return path in images[self.image] or all(path not in files for files in images.values())
        # Jobs that gather read many runs. Others read what their own run needs, such as the network that theirs starts from.
        concerned = kind_of(path) in (OF_TRAINED | OF_RUN if gathers else OF_RUN)
        return not concerned or any(part.has(place(path)) for part in self.parts)


def selections(graph: Graph, project: Path, table: str, rows: Iterable[Row]) -> list[Selection]:
    """Return what each of the ``rows`` of a table depends on. Raises DataError if the experiment beside it is damaged."""
    path = (project / table).with_name(EXPERIMENT)
    experiment = Resolved.read(read_json(path), str(path)).experiment if path.is_file() else None
    measured = table not in given_files(graph)
    return [
        Selection(made_from(row, experiment), row.get("image_id", ""), measured=True)
        if measured and row.get("source", "") in THIS_RUN
        else Selection()
        for row in rows
    ]


def keeper(graph: Graph, chosen: Iterable[Selection]) -> Keep:
    """Return what follows the inputs that one of ``chosen`` depends on."""
    different = list(dict.fromkeys(chosen))
    return lambda path, job: any(one.keeps(path, job, graph) for one in different)


def read_rows(path: Path) -> list[Row]:
    """Return a table's rows as texts, empty cells as ``""``. Raises DataError if it is missing or no table."""
    table = read_csv(path, [], as_text=True).fillna("")
    return [{str(name): str(value) for name, value in row.items()} for row in table.to_dict("records")]


def matching(rows: Sequence[Row], wanted: Mapping[str, str], name: str) -> list[Row]:
    """Return the rows whose cells are ``wanted``. Raises ConfigError if there is no such column or row."""
    columns = list(rows[0]) if rows else []
    for column, value in wanted.items():
        if column not in columns:
            raise ConfigError(
                f"--row {column}={value}: {name} has no column {column!r}; its columns: {', '.join(columns)}"
            )
        known = sorted({row[column] for row in rows})
        if value not in known:
            shown = ", ".join(known[:12]) + (", ..." if len(known) > 12 else "")
            raise ConfigError(f"--row {column}={value}: no such row in {name}; values of {column!r}: {shown}")
    matches = [row for row in rows if wanted.items() <= row.items()]
    if not matches:
        raise ConfigError(f"--row: no row of {name} has all of {', '.join(f'{k}={v}' for k, v in wanted.items())}")
    return matches


def rows_on(graph: Graph, project: Path, table: str, damaged: Iterable[str]) -> dict[str, Any]:
    """Return which rows of ``table`` depend on one of ``damaged``: ``n_rows`` of all, ``n_hit``, and the ``keys`` of those hit.

    Where the table itself is damaged or not a table, all rows count, and ``n_rows`` is None where they cannot be read.
    """
    bad = set(damaged)
    try:
        rows = read_rows(project / table)
        depends_on = selections(graph, project, table, rows)
    except DataError:
        return {"path": table, "n_rows": None, "n_hit": None, "keys": []}
    between = graph.downstream(bad)
    leading: dict[Selection, set[str]] = {}
    hit = []
    for row, selection in zip(rows, depends_on, strict=True):
        # Rows of single images are many, and depend on the same files but for the images.
        whole = replace(selection, image="")
        if whole not in leading:
            leading[whole] = bad & graph.upstream(table, keeper(graph, [whole]), between)
        edges = ((path, job) for path in leading[whole] for job in graph.readers.get(path, ()))
        if table in bad or any(selection.keeps(path, job, graph) for path, job in edges):
            hit.append({name: row[name] for name in KEYS if row.get(name, "") != ""})
    keys = list({tuple(key.items()): key for key in hit}.values())
    return {"path": table, "n_rows": len(rows), "n_hit": len(hit), "keys": keys}
