"""Which files a row of a summary table was made from: by its own key columns, the methods' trainings and the ladders' codecs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from compfeat.experiment.runs import UNCODED
from compfeat.io import read_json
from compfeat.provenance.graph import Graph, Keep
from compfeat.provenance.jobs import Job
from compfeat.provenance.places import MEASURED, OF_RUN, OF_TRAINED, kind_of, place
from compfeat.results.resolved import EXPERIMENT, Resolved

KEYS = (
    *("group", "claim", "source", "cut", "method", "against", "training", "seed", "codec", "quality"),
    *("ladder", "against_ladder", "metric", "fit", "rate", "statistic"),
)
"""Columns that identify a row. The others are results."""
THIS_RUN = ("", "this run")
"""Sources of numbers of this run, in a table that has a column ``source``."""
Names = frozenset[str] | None
"""Names of which one is meant; None for any."""


@dataclass(frozen=True)
class Declared:
    """What the experiment declares, as ``experiment.json`` beside its tables says."""

    trainings: Mapping[str, str]
    """From a method to its training."""
    ladders: Mapping[str, frozenset[str]]
    """From a ladder to its codecs."""

    @classmethod
    def beside(cls, table: Path) -> Declared:
        """Return what is declared in the folder of a summary table; nothing where the experiment is not there.

        Raises:
            DataError: the experiment is damaged.
        """
        path = table.with_name(EXPERIMENT)
        if not path.is_file():
            return cls({}, {})
        experiment = Resolved.read(read_json(path), str(path)).experiment
        return cls(
            {name: method.training for name, method in experiment.methods.items()},
            {name: frozenset(ladder.codecs) for name, ladder in experiment.ladders.items()},
        )


@dataclass(frozen=True)
class Selection:
    """What a row depends on."""

    own: bool = True
    """Whether it was measured in this run, rather than given (published, or by another run)."""
    cuts: Names = None
    seeds: Names = None
    methods: frozenset[tuple[str, Names]] | None = None
    """Methods, each with the codecs of its points that count; None for all methods."""
    trainings: Names = None
    codecs: Names = None
    """Codecs of all methods, where ``methods`` is None."""
    image: str | None = None
    by_epoch: bool = False
    """Whether it shows the training epoch by epoch."""

    def keeps(self, path: str, job: Job, graph: Graph) -> bool:
        """Return whether the row depends on the file ``path``, which ``job`` reads."""
        gathers = kind_of(job.outputs[0]) == "table"
        if gathers and path in (graph.given if self.own else graph.measured):
            return False
        images = graph.images.get(job.outputs[0], {})
        if self.image is not None and self.image in images:
            return path in images[self.image] or all(path not in files for files in images.values())
        return self.covers(path, gathers)

    def covers(self, path: str, gathers: bool) -> bool:
        """Return whether ``path`` belongs to no run, or to one of this selection.

        Args:
            path: what a job reads.
            gathers: whether that job reads many runs. Others read what their own run needs, such as the network that theirs
                starts from.
        """
        where = place(path)
        if where is None or where.kind not in (MEASURED if gathers else OF_RUN):
            return True
        cells = where.cells
        if not (_in(cells["cut"], self.cuts) and _in(cells["seed"], self.seeds)):
            return False
        if where.kind in OF_TRAINED:
            return _in(cells["training"], self.trainings) and (where.kind != "epochs" or self.by_epoch)
        pairs = {(cells["method"], self.codecs)} if self.methods is None else self.methods
        return any(cells["method"] == method and _in(cells.get("codec"), codecs) for method, codecs in pairs)


def _in(value: str | None, names: Names) -> bool:
    return value is None or names is None or value in names


def selection_of(row: Mapping[str, str], declared: Declared, own: bool = True) -> Selection:
    """Return what one row of a table stands on.

    Args:
        row: the row's cells by column, empty ones as ``""``.
        declared: the experiment's methods and ladders.
        own: whether the table's numbers were measured in this run; a row's ``source`` may say otherwise.
    """
    cells = {name: row.get(name, "") for name in (*KEYS, "image_id")}
    if not own or cells["source"] not in THIS_RUN:
        return Selection(own=False)
    sides = [(cells["method"], cells["ladder"]), (cells["against"], cells["against_ladder"] or cells["ladder"])]
    pairs = {(method, _codecs(cells, ladder, declared)) for method, ladder in sides if method}
    methods = {method for method, _ in pairs}
    known = methods <= set(declared.trainings)
    trained_only = bool(cells["training"]) and not pairs
    return Selection(
        cuts=_only(cells["cut"]),
        seeds=_only(cells["seed"]) if cells["seed"].isdigit() else None,
        methods=frozenset(pairs) if pairs or trained_only else None,
        trainings=_only(cells["training"])
        or (frozenset(declared.trainings[m] for m in methods) if pairs and known else None),
        codecs=_codecs(cells, cells["ladder"], declared),
        image=cells["image_id"] or None,
        by_epoch=trained_only,
    )


def _codecs(cells: Mapping[str, str], ladder: str, declared: Declared) -> Names:
    """Return the codecs of a row's points. A row by ladder that names no fit is a summary: it has float features beside it."""
    if cells["codec"]:
        return frozenset({cells["codec"]})
    if cells["against"] and not ladder:
        # A comparison on no ladder is one of features as the networks compute them.
        return frozenset({UNCODED})
    codecs = declared.ladders.get(ladder)
    return codecs if codecs is None or cells["fit"] else codecs | {UNCODED}


def _only(value: str) -> Names:
    return frozenset({value}) if value else None


def keeper(graph: Graph, selections: Iterable[Selection]) -> Keep:
    """Return what follows the inputs that one of ``selections`` depends on."""
    chosen = list(dict.fromkeys(selections))

    def keep(path: str, job: Job) -> bool:
        return any(one.keeps(path, job, graph) for one in chosen)

    return keep
