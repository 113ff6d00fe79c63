"""How far a run is, and how long it will still take: from recorded times, and how fast this run is beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from snakemake_logger_plugin_compfeat.run_times import Times

UNKNOWN_SECONDS = 5.0
"""What a job is taken to last where no time of its rule is known."""
LATE_SHARE = 0.1
"""A job that lasts longer than expected is taken to need this share of that time still."""
DAMPING_SECONDS = 5.0
"""So many recorded seconds count as if they had been met exactly, before a run's speed is known from more."""
SHOWN = 2
"""Running jobs that are named."""


@dataclass(frozen=True)
class Job:
    """A job that runs.

    Attributes:
        rule: Snakemake's name of it.
        name: what recorded times call it (see ``run_times.job_name``).
        label: what people read: the stage, and what it is about.
        started: when it began (s).
        predicted_seconds: what this experiment's sizes say it takes; 0 if they say nothing.
    """

    rule: str
    name: str
    label: str
    started: float
    predicted_seconds: float = 0.0


@dataclass
class Progress:
    """A run.

    Attributes:
        counts: jobs to do by rule.
        cores: how many jobs run at once.
        recorded: how long jobs took in earlier runs.
        began: when the run began (s).
        running: jobs by number.
        finished: jobs that are done, each with its seconds.
    """

    counts: Mapping[str, int]
    cores: int = 1
    recorded: Times = field(default_factory=dict)
    began: float = 0.0
    running: dict[int, Job] = field(default_factory=dict)
    finished: list[tuple[Job, float]] = field(default_factory=list)

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def done(self) -> int:
        return len(self.finished)

    def start(self, number: int, job: Job) -> None:
        """Note that job ``number`` runs."""
        self.running[number] = job

    def stop(self, number: int) -> Job | None:
        """Note that job ``number`` no longer runs, and return it; None if it is not known."""
        return self.running.pop(number, None)

    def finish(self, number: int, now: float) -> Job | None:
        """Note that job ``number`` is done, and return it; None if it is not known."""
        job = self.stop(number)
        if job is not None:
            self.finished.append((job, now - job.started))
        return job

    def usual_seconds(self, rule: str, name: str = "") -> float:
        """Return how long a job took as recorded, else how long those of its rule did on average."""
        jobs = self.recorded.get(rule)
        if jobs:
            return jobs.get(name, sum(jobs.values()) / len(jobs))
        of_rule = [seconds for job, seconds in self.finished if job.rule == rule]
        return sum(of_rule) / len(of_rule) if of_rule else UNKNOWN_SECONDS

    def expected_seconds(self, job: Job) -> float:
        """Return how long a job that has begun usually takes: recorded times may be of an experiment with smaller jobs."""
        return max(self.usual_seconds(job.rule, job.name), job.predicted_seconds)

    def slowness(self, now: float) -> float:
        """Return how many times longer than usual the jobs of this run take.

        Jobs that run count as soon as they are late, so that a slow machine shows before its first long job ends.
        """
        usual = [(seconds, self.expected_seconds(job)) for job, seconds in self.finished]
        running = [(now - job.started, self.expected_seconds(job)) for job in self.running.values()]
        late = [pair for pair in running if pair[0] > pair[1]]
        return max(ratio(usual), ratio(usual + late))

    def waiting_seconds(self) -> dict[str, float]:
        """Return how long the jobs that wait usually take together, by rule: all of the rule, without those that have begun."""
        begun = [*self.running.values(), *(job for job, _ in self.finished)]
        seconds = {}
        for rule, count in self.counts.items():
            begun_of_rule = [job for job in begun if job.rule == rule]
            if len(begun_of_rule) < count:
                usual = sum(self.usual_seconds(rule, job.name) for job in begun_of_rule)
                larger = sum(map(self.expected_seconds, begun_of_rule)) / usual if usual else 1.0
                rest = count * self.usual_seconds(rule) - usual
                least = (count - len(begun_of_rule)) * LATE_SHARE * self.usual_seconds(rule)
                seconds[rule] = larger * max(rest, least)
        return seconds

    def seconds_left(self, now: float) -> float:
        """Return how long the run will still take: what is left, over the cores.

        Where cores are idle, what waits needs what runs: then no less than one job of each rule in turn.
        """
        slowness, waiting = self.slowness(now), self.waiting_seconds()
        running = list(self._running_seconds_left(now, slowness))
        longest, alone = max(running, default=0.0), sum(running) + slowness * sum(waiting.values())
        in_turn = longest + slowness * sum(map(self.usual_seconds, waiting)) if len(running) < self.cores else longest
        return max(alone / max(self.cores, 1), min(in_turn, alone))

    def _running_seconds_left(self, now: float, slowness: float) -> Iterator[float]:
        for job in self.running.values():
            expected = slowness * self.expected_seconds(job)
            yield max(expected - (now - job.started), LATE_SHARE * expected)

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


def ratio(pairs: Sequence[tuple[float, float]]) -> float:
    """Return how many times longer than usual jobs took, from pairs of both (s)."""
    took, usual = (sum(pair[i] for pair in pairs) for i in (0, 1))
    return (took + DAMPING_SECONDS) / (usual + DAMPING_SECONDS)


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
