"""What all rules share: the checked config, the layout, and the flags and identities that jobs are given."""

import hashlib
import json
import shlex
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

from compfeat import grid
from compfeat.codecs import CODECS
from compfeat.config import check_config
from compfeat.errors import CompfeatError
from compfeat.grid import ANY_POINT, ANY_RUN, UNCODED, Layout
from compfeat.provenance.code import module_identities
from compfeat.provenance.tools import versions

try:
    config = check_config(config, Path(workflow.basedir, "workflow/schemas/config.schema.yaml"))
except CompfeatError as error:
    raise WorkflowError(f"config: {error}") from None

LAYOUT = Layout.of(config)
DATASET = config["dataset"]
TRAIN = config["train"]
SPLITS = ("train", "val")
WARM_START = grid.with_loss(ANY_RUN, grid.WARM_START)

# Jobs say `python -m compfeat ...`, so that a log's command can be pasted anywhere; here python is the one that runs snakemake.
# The instruction set is fixed so that sums are rounded alike on every x86-64 machine.
shell.prefix(
    f"set -euo pipefail; export PATH={shlex.quote(str(Path(sys.executable).parent))}:$PATH "
    "ONEDNN_MAX_CPU_ISA=AVX2 ATEN_CPU_CAPABILITY=avx2 MKL_CBWR=AVX2 OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 "
    "PYTHONHASHSEED=0; "
)


wildcard_constraints:
    split="|".join(SPLITS),
    cut="|".join(config["model"]["cuts"]),
    loss="|".join(TRAIN["losses"]),
    seed=r"\d+",
    codec="|".join([UNCODED, *config["codecs"]]),
    quality=r"[a-z0-9]+",


def flags(**values):
    """Return command-line flags: lists become several words, None and empty lists are left out, all is quoted."""
    words = []
    for name, value in values.items():
        if value is None or value == []:
            continue
        items = value if isinstance(value, (list, tuple)) else [value]
        words += [
            f"--{name.replace('_', '-')}",
            *(shlex.quote(str(item)) for item in items),
        ]
    return " ".join(words)


def code(stage, *plugins):
    """Return a text a module that a stage's code consists of, with its hash; `plugins` are modules that it is given by name.

    Each is a param of its own (`*code("train")`), so that a dry run's reason names the module that changed.
    """
    modules = (f"compfeat.{module}" for module in (f"stages.{stage}", *plugins))
    return [f"code of {name} {identity}" for name, identity in module_identities(*modules).items()]


def plugin_code(stage, *plugins):
    """Return what `plugins`, chosen by wildcards, add to a stage's code."""
    return ", ".join(sorted(set(code(stage, *plugins)) - set(code(stage))))


SOFTWARE = ("torch", "numpy", "pandas", "pillow", "ffmpeg-python", "imageio-ffmpeg", "bjontegaard", "seaborn")
"""What the paper names of the software that a run used."""


def sha256_of(path):
    """Return the SHA-256 of a file that a job reads without its being data, such as a template."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def codec_tool(codec):
    """Return name and version of the program that codes."""
    return CODECS.get(codec).tool(config["tools"]["ffmpeg"])


def results_of(paths, items):
    """Return the files of `paths` (methods of the layout) for all `items`, runs or points."""
    return [path(item) for path in paths for item in items]


def train_flags(cut, loss, seed):
    """Return what the warm start and the runs are told alike."""
    return dict(
        cut=cut,
        loss=loss,
        seed=seed,
        width=config["model"]["width"],
        decoder_convolutions=config["model"]["decoder_convolutions"],
        tasks=config["tasks"],
        warmup_epochs=TRAIN["warmup_epochs"],
        noise_steps=TRAIN["noise_steps"],
        quantiser_bits=config["quantiser"]["bits"],
        validation_images=TRAIN["validation_images"],
        device=TRAIN["device"],
        precision=TRAIN["precision"],
        threads=TRAIN["threads"],
        encoder_weights=config["model"]["encoder_weights"],
    )


def bitstream(wildcards):
    """Return the files that a point is decoded from; none for the points that need no codec."""
    if wildcards.codec == UNCODED:
        return {}
    files = {
        "stream": LAYOUT.stream,
        "side_info": LAYOUT.side_info,
        "ledger": LAYOUT.ledger,
    }
    return {name: path(ANY_POINT).format(**wildcards) for name, path in files.items()}
