"""The display of a run: jobs done of all, the stages, the time left; and what stands above it."""

from __future__ import annotations

import io
import logging
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from snakemake_interface_logger_plugins.common import LogEvent

import snakemake_logger_plugin_compfeat as display
from compfeat.stages.resources import LEAST_MINUTES
from recorded_run import write_run
from snakemake_logger_plugin_compfeat import LogHandler, last_lines
from snakemake_logger_plugin_compfeat.progress import Job, Progress, duration, label
from snakemake_logger_plugin_compfeat.run_times import DEFAULT, default_times, known_times, recorded_times, write_times


class Terminal(io.StringIO):
    def __init__(self, terminal: bool) -> None:
        super().__init__()
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal

    @property
    def lines(self) -> list[str]:
        """What stands in the lines of a terminal, or of a file."""
        return [line.rpartition("\r\033[K")[2] for line in self.getvalue().split("\n") if line]


class Clock:
    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(display, "time", made)
    monkeypatch.setattr(display, "REDRAW_SECONDS", 1e6)
    return made


def handler(monkeypatch: pytest.MonkeyPatch, terminal: bool, **settings: Any) -> tuple[LogHandler, Terminal]:
    stream = Terminal(terminal)
    monkeypatch.setattr("sys.stderr", stream)
    common: Any = SimpleNamespace(**{"stdout": False, "nocolor": True, "dryrun": False} | settings)
    return LogHandler(common, None), stream


def send(to: LogHandler, message: str = "", level: int = logging.INFO, **fields: Any) -> None:
    record = logging.LogRecord("snakemake", level, "", 0, message, (), None)
    vars(record).update(fields)
    to.emit(record)


def begin(to: LogHandler, **counts: int) -> None:
    send(to, event=LogEvent.RESOURCES_INFO, cores=2)
    send(to, event=LogEvent.RUN_INFO, stats={**counts, "all": 1, "total": sum(counts.values()) + 1})


def start(to: LogHandler, number: int, rule: str, log: str = "", **wildcards: str) -> None:
    made: dict[str, Any] = {
        "benchmark": f"results/benchmarks/{rule}.tsv",
        "wildcards": wildcards,
        "log": [log] if log else [],
    }
    send(to, event=LogEvent.JOB_INFO, jobid=number, rule_name=rule, **made)


