"""A display of how far a run is, for Snakemake: ``snakemake --logger compfeat``.

On a terminal it is one line at the bottom, redrawn each second; elsewhere one plain line per finished job. Warnings and errors
stand above it; of a job that failed, the end of its log.
"""

from __future__ import annotations

import logging
import shutil
import sys
import threading
import time
from pathlib import Path
from typing import TextIO

from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

from compfeat.stages.resources import predicted_seconds
from snakemake_logger_plugin_compfeat.progress import Job, Progress, duration, label
from snakemake_logger_plugin_compfeat.run_times import LOGS, default_times, job_name, known_times

NOTHING_TO_DO = "Nothing to be done"
"""How the one message begins that is no warning and is shown."""
FAILED_COMMAND = "CalledProcessError in file"
LOG_LINES = 15
"""Lines of a failed job's log that are shown."""
REDRAW_SECONDS = 1.0
YELLOW, RED, PLAIN, CLEAR = "\033[33m", "\033[31m", "\033[0m", "\r\033[K"


class LogHandler(LogHandlerBase):
    """What Snakemake calls, one record at a time, in a thread of its own."""

    def __post_init__(self) -> None:
        self.stream: TextIO = sys.stdout if self.common_settings.stdout else sys.stderr
        self.on_terminal = self.stream.isatty()
        self.colours = self.on_terminal and not self.common_settings.nocolor
        self.progress: Progress | None = None
        self.cores = 1
        self.drawing = threading.RLock()
        self.closed = threading.Event()
        if self.on_terminal and not self.common_settings.dryrun:
            threading.Thread(target=self._redraw, daemon=True).start()

    def emit(self, record: logging.LogRecord) -> None:
        """Take one record of Snakemake's."""
        with self.drawing:
            if self.common_settings.dryrun:
                self._print(self.format(record))
                return
            event = getattr(record, "event", None)
            if event == LogEvent.RUN_INFO:
                self._begin(record)
            elif event == LogEvent.RESOURCES_INFO:
                self.cores = getattr(record, "cores", None) or self.cores
            elif event == LogEvent.JOB_INFO:
                self._start(record)
            elif event == LogEvent.JOB_FINISHED:
                self._finish(record)
            elif event == LogEvent.JOB_ERROR:
                self._fail(record)
            elif record.levelno >= logging.WARNING and not repeats(record):
                self._print(record.getMessage(), RED if record.levelno >= logging.ERROR else YELLOW)
            elif record.getMessage().startswith(NOTHING_TO_DO):
                self._print(record.getMessage())

    def _begin(self, record: logging.LogRecord) -> None:
        counts = {rule: n for rule, n in getattr(record, "stats", {}).items() if rule not in ("total", "all")}
        self.progress = Progress(counts, self.cores, default_times(), time.monotonic())
        self._print(f"{self.progress.total} jobs to do, on {self.cores} core{'s' if self.cores > 1 else ''}")

    def _start(self, record: logging.LogRecord) -> None:
        if self.progress is None or record.rule_name == "all":  # type: ignore[attr-defined]
            return
        rule, wildcards = record.rule_name, getattr(record, "wildcards", None) or {}  # type: ignore[attr-defined]
        log = str((getattr(record, "log", None) or [""])[0])
        if not self.progress.done and not self.progress.running and LOGS in log:
            self.progress.recorded = known_times(Path(), log.rpartition(LOGS)[0])
        asked = (getattr(record, "resources", None) or {}).get("runtime", 0)
        predicted = predicted_seconds(asked) if isinstance(asked, int) else 0.0
        job = Job(rule, job_name(log), label(rule, dict(wildcards)), time.monotonic(), predicted)
        self.progress.start(record.jobid, job)  # type: ignore[attr-defined]

    def _finish(self, record: logging.LogRecord) -> None:
        now = time.monotonic()
        job = self.progress.finish(record.job_id, now) if self.progress else None  # type: ignore[attr-defined]
        if self.progress is None or job is None:
            return
        if not self.on_terminal:
            progress, took = self.progress, duration(now - job.started)
            left = f", about {duration(progress.seconds_left(now))} left" if progress.done < progress.total else ""
            self._print(f"{progress.done} of {progress.total} jobs done{left}: {job.label} in {took}")
        if self.progress.done == self.progress.total:
            done, self.progress = self.progress, None
            self._print(f"{done.total} jobs done in {duration(now - done.began)}")

    def _fail(self, record: logging.LogRecord) -> None:
        job = self.progress.stop(record.jobid) if self.progress else None  # type: ignore[attr-defined]
        name = job.label if job else str(getattr(record, "rule_name", "a job"))
        logs = [Path(str(path)) for path in getattr(record, "log", None) or []]
        told = [f"{name} failed" + (f"; the end of {logs[0]}:" if logs else "")]
        self._print("\n".join([*told, *(f"  {line}" for path in logs for line in last_lines(path))]), RED)

    def _print(self, text: str, colour: str = "") -> None:
        """Write text above the display."""
        if not text or text == "None":
            return
        whole = f"{colour}{text}{PLAIN}" if colour and self.colours else text
        self._write(f"{CLEAR if self.on_terminal else ''}{whole}\n")
        self._draw()

    def _draw(self) -> None:
        if self.on_terminal and self.progress is not None and self.progress.total:
            width = shutil.get_terminal_size().columns - 1
            self._write(CLEAR + self.progress.line(time.monotonic(), width))

    def _write(self, text: str) -> None:
        try:
            self.stream.write(text)
            self.stream.flush()
        except (BrokenPipeError, UnicodeEncodeError):
            self.on_terminal = False

    def _redraw(self) -> None:
        while not self.closed.wait(REDRAW_SECONDS):
            with self.drawing:
                self._draw()

    def close(self) -> None:
        """Leave the terminal clean."""
        self.closed.set()
        with self.drawing:
            if self.on_terminal and self.progress is not None:
                self._write(CLEAR)
            self.progress = None
        super().close()

    @property
    def writes_to_stream(self) -> bool:
        return True

    @property
    def writes_to_file(self) -> bool:
        return False

    @property
    def has_filter(self) -> bool:
        return not self.common_settings.dryrun

    @property
    def has_formatter(self) -> bool:
        return not self.common_settings.dryrun

    @property
    def needs_rulegraph(self) -> bool:
        return False


def repeats(record: logging.LogRecord) -> bool:
    """Return whether a record only says, with the whole command, that a job failed, which has a record of its own."""
    return getattr(record, "exception", None) == "RuleException" and FAILED_COMMAND in record.getMessage()


def last_lines(log: Path) -> list[str]:
    """Return the last LOG_LINES lines of a log, of progress bars only what stood there last."""
    try:
        text = log.read_bytes().decode("utf-8", "replace")
    except OSError as error:
        return [f"(cannot be read: {error.strerror})"]
    lines = [line.rstrip("\r").rpartition("\r")[2].rstrip() for line in text.split("\n")]
    return [line for line in lines if line][-LOG_LINES:]
