"""Ratios that must not depend on the machine, each measured side by side in one process: ``python benchmarks/run.py``.

Timings are medians of interleaved repetitions. A miss is shown, not an error: the script fails only where something crashes.
"""

from __future__ import annotations

import sys

import codecs_table
import coding
import graph
import memory
import training


def show(name: str, ratio: float, limit: float, detail: str, at_least: bool = False) -> None:
    """Print a measured ratio and its limit; ``at_least``: it should lie at or above the limit, else at or below."""
    ok = ratio >= limit if at_least else ratio <= limit
    sign = ">=" if at_least else "<="
    print(f"{name:<44} {ratio:>8.2f}  {sign} {limit:<6.2f} {'ok' if ok else 'NOT OK':<7} {detail}", flush=True)


def main() -> int:
    """Measure everything and print one line each, as it comes."""
    print(f"{'what':<44} {'ratio':>8}  {'limit':<9} {'':<7} measured")
    for cut in ("c256", "c512"):
        ours, bare = training.step_seconds(cut)
        detail = f"{1e3 * ours:.1f} ms against {1e3 * bare:.1f} ms"
        show(f"training step / bare step, {cut}", ours / bare, 1.05, detail)
    ours, loops = coding.jpeg_seconds()
    detail = f"{1e3 * ours:.2f} ms against {1e3 * loops:.1f} ms"
    show("element loops / quantise + tile + JPEG", loops / ours, 50, detail, at_least=True)
    ours, bare = coding.hevc_seconds()
    detail = f"{ours:.2f} s against {bare:.2f} s"
    show("HEVC codec / ffmpeg fed raw frames", ours / bare, 1.10, detail)
    for quality in ("d0", "d3"):
        for work, (ours, theirs) in coding.laplace_seconds(quality).items():
            detail = f"{1e3 * ours:.2f} ms per image against {1e3 * theirs:.2f} ms"
            show(f"laplace {quality} / HEVC QP 22, {work}", ours / theirs, 1.0, detail)
    for stage, (few, many) in memory.peaks().items():
        detail = f"{many / 2**20:.0f} MiB against {few / 2**20:.0f} MiB"
        show(f"peak memory of {stage}, 4N / N images", many / few, 1.20, detail)
    large, default = graph.dry_run_seconds()
    detail = f"{large:.1f} s against {default:.1f} s of processor time"
    show("dry run of 12,000 points / of the default", large / default, 12, detail)
    print()
    return codecs_table.main()


if __name__ == "__main__":
    sys.exit(main())