@pytest.mark.parametrize("terminal", [True, False])
def test_a_run_is_shown_from_its_first_job_to_its_last(
    terminal: bool, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown, stream = handler(monkeypatch, terminal)
    send(shown, "Building DAG of jobs...")
    begin(shown, train=2, paper=1)
    start(shown, 1, "train", cut="c256", seed="0")
    clock.now += 40
    send(shown, event=LogEvent.JOB_FINISHED, job_id=1)
    if terminal:
        start(shown, 2, "train", cut="c512", seed="0")
        shown._draw()
        assert "1 of 3 jobs, 33 %, about" in stream.lines[-1] and "left: train c512/0" in stream.lines[-1]
        assert stream.lines[-1].startswith("[#######.............] ")
    else:
        assert stream.lines[-1].startswith("1 of 3 jobs done, about ") and "\r" not in stream.getvalue()
        assert stream.lines[-1].endswith(" left: train c256/0 in 40 s")
        start(shown, 2, "train")
    start(shown, 3, "paper")
    clock.now += 20
    for number in (2, 3):
        send(shown, event=LogEvent.JOB_FINISHED, job_id=number)
    shown.close()
    assert stream.lines[0] == "3 jobs to do, on 2 cores" and stream.lines[-1] == "3 jobs done in 1 min 0 s"
    assert stream.getvalue().endswith("3 jobs done in 1 min 0 s\n")
    assert "DAG" not in stream.getvalue()


@pytest.mark.parametrize("terminal", [True, False])
def test_warnings_and_a_failed_jobs_own_words_stand_above_it(
    terminal: bool, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown, stream = handler(monkeypatch, terminal)
    log = tmp_path / "train.log"
    log.write_text("train: 0 steps\rtrain: 10 steps\rtrain: 20 steps\ncompfeat train: error: the training diverged\n")
    begin(shown, train=2)
    send(shown, "records.seeds: it is not used", logging.WARNING)
    start(shown, 1, "train", cut="c256")
    command = "RuleException:\nCalledProcessError in file train.smk, line 9:\nCommand 'python -m ...' returned 2."
    send(shown, command, logging.ERROR, event=LogEvent.ERROR, exception="RuleException")
    send(shown, "Error in rule", logging.ERROR, event=LogEvent.JOB_ERROR, jobid=1, rule_name="train", log=[str(log)])
    send(shown, "WorkflowError:\nAt least one job did not complete", logging.ERROR, event=LogEvent.ERROR)
    shown.close()
    told = stream.lines[1:]
    assert told[:2] == ["records.seeds: it is not used", f"train c256 failed; the end of {log}:"]
    assert told[2:4] == ["  train: 20 steps", "  compfeat train: error: the training diverged"]
    assert told[4:6] == ["WorkflowError:", "At least one job did not complete"] and "python -m" not in stream.getvalue()


def test_nothing_to_do_is_said_and_a_dry_run_is_snakemakes_own(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    shown, stream = handler(monkeypatch, terminal=True)
    send(shown, "Nothing to be done (all requested files are present and up to date).")
    assert "Nothing to be done" in stream.getvalue()
    shown, stream = handler(monkeypatch, terminal=True, dryrun=True)
    assert not shown.has_filter and not shown.has_formatter
    send(shown, "rule train:")
    assert stream.getvalue().endswith("rule train:\n")


def test_colours_are_for_terminals_that_want_them(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    for terminal, nocolor, coloured in ((True, False, True), (True, True, False), (False, False, False)):
        shown, stream = handler(monkeypatch, terminal, nocolor=nocolor)
        send(shown, "careful", logging.WARNING)
        assert ("\033[33mcareful" in stream.getvalue()) == coloured


def test_the_end_of_a_log(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("\n".join(map(str, range(50))) + "\n\n")
    assert last_lines(tmp_path / "a.log") == [str(i) for i in range(35, 50)]
    assert last_lines(tmp_path / "none.log") == ["(cannot be read: No such file or directory)"]


def test_time_left_follows_the_recorded_times_and_this_runs_speed() -> None:
    recorded = {"train": {"train/a": 150.0, "train/b": 50.0}, "draw": {"figures/a": 10.0}}
    run = Progress({"train": 2, "draw": 4}, 2, recorded)
    run.start(1, Job("train", "train/a", "train", 0.0))
    run.start(2, Job("draw", "figures/a", "draw", 0.0))
    assert run.seconds_left(0) == 150, "no less than the longest"
    assert run.finish(2, 20.0) is not None and run.finish(7, 1.0) is None
    slowness = (20 + 5) / (10 + 5)
    assert run.slowness(20) == pytest.approx(slowness)
    assert run.seconds_left(20) == pytest.approx(slowness * (150 + 50 + 30) - 20), "what waits needs what runs"
    # A job that is late says so before it ends, and is not over yet.
    assert run.slowness(450) == pytest.approx((20 + 450 + 5) / (10 + 150 + 5)) and run.seconds_left(450) > 15
    assert Progress({"unheard": 1}).seconds_left(0) == 5.0
    # One job is not spread over two cores.
    last = Progress({"train": 1}, 2, recorded)
    last.start(1, Job("train", "train/b", "train", 0.0))
    assert last.seconds_left(30) == 20


def test_a_job_that_is_larger_than_the_recorded_ones_is_expected_to_take_longer(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Progress({"train": 3}, 1, {"train": {"train/a": 100.0, "train/b": 100.0}})
    run.start(1, Job("train", "train/a", "train", 0.0, predicted_seconds=900.0))
    assert run.seconds_left(300) == pytest.approx(600 + 2 * 900), "those that wait are of the same experiment"
    # A job asks for three times the time that its sizes predict; the least that is asked for says nothing.
    for runtime, seconds in ((LEAST_MINUTES, 0.0), (90, 1800.0), (None, 0.0)):
        shown, _ = handler(monkeypatch, terminal=False)
        begin(shown, train=1)
        send(shown, event=LogEvent.JOB_INFO, jobid=1, rule_name="train", resources={"runtime": runtime})
        assert shown.progress is not None and shown.progress.running[1].predicted_seconds == pytest.approx(seconds)


def test_the_estimate_is_right_within_30_percent_from_the_first_minute_on() -> None:
    """A run of the default as it is recorded, two at a time, on a machine of another speed, each job off by up to a fifth."""
    times = default_times()
    jobs = [(rule, name, seconds) for rule, own in times.items() for name, seconds in own.items()]
    for speed in (0.4, 1.0, 3.0):
        run = Progress({rule: len(own) for rule, own in times.items()}, 2, times)
        lengths = [speed * seconds * (1 + 0.2 * math.sin(i)) for i, (_, _, seconds) in enumerate(jobs)]
        free, spans = [0.0, 0.0], []
        for length in lengths:
            core = free.index(min(free))
            spans.append((free[core], free[core] + length))
            free[core] += length
        events = sorted([(a, 1, i) for i, (a, _) in enumerate(spans)] + [(b, 0, i) for i, (_, b) in enumerate(spans)])
        for now, starts, i in events:
            if not starts:
                run.finish(i, now)
                continue
            run.start(i, Job(jobs[i][0], jobs[i][1], "", now))
            if now > 60 and max(free) - now > 60:
                assert run.seconds_left(now) == pytest.approx(max(free) - now, rel=0.3), (speed, now)


@given(st.integers(0, 200), st.integers(0, 9), st.integers(0, 3))
def test_a_line_fits_its_width(width: int, done: int, running: int) -> None:
    run = Progress({"table": 12}, 1)
    for number in range(done + running):
        run.start(number, Job("table", "", "table points c512/compressible/seed0", 0.0))
    for number in range(done):
        run.finish(number, 1.0)
    line = run.line(5.0, width)
    assert len(line) <= width and (width < 100 or f"{done} of 12 jobs" in line)


def test_words() -> None:
    assert label("encode_baseline_hevc", {"cut": "c512", "seed": "0"}) == "encode baseline hevc c512/0"
    assert label("paper", {}) == "paper"
    assert [duration(s) for s in (-1, 0.4, 59.4, 60, 3599, 3600, 7384)] == [
        *("0 s", "0 s", "59 s", "1 min 0 s", "59 min 59 s", "1 h 0 min", "2 h 3 min")
    ]


def test_recorded_times(tmp_path: Path) -> None:
    project = write_run(tmp_path / "run")
    times = recorded_times(project, "results")
    assert set(times["train"].values()) == {1.5} and set(times) >= {"encode", "evaluate"}
    assert recorded_times(project, "elsewhere") == {} == recorded_times(tmp_path, "results")
    assert known_times(project, "results")["train"] == times["train"]
    assert known_times(project, "elsewhere") == default_times()
    table = io.StringIO()
    write_times(table, default_times())
    assert table.getvalue() == DEFAULT.read_text(encoding="utf-8")
