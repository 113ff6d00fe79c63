"""What follows from what: the graph of a run's files and jobs, up to their sources and down to the figures."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

from compfeat.provenance.files import Fingerprint
from compfeat.provenance.jobs import Job, listed_images, prepared_images, with_images

Keep = Callable[[str, Job], bool]
"""Whether an input of a job is followed."""


@dataclass(frozen=True)
class Step:
    """A job in a chain: what of its inputs and outputs the chain goes through."""

    job: Job
    reads: tuple[str, ...]
    makes: tuple[str, ...]


class Graph:
    """The jobs of a run, and which files lead from one to the next.

    Attributes:
        jobs: the jobs.
        maker: from a file to the job that made it.
        readers: from a file to the jobs that read it.
        images: from a job that prepared images (its first output) to the source files of each image, by id.
    """

    def __init__(self, jobs: Sequence[Job], images: Mapping[str, Mapping[str, frozenset[str]]] | None = None) -> None:
        self.jobs = tuple(jobs)
        self.images = images or {}
        self.maker = {path: job for job in jobs for path in job.outputs}
        self.readers: dict[str, list[Job]] = {}
        for job in jobs:
            for path in job.inputs:
                self.readers.setdefault(path, []).append(job)

    @classmethod
    def of(cls, project: Path, jobs: Sequence[Job], recorded: Mapping[str, Fingerprint] | None = None) -> Graph:
        """Return the graph of the jobs of a run in ``project``, with the source images that their lists name.

        The jobs are as Snakemake knows them, without images; ``recorded`` is as for ``listed_images``.

        Raises:
            DataError: without ``recorded``, a list of images is damaged.
        """
        listed = listed_images(project, jobs, recorded)
        known = {path: contents.sha256 for path, contents in (recorded or {}).items()}
        for job in jobs:
            known |= job.input_sha256
        known |= {path: image.sha256 for images in listed.values() for path, image in images.items()}
        whole = [with_images(job, listed) for job in jobs]
        images: dict[str, dict[str, frozenset[str]]] = {}
        for job in whole:
            paths: dict[str | None, set[str]] = {}
            for path in job.inputs:
                paths.setdefault(known.get(path), set()).add(path)
            for image, hashes in prepared_images(project, job).items():
                sources = frozenset(path for one in hashes for path in paths.get(one, ()))
                images.setdefault(job.outputs[0], {})[image] = sources
        return cls(whole, images)

    def knows(self, path: str) -> bool:
        """Return whether a job made or read the file."""
        return path in self.maker or path in self.readers

    def upstream(self, target: str, keep: Keep | None = None, within: Collection[str] | None = None) -> set[str]:
        """Return ``target`` and all files that it was made from: through inputs that ``keep`` follows, and ``within`` these files."""
        behind, queue = {target}, [target]
        while queue:
            path = queue.pop()
            if path in self.maker:
                job = self.maker[path]
                inputs = {one for one in job.inputs if within is None or one in within}
                new = {one for one in inputs - behind if keep is None or keep(one, job)}
                behind |= new
                queue += new
        return behind

    def downstream(self, paths: Iterable[str]) -> set[str]:
        """Return ``paths`` and all files that were made from them, directly or not."""
        after = set(paths)
        queue = list(after)
        while queue:
            new = {made for job in self.readers.get(queue.pop(), ()) for made in job.outputs} - after
            after |= new
            queue += new
        return after

    def chain(self, target: str, keep: Keep | None = None) -> list[Step]:
        """Return the jobs that made ``target``, each after all jobs that it builds on; ``keep`` says which inputs are followed."""
        behind = self.upstream(target, keep)
        jobs = {job.outputs[0]: job for path in sorted(behind) if (job := self.maker.get(path))}
        before = {
            name: [self.maker[path].outputs[0] for path in job.inputs if path in behind and path in self.maker]
            for name, job in jobs.items()
        }
        steps = (jobs[name] for name in TopologicalSorter(before).static_order())
        return [
            Step(job, *(tuple(path for path in paths if path in behind) for paths in (job.inputs, job.outputs)))
            for job in steps
        ]
