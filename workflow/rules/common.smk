"""What all rules share: the checked experiment, the layout, and how jobs receive their settings, code identities and tools."""

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
from compfeat.stages.checks import checked
from compfeat.experiment.consistency import not_counted
from compfeat.experiment.files import in_order_of, load_config
from compfeat.experiment.layout import Layout
from compfeat.settings.runs import SPLITS, TRANSFORM, UNCODED, Point, Run, Trained
from compfeat.experiment.start import sha256_of
from compfeat.io import own_path
from compfeat.provenance.code import module_identities
from compfeat.provenance.tools import versions
from compfeat.stages.command_line import flags, section, settings


def refuse(problem):
    """Stop with what is wrong with the configuration, in one line."""
    raise WorkflowError(f"config: {problem}") from None


def warn(remarks):
    """Say, once per run, what is odd about the configuration."""
    if workflow.is_main_process:
        for remark in remarks:
            logger.warning(f"config: {remark}")


try:
    # Snakemake has read these files already, but takes the last of two equal keys.
    load_config([Path(path) for path in workflow.configfiles])
    EXPERIMENT = checked(in_order_of(load_config([Path("config/config.yaml")]), config))
except CompfeatError as error:
    refuse(error)
warn(not_counted(EXPERIMENT, config["cuts"]))

LAYOUT = Layout(EXPERIMENT.output, EXPERIMENT.dataset.prepared)
ANY_TRAINED = Trained("{cut}", "{training}", "{seed}")
ANY_RUN = Run("{cut}", "{method}", "{seed}")


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


def code(stage, *plugins):
    """Return a text a module that a stage's code consists of, with its hash; `plugins` are modules that it is given by name.

    Each is a param of its own (`*code("train")`), so that a dry run's reason names the module that changed.
    """
    try:
        identities = module_identities(f"compfeat.cli.pipeline.{stage}", *plugins)
    except CompfeatError as error:
        raise WorkflowError(str(error)) from None
    return [f"code of {name} {identity}" for name, identity in identities.items()]


def plugin_code(stage, *plugins):
    """Return what `plugins`, chosen by wildcards, add to a stage's code."""
    return ", ".join(sorted(set(code(stage, *plugins)) - set(code(stage))))


def results_of(paths, items):
    """Return the files of `paths` (methods of the layout) for all `items`."""
    return [path(item) for path in paths for item in items]
