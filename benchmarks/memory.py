"""Peak memory of the stages that pass over all images, at N and at 4N of them."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests/support"))
from helpers import write_split
from tiny import tiny_network, write_network

FEW = 64
WATCH = """
import os, sys
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, 2, 1)])
_, status, usage = os.wait4(child, 0)
print(usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def peaks() -> dict[str, tuple[int, int]]:
    """Return each stage's peak memory in bytes at FEW and at 4 FEW images."""
    with tempfile.TemporaryDirectory() as name:
        few, many = (run_stages(Path(name, str(count)), count) for count in (FEW, 4 * FEW))
    return {stage: (few[stage], many[stage]) for stage in few}


def run_stages(folder: Path, count: int) -> dict[str, int]:
    """Run features, encode and evaluate on ``count`` images of noise; return their peaks in bytes."""
    write_split(folder, "val", count)
    write_network(folder, tiny_network(width=16))
    network = ["--weights", f"{folder}/weights.safetensors", "--description", f"{folder}/network.json"]
    scenes = ["--arrays", f"{folder}/val.npy"]
    index = ["--index", f"{folder}/val.csv"]
    coding = {"codec": "hevc", "qualities": ["qp22"]}
    sent = ["--bitstreams", f"{folder}/s.zip", "--ledger", f"{folder}/l.csv"]
    source = ["--source", f"{folder}/f.npy"]
    scores = ["--scores", f"{folder}/e.npz", "--distortions", f"{folder}/d.npz", "--pictures", f"{folder}/p.npz"]
    commands = {
        "features": ["--settings", "{}", *scenes, *network, "--features", f"{folder}/f.npy"],
        "encode": ["--settings", json.dumps(coding), *source, *index, *sent],
        "evaluate": ["--settings", json.dumps(coding), *scenes, *index, *network, *source, *sent, *scores],
    }
    return {stage: peak([sys.executable, "-m", "compfeat", stage, *words]) for stage, words in commands.items()}


def peak(argv: list[str]) -> int:
    """Run a command; return the peak resident memory (bytes) of its process."""
    # By way of a small process: a child's peak includes its parent's memory at the time of the fork.
    done = subprocess.run([sys.executable, "-S", "-c", WATCH, *argv], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(argv)}: exit status {done.returncode}: {done.stderr[-500:]}")
    return int(done.stdout) * (1 if sys.platform == "darwin" else 1024)
