"""What follows from what: the graph of a run's files, up to their sources and down to the figures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from compfeat.provenance.jobs import Job

Keep = Callable[[str, Job], bool]
"""Whether an input of a job is followed."""


@dataclass(frozen=True)
class Step:
    """A job in a chain: what of its inputs and outputs the chain goes through."""

    job: Job
    reads: tuple[str, ...]
    makes: tuple[str, ...]


def everything(path: str, job: Job) -> bool:
    """Follow all inputs."""
    return True


class Graph:
    """The jobs of a run, and which files lead from one to the next."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self.jobs = tuple(jobs)
        self.maker = {path: job for job in jobs for path in job.outputs}
        self.readers: dict[str, list[Job]] = {}
        for job in jobs:
            for path in job.inputs:
                self.readers.setdefault(path, []).append(job)

    def knows(self, path: str) -> bool:
        """Return whether a job made or read the file."""
        return path in self.maker or path in self.readers

    def chain(self, target: str, keep: Keep = everything) -> list[Step]:
        """Return the jobs behind ``target``, each after all jobs that it builds on."""
        order: list[tuple[Job, tuple[str, ...]]] = []
        seen: set[str] = set()
        stack: list[tuple[str, tuple[str, ...] | None]] = [(target, None)]
        while stack:
            path, reads = stack.pop()
            job = self.maker.get(path)
            if job is None:
                continue
            if reads is not None:
                order.append((job, reads))
            elif job.outputs[0] not in seen:
                seen.add(job.outputs[0])
                reads = tuple(source for source in job.inputs if keep(source, job))
                stack.append((path, reads))
                stack += [(source, None) for source in reversed(reads)]
        used = {target, *(path for _, reads in order for path in reads)}
        return [Step(job, reads, tuple(path for path in job.outputs if path in used)) for job, reads in order]

    def downstream(self, paths: Iterable[str]) -> list[str]:
        """Return, sorted, all files that were made from ``paths``, directly or not; not ``paths`` themselves."""
        start = set(paths)
        found: set[str] = set()
        queue = sorted(start)
        while queue:
            made = {made for job in self.readers.get(queue.pop(), []) for made in job.outputs} - found
            found |= made
            queue += sorted(made)
        return sorted(found - start)
