"""What the stages take at the paper's size, without a GPU: ``python benchmarks/big_inputs.py --images 500 [TARGET ...]``.

Runs config/full.yaml with big_inputs.yaml on top (TARGETs of Snakemake's, else all of it) and prints, for each of its jobs, memory
and processor time beside what is predicted, as rows of CSV. Memory is given twice: with and without the pages of mapped files.
What it makes stays in results-big-IMAGES-widthWIDTH and data; a second call measures what is left to be made.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from compfeat.experiment.files import load_config, merged
from compfeat.stages.checks import checked
from compfeat.stages.resources import Jobs, Predicted

PROJECT = Path(__file__).parents[1]
FILES = ("config/full.yaml", "benchmarks/big_inputs.yaml")
MADE_BY = {
    "render": "--manifest",
    "prepare": "--arrays",
    "train": "--weights",
    "features": "--features",
    "fit": "--state",
    "encode": "--ledger",
    "evaluate": "--scores",
}
"""The argument of each stage that names what it makes."""
EVERY_S = 0.1


class Job(NamedTuple):
    """A job by its stage, and what it is about; each is a column of tests/scale/measured.csv."""

    stage: str
    cut: str = ""
    name: str = ""
    split: str = ""
    codec: str = ""


class Used(NamedTuple):
    """What a job has used so far: peak memory (MB) with and without the pages of mapped files, processor time (s)."""

    memory_mb: float = 0
    anonymous_mb: float = 0
    seconds: float = 0


def overlay(images: int, width: int) -> dict[str, object]:
    """Return what differs between numbers of images, and between networks."""
    names = {"root": f"data/raw/streets-big-{images}", "prepared": f"data/prepared/streets-big-{images}"}
    dataset = {**names, "images": {"test": images}}
    return {"output": f"results-big-{images}-width{width}", "dataset": dataset, "network": {"width": width}}


def job_of(argv: list[str]) -> Job | None:
    """Return the job that a command line is; None for others'."""
    if argv[1:3] != ["-m", "compfeat"] or argv[3] not in MADE_BY:
        return None
    stage, made = argv[3], Path(argv[argv.index(MADE_BY[argv[3]]) + 1])
    if stage in ("render", "prepare"):
        return Job(stage, split=made.stem)
    # RESULTS/STAGE/CUT/NAME/SEED/...
    _, _, cut, name, _, *rest = made.parts
    first = Path(rest[0]).stem
    return Job(stage, cut, name, first if stage == "features" else "", "" if stage in ("train", "features") else first)


def used(process: psutil.Process) -> Used:
    """Return what a process and those that it has started use."""
    total = Used()
    for one in [process, *process.children(recursive=True)]:
        pages, times = one.memory_info(), one.cpu_times()
        own = Used(pages.rss / 1e6, (pages.rss - pages.shared) / 1e6, times.user + times.system)
        total = Used(*(a + b for a, b in zip(total, own, strict=True)))
    return total


def watched(argv: list[str]) -> Iterator[tuple[Job, Used]]:
    """Run a command to its end; yield each job that it ran, and what that has used."""
    found: dict[Job, Used] = {}
    run = subprocess.Popen(argv, cwd=PROJECT, stdin=subprocess.DEVNULL)
    parent = psutil.Process(run.pid)
    while run.poll() is None:
        time.sleep(EVERY_S)
        try:
            for process in parent.children(recursive=True):
                job = job_of(process.cmdline())
                if job is not None:
                    found[job] = Used(*map(max, found.get(job, Used()), used(process)))
        except (psutil.NoSuchProcess, psutil.ZombieProcess, IndexError):
            continue
    yield from found.items()
    if run.returncode:
        raise SystemExit(run.returncode)


def predicted(jobs: Jobs, job: Job) -> Predicted:
    """Return what a job is predicted to take."""
    given: dict[str, tuple[Any, ...]] = {
        "render": (job.split, 1),
        "prepare": (job.split, True),
        "train": (job.cut, job.name),
        "features": (job.cut, job.split),
        "fit": (job.cut,),
    }
    takes: Predicted = getattr(jobs, job.stage)(*given.get(job.stage, (job.cut, job.name, job.codec)))
    return takes


def main(words: list[str]) -> int:
    """Run, and print one row per job."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=500, help="of test (default: 500)")
    parser.add_argument("--width", type=int, default=64, help="of networks (default: 64)")
    parser.add_argument("targets", nargs="*", help="files or rules of Snakemake's (default: all)")
    asked = parser.parse_args(words)
    settings = [f"{key}={value}" for key, value in overlay(asked.images, asked.width).items()]
    argv = [sys.executable, "-m", "snakemake", "--cores", "1", *asked.targets, "--quiet", "host", "progress"]
    argv += ["--configfile", *FILES, "--config", *settings]
    config = load_config([PROJECT / name for name in ("config/config.yaml", *FILES)])
    jobs = Jobs(checked(merged(config, overlay(asked.images, asked.width))), {})
    rows = csv.writer(sys.stdout, lineterminator="\n")
    columns = ("peak_mb", "seconds", "anonymous_mb", "predicted_mb", "predicted_s")
    rows.writerow(["config", *Job._fields, *columns])
    for job, peak in watched(argv):
        own = predicted(jobs, job)
        numbers = (peak.memory_mb, peak.seconds, peak.anonymous_mb, own.memory_mb, own.seconds)
        rows.writerow([f"big_{asked.images}_{asked.width}", *job, *(f"{number:.2f}" for number in numbers)])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
