"""How far a run is, and how long it will still take: from the times of its own finished jobs and of recorded ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

UNKNOWN_SECONDS = 5.0
"""What a job is taken to last of whose stage no time is known."""
LEAST_SHARE = 0.1
"""A job that lasts longer than expected is taken to need this share of that time still."""
DAMPING_SECONDS = 30.0
"""So many recorded seconds count as if they had been met exactly, before a run's speed is known from more."""
SHOWN = 2
"""Running jobs that are named."""


@dataclass(frozen=True)
class Job:
    """A job that runs.

    Attributes:
        rule: Snakemake's name of it.
        label: what people read: the stage, and what it is about.
        started: when it began (s).
    """

    rule: str
    label: str
    started: float


@dataclass
class Progress:
    """A run.

    Attributes:
        counts: jobs to do by rule.
        cores: how many jobs run at once.
        recorded: seconds that a job of a rule took in earlier runs.
        began: when the run began (s).
    """

    counts: Mapping[str, int]
    cores: int = 1
    recorded: Mapping[str, float] = field(default_factory=dict)
    began: float = 0.0
    running: dict[int, Job] = field(default_factory=dict)
    durations: dict[str, list[float]] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def done(self) -> int:
        return sum(map(len, self.durations.values()))

    def start(self, number: int, job: Job) -> None:
        """Note that job ``number`` runs."""
        self.running[number] = job

    def stop(self, number: int) -> Job | None:
        """Note that job ``number`` no longer runs, and return it; None where it is not known."""
        return self.running.pop(number, None)

    def finish(self, number: int, now: float) -> Job | None:
        """Note that job ``number`` is done, and return it; None where it is not known."""
        job = self.stop(number)
        if job is not None:
            self.durations.setdefault(job.rule, []).append(now - job.started)
        return job

    def expected_seconds(self, rule: str) -> float:
        """Return how long a job of a rule takes: as in this run, else as recorded, at this run's speed."""
        own = self.durations.get(rule)
        if own:
            return sum(own) / len(own)
        return self._recorded_seconds(rule) * self._slowness()

    def _recorded_seconds(self, rule: str) -> float:
        if rule in self.recorded:
            return self.recorded[rule]
        alike = [seconds for name, seconds in self.recorded.items() if stage(name) == stage(rule)]
        return sum(alike) / len(alike) if alike else UNKNOWN_SECONDS

    def _slowness(self) -> float:
        """Return how many times longer than recorded the finished jobs took."""
        took = sum(map(sum, self.durations.values()))
        recorded = sum(len(times) * self._recorded_seconds(rule) for rule, times in self.durations.items())
        return (took + DAMPING_SECONDS) / (recorded + DAMPING_SECONDS)

    def seconds_left(self, now: float) -> float:
        """Return how long the run will still take: what is left, over the cores; no less than the longest job that runs."""
        running = [max(self.expected_seconds(j.rule) - (now - j.started), 0.0) for j in self.running.values()]
        late = [LEAST_SHARE * self.expected_seconds(j.rule) for j in self.running.values()]
        needed = [max(pair) for pair in zip(running, late, strict=True)]
        begun: dict[str, int] = {}
        for rule in [*(j.rule for j in self.running.values()), *(r for r, t in self.durations.items() for _ in t)]:
            begun[rule] = begun.get(rule, 0) + 1
        waiting = sum(max(n - begun.get(rule, 0), 0) * self.expected_seconds(rule) for rule, n in self.counts.items())
        return max([(sum(needed) + waiting) / max(self.cores, 1), *needed])

    def line(self, now: float, width: int) -> str:
        """Return one line of at most ``width`` characters: jobs done of all, the time left, and the stages that run."""
        shown = [job.label for job in self.running.values()][:SHOWN]
        more = len(self.running) - len(shown)
        stages = ", ".join(shown) + (f" and {more} more" if more else "")
        left = (
            f"about {duration(self.seconds_left(now))} left" if self.done < self.total else duration(now - self.began)
        )
        share = self.done / self.total if self.total else 1.0
        text = f"{self.done} of {self.total} jobs, {100 * share:.0f} %, {left}" + (f": {stages}" if stages else "")
        bar = f"[{'#' * round(20 * share):.<20}] "
        whole = bar + text if width >= len(bar) + 56 else text
        return whole if len(whole) <= width else (whole[: width - 1] + "…")[:width]


def stage(rule: str) -> str:
    """Return the stage that a rule belongs to: the first word of its name."""
    return rule.partition("_")[0]


def label(rule: str, wildcards: Mapping[str, str]) -> str:
    """Return what a job is called: its rule's words and the values of its wildcards."""
    return " ".join([rule.replace("_", " "), "/".join(str(value) for value in wildcards.values())]).strip()


def duration(seconds: float) -> str:
    """Return a duration in words, in whole seconds or, of an hour and more, minutes."""
    whole = max(round(seconds), 0)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
