"""Ratios that must not depend on the machine, each measured side by side in one process: ``python benchmarks/run.py``.

Timings are medians of interleaved repetitions. A miss is shown, not an error: the script fails only where something crashes.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import codecs_table
import coding
import graph
import memory
import training


@dataclass(frozen=True)
class Row:
    """One measured ratio and its limit; ``at_least``: it should lie at or above the limit, else at or below."""

    name: str
    ratio: float
    limit: float
    detail: str
    at_least: bool = False

    @property
    def text(self) -> str:
        ok = self.ratio >= self.limit if self.at_least else self.ratio <= self.limit
        sign = ">=" if self.at_least else "<="
        return (
            f"{self.name:<44} {self.ratio:>8.2f}  {sign} {self.limit:<6.2f} {'ok' if ok else 'NOT OK':<7} {self.detail}"
        )


def main() -> int:
    """Measure everything and print one line each, as it comes."""
    print(f"{'what':<44} {'ratio':>8}  {'limit':<9} {'':<7} measured")
    for cut in ("c256", "c512"):
        ours, bare = training.step_seconds(cut)
        detail = f"{1e3 * ours:.1f} ms against {1e3 * bare:.1f} ms"
        print(Row(f"training step / bare step, {cut}", ours / bare, 1.05, detail).text, flush=True)
    ours, loops = coding.jpeg_seconds()
    detail = f"{1e3 * ours:.2f} ms against {1e3 * loops:.1f} ms"
    print(Row("element loops / quantise + tile + JPEG", loops / ours, 50, detail, at_least=True).text, flush=True)
    ours, bare = coding.hevc_seconds()
    detail = f"{ours:.2f} s against {bare:.2f} s"
    print(Row("HEVC codec / ffmpeg fed raw frames", ours / bare, 1.10, detail).text, flush=True)
    for quality in ("d0", "d3"):
        for work, (ours, theirs) in coding.laplace_seconds(quality).items():
            detail = f"{1e3 * ours:.2f} ms per image against {1e3 * theirs:.2f} ms"
            print(Row(f"laplace {quality} / HEVC QP 22, {work}", ours / theirs, 1.0, detail).text, flush=True)
    for stage, (few, many) in memory.peaks().items():
        detail = f"{many / 2**20:.0f} MiB against {few / 2**20:.0f} MiB"
        print(Row(f"peak memory of {stage}, 4N / N images", many / few, 1.20, detail).text, flush=True)
    large, default = graph.dry_run_seconds()
    detail = f"{large:.1f} s against {default:.1f} s of processor time"
    print(Row("dry run of 12,000 points / of the default", large / default, 12, detail).text, flush=True)
    print()
    return codecs_table.main()


if __name__ == "__main__":
    sys.exit(main())
