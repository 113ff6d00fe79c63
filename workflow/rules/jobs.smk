"""What jobs are given, by cut, training, method and codec: modules, files and settings."""

from compfeat.settings.recipe import INSTALLED
from compfeat.stages.checks import ELSEWHERE
from compfeat.stages.coding import Coding
from compfeat.stages.training import Training, network_module
from compfeat.tasks.base import TASKS

TRAINING = Training(EXPERIMENT, LAYOUT)
CODING = Coding(EXPERIMENT, LAYOUT)
TASK_MODULES = [*map(TASKS.module, EXPERIMENT.tasks)]


def run_of(wildcards):
    """Return the run that a job's wildcards name."""
    return Run(wildcards.cut, wildcards.method, int(wildcards.seed))


def trained_of(wildcards):
    """Return the trained network that a job's wildcards name."""
    return Trained(wildcards.cut, wildcards.training, int(wildcards.seed))


def training_of(wildcards):
    """Return the training whose network a job's run uses."""
    return EXPERIMENT.methods[wildcards.method].training


def sources_identity(split):
    """Return what the source images of a split are, so that a change, a loss or a new image is seen: a user's by their content,
    rendered ones by what is not as it was rendered."""
    known = Path(".snakemake", "-".join(["sources", *Path(DATASET.prepared).parts, f"{split}.json"]))
    if IS_RENDERED:
        found = listing(DATASET.name, ROOT, split, FIELDS)
        return render_changes(found, ROOT, ROOT / f"{split}.csv", known)
    return content_identity(SOURCES[split], DATASET.images.of(split), known)


def start_files(wildcards):
    """Return the weights that a training starts from, by the name of the stage's argument: those in an object store by way of
    Snakemake's storage plugin."""
    files = TRAINING.start_files(trained_of(wildcards))
    return {name: storage(path) if ELSEWHERE in path else path for name, path in files.items()}


def start_inputs(wildcards):
    """Return those of the start files that are files of their own, not a package's."""
    return {name: path for name, path in start_files(wildcards).items() if path != INSTALLED}
