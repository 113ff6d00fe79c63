"""What all rules share: the checked experiment, where its files lie, and its jobs' inputs, settings and resources."""

import gc
import re
import shlex
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger
from snakemake.settings.types import DeploymentMethod

from compfeat.determinism import fix_environment

fix_environment()

from compfeat.datasets.base import DATASETS
from compfeat.errors import CompfeatError
from compfeat.experiment.consistency import not_counted
from compfeat.experiment.files import in_order_of, load_config
from compfeat.experiment.layout import Layout
from compfeat.provenance.tools import versions
from compfeat.settings.runs import SPLITS, TRANSFORM, UNCODED, Point, Run, Trained
from compfeat.stages.checks import ELSEWHERE, checked
from compfeat.stages.coding import Coding
from compfeat.stages.documents import Documents
from compfeat.stages.params import code, flags, plugin_code, section, settings
from compfeat.stages.resources import Jobs, Requests
from compfeat.stages.sources import Sources
from compfeat.stages.tables import Tables
from compfeat.stages.training import Training, network_module, task_modules

# Garbage collection passes over what has been imported: a seventh of a dry run's time.
gc.freeze()

try:
    # Snakemake has read these files already, but takes the last of two equal keys.
    load_config([Path(path) for path in workflow.configfiles])
    EXPERIMENT = checked(in_order_of(load_config([Path("config/config.yaml")]), config))
    SOURCES = Sources(EXPERIMENT)
    SOURCES.check()
except CompfeatError as error:
    raise WorkflowError(f"config: {error}") from None
if workflow.is_main_process:
    for remark in (*not_counted(EXPERIMENT, config["cuts"]), *SOURCES.remarks()):
        logger.warning(f"config: {remark}")

DATASET = EXPERIMENT.dataset
LAYOUT = Layout(EXPERIMENT.output, DATASET.prepared)
TRAINING = Training(EXPERIMENT, LAYOUT)
CODING = Coding(EXPERIMENT, LAYOUT)
TABLES = Tables(CODING)
DOCUMENTS = Documents(TABLES)
TASK_MODULES = task_modules(EXPERIMENT)
JOBS = Jobs(EXPERIMENT, SOURCES.counts)
needs, together = Requests(EXPERIMENT, workflow).needs, Requests(EXPERIMENT, workflow).together

ANY_TRAINED = Trained("{cut}", "{training}", "{seed}")
ANY_RUN = Run("{cut}", "{method}", "{seed}")


def run_of(wildcards):
    """Return the run that a job's wildcards name."""
    return Run(wildcards.cut, wildcards.method, int(wildcards.seed))


def trained_of(wildcards):
    """Return the trained network that a job's wildcards name."""
    return Trained(wildcards.cut, wildcards.training, int(wildcards.seed))


def training_of(wildcards):
    """Return the training whose network a job's run uses."""
    return EXPERIMENT.methods[wildcards.method].training


# With --sdm apptainer, jobs run in the image that Containerfile makes, by its own python; docs/how-to/cluster.md.
container: "compfeat.sif"


IN_CONTAINER = DeploymentMethod.APPTAINER in workflow.deployment_settings.deployment_method
# Jobs say `python -m compfeat ...`, so that a log's command can be pasted anywhere; here python is the one that runs snakemake.
PYTHON_PATH = "" if IN_CONTAINER else f"export PATH={shlex.quote(str(Path(sys.executable).parent))}:$PATH; "
shell.prefix(f"set -euo pipefail; {PYTHON_PATH}")


wildcard_constraints:
    split="|".join(SPLITS),
    cut="|".join(EXPERIMENT.cuts),
    training="|".join(EXPERIMENT.trainings),
    method="|".join(EXPERIMENT.methods),
    seed=r"\d+",
    codec="|".join([UNCODED, *EXPERIMENT.codecs]),


def start_files(wildcards):
    """Return the weights that a training starts from, by the stage's argument; those in an object store by a storage plugin."""
    files = TRAINING.start_files(trained_of(wildcards))
    return {name: storage(path) if ELSEWHERE in path else path for name, path in files.items()}
