"""What follows from what: the graph of a run's files and jobs, up to their sources and down to the figures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

import networkx as nx

from compfeat.provenance.jobs import Job
from compfeat.provenance.places import MEASURED, kind_of

Keep = Callable[[str, Job], bool]
"""Whether an input of a job is followed."""


@dataclass(frozen=True)
class Step:
    """A job in a chain: what of its inputs and outputs the chain goes through."""

    job: Job
    reads: tuple[str, ...]
    makes: tuple[str, ...]


class Graph:
    """The jobs of a run, and which files lead from one to the next: nodes are paths, and jobs by their number.

    Attributes:
        jobs: the jobs.
        maker: from a file to the job that made it.
        images: from a job that prepared images (its first output) to the source files of each image, by id.
    """

    def __init__(self, jobs: Sequence[Job], images: Mapping[str, Mapping[str, frozenset[str]]] | None = None) -> None:
        self.jobs = tuple(jobs)
        self.maker = {path: job for job in jobs for path in job.outputs}
        self.images = images or {}
        self.net: Any = nx.DiGraph()
        for number, job in enumerate(self.jobs):
            self.net.add_node(number)
            self.net.add_edges_from((path, number) for path in job.inputs)
            self.net.add_edges_from((number, path) for path in job.outputs if self.maker[path] is job)

    def knows(self, path: str) -> bool:
        """Return whether a job made or read the file."""
        return path in self.net

    def readers(self, path: str) -> list[Job]:
        """Return the jobs that read the file."""
        return [self.jobs[number] for number in self.net.successors(path)]

    def chain(self, target: str, keep: Keep | None = None) -> list[Step]:
        """Return the jobs behind ``target``, each after all jobs that it builds on; ``keep`` says which inputs are followed."""
        view = self.net if keep is None else self._followed(self.net, keep)
        behind = view.subgraph({target, *nx.ancestors(view, target)})
        order = nx.lexicographical_topological_sort(behind, key=self._name)
        return [
            Step(
                self.jobs[node],
                tuple(path for path in self.jobs[node].inputs if path in behind),
                tuple(path for path in self.jobs[node].outputs if path in behind),
            )
            for node in order
            if isinstance(node, int)
        ]

    def _name(self, node: str | int) -> str:
        return node if isinstance(node, str) else self.jobs[node].outputs[0]

    def _followed(self, net: Any, keep: Keep) -> Any:
        """Return a view of ``net`` without the inputs that are not followed."""
        return nx.subgraph_view(net, filter_edge=lambda a, b: isinstance(a, int) or keep(a, self.jobs[b]))

    def downstream(self, paths: Iterable[str]) -> list[str]:
        """Return, sorted, all files that were made from ``paths``, directly or not; not ``paths`` themselves."""
        start = {path for path in paths if path in self.net}
        return sorted(node for node in self._reached(self.net, start) - start if isinstance(node, str))

    def between(self, paths: Iterable[str], target: str) -> Any:
        """Return the part of the graph that leads from ``paths`` to ``target``; empty where none does."""
        start = {path for path in paths if path in self.net}
        part = self.net.subgraph(self._reached(self.net, start))
        return part.subgraph({target, *nx.ancestors(part, target)}).copy() if target in part else nx.DiGraph()

    def leading(self, part: Any, paths: Iterable[str], target: str, keep: Keep) -> set[str]:
        """Return which of ``paths`` lead to ``target`` in a part of the graph (``between``) by followed inputs."""
        view = self._followed(part, keep)
        return (
            {path for path in paths if path in view} & {target, *nx.ancestors(view, target)}
            if target in view
            else set()
        )

    @staticmethod
    def _reached(net: Any, start: Iterable[str]) -> set[str | int]:
        return set(chain.from_iterable(nx.bfs_layers(net, start)))

    @cached_property
    def measured(self) -> set[str | int]:
        """All that is trained, coded or scored in this run, and all that was made from it."""
        return self._reached(
            self.net, [path for path in self.net if isinstance(path, str) and kind_of(path) in MEASURED]
        )

    @cached_property
    def given(self) -> set[str]:
        """Files that no job made, and tables of them alone: other people's numbers, not measured in this run."""
        sources = {path for path in self.net if isinstance(path, str) and path not in self.maker}
        made = self._reached(self.net, sources) - self.measured
        return sources | {path for path in made if isinstance(path, str) and kind_of(path) == "table"}
